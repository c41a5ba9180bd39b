//! delivery-events receives AWS's events about our messages from a queue, and records every delivery fact in them.
//!
//! [`handler`] splits a batch into records; each is parsed by [`shared::providers::aws::events`] and stored by
//! [`shared::facts`], as delivery-webhook stores a callback.

mod delivery_events;
pub mod handler;
mod record;
mod report;

pub use delivery_events::DeliveryEvents;
