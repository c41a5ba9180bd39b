//! `delivery-webhook` as steps: `storage.rs`, one request in each.

use shared::protocol::State;

use crate::properties::Broken;
use crate::rules::Mutant;
use crate::scenario::Scenario;
use crate::world::{Call, World};

impl World {
    /// Stores a call's facts, and answers. With our reference they stand in the notification's item, and the same update makes
    /// it accepted. Without it they stand in the message's own; that the sender has stored that one says that it has settled.
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

    /// A call that was answered is evidence of acceptance, where it is known of what.
    fn check_evidence(&mut self, message: usize) {
        let accepted = self.messages[message];
        let record = self.notifications[usize::from(accepted.notification)].record;
        let bit = accepted.message.bit();
        if !record.is_some_and(|it| it.state == State::Accepted && it.ids & bit != 0) {
            self.broken = self.broken.or(Some(Broken::EvidenceIgnored));
        }
    }
}
