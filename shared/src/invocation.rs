//! Determines the end of a Lambda invocation.

use std::time::Duration;

use jiff::Timestamp;

/// The deadline in the context, given in milliseconds since 1970. If it is not in the future, the end is
/// `now` plus `timeout`: `cargo lambda watch` sends a duration, which as a time is long past.
pub fn ends_at(deadline_ms: u64, now: Timestamp, timeout: Duration) -> Timestamp {
    i64::try_from(deadline_ms)
        .ok()
        .and_then(|deadline| Timestamp::from_millisecond(deadline).ok())
        .filter(|at| *at > now)
        .or_else(|| now.checked_add(timeout).ok())
        .unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_used_only_if_it_is_in_the_future() {
        let now = Timestamp::constant(1_795_165_200, 0);
        let timeout = Duration::from_secs(30);
        for (deadline_ms, seconds) in
            [(1_795_165_207_000, 7), (1_795_165_199_000, 30), (30_000, 30), (0, 30), (u64::MAX, 30)]
        {
            assert_eq!(
                ends_at(deadline_ms, now, timeout).duration_since(now).as_secs(),
                seconds,
                "{deadline_ms}"
            );
        }
    }
}
