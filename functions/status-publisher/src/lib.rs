//! status-publisher reports notifications' outcomes and delivery facts to the shop's other systems. It reads
//! the table's stream and puts one event on the bus for every new fact or outcome: the table is the outbox.
//!
//! [`decide`] is pure and derives the events of a write. [`handler`] processes a batch of the stream and
//! returns the record from which it must be delivered again. Each event is put on the bus at least once,
//! always with the same key, and the events of an item in the order of its writes. Order beyond the bus is
//! not guaranteed: a classic EventBridge bus does not preserve it.

mod batch;
mod bus;
pub mod decide;
pub mod event;
mod fallback;
pub mod handler;
mod publisher;
mod record;

pub use publisher::Publisher;
