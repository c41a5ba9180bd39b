//! delivery-webhook receives the providers' callbacks and records every delivery fact in them.
//!
//! [`incoming`] parses the API Gateway event and [`handler`] answers it: [`authentication`] verifies that the
//! caller is the provider of the [route](shared::providers::Route), and [`shared::facts`] stores what it reports.

mod authentication;
pub mod handler;
pub mod incoming;
mod log;
mod report;
mod webhook;

pub use webhook::Webhook;
