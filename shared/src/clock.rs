//! What time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The clock by which a function decides: the machine's, plus what a test has put it forward by. Its copies are one clock.
///
/// Timeouts and pauses are measured by the monotonic clock. Log lines and metrics have the machine's time, and the date in a
/// provider's `Retry-After` is compared with it: a test's clock says nothing of the provider's.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// The time now.
    pub fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        let ahead = SignedDuration::from_millis(self.0.load(Ordering::Relaxed));
        now.saturating_add(ahead).unwrap_or(now)
    }

    /// Puts it forward. A test does so in place of waiting.
    pub fn put_forward(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_one_clock_and_others_are_not() {
        let (clock, other) = (Clock::default(), Clock::default());
        let copy = clock.clone();
        copy.put_forward(Duration::from_hours(2));
        let ahead = clock.now().duration_since(other.now()).as_secs_f64();
        assert!((7190.0..7210.0).contains(&ahead), "{ahead} s");
    }
}
