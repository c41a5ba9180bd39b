//! delivery-webhook's steps: each is one request in its `storage.rs`.

use shared::protocol::State;

use crate::mutant::Mutant;
use crate::properties::Broken;
use crate::scenario::Scenario;
use crate::world::{Call, World};

impl World {
    /// Stores the facts of a call, and answers. With our reference, the facts go into the notification's item, and the
    /// same update makes the notification accepted. Without it, they go into the message's item; the sender stores that
    /// item only after the settlement.
    pub(crate) fn store_facts(&mut self, scenario: &Scenario, message: usize, call: usize) {
        let accepted = &mut self.messages[message];
        accepted.facts |= 1 << call;
        accepted.calls[call] = Call::Answered;
        let (echoes, stored) = (accepted.message.provider.echoes_reference(), accepted.stored_by_sender);
        if echoes && scenario.mutant != Some(Mutant::EchoIsNoEvidence) {
            self.adopt_message(scenario, message);
        }
        if echoes || stored {
            self.check_evidence(message);
        }
    }

    /// Checks that an answered call made its notification accepted, if the notification is known.
    fn check_evidence(&mut self, message: usize) {
        let accepted = self.messages[message];
        let record = self.notifications[usize::from(accepted.notification)].record;
        let bit = accepted.message.bit();
        if !record.is_some_and(|it| it.state == State::Accepted && it.ids & bit != 0) {
            self.broken = self.broken.or(Some(Broken::EvidenceIgnored));
        }
    }
}
