//! delivery-sweeper: ends what nothing else ends. On a schedule it moves notifications on whose events don't come back,
//! brings kept events back to the queue, and asks providers about messages that their callbacks are silent about.
//!
//! [`handler`] works through the [`agenda`] of what is due until its time is over; [`notifications`], [`events`] and [`messages`] each take one
//! item.
//! It never sends. Every write is conditioned on what it was decided from, so that runs may overlap.

mod agenda;
mod backlog;
mod events;
pub mod handler;
mod messages;
mod notifications;
mod summary;
mod sweeper;

pub use sweeper::Sweeper;
