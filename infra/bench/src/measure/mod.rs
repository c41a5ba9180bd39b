//! One module a figure: what is done, and what it comes to.

pub mod batch;
mod filling;
pub mod growth;
pub mod instructions;
pub mod sizes;
pub mod start;
pub mod statuses;
pub mod tuning;
pub mod warm;
