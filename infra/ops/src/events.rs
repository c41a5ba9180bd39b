//! Order events in an operator's files: parses them, and predicts their outcomes.

pub mod display;
pub mod file;
mod judgement;
mod missing;
mod nearest;

pub use judgement::{Forecast, Judgement, Known, Mood, forecast, judge};
pub use missing::{explain_faults, explain_missing, explain_paths, identifier};
pub use nearest::Near;
