//! order-notifier: turns order events into WhatsApp messages.

pub mod handler;
mod notifier;

pub use notifier::Notifier;
