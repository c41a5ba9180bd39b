//! How many kept events are due, and for how long the oldest has been: what the alarm looks at.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use shared::telemetry::Metric;

/// What a run has seen of the kept events that are due.
#[derive(Debug)]
pub(crate) struct Backlog {
    now: Timestamp,
    due: AtomicU64,
    /// In milliseconds.
    oldest: AtomicU64,
}

impl Backlog {
    pub(crate) const fn new(now: Timestamp) -> Self {
        Self { now, due: AtomicU64::new(0), oldest: AtomicU64::new(0) }
    }

    /// The index has one that is due, whatever becomes of it in this run.
    pub(crate) fn count(&self, since: Timestamp) {
        self.due.fetch_add(1, Ordering::Relaxed);
        self.has_one_since(since);
    }

    /// One of those that were counted waits for a person: it is only looked at.
    pub(crate) fn discount(&self) {
        self.due.fetch_sub(1, Ordering::Relaxed);
    }

    /// One has been due since then. The index doesn't tell of the copies that came to nothing, and the event does.
    pub(crate) fn has_one_since(&self, since: Timestamp) {
        let age = u64::try_from(self.now.duration_since(since).as_millis()).unwrap_or(0);
        self.oldest.fetch_max(age, Ordering::Relaxed);
    }

    /// Also where none is due: zeros show that somebody has looked.
    pub(crate) fn metrics(&self) -> [Metric; 2] {
        let oldest = Duration::from_millis(self.oldest.load(Ordering::Relaxed));
        [Metric::DueEvents(self.due.load(Ordering::Relaxed)), Metric::DueEventAge(oldest)]
    }
}
