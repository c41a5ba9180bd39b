//! Delivery of accepted messages: the facts that providers report, the status derived from them, and when to
//! poll for a message without reports.

mod fact;
mod polling;
mod status;

pub use fact::{Fact, FactKind, Failure};
pub use polling::Polling;
pub use status::{DeliveryFacts, DeliveryStatus, outranks};
