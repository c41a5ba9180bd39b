//! Order events in an operator's files: parses them, and predicts their outcome.

pub mod file;
mod judgement;
mod nearest;
pub mod told;

pub use judgement::{Forecast, Judgement, Known, Mood, forecast, judge};
pub use nearest::Near;
