//! order-notifier: turns each order event into a WhatsApp template message and hands it to a provider.
//!
//! [`handler`] takes an invocation apart, [`record`] turns one event into its outcome, [`delivery`] carries the send
//! protocol out.

mod batch;
mod course;
mod deadline;
mod delivery;
pub mod handler;
mod isolation;
mod log;
mod notifier;
mod outcome;
mod pacing;
pub mod payload;
mod probes;
mod record;

pub use notifier::Notifier;
pub use outcome::{Outcome, Undecided};
