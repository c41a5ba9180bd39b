//! One module per figure, with its measurement and its result.

pub mod batch;
mod filling;
pub mod growth;
pub mod instructions;
pub mod sizes;
pub mod start;
pub mod statuses;
pub mod tuning;
pub mod warm;
