//! A person's steps, after `infra/ops/src/commands/resolve.rs`: reads a held record, and writes the result of `resolve`
//! on the condition that the record is unchanged. An unsent notification is delivered again with its event.

use shared::protocol::{Finding, State};

use crate::scenario::{Person, Scenario};
use crate::table::{Writer, Written};
use crate::world::World;

impl World {
    /// Finds out whether a held notification was sent.
    pub(crate) fn find_out(&mut self, scenario: &Scenario, index: u8) {
        self.finder.has_spoken = true;
        let was_sent = self.accepted(usize::from(index)) > 0;
        let finding = match scenario.person {
            Some(Person::Right) if was_sent => Finding::Sent(None),
            _ => Finding::NotSent,
        };
        let known = self.notifications[usize::from(index)].record;
        self.finder.write =
            known.and_then(|known| Some((index, known, Scenario::resolve(known, &finding, self.now)?)));
    }

    /// Records the finding. If a callback was faster, the person sees the current record instead.
    pub(crate) fn resolve(&mut self, scenario: &Scenario) {
        let Some((index, known, next)) = self.finder.write.take() else { return };
        let written = self.move_by(Writer::Person, scenario, index, Some(known), next);
        if written == Written::Done && next.state == State::Waiting {
            self.put_again(index);
        }
    }

    /// A replay: puts a copy of the event on the queue again.
    fn put_again(&mut self, index: u8) {
        let copy = self.workers.iter_mut().find(|it| it.notification == index && it.acknowledged);
        if let Some(copy) = copy {
            copy.acknowledged = false;
            copy.handed_over = false;
        }
    }
}
