//! Prints each step and the elapsed time.
#![expect(clippy::print_stdout, reason = "progress on the terminal is what this is for")]

use std::time::Instant;

/// The time since the suite's start.
#[derive(Debug)]
pub struct Progress {
    start: Instant,
}

impl Progress {
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Prints the start of a step.
    pub fn step(&self, what: &str) {
        println!("{:>6.1}s  {what}", self.start.elapsed().as_secs_f32());
    }

    /// Prints a remark about the current step.
    pub fn note(what: &str) {
        println!("         {what}");
    }
}
