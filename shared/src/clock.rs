//! The clock of the functions, which tests can advance.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A function's clock: the machine's time plus the offset that a test has set. Clones share the offset.
///
/// Timeouts and pauses use the monotonic clock instead. Log lines, metrics and the date in a provider's
/// `Retry-After` use the machine's time, because the test's clock does not apply to the provider.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// The machine's time plus the offset.
    pub fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        let ahead = SignedDuration::from_millis(self.0.load(Ordering::Relaxed));
        now.saturating_add(ahead).unwrap_or(now)
    }

    /// Advances the clock, so that a test need not wait.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_offset_and_other_clocks_do_not() {
        let (clock, other) = (Clock::default(), Clock::default());
        let copy = clock.clone();
        copy.advance(Duration::from_hours(2));
        let ahead = clock.now().duration_since(other.now()).as_secs_f64();
        assert!((7190.0..7210.0).contains(&ahead), "{ahead} s");
    }
}
