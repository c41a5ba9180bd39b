//! delivery-sweeper runs on a schedule. It moves stuck notifications to their next state, puts stored events back on
//! the queue, and polls providers for messages without callbacks.
//!
//! [`handler`] works through the [`agenda`] of due items until its time is over; [`notifications`],
//! [`events`] and [`messages`] each process one item. The sweeper never sends a message. Every write is
//! conditional on the state it was decided from, so runs may overlap.

mod agenda;
mod backlog;
mod events;
pub mod handler;
mod messages;
mod notifications;
mod summary;
mod sweeper;

pub use sweeper::Sweeper;
