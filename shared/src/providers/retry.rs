//! Schedules the quick tries within an attempt.

use std::time::Duration;

use super::http::TRY_TIMEOUT;
use crate::protocol::{Answer, ReasonClass};

/// The wait before the second try; before the third it is twice as long. Short, because an invocation costs
/// money while it waits; for longer waits the message returns to the queue.
const QUICK_WAIT: Duration = Duration::from_millis(200);
/// The longest requested wait that an invocation waits for: two tries with this wait between them fit into one.
const LONGEST_REQUESTED_WAIT: Duration = Duration::from_secs(2);

/// The wait before the next try; `None` if this answer is the result of the attempt.
///
/// Only a message that was definitely not sent is tried again, and only if another full try fits into `left`:
/// a try cut short would turn a certain answer into an unknown one. `jitter`, from 0 to 1, spreads the tries
/// of functions that were refused at the same time.
pub(super) fn next_try(answer: &Answer, tries: usize, left: Duration, jitter: f64) -> Option<Duration> {
    let Answer::NotSent { reason, retry_after } = answer else { return None };
    if !matches!(reason.class, ReasonClass::Throttled | ReasonClass::Unavailable) {
        return None;
    }
    let step = match tries {
        1 => QUICK_WAIT,
        2 => QUICK_WAIT * 2,
        _ => return None,
    };
    let requested = retry_after.unwrap_or_default();
    let wait = requested.max(step / 2) + (step / 2).mul_f64(jitter.clamp(0.0, 1.0));
    (requested <= LONGEST_REQUESTED_WAIT && left >= wait + TRY_TIMEOUT).then_some(wait)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::Reason;

    const PLENTY: Duration = Duration::from_mins(1);

    fn not_sent(class: ReasonClass, retry_after: Option<u64>) -> Answer {
        let reason = Reason::new(class, "x", "x");
        Answer::NotSent { reason, retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn at_most_two_retries_follow() {
        let throttled = not_sent(ReasonClass::Throttled, None);
        let waits: Vec<_> = (1..=4).map(|tries| next_try(&throttled, tries, PLENTY, 1.0)).collect();
        assert_eq!(waits, [Some(QUICK_WAIT), Some(QUICK_WAIT * 2), None, None]);
        assert_eq!(next_try(&throttled, 1, PLENTY, 0.0), Some(Duration::from_millis(100)));
    }

    #[test]
    fn only_temporary_failures_before_sending_are_retried() {
        let reason = Reason::new(ReasonClass::Throttled, "x", "x");
        assert!(next_try(&not_sent(ReasonClass::Unavailable, None), 1, PLENTY, 0.5).is_some());
        for answer in [
            not_sent(ReasonClass::Account, None),
            Answer::Accepted(None),
            Answer::Rejected(reason.clone()),
            Answer::Refused(reason.clone()),
            Answer::Unrecognised(reason.clone()),
            Answer::Unreadable(reason.clone()),
            Answer::Unknown(reason),
        ] {
            assert_eq!(next_try(&answer, 1, PLENTY, 0.5), None, "{answer:?}");
        }
    }

    #[test]
    fn a_short_requested_wait_is_respected_and_a_long_one_ends_the_attempt() {
        let wait = next_try(&not_sent(ReasonClass::Throttled, Some(1)), 1, PLENTY, 0.0).unwrap();
        assert_eq!(wait, Duration::from_secs(1));
        assert!(next_try(&not_sent(ReasonClass::Throttled, Some(2)), 1, PLENTY, 1.0).is_some());
        assert_eq!(next_try(&not_sent(ReasonClass::Throttled, Some(3)), 1, PLENTY, 0.0), None);
    }

    proptest! {
        #[test]
        fn a_retry_fits_into_the_time_left_and_respects_the_requested_wait(
            tries in 0usize..5, left in 0u64..20_000, requested in proptest::option::of(0u64..4), jitter in -1.0f64..2.0
        ) {
            let left = Duration::from_millis(left);
            if let Some(wait) = next_try(&not_sent(ReasonClass::Throttled, requested), tries, left, jitter) {
                prop_assert!(wait + TRY_TIMEOUT <= left);
                prop_assert!(wait >= Duration::from_secs(requested.unwrap_or(0)));
                prop_assert!((1..=2).contains(&tries));
            }
        }
    }
}
