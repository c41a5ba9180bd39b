//! status-publisher: tells the shop's other systems what became of a notification. It reads the table's stream and puts
//! one event on the bus for every new fact or outcome: the table is the outbox.
//!
//! [`decide`] says, purely, which events a write makes; [`handler`] does so for a batch of the stream and answers from
//! which record on it must come back. Events are put at least once, each with a key that is the same every time, and an
//! item's in the order in which it was written. It ends at the bus: a classic bus keeps no order.

mod batch;
mod bus;
pub mod decide;
pub mod event;
pub mod handler;
mod publisher;
mod record;

pub use publisher::Publisher;
