//! delivery-webhook: takes the providers' callbacks.

pub mod handler;
mod webhook;

pub use webhook::Webhook;
