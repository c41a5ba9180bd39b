//! The sweeper's steps: after `delivery-sweeper/src/notifications.rs`, it reads a record and writes the result of
//! `sweep`; after `events.rs`, it puts a stored event off and then a copy of it on the queue.

use shared::protocol::State;

use crate::rules::Mutant;
use crate::scenario::{AGAIN, Scenario};
use crate::world::{KeptEvent, Notification, World};

impl World {
    /// Reads a notification.
    pub(crate) fn look_at(&mut self, scenario: &Scenario, index: u8) {
        self.sweeper.looked_at |= 1 << index;
        let Notification { record: known, event, .. } = self.notifications[usize::from(index)];
        let comes_back = event.is_some_and(|event| !event.for_a_person);
        let known = known.filter(|known| !comes_back || known.state == State::Sending);
        let next = known.and_then(|known| Some((index, known, scenario.sweep(known, self.now)?)));
        self.sweeper.write = next;
    }

    /// Writes the notification. If the condition fails, the next run reads it again.
    pub(crate) fn sweep(&mut self, scenario: &Scenario) {
        if let Some((index, known, next)) = self.sweeper.write.take() {
            self.move_notification(scenario, index, Some(known), next);
        }
    }

    /// Whether a stored event is due, and the model's queue has room for a copy.
    pub(crate) fn is_due(&self, index: u8, looks_away: bool) -> bool {
        let event = self.notifications[usize::from(index)].event;
        let is_due = event.is_some_and(|event| event.due <= self.now && !(looks_away && event.for_a_person));
        is_due
            && self.workers.iter().any(|it| it.notification == index && it.acknowledged && it.run.is_none())
    }

    /// Puts a due event off. Of several runs one succeeds; the others fail the condition and do nothing. An event that
    /// waits for a person is only checked.
    pub(crate) fn take_event(&mut self, scenario: &Scenario, index: u8) {
        let due = self.now + AGAIN;
        let Notification { event, record, .. } = &mut self.notifications[usize::from(index)];
        let state = record.map(|record| record.state);
        if event.is_some_and(|event| event.for_a_person) {
            let is_held = state == Some(State::Held);
            if state.is_none_or(State::is_terminal) {
                *event = is_held.then_some(KeptEvent { due, for_a_person: true });
                return;
            }
        }
        let stays = scenario.mutant != Some(Mutant::TakeForGood);
        *event = stays.then_some(KeptEvent { due, for_a_person: false });
        self.taken = Some(index);
    }

    /// Puts the event's copy on the queue.
    pub(crate) fn put_copy(&mut self) {
        let Some(index) = self.taken.take() else { return };
        let free =
            |it: &&mut crate::world::Worker| it.notification == index && it.acknowledged && it.run.is_none();
        if let Some(copy) = self.workers.iter_mut().find(free) {
            (copy.acknowledged, copy.handed_over, copy.is_returned) = (false, false, true);
        }
    }
}
