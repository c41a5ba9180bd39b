//! Tells what is being done and how long it took.
#![expect(clippy::print_stdout, reason = "progress on the terminal is what this is for")]

use std::time::Instant;

/// What has begun and when.
#[derive(Debug)]
pub struct Progress {
    start: Instant,
}

impl Progress {
    /// Starts now.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// A step begins.
    pub fn step(&self, what: &str) {
        println!("{:>6.1}s  {what}", self.start.elapsed().as_secs_f32());
    }

    /// Something to know about the step.
    pub fn note(what: &str) {
        println!("         {what}");
    }
}
