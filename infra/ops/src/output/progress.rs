//! How far something long is, on standard error; nothing where that is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line that changes while something goes on, and is gone when this is dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// Something whose end isn't known.
    pub fn spinner(what: &str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Something with so many steps.
    pub fn bar(what: &str, steps: u64) -> Self {
        let bar = ProgressBar::new(steps).with_message(what.to_owned());
        // The template is fixed and sound; without it the bar would have indicatif's own.
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// One step further.
    pub fn step(&self) {
        self.0.inc(1);
    }

    /// Says how far it is.
    pub fn say(&self, line: impl Into<String>) {
        self.0.set_message(line.into());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
