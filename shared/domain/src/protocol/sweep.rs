//! Moves on a notification whose event does not come back: it was lost with its queue message, or went to the
//! dead-letter queue with it.
//!
//! A sweep never claims and so never sends; it only records what has become certain. If the event
//! does come back, it continues from that record.

use std::time::Duration;

use jiff::Timestamp;

use super::decide::lease_over;
use super::{Policy, Record, State};

/// The result of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sweep {
    /// The record has its outcome, or its event may still come back.
    Leave,
    /// Write this record.
    Move(Record),
}

/// Decides about a record that the index lists as due. `stuck_after` is the time after `due_at` by which its
/// event would have come back.
pub fn sweep(record: &Record, policy: &Policy, stuck_after: Duration, now: Timestamp) -> Sweep {
    let Some(due_at) = record.due_at.filter(|due_at| *due_at <= now) else { return Sweep::Leave };
    let is_stuck = due_at.saturating_add(stuck_after).unwrap_or(Timestamp::MAX) <= now;
    match record.state {
        State::Sending => Sweep::Move(lease_over(record, policy, now)),
        State::Unknown | State::Waiting if is_stuck => Sweep::Move(record.held(record.reason.clone(), now)),
        State::Unknown
        | State::Waiting
        | State::Accepted
        | State::Rejected
        | State::Suppressed
        | State::Held => Sweep::Leave,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::super::{Held, Reason, ReasonClass};
    use super::*;
    use crate::provider::Provider;

    const STUCK_AFTER: Duration = Duration::from_hours(3);
    const NOW: Timestamp = Timestamp::constant(1_780_000_000, 0);
    const STATES: [State; 7] = [
        State::Sending,
        State::Waiting,
        State::Unknown,
        State::Accepted,
        State::Rejected,
        State::Suppressed,
        State::Held,
    ];

    fn record(state: State, due_for: Option<i64>) -> Record {
        Record {
            state,
            attempt: 2,
            provider: Some(Provider::Meta),
            unclear: state == State::Unknown,
            refused_by: [Provider::OneMsg].into(),
            due_at: due_for.map(|seconds| NOW - SignedDuration::from_secs(seconds)),
            reason: Some(Reason::new(ReasonClass::Throttled, "130429", "text")),
            ..Record::untried("f")
        }
    }

    fn swept(state: State, due_for: Option<i64>) -> Sweep {
        sweep(&record(state, due_for), &Policy::default(), STUCK_AFTER, NOW)
    }

    #[test]
    fn an_attempt_whose_lease_has_ended_is_unknown_for_its_window() {
        for due_for in [0, 1, 1_000_000] {
            let Sweep::Move(unknown) = swept(State::Sending, Some(due_for)) else { panic!("a move") };
            assert_eq!((unknown.state, unknown.attempt), (State::Unknown, 2));
            assert_eq!(unknown.due_at, Some(NOW + SignedDuration::from_mins(15)));
            assert_eq!(unknown.reason.unwrap().code, "lease_over");
        }
    }

    #[test]
    fn a_stuck_waiting_or_unknown_record_is_held_with_its_reason() {
        let limit = 3 * 3600;
        for state in [State::Waiting, State::Unknown] {
            let Sweep::Move(held) = swept(state, Some(limit)) else { panic!("a move") };
            assert_eq!(held, Record { state: State::Held, due_at: Some(NOW), ..record(state, None) });
            let known = if state == State::Waiting { Held::Unsent } else { Held::Unclear };
            assert_eq!(held.held_as(), Some(known));
            assert_eq!(swept(state, Some(limit - 1)), Sweep::Leave, "{state}");
        }
    }

    #[test]
    fn a_record_with_an_outcome_or_not_due_is_left() {
        for state in STATES {
            for due_for in [None, Some(-1)] {
                assert_eq!(swept(state, due_for), Sweep::Leave, "{state} {due_for:?}");
            }
            assert!(!state.is_terminal() || swept(state, Some(1_000_000)) == Sweep::Leave, "{state}");
        }
    }

    proptest! {
        #[test]
        fn a_sweep_never_claims_and_repeated_sweeps_reach_an_outcome(
            state in proptest::sample::select(STATES.to_vec()), due_for in -10_000i64..100_000
        ) {
            let mut current = record(state, Some(due_for));
            let mut now = NOW;
            for _ in 0..2 {
                if let Sweep::Move(next) = sweep(&current, &Policy::default(), STUCK_AFTER, now) {
                    prop_assert!(matches!(next.state, State::Unknown | State::Held));
                    prop_assert_ne!(next.state, current.state);
                    prop_assert_eq!((next.attempt, next.provider), (current.attempt, current.provider));
                    current = next;
                }
                now += SignedDuration::from_hours(24);
            }
            let last = sweep(&current, &Policy::default(), STUCK_AFTER, now);
            prop_assert!(current.state.is_terminal() || last != Sweep::Leave);
        }
    }
}
