//! What became of a message: the facts that providers report, the status that follows from them, and when to ask about
//! a message of which nothing is reported.

mod fact;
mod polling;
mod status;

pub use fact::{Fact, FactKind, Failure};
pub use polling::Polling;
pub use status::{DeliveryFacts, DeliveryStatus, outranks};
