//! Shows a run's progress: on a terminal as one changing line, otherwise as a line every few seconds.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::Local;
use crate::terminal::StatusLine;

/// The update interval on a terminal.
const ON_A_TERMINAL: Duration = Duration::from_millis(200);
/// The update interval in a log.
const ELSEWHERE: Duration = Duration::from_secs(5);

/// The progress display of a run.
#[derive(Debug)]
pub struct Progress {
    line: Option<StatusLine>,
    started: Instant,
    shown: Cell<Option<Instant>>,
}

impl Progress {
    /// Progress on standard error.
    pub fn on_stderr() -> Self {
        Self::new(Some(StatusLine::of_stderr()))
    }

    /// No output.
    pub fn silent() -> Self {
        Self::new(None)
    }

    fn new(line: Option<StatusLine>) -> Self {
        Self { line, started: Instant::now(), shown: Cell::new(None) }
    }

    pub(super) fn show(&self, what: impl FnOnce() -> String) {
        let Some(line) = self.line else { return };
        let pause = match line {
            StatusLine::Changing => ON_A_TERMINAL,
            StatusLine::Repeated => ELSEWHERE,
        };
        if self.shown.get().is_none_or(|shown| shown.elapsed() >= pause) {
            self.shown.set(Some(Instant::now()));
            line.show(format_args!("{:>6.1}s  {}", self.started.elapsed().as_secs_f32(), what()));
        }
    }

    pub(super) fn end(&self) {
        if let Some(line) = self.line {
            line.end();
        }
    }
}

/// The current depth of the queue in words.
pub(super) fn state(local: &Local) -> String {
    let depth = local.queue().depth();
    format!("on the queue {} and {} in flight or postponed", depth.visible, depth.in_flight)
}
