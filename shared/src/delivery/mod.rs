//! What became of a message: the facts that providers report, and the status that follows from them.

mod fact;
mod status;

pub use fact::{Fact, FactKind, Failure};
pub(crate) use status::outranks;
pub use status::{DeliveryFacts, DeliveryStatus};
