//! `delivery-webhook` as steps: `storage.rs`, one request in each.

use shared::protocol::State;

use crate::properties::Broken;
use crate::rules::Mutant;
use crate::scenario::Scenario;
use crate::world::{Call, World};

impl World {
    /// Stores a call's facts, and answers if there is no more to do.
    pub(crate) fn store_facts(&mut self, scenario: &Scenario, message: usize, call: usize) {
        let accepted = &mut self.messages[message];
        accepted.facts |= 1 << call;
        let stored = accepted.stored_by_sender;
        let skipped = scenario.mutant == Some(Mutant::EchoIsNoEvidence) && !stored;
        let known = accepted.message.provider.echoes_reference() || stored;
        accepted.calls[call] = if known && !skipped { Call::Stored } else { Call::Answered };
        if known && skipped {
            self.check_evidence(message);
        }
    }

    /// Adopts the message, and answers.
    pub(crate) fn adopt(&mut self, scenario: &Scenario, message: usize, call: usize) {
        self.adopt_message(scenario, message);
        self.messages[message].calls[call] = Call::Answered;
        self.check_evidence(message);
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
