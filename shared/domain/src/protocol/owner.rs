//! Who brings an event back that isn't finished: always one of two, so that it neither is lost nor becomes many.

use std::time::Duration;

use jiff::Timestamp;

use super::State;

/// The queue carries waits of at most this: what was throttled, and the first rounds of what must be mended. The table is
/// looked through every few minutes.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// After so many receives the table takes every wait. The template's queue gives an event up at its fortieth receive, and
/// some are spent on what isn't a wait: crashes, and another run's lease.
const MOST_RECEIVES: u32 = 20;
/// Nor does the queue carry an event for longer than this: it drops what is four days old.
const LONGEST_STAY: Duration = Duration::from_hours(24);

/// Who brings an event back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The queue.
    Queue {
        /// Until when it can: a longer wait, and whatever waits for a callback or a person, goes to the table. None where
        /// the table takes nothing.
        until: Option<Timestamp>,
    },
    /// The table: what the queue has is a copy, which ends with its run.
    Table,
}

impl Owner {
    /// The queue, which has handed the event over so many times since it took it.
    pub fn queue(receives: u32, first_receipt: Timestamp, now: Timestamp) -> Self {
        let after = |from: Timestamp, wait| from.saturating_add(wait).unwrap_or(Timestamp::MAX);
        let until = match receives {
            MOST_RECEIVES.. => now,
            _ => after(now, LONGEST_WAIT).min(after(first_receipt, LONGEST_STAY)),
        };
        Self::Queue { until: Some(until) }
    }

    /// Whether a wait until then, in this state, is the table's. A lease is over soon, and is no reason to hand an event over.
    pub(super) fn lets_the_table_wait(self, state: State, at: Timestamp) -> bool {
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
    fn the_queue_carries_short_waits_and_hands_over_before_it_would_give_up() {
        let minutes = |minutes| NOW + SignedDuration::from_mins(minutes);
        let first = |hours| NOW - SignedDuration::from_hours(hours);
        for (receives, received, state, wait, is_the_tables) in [
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
                owner.lets_the_table_wait(state, minutes(wait)),
                is_the_tables,
                "{receives} {state} {wait}"
            );
            let alone = Owner::Queue { until: None };
            assert!(
                !alone.lets_the_table_wait(state, minutes(wait))
                    && Owner::Table.lets_the_table_wait(state, NOW)
            );
        }
    }
}
