//! delivery-webhook receives the providers' callbacks and records every delivery fact in them.
//!
//! [`incoming`] parses the API Gateway event and [`handler`] answers it: [`route`] determines the kind of
//! request, [`authentication`] verifies that the caller is the provider, and [`storage`] writes the reported
//! facts.

mod authentication;
pub mod handler;
pub mod incoming;
mod log;
mod report;
mod route;
mod storage;
mod webhook;

pub use webhook::Webhook;
