//! Decides whether the queue or the table brings an unfinished event back. It is always exactly one of them,
//! so that the event is neither lost nor multiplied.

use std::time::Duration;

use jiff::Timestamp;

use super::State;

/// The longest wait in the queue: enough for throttling and for the first waits after a refusal that can be
/// mended. The sweeper checks the table every few minutes.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// From this receive count on, the table takes every wait. The queue in `template.yaml` moves an event to the
/// dead-letter queue after forty receives, and some of them are used up by crashes and by other runs' leases.
const MOST_RECEIVES: u32 = 20;
/// The longest time in the queue since the first receipt; the queue drops messages after four days.
const LONGEST_STAY: Duration = Duration::from_hours(24);

/// The owner of an event: it brings the event back if it is not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The queue.
    Queue {
        /// The end of the longest wait that the queue carries. A longer wait, and any wait for a callback or
        /// the operator, goes to the table. `None` if the table stores no events.
        until: Option<Timestamp>,
    },
    /// The table. The queue has only a copy, which ends with its run.
    Table,
}

impl Owner {
    /// The queue as owner of an event that it has delivered `receives` times since `first_receipt`.
    pub fn queue(receives: u32, first_receipt: Timestamp, now: Timestamp) -> Self {
        let after = |from: Timestamp, wait| from.saturating_add(wait).unwrap_or(Timestamp::MAX);
        let until = match receives {
            MOST_RECEIVES.. => now,
            _ => after(now, LONGEST_WAIT).min(after(first_receipt, LONGEST_STAY)),
        };
        Self::Queue { until: Some(until) }
    }

    /// Whether the table takes over a wait until `at` in this state. A lease ends soon, so a wait for one stays in
    /// the queue.
    pub(super) fn moves_wait_to_table(self, state: State, at: Timestamp) -> bool {
        match self {
            Self::Table => true,
            Self::Queue { until: None } => false,
            Self::Queue { until: Some(until) } => match state {
                State::Unknown => true,
                State::Sending => false,
                _ => at > until,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_780_000_000, 0);

    #[test]
    fn the_queue_carries_short_waits_and_the_table_all_others() {
        let minutes = |minutes| NOW + SignedDuration::from_mins(minutes);
        let first = |hours| NOW - SignedDuration::from_hours(hours);
        for (receives, received, state, wait, is_moved) in [
            (1, first(0), State::Waiting, 15, false),
            (1, first(0), State::Waiting, 16, true),
            (19, first(23), State::Waiting, 15, false),
            (20, first(1), State::Waiting, 1, true),
            (2, first(25), State::Waiting, 1, true),
            (1, first(0), State::Unknown, 1, true),
            (39, first(90), State::Sending, 1, false),
        ] {
            let owner = Owner::queue(receives, received, NOW);
            assert_eq!(
                owner.moves_wait_to_table(state, minutes(wait)),
                is_moved,
                "{receives} {state} {wait}"
            );
            let alone = Owner::Queue { until: None };
            assert!(
                !alone.moves_wait_to_table(state, minutes(wait))
                    && Owner::Table.moves_wait_to_table(state, NOW)
            );
        }
    }
}
