//! The status events as other systems of the shop receive them.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use shared::protocol::State;

use super::{Shop, eventually};

/// The stream is read many times a second; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(45);

impl Shop {
    /// All status events in their envelopes, oldest first, once every change of the table is published.
    pub async fn published(&self) -> Vec<Value> {
        tokio::time::timeout(PATIENCE, self.local.published()).await.expect("the stream's end in time");
        self.local.status_events().into_iter().map(|event| event.envelope).collect()
    }

    /// The status events about an order.
    pub async fn published_about(&self, order: &str) -> Vec<Value> {
        let mut events = self.published().await;
        events.retain(|event| event["detail"]["order"]["number"] == order);
        events
    }

    /// Waits until the status events about an order are exactly the facts and the outcome of each of its notifications,
    /// each once.
    pub async fn until_published(&self, order: &str) {
        eventually(&format!("all status events of order {order}"), async || {
            let views = self.order(order).await;
            let mut expected: Vec<String> = Vec::new();
            for view in &views {
                let outcome = view.record.state.is_terminal().then(|| view.record.state.name().to_owned());
                let facts = view.facts();
                expected.extend(outcome.into_iter().chain(facts.kinds().map(|kind| kind.name().to_owned())));
            }
            let events = self.published_about(order).await;
            let mut published: Vec<String> = events.iter().map(|event| kind(event).to_lowercase()).collect();
            // A callback may prove that a held notification had been sent.
            if views.iter().all(|view| view.record.state == State::Accepted) {
                published.retain(|kind| kind != "held");
            }
            expected.sort();
            published.sort();
            if published == expected && keys(&events).len() == events.len() {
                Ok(())
            } else {
                Err(format!("{published:?}, not {expected:?}"))
            }
        })
        .await;
    }
}

/// The status event's kind: its detail type without the prefix.
pub fn kind(event: &Value) -> &str {
    event["detail-type"].as_str().unwrap().trim_start_matches("Notification ")
}

/// The kinds of status events, in order.
pub fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(kind).collect()
}

/// The keys by which a consumer recognises duplicates.
pub fn keys(events: &[Value]) -> BTreeSet<&str> {
    events.iter().map(|event| event["detail"]["event_key"].as_str().unwrap()).collect()
}
