//! order-notifier turns each order event into a WhatsApp template message and sends it through a provider.
//!
//! [`handler`] splits an invocation into events, [`record`] processes one event, and [`delivery`]
//! carries out the send protocol.

mod batch;
mod deadline;
mod delivery;
mod fallback;
pub mod handler;
mod isolation;
mod log;
mod notifier;
mod outcome;
pub mod payload;
mod probes;
mod record;
mod trace;
mod visibility;

pub use notifier::Notifier;
pub use outcome::{Outcome, Pending};
