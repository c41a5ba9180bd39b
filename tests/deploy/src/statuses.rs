//! Compares the status events on the bus with the table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::delivery::FactKind;
use shared::protocol::State;

use crate::aws::Aws;
use crate::bench::wait_for;
use crate::bus::Listener;
use crate::truth::Truth;

/// The source of the status events.
const SOURCE: &str = "order-notifications";

/// How many missing status events an error shows.
const SHOWN: usize = 3;

/// The subject of a status event, and its detail type.
type Told = (String, String);

/// A listener for status events.
#[derive(Debug)]
pub struct Statuses(Listener);

impl Statuses {
    /// Listens from now on.
    pub async fn listen(aws: &Aws) -> anyhow::Result<Self> {
        Ok(Self(Listener::start(aws, "heard-status-events", &json!({ "source": [SOURCE] })).await?))
    }

    /// Waits until every outcome and fact in the table has its status event, and checks that there is no other. An
    /// event may arrive twice, with the same key.
    pub async fn tell(&mut self, truth: &Truth) -> anyhow::Result<usize> {
        let due = due(truth);
        wait_for("the status events", async || {
            let told = told(self.0.heard().await?)?;
            let missing: Vec<_> = due.iter().filter(|it| !told.contains_key(*it)).collect();
            if !missing.is_empty() {
                let some: Vec<_> = missing.iter().take(SHOWN).collect();
                return Ok(Err(format!(
                    "{} of {} are missing, among them {some:?}",
                    missing.len(),
                    due.len()
                )));
            }
            let excess: Vec<_> = told.keys().filter(|it| !due.contains(*it)).collect();
            anyhow::ensure!(
                excess.is_empty(),
                "there are status events of what the table doesn't say: {excess:?}"
            );
            let repeated: Vec<_> = told.iter().filter(|(_, keys)| keys.len() > 1).collect();
            anyhow::ensure!(repeated.is_empty(), "one fact or outcome has several event keys: {repeated:?}");
            Ok(Ok(due.len()))
        })
        .await
    }
}

/// The expected status events: one for every outcome and every fact.
fn due(truth: &Truth) -> BTreeSet<Told> {
    let mut due = BTreeSet::new();
    for (reference, view) in &truth.notifications {
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
        due.extend(
            outcome.into_iter().chain(facts).map(|word| (reference.clone(), format!("Notification {word}"))),
        );
    }
    due.extend(truth.invalid.iter().map(|id| (id.clone(), "Order Event Invalid".to_owned())));
    due
}

/// The event keys, by subject and detail type.
fn told(events: &[Value]) -> anyhow::Result<BTreeMap<Told, BTreeSet<String>>> {
    let mut told: BTreeMap<Told, BTreeSet<String>> = BTreeMap::new();
    for event in events {
        let text = |place: &str| event.pointer(place).and_then(Value::as_str).map(str::to_owned);
        let about = text("/detail/reference").or_else(|| text("/detail/event_id"));
        let (Some(about), Some(kind), Some(key)) = (about, text("/detail-type"), text("/detail/event_key"))
        else {
            anyhow::bail!(
                "a status event lacks what it is about, its type or its key: {:?}",
                text("/detail-type")
            );
        };
        told.entry((about, kind)).or_default().insert(key);
    }
    Ok(told)
}
