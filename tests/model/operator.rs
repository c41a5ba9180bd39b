//! The operator's steps, after `infra/ops/src/commands/resolve.rs`: reads a held record, and writes the result of
//! `resolve` if the record is unchanged. If the notification was not sent, its event is delivered again.

use shared::protocol::{Finding, State};

use crate::scenario::{Operator, Scenario};
use crate::table::{WriteResult, Writer};
use crate::world::World;

impl World {
    /// Finds out whether a held notification was sent.
    pub(crate) fn investigate(&mut self, scenario: &Scenario, index: u8) {
        self.operator.has_acted = true;
        let was_sent = self.accepted(usize::from(index)) > 0;
        let finding = match scenario.operator {
            Some(Operator::RecordsTruth) if was_sent => Finding::Sent(None),
            _ => Finding::NotSent,
        };
        let known = self.notifications[usize::from(index)].record;
        self.operator.write =
            known.and_then(|known| Some((index, known, Scenario::resolve(known, &finding, self.now)?)));
    }

    /// Records the finding. Has no effect if a callback has changed the record meanwhile.
    pub(crate) fn resolve(&mut self, scenario: &Scenario) {
        let Some((index, known, next)) = self.operator.write.take() else { return };
        let written = self.move_by(Writer::Operator, scenario, index, Some(known), next);
        if written == WriteResult::Done && next.state == State::Waiting {
            self.replay_event(index);
        }
    }

    /// Puts a copy of the event on the queue again.
    fn replay_event(&mut self, index: u8) {
        let copy = self.workers.iter_mut().find(|it| it.notification == index && it.acknowledged);
        if let Some(copy) = copy {
            copy.acknowledged = false;
            copy.delivered = false;
        }
    }
}
