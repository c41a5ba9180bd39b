//! delivery-webhook: takes the providers' callbacks and records every delivery fact in them.
//!
//! [`incoming`] reads a call; [`handler`] answers it: [`route`] says what it asks for, [`authentication`] whether the caller is the provider,
//! [`storage`] writes what it reports.

mod authentication;
pub mod handler;
pub mod incoming;
mod log;
mod report;
mod route;
mod storage;
mod webhook;

pub use webhook::Webhook;
