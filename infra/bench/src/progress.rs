//! Progress bars on standard error, shown only if it is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar. Dropping it clears it.
pub struct Progress(ProgressBar);

impl Progress {
    /// Shows a bar with this number of steps.
    pub fn bar(what: &str, steps: usize) -> Self {
        let bar = ProgressBar::new(steps as u64).with_message(what.to_owned());
        // The template is constant and valid; on an error indicatif's default remains.
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_secs(1));
        Self(bar)
    }

    pub fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
