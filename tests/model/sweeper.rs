//! The sweeper's steps. As in `delivery-sweeper/src/notifications.rs`, it reads a record and writes the result of
//! `sweep`. As in `events.rs`, it postpones a stored event and then puts a copy of it on the queue.

use shared::protocol::State;

use crate::mutant::Mutant;
use crate::scenario::{AGAIN, Scenario};
use crate::world::{Notification, StoredEvent, World};

impl World {
    /// Reads a notification.
    pub(crate) fn read_notification(&mut self, scenario: &Scenario, index: u8) {
        self.sweeper.already_read |= 1 << index;
        let Notification { record: known, event, .. } = self.notifications[usize::from(index)];
        let comes_back = event.is_some_and(|event| !event.waits_for_operator);
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
    pub(crate) fn is_due(&self, index: u8, skips_held: bool) -> bool {
        let event = self.notifications[usize::from(index)].event;
        let is_due =
            event.is_some_and(|event| event.due <= self.now && !(skips_held && event.waits_for_operator));
        is_due
            && self.workers.iter().any(|it| it.notification == index && it.acknowledged && it.run.is_none())
    }

    /// Postpones a due event. Only one of several runs succeeds; the condition stops the others. An event that waits for
    /// the operator is only checked.
    pub(crate) fn postpone_event(&mut self, scenario: &Scenario, index: u8) {
        let due = self.now + AGAIN;
        let Notification { event, record, .. } = &mut self.notifications[usize::from(index)];
        let state = record.map(|record| record.state);
        if event.is_some_and(|event| event.waits_for_operator) {
            let is_held = state == Some(State::Held);
            if state.is_none_or(State::is_terminal) {
                *event = is_held.then_some(StoredEvent { due, waits_for_operator: true });
                return;
            }
        }
        let stays = scenario.mutant != Some(Mutant::DeleteEnqueuedEvent);
        *event = stays.then_some(StoredEvent { due, waits_for_operator: false });
        self.postponed = Some(index);
    }

    /// Puts the event's copy on the queue.
    pub(crate) fn enqueue_copy(&mut self) {
        let Some(index) = self.postponed.take() else { return };
        let free =
            |it: &&mut crate::world::Worker| it.notification == index && it.acknowledged && it.run.is_none();
        if let Some(copy) = self.workers.iter_mut().find(free) {
            (copy.acknowledged, copy.delivered, copy.is_from_table) = (false, false, true);
        }
    }
}
