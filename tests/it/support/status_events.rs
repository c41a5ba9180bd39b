//! The status events that a shop's other systems get.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use shared::delivery::FactKind;
use shared::protocol::State;

use super::{Shop, eventually};

/// The stream is read many times a second; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(45);

impl Shop {
    /// Every status event, once all that is in the table is published; the first one first, in their envelopes.
    pub async fn published(&self) -> Vec<Value> {
        tokio::time::timeout(PATIENCE, self.local.published()).await.expect("the stream's end in time");
        self.local.status_events().into_iter().map(|event| event.envelope).collect()
    }

    /// Those about an order.
    pub async fn published_about(&self, order: &str) -> Vec<Value> {
        let mut events = self.published().await;
        events.retain(|event| event["detail"]["order"]["number"] == order);
        events
    }

    /// Waits until what was published about an order is every fact and the outcome of each of its notifications, and
    /// nothing but that, each of it once.
    pub async fn until_told(&self, order: &str) {
        eventually(&format!("all of order {order} to be told"), async || {
            let views = self.order(order).await;
            let mut expected: Vec<String> = Vec::new();
            for view in &views {
                let outcome = view.record.state.is_terminal().then(|| view.record.state.name().to_owned());
                let facts = FactKind::ALL.into_iter().filter(|kind| view.facts().at(*kind).is_some());
                expected.extend(outcome.into_iter().chain(facts.map(|kind| kind.name().to_owned())));
            }
            let events = self.published_about(order).await;
            let mut told: Vec<String> = events.iter().map(|event| word(event).to_lowercase()).collect();
            // A callback may prove that what was held had been sent.
            if views.iter().all(|view| view.record.state == State::Accepted) {
                told.retain(|word| word != "held");
            }
            expected.sort();
            told.sort();
            if told == expected && keys(&events).len() == events.len() {
                Ok(())
            } else {
                Err(format!("{told:?} and not {expected:?}"))
            }
        })
        .await;
    }
}

/// What a status event tells, in one word.
pub fn word(event: &Value) -> &str {
    event["detail-type"].as_str().unwrap().trim_start_matches("Notification ")
}

/// What they tell, one after the other.
pub fn words(events: &[Value]) -> Vec<&str> {
    events.iter().map(word).collect()
}

/// The keys by which a consumer tells repetitions.
pub fn keys(events: &[Value]) -> BTreeSet<&str> {
    events.iter().map(|event| event["detail"]["event_key"].as_str().unwrap()).collect()
}
