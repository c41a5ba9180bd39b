//! The event bus: takes events over HTTP, and its one rule puts those of the application's sources on the queue.
//!
//! Status events, which the application itself puts on it, are kept: here nobody else listens to them. They can be
//! refused, as EventBridge does when it has a failure or is asked too often.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};
use status_publisher::event::SOURCE;
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
    status_events: Arc<Mutex<StatusEvents>>,
}

/// The application's own events.
#[derive(Debug, Default)]
struct StatusEvents {
    taken: Vec<Event>,
    refusing: Refusing,
}

/// Which status events the bus refuses.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Refusing {
    /// None.
    #[default]
    Nothing,
    /// Every request with one in it, as a whole.
    Requests,
    /// The next so many, one by one.
    Next(usize),
}

impl EventBus {
    /// A bus whose rule is `{"source": [<sources>]}` with the queue as its target. The application's own source is never
    /// among them: its events would come round for ever.
    pub fn new(mut sources: BTreeSet<String>, queue: Queue) -> Self {
        sources.remove(SOURCE);
        let events = broadcast::Sender::new(SUBSCRIBER_BACKLOG);
        Self { sources: Arc::new(sources), queue, events, status_events: Arc::default() }
    }

    /// The status events that it has taken, the first one first.
    pub fn status_events(&self) -> Vec<Event> {
        self.with_status_events(|events| events.taken.clone())
    }

    /// Refuses status events from now on.
    pub fn refuse_status_events(&self, refusing: Refusing) {
        self.with_status_events(|events| events.refusing = refusing);
    }

    fn with_status_events<T>(&self, work: impl FnOnce(&mut StatusEvents) -> T) -> T {
        work(&mut self.status_events.lock().unwrap_or_else(PoisonError::into_inner))
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
        let mut results = request.events()?;
        self.refuse(&mut results)?;
        let failed = results.iter().filter(|result| result.is_err()).count();
        let entries: Vec<Value> = results.into_iter().map(|result| self.put(result)).collect();
        Ok(json!({ "FailedEntryCount": failed, "Entries": entries }))
    }

    fn refuse(&self, results: &mut [Result<Event, Refusal>]) -> Result<(), ServiceError> {
        let is_ours =
            |result: &&mut Result<Event, Refusal>| result.as_ref().is_ok_and(|it| it.source == SOURCE);
        let ours: Vec<_> = results.iter_mut().filter(is_ours).collect();
        self.with_status_events(|events| match &mut events.refusing {
            Refusing::Nothing => Ok(()),
            Refusing::Requests if ours.is_empty() => Ok(()),
            Refusing::Requests => Err(ServiceError::new("InternalException", "")),
            Refusing::Next(count) => {
                let refused = ours.len().min(*count);
                *count -= refused;
                for result in ours.into_iter().take(refused) {
                    let message = "Rate exceeded.".to_owned();
                    *result = Err(Refusal { code: "ThrottlingException", message });
                }
                Ok(())
            }
        })
    }

    fn put(&self, result: Result<Event, Refusal>) -> Value {
        match result {
            Ok(event) => {
                let answer = json!({ "EventId": event.id });
                if self.sources.contains(&event.source) {
                    self.queue.send(event.envelope.to_string());
                }
                if event.source == SOURCE {
                    self.with_status_events(|events| events.taken.push(event.clone()));
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
    async fn the_applications_own_events_never_reach_its_queue_and_are_kept_unless_they_are_refused() {
        let queue = Queue::new(3);
        let sources = [SOURCE, "oms"].map(str::to_owned);
        let bus = EventBus::new(BTreeSet::from(sources), queue.clone());
        let put = |sources: &[&str]| {
            let entry = |source: &&str| json!({ "Source": source, "DetailType": "A", "Detail": "{}" });
            let entries: Vec<Value> = sources.iter().map(entry).collect();
            bus.put_events(serde_json::from_value(json!({ "Entries": entries })).unwrap())
        };
        assert_eq!(put(&[SOURCE, "oms"]).unwrap()["FailedEntryCount"], 0);
        assert_eq!((queue.depth().visible, bus.status_events().len()), (1, 1));

        bus.refuse_status_events(Refusing::Next(1));
        let answer = put(&[SOURCE, "oms", SOURCE]).unwrap();
        assert_eq!(answer["FailedEntryCount"], 1);
        assert_eq!(answer["Entries"][0]["ErrorCode"], "ThrottlingException");
        assert_eq!((queue.depth().visible, bus.status_events().len()), (2, 2));

        bus.refuse_status_events(Refusing::Requests);
        assert!(put(&["oms", SOURCE]).is_err());
        assert!(put(&["oms"]).is_ok());
        assert_eq!((queue.depth().visible, bus.status_events().len()), (3, 2));
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
