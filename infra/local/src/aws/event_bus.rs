//! The event bus: takes events over HTTP, and its one rule puts those of the application's sources on the queue.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::json_protocol::{ServiceError, operation, read, unknown_operation};
use super::put_events::{Event, PutEvents, Refusal};
use super::queue::Queue;

/// How many events a subscriber may lag behind before it loses the oldest.
const SUBSCRIBER_BACKLOG: usize = 4096;

/// The bus of one instance. Clones share it.
#[derive(Debug, Clone)]
pub struct EventBus {
    sources: Arc<BTreeSet<String>>,
    queue: Queue,
    events: broadcast::Sender<Event>,
}

impl EventBus {
    /// A bus whose rule is `{"source": [<sources>]}` with the queue as its target.
    pub fn new(sources: BTreeSet<String>, queue: Queue) -> Self {
        Self { sources: Arc::new(sources), queue, events: broadcast::Sender::new(SUBSCRIBER_BACKLOG) }
    }

    /// Every event that the bus takes from now on, matched by the rule or not.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Its HTTP API.
    pub fn router(&self) -> Router {
        Router::new().route("/", post(answer)).with_state(self.clone())
    }

    fn put_events(&self, request: PutEvents) -> Result<Value, ServiceError> {
        let results = request.events()?;
        let failed = results.iter().filter(|result| result.is_err()).count();
        let entries: Vec<Value> = results.into_iter().map(|result| self.put(result)).collect();
        Ok(json!({ "FailedEntryCount": failed, "Entries": entries }))
    }

    fn put(&self, result: Result<Event, Refusal>) -> Value {
        match result {
            Ok(event) => {
                let answer = json!({ "EventId": event.id });
                if self.sources.contains(&event.source) {
                    self.queue.send(event.envelope.to_string());
                }
                // An error says that nobody has subscribed.
                let _subscribers = self.events.send(event);
                answer
            }
            Err(refusal) => json!({ "ErrorCode": refusal.code, "ErrorMessage": refusal.message }),
        }
    }
}

async fn answer(State(bus): State<EventBus>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = match operation(&headers, "AWSEvents") {
        Ok("PutEvents") => read(&body).and_then(|request| bus.put_events(request)),
        Ok(other) => Err(unknown_operation(&format!("{other} isn't part of the local run"))),
        Err(error) => Err(error),
    };
    answer.map(Json).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{Ports, Server};

    #[tokio::test]
    async fn an_event_of_the_rules_sources_reaches_the_queue_and_subscribers_see_all() {
        let queue = Queue::new(3);
        let bus = EventBus::new(BTreeSet::from(["oms".to_owned()]), queue.clone());
        let mut events = bus.subscribe();
        let listener = Ports::Any.listen(0, "the bus").await.unwrap();
        let server = Server::start(listener, bus.router()).unwrap();

        let entry = |source: &str| json!({ "Source": source, "DetailType": "A", "Detail": "{}" });
        let answer: Value = reqwest::Client::new()
            .post(server.url())
            .header("X-Amz-Target", "AWSEvents.PutEvents")
            .json(&json!({ "Entries": [entry("oms"), entry("crm"), entry("")] }))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();

        assert_eq!(answer["FailedEntryCount"], 1);
        let received = queue.receive(10, std::time::Duration::from_secs(1)).await;
        assert_eq!(received.len(), 1);
        let envelope: Value = serde_json::from_str(&received[0].message.body).unwrap();
        assert_eq!(envelope["id"], answer["Entries"][0]["EventId"]);
        let seen = [events.recv().await.unwrap().source, events.recv().await.unwrap().source];
        assert_eq!(seen, ["oms", "crm"]);
    }

    #[tokio::test]
    async fn an_operation_that_is_not_there_is_named_in_the_error() {
        let bus = EventBus::new(BTreeSet::new(), Queue::new(3));
        let listener = Ports::Any.listen(0, "the bus").await.unwrap();
        let server = Server::start(listener, bus.router()).unwrap();
        let request = reqwest::Client::new().post(server.url()).header("X-Amz-Target", "AWSEvents.PutRule");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 400);
        assert!(answer.text().await.unwrap().contains("PutRule"));
    }
}
