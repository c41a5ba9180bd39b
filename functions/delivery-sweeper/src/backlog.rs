//! The number of stored events that are due and the age of the oldest, for the backlog alarm.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use shared::telemetry::Metric;

/// Counts the due stored events that one run has seen.
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

    /// Counts an event that the index lists as due, even if the run does not process it.
    pub(crate) fn count(&self, since: Timestamp) {
        self.due.fetch_add(1, Ordering::Relaxed);
        self.record_due_since(since);
    }

    /// Removes an event that waits for the operator from the count: the run only checks it.
    pub(crate) fn discount(&self) {
        self.due.fetch_sub(1, Ordering::Relaxed);
    }

    /// Records the time since which an event has been due. Its `due_since` may be earlier than the index's `due_at`, which each
    /// requeued copy postpones.
    pub(crate) fn record_due_since(&self, since: Timestamp) {
        let age = u64::try_from(self.now.duration_since(since).as_millis()).unwrap_or(0);
        self.oldest.fetch_max(age, Ordering::Relaxed);
    }

    /// The run's metrics, even if nothing is due: a zero shows that the sweeper ran.
    pub(crate) fn metrics(&self) -> [Metric; 2] {
        let oldest = Duration::from_millis(self.oldest.load(Ordering::Relaxed));
        [Metric::DueEvents(self.due.load(Ordering::Relaxed)), Metric::DueEventAge(oldest)]
    }
}
