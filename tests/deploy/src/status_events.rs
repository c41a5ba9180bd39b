//! Compares the status events on the bus with the table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::delivery::FactKind;
use shared::protocol::State;

use crate::aws::Aws;
use crate::bus::Listener;
use crate::harness::wait_for;
use crate::outcomes::Outcomes;

const SOURCE: &str = "order-notifications";

/// How many missing status events an error shows.
const SHOWN: usize = 3;

/// The subject of a status event (a reference, or the id of an invalid event), and its detail type.
type EventName = (String, String);

#[derive(Debug)]
pub struct StatusEvents(Listener);

impl StatusEvents {
    /// Starts to listen. Earlier events are not received.
    pub async fn listen(aws: &Aws) -> anyhow::Result<Self> {
        Ok(Self(Listener::start(aws, "received-status-events", &json!({ "source": [SOURCE] })).await?))
    }

    /// Waits until every outcome and fact in the table has its status event, and checks that there is no other. An
    /// event may arrive twice, with the same key.
    pub async fn wait_for(&mut self, outcomes: &Outcomes) -> anyhow::Result<usize> {
        let expected = expected_events(outcomes);
        wait_for("the status events", async || {
            let keys = keys_by_event(self.0.receive().await?)?;
            let missing: Vec<_> = expected.iter().filter(|it| !keys.contains_key(*it)).collect();
            if !missing.is_empty() {
                let some: Vec<_> = missing.iter().take(SHOWN).collect();
                return Ok(Err(format!(
                    "{} of {} are missing, among them {some:?}",
                    missing.len(),
                    expected.len()
                )));
            }
            let excess: Vec<_> = keys.keys().filter(|it| !expected.contains(*it)).collect();
            anyhow::ensure!(
                excess.is_empty(),
                "the table contains no outcome or fact for these status events: {excess:?}"
            );
            let repeated: Vec<_> = keys.iter().filter(|(_, keys)| keys.len() > 1).collect();
            anyhow::ensure!(repeated.is_empty(), "one fact or outcome has several event keys: {repeated:?}");
            Ok(Ok(expected.len()))
        })
        .await
    }
}

/// The expected status events: one for every outcome and every fact.
fn expected_events(outcomes: &Outcomes) -> BTreeSet<EventName> {
    let mut expected = BTreeSet::new();
    for (reference, view) in &outcomes.notifications {
        let outcome = match view.record.state {
            State::Accepted => Some("Accepted"),
            State::Rejected => Some("Rejected"),
            State::Suppressed => Some("Suppressed"),
            State::Held => Some("Held"),
            State::Sending | State::Waiting | State::Unknown => None,
        };
        let facts = view.facts();
        let facts = facts.kinds().map(|kind| match kind {
            FactKind::Sent => "Sent",
            FactKind::Delivered => "Delivered",
            FactKind::Read => "Read",
            FactKind::Failed => "Failed",
        });
        expected.extend(
            outcome.into_iter().chain(facts).map(|word| (reference.clone(), format!("Notification {word}"))),
        );
    }
    expected.extend(outcomes.invalid.iter().map(|id| (id.clone(), "Order Event Invalid".to_owned())));
    expected
}

/// The event keys, by subject and detail type.
fn keys_by_event(events: &[Value]) -> anyhow::Result<BTreeMap<EventName, BTreeSet<String>>> {
    let mut keys: BTreeMap<EventName, BTreeSet<String>> = BTreeMap::new();
    for event in events {
        let text = |place: &str| event.pointer(place).and_then(Value::as_str).map(str::to_owned);
        let about = text("/detail/reference").or_else(|| text("/detail/event_id"));
        let (Some(about), Some(kind), Some(key)) = (about, text("/detail-type"), text("/detail/event_key"))
        else {
            anyhow::bail!(
                "a status event lacks its subject, its type or its key: {:?}",
                text("/detail-type")
            );
        };
        keys.entry((about, kind)).or_default().insert(key);
    }
    Ok(keys)
}
