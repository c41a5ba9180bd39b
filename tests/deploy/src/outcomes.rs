//! Compares the table with the providers' ledger.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use local::expectation::{Expectation, Reached};
use local::simulator::AcceptedSend;
use local::simulator::aws::AwsService;
use local::truth::fact_kind;
use shared::delivery::FactKind;
use shared::protocol::State;
use shared::provider::Provider;
use shared::table::NotificationRow;

use crate::harness::Harness;
use crate::published_events::PublishedEvent;

/// The events' outcomes according to the table.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// The notifications, by their references.
    pub notifications: BTreeMap<String, NotificationRow>,
    /// The ids of the invalid events.
    pub invalid: BTreeSet<String>,
}

impl Harness {
    /// Reads the events' outcomes, and compares them with the providers' ledger: the providers accepted one message for
    /// each accepted notification and no other message, and the stored facts equal the reported ones.
    pub async fn check_outcomes(&self, published: &[PublishedEvent]) -> anyhow::Result<Outcomes> {
        let mut outcomes = Outcomes::default();
        for PublishedEvent { sample, id, expectation } in published {
            match (expectation, Reached::read(&self.records, id, expectation).await?) {
                (
                    Expectation::Sent(reference, _) | Expectation::Suppressed(reference),
                    Reached::Notification(view),
                ) => {
                    outcomes.notifications.insert(reference.to_string(), *view);
                }
                (Expectation::Followed { first, follower, .. }, Reached::Followed(view, next)) => {
                    outcomes.notifications.insert(first.to_string(), *view);
                    outcomes.notifications.insert(follower.to_string(), *next);
                }
                (Expectation::Invalid, Reached::Invalid) => {
                    outcomes.invalid.insert(id.clone());
                }
                (Expectation::Ignored, Reached::Nothing) => {}
                (_, reached) => anyhow::bail!("{} is {reached} and should be {expectation}", sample.name),
            }
        }
        self.compare_with_ledger(&outcomes).context("the table and the providers' ledger disagree")?;
        Ok(outcomes)
    }

    fn compare_with_ledger(&self, outcomes: &Outcomes) -> anyhow::Result<()> {
        let ledger = self.simulator.ledger();
        let mut known = 0;
        let texts = self.simulator.aws_ledger().accepted_by(AwsService::Sms).count();
        let is_text = |view: &&NotificationRow| view.record.provider == Some(Provider::AwsSms);
        let stored = outcomes.notifications.values().filter(is_text).count();
        anyhow::ensure!(texts == stored, "{texts} text messages were accepted, and the table has {stored}");
        for (reference, view) in outcomes.notifications.iter().filter(|(_, view)| !is_text(view)) {
            let sends: Vec<_> = ledger.accepted.iter().filter(|send| is_send_of(send, view)).collect();
            known += sends.len();
            let expected = usize::from(view.record.state == State::Accepted);
            anyhow::ensure!(
                sends.len() == expected,
                "the state of {reference} is {}, and its message was sent {} times",
                view.record.state,
                sends.len()
            );
            let facts: BTreeSet<FactKind> = view.facts().kinds().collect();
            let happened: BTreeSet<FactKind> =
                sends.iter().flat_map(|send| send.happened()).filter_map(fact_kind).collect();
            anyhow::ensure!(
                facts == happened,
                "{reference} has the facts {facts:?}, and the provider reported {happened:?}"
            );
        }
        let accepted = ledger.accepted.len();
        anyhow::ensure!(known == accepted, "{accepted} messages were accepted, and the table has {known}");
        Ok(())
    }
}

fn is_send_of(send: &AcceptedSend, view: &NotificationRow) -> bool {
    let ids = [&send.ids.reply, &send.ids.wamid, &send.ids.status];
    view.messages.iter().any(|it| {
        it.message.provider.name() == send.message.provider.name()
            && ids.iter().any(|id| *id == it.message.id.as_str())
    })
}
