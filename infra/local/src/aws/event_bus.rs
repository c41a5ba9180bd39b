//! The event bus: receives events over HTTP; its one rule puts those from the application's sources on the queue.
//!
//! The bus stores the application's own status events, because the local run has no other subscriber. Tests can make
//! it refuse them, as EventBridge does during an outage or a throttle. Order events are archived, and can be
//! replayed.

mod api;
mod archive;
mod default_bus;
mod replay;
mod rule;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use axum::Router;
use serde_json::{Value, json};
use status_publisher::event::SOURCE;
use tokio::sync::broadcast;

pub use self::archive::Archive;
use self::replay::Replays;
use self::rule::Rule;
pub use self::rule::{Delivering, Target};
use super::json_protocol::ServiceError;
use super::put_events::{Event, PutEvents, Refusal};
use super::{ACCOUNT, REGION};

/// The bus's name.
pub const NAME: &str = "order-notifications";
/// The name of the bus's rule.
pub const RULE: &str = rule::NAME;
/// The name of the rule of AWS's delivery events, on the account's default bus.
pub const DELIVERY_EVENTS_RULE: &str = default_bus::RULE;
/// The name of the bus's archive.
pub const ARCHIVE: &str = archive::NAME;

/// How many events a subscriber may lag behind before it loses the oldest.
const SUBSCRIBER_BACKLOG: usize = 4096;

/// The bus of one instance. Clones share their state.
#[derive(Debug, Clone)]
pub struct EventBus {
    rule: Rule,
    archive: Option<Archive>,
    replays: Replays,
    events: broadcast::Sender<Event>,
    status_events: Arc<Mutex<StatusEvents>>,
}

/// The application's own events.
#[derive(Debug, Default)]
struct StatusEvents {
    taken: Vec<(SystemTime, Event)>,
    refusing: Refusing,
}

/// Which status events the bus refuses.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Refusing {
    /// No status event; the default.
    #[default]
    Nothing,
    /// Every whole request that contains a status event.
    Requests,
    /// This number of further status events, one by one.
    Next(usize),
}

impl EventBus {
    /// A bus whose rule is `{"source": [<sources>]}` with this target. The application's own source is always excluded:
    /// its events would loop for ever.
    pub fn new(mut sources: BTreeSet<String>, target: Target, archive: Option<Archive>) -> Self {
        sources.remove(SOURCE);
        let events = broadcast::Sender::new(SUBSCRIBER_BACKLOG);
        let rule = Rule::new(sources, target);
        Self { rule, archive, replays: Replays::default(), events, status_events: Arc::default() }
    }

    /// The accepted status events, oldest first.
    pub fn status_events(&self) -> Vec<Event> {
        self.timed_status_events().into_iter().map(|(_, event)| event).collect()
    }

    /// The accepted status events with the times of their acceptance, oldest first.
    pub fn timed_status_events(&self) -> Vec<(SystemTime, Event)> {
        self.with_status_events(|events| events.taken.clone())
    }

    /// The archived order events, oldest first; none without an archive.
    pub fn order_events(&self) -> Vec<Event> {
        self.archive.as_ref().map(Archive::all).unwrap_or_default()
    }

    /// Sets which status events the bus refuses from now on.
    pub fn refuse_status_events(&self, refusing: Refusing) {
        self.with_status_events(|events| events.refusing = refusing);
    }

    fn with_status_events<T>(&self, work: impl FnOnce(&mut StatusEvents) -> T) -> T {
        work(&mut self.status_events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the rule puts events of this source on the queue.
    pub fn matches_source(&self, source: &str) -> bool {
        self.rule.matches_source(source)
    }

    /// Sets whether the rule can put events on the queue from now on.
    pub fn set_delivering(&self, delivering: Delivering) {
        self.rule.set_delivering(delivering);
    }

    /// Receives every event that the bus accepts from now on, matched by the rule or not.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// EventBridge's HTTP API for this bus.
    pub fn router(&self) -> Router {
        api::router(self.clone())
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
                if self.rule.matches(&event) {
                    if let Some(archive) = &self.archive {
                        archive.keep(&event);
                    }
                    self.rule.deliver(&event.envelope);
                }
                if event.source == SOURCE {
                    self.with_status_events(|events| events.taken.push((SystemTime::now(), event.clone())));
                }
                // An error means that there is no subscriber.
                let _subscribers = self.events.send(event);
                answer
            }
            Err(refusal) => json!({ "ErrorCode": refusal.code, "ErrorMessage": refusal.message }),
        }
    }
}

/// The ARN of an EventBridge resource.
fn arn(resource: &str) -> String {
    format!("arn:aws:events:{REGION}:{ACCOUNT}:{resource}")
}

fn bus_arn() -> String {
    arn(&format!("event-bus/{NAME}"))
}

fn not_found(message: impl Into<String>) -> ServiceError {
    ServiceError::new("ResourceNotFoundException", message)
}
