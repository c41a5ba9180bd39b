//! Progress bars on standard error; none if that is not a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar that is cleared on drop.
pub struct Progress(ProgressBar);

impl Progress {
    /// A spinner for work of unknown length.
    pub fn spinner(what: &str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// A bar with this many steps.
    pub fn bar(what: &str, steps: u64) -> Self {
        let bar = ProgressBar::new(steps).with_message(what.to_owned());
        // The template is constant and valid; on an error indicatif's default remains.
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Completes one step.
    pub fn step(&self) {
        self.0.inc(1);
    }

    /// Replaces the message.
    pub fn set_message(&self, line: impl Into<String>) {
        self.0.set_message(line.into());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
