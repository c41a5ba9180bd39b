//! The send protocol: pure decisions, carried out by conditional writes.

mod answer;

pub use answer::{Answer, Reason, ReasonClass};
