//! Compares the table with the providers' ledger.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use local::expectation::{Expectation, Reached};
use local::simulator::AcceptedSend;
use local::truth::fact_kind;
use shared::delivery::FactKind;
use shared::protocol::State;
use shared::table::NotificationView;

use crate::bench::Bench;
use crate::orders::Followed;

/// The events' outcomes according to the table.
#[derive(Debug, Default)]
pub struct Truth {
    /// The notifications, by their references.
    pub notifications: BTreeMap<String, NotificationView>,
    /// The ids of the invalid events.
    pub invalid: BTreeSet<String>,
}

impl Bench {
    /// Reads the events' outcomes, and checks them against the providers' ledger: every accepted notification was
    /// accepted once and no other was, no further message was sent, and the stored facts equal the posted ones.
    pub async fn truth(&self, followed: &[Followed]) -> anyhow::Result<Truth> {
        let mut truth = Truth::default();
        for Followed { sample, id, expectation } in followed {
            match (expectation, Reached::read(&self.records, id, expectation).await?) {
                (
                    Expectation::Sent(reference, _) | Expectation::Suppressed(reference),
                    Reached::Notification(view),
                ) => {
                    truth.notifications.insert(reference.to_string(), *view);
                }
                (Expectation::Invalid, Reached::Invalid) => {
                    truth.invalid.insert(id.clone());
                }
                (Expectation::Ignored, Reached::Nothing) => {}
                (_, reached) => anyhow::bail!("{} is {reached} and should be {expectation}", sample.name),
            }
        }
        self.hold_against_the_ledger(&truth).context("the table and the providers' ledger disagree")?;
        Ok(truth)
    }

    fn hold_against_the_ledger(&self, truth: &Truth) -> anyhow::Result<()> {
        let ledger = self.simulator.ledger();
        let mut known = 0;
        for (reference, view) in &truth.notifications {
            let sends: Vec<_> = ledger.accepted.iter().filter(|send| is_of(send, view)).collect();
            known += sends.len();
            let due = usize::from(view.record.state == State::Accepted);
            anyhow::ensure!(
                sends.len() == due,
                "{reference} is {} and was sent {} times",
                view.record.state,
                sends.len()
            );
            let facts: BTreeSet<FactKind> = view.facts().kinds().collect();
            let happened: BTreeSet<FactKind> =
                sends.iter().flat_map(|send| send.happened()).filter_map(fact_kind).collect();
            anyhow::ensure!(
                facts == happened,
                "{reference} has the facts {facts:?}, and {happened:?} happened"
            );
        }
        let accepted = ledger.accepted.len();
        anyhow::ensure!(known == accepted, "{accepted} messages were accepted, and the table knows {known}");
        Ok(())
    }
}

fn is_of(send: &AcceptedSend, view: &NotificationView) -> bool {
    let ids = [&send.ids.reply, &send.ids.wamid, &send.ids.status];
    view.messages.iter().any(|it| {
        it.message.provider.name() == send.message.provider.name()
            && ids.iter().any(|id| *id == it.message.id.as_str())
    })
}
