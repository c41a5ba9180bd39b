//! Order events that an operator has in hand: reading them from a file, and saying what would become of them.

pub mod file;
mod judgement;
mod nearest;
pub mod told;

pub use judgement::{Forecast, Judgement, Known, Mood, forecast, judge};
pub use nearest::Near;
