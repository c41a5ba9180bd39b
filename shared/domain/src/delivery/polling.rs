//! The schedule for polling a provider about a message without callbacks.

use std::time::Duration;

use jiff::Timestamp;

/// The longest pause between two polls is this part of the time until the last one: by default half a day.
const LONGEST_PAUSE_PART: u32 = 6;

/// The settings of the polling schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polling {
    /// The time from acceptance to the first poll; each further pause is twice as long, up to a sixth of the time to the last poll.
    pub silent_after: Duration,
    /// The time from acceptance to the last poll.
    pub unconfirmed_after: Duration,
}

impl Polling {
    /// The time of the first poll.
    pub fn first(silent_after: Duration, accepted_at: Timestamp) -> Timestamp {
        after(accepted_at, silent_after)
    }

    /// The time of the next poll, after poll number `polls` (counted from 1) at `now`.
    pub fn next(&self, polls: u32, accepted_at: Timestamp, now: Timestamp) -> Timestamp {
        let longest = (self.unconfirmed_after / LONGEST_PAUSE_PART).max(self.silent_after);
        let pause = self.silent_after.saturating_mul(2u32.saturating_pow(polls)).min(longest);
        let horizon = self.horizon(accepted_at);
        let next = after(now, pause);
        // The last poll is at the horizon, and not up to a pause before it. A poll after the horizon
        // happens only if the sweeper stopped between the last poll and marking the message.
        if now < horizon { next.min(horizon) } else { next }
    }

    /// Whether a poll at `now` is the last one.
    pub fn is_last(&self, accepted_at: Timestamp, now: Timestamp) -> bool {
        now >= self.horizon(accepted_at)
    }

    fn horizon(&self, accepted_at: Timestamp) -> Timestamp {
        after(accepted_at, self.unconfirmed_after)
    }
}

fn after(at: Timestamp, pause: Duration) -> Timestamp {
    at.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    const ACCEPTED_AT: Timestamp = Timestamp::constant(1_795_165_200, 0);
    const POLLING: Polling =
        Polling { silent_after: Duration::from_mins(10), unconfirmed_after: Duration::from_hours(72) };

    /// The times of the polls, in minutes after acceptance, if each is made exactly when due.
    fn poll_times(polling: &Polling) -> Vec<i64> {
        let mut times = vec![Polling::first(polling.silent_after, ACCEPTED_AT)];
        while let Some(now) = times.last().copied()
            && !polling.is_last(ACCEPTED_AT, now)
        {
            let polls = u32::try_from(times.len()).unwrap();
            times.push(polling.next(polls, ACCEPTED_AT, now));
        }
        times.iter().map(|at| at.duration_since(ACCEPTED_AT).as_mins()).collect()
    }

    #[test]
    fn pauses_double_and_the_last_poll_is_at_the_horizon() {
        let doubling = [10, 30, 70, 150, 310, 630, 1270];
        let capped = [1990, 2710, 3430, 4150];
        assert_eq!(poll_times(&POLLING), [&doubling[..], &capped, &[72 * 60]].concat());
    }

    #[test]
    fn with_a_horizon_before_the_first_poll_there_is_only_one() {
        let polling = Polling { unconfirmed_after: Duration::ZERO, ..POLLING };
        assert_eq!(poll_times(&polling), [10]);
    }

    #[test]
    fn a_poll_at_the_horizon_can_be_repeated_after_a_pause() {
        let horizon = ACCEPTED_AT + SignedDuration::from_hours(72);
        assert!(!POLLING.is_last(ACCEPTED_AT, horizon - SignedDuration::from_secs(1)));
        assert!(POLLING.is_last(ACCEPTED_AT, horizon));
        assert_eq!(POLLING.next(1, ACCEPTED_AT, horizon), horizon + SignedDuration::from_mins(20));
    }

    proptest! {
        #[test]
        fn the_next_poll_is_always_later(polls in 0u32..100, late in 0i64..10_000_000, silent in 1u64..100_000) {
            let polling = Polling { silent_after: Duration::from_secs(silent), ..POLLING };
            let now = ACCEPTED_AT + SignedDuration::from_secs(late);
            let next = polling.next(polls, ACCEPTED_AT, now);
            prop_assert!(next > now);
            let longest = SignedDuration::from_hours(12).max(SignedDuration::try_from(polling.silent_after).unwrap());
            prop_assert!(next <= now + longest);
        }
    }
}
