//! Dead letters: messages that were received too often.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::{Message, Queue, Stored};

#[derive(Debug)]
pub(super) struct Redrive {
    pub(super) max_receive_count: u32,
    pub(super) dead_letters: Queue,
}

impl Queue {
    /// Moves messages that were received too often to the dead-letter queue. They keep their ids, ages and counts.
    pub(super) fn bury(&self, now: Instant) {
        let Some(Redrive { max_receive_count, dead_letters }) = &self.0.redrive else { return };
        let is_dead =
            |stored: &Stored| stored.visible_at <= now && stored.message.receive_count >= *max_receive_count;
        let mut state = self.state();
        let (dead, alive) = std::mem::take(&mut state.messages).into_iter().partition(is_dead);
        state.messages = alive;
        drop(state);
        let dead: VecDeque<Stored> = dead;
        for stored in dead {
            dead_letters.push(stored.message);
        }
    }

    /// Moves every message, in flight or not, to the dead-letter queue, as after its last permitted receive. Returns
    /// their number.
    pub fn bury_all(&self) -> usize {
        let Some(Redrive { dead_letters, .. }) = &self.0.redrive else { return 0 };
        let dead = std::mem::take(&mut self.state().messages);
        let count = dead.len();
        for stored in dead {
            dead_letters.push(stored.message);
        }
        count
    }

    /// The dead-letter queue; none if this is itself a dead-letter queue.
    pub fn dead_letter_queue(&self) -> Option<&Self> {
        self.0.redrive.as_ref().map(|redrive| &redrive.dead_letters)
    }

    /// After this many receives a message becomes a dead letter.
    pub fn max_receive_count(&self) -> Option<u32> {
        self.0.redrive.as_ref().map(|redrive| redrive.max_receive_count)
    }

    /// The messages of the dead-letter queue.
    pub fn dead_letters(&self) -> Vec<Message> {
        self.dead_letter_queue().map(Self::messages).unwrap_or_default()
    }

    /// Moves the dead letters back to the queue, as an operator does after repairing the cause. Returns their number.
    pub fn redrive(&self) -> usize {
        let mut count = 0;
        while let Some(letter) = self.dead_letter_queue().and_then(Self::take) {
            self.send_with(letter.body, letter.attributes);
            count += 1;
        }
        count
    }
}
