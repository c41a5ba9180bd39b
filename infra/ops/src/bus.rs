//! Publishes one event for order-notifier: on the bus of the order events, as its producer did, or directly on the
//! queue, as the bus's rule does.
//!
//! A partner's events can only go on the queue. `PutEvents` refuses every source that begins with `aws.`, and every bus
//! of a partner: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>.

use std::fmt;

use aws_lc_rs::rand;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::fault::{Fault, Faults};

use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::queue::Queue;

/// The prefix of sources that only AWS and its partners may use.
const RESERVED: &str = "aws.";

/// The producer's part of an event; EventBridge generates the rest of the envelope anew with each put.
#[derive(Clone, PartialEq)]
pub struct Envelope {
    /// The complete event, as it was received.
    event: Value,
    source: String,
    detail_type: String,
    time: Timestamp,
    resources: Vec<String>,
    /// Contains personal data.
    detail: Map<String, Value>,
}

impl Envelope {
    /// Parses a received event; the error lists all its faults.
    pub fn parse(event: &Value) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let mut text = |field: &str| match event.get(field).and_then(Value::as_str) {
            Some(text) if !text.trim().is_empty() => text.to_owned(),
            _ => {
                faults.push(Fault::new(field, "is missing or not a text"));
                String::new()
            }
        };
        let (source, detail_type, time) = (text("source"), text("detail-type"), text("time"));
        let time: Option<Timestamp> = time.parse().ok();
        if time.is_none() {
            faults.push(Fault::new("time", "is not an RFC 3339 time"));
        }
        let detail = event.get("detail").and_then(Value::as_object).cloned();
        if detail.is_none() {
            faults.push(Fault::new("detail", "is missing or not an object"));
        }
        let resources = event.get("resources").and_then(Value::as_array).into_iter().flatten();
        let resources = resources.filter_map(Value::as_str).map(str::to_owned).collect();
        Faults::into_result(faults, || Self {
            event: event.clone(),
            source,
            detail_type,
            time: time.unwrap_or_default(),
            resources,
            detail: detail.unwrap_or_default(),
        })
    }

    fn entry(&self, bus: &str) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(bus)
            .source(&self.source)
            .detail_type(&self.detail_type)
            // An envelope's time has whole seconds.
            .time(DateTime::from_secs(self.time.as_second()))
            .set_resources(Some(self.resources.clone()))
            .detail(Value::Object(self.detail.clone()).to_string())
            .build()
    }

    /// The event as the rule would deliver it, with this id.
    fn message(&self, id: &str) -> String {
        let mut event = self.event.clone();
        if let Some(event) = event.as_object_mut() {
            event.insert("id".to_owned(), id.into());
        }
        event.to_string()
    }
}

/// The destination of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The bus of this name.
    Bus(String),
    /// The queue of order events.
    Queue,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(name) => write!(f, "the bus {name}"),
            Self::Queue => f.write_str("the queue of order events"),
        }
    }
}

/// The deployment's bus and queue of order events.
pub struct Bus {
    client: aws_sdk_eventbridge::Client,
    name: String,
    queue: Result<Queue, Failure>,
}

impl Bus {
    /// Fails if no bus is configured. A missing queue is reported only when an event is put on it.
    pub fn new(deployment: &Deployment) -> Result<Self, Failure> {
        let name = deployment.order_event_bus()?.to_owned();
        let queue = Queue::new(deployment, "ORDER_EVENTS_QUEUE_URL");
        Ok(Self { client: deployment.event_bridge(), name, queue })
    }

    /// The destination of this event.
    pub fn place(&self, envelope: &Envelope) -> Place {
        // The name of a custom bus has no slash, unlike a partner's.
        if envelope.source.starts_with(RESERVED) || self.name.contains('/') {
            Place::Queue
        } else {
            Place::Bus(self.name.clone())
        }
    }

    /// Puts an event on its destination, and returns its id there.
    pub async fn put(self, envelope: &Envelope) -> Result<String, Failure> {
        match self.place(envelope) {
            Place::Bus(_) => self.put_on_bus(envelope).await,
            Place::Queue => {
                let id = new_id()?;
                self.queue?.put(envelope.message(&id)).await?;
                Ok(id)
            }
        }
    }

    async fn put_on_bus(&self, envelope: &Envelope) -> Result<String, Failure> {
        let operation = "put the event on the bus";
        let put = self.client.put_events().entries(envelope.entry(&self.name)).send().await;
        let put = put.map_err(|error| Failure::aws(operation, &error))?;
        // An accepted request may contain refused entries:
        // <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>.
        let entry = put.entries.unwrap_or_default().into_iter().next();
        let reason = match entry {
            Some(entry) => match entry.event_id {
                Some(id) => return Ok(id),
                None => [entry.error_code, entry.error_message]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(": "),
            },
            None => "the answer has no entry".to_owned(),
        };
        Err(Failure::unavailable(format!("AWS did not {operation} {}: {reason}", self.name)))
    }
}

/// A UUID, in the format of EventBridge's event ids.
fn new_id() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| Failure::unavailable("this machine provides no random numbers"))?;
    // Version 4, and the variant of RFC 9562, section 4.
    let bits = (u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let digits = format!("{bits:032x}");
    let ends = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    Ok(ends.map(|(from, to)| digits.get(from..to).unwrap_or_default()).join("-"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_has_the_producers_fields() {
        let event = json!({
            "id": "1", "source": "oms", "detail-type": "Order Cancelled", "time": "2026-11-20T09:00:00Z",
            "resources": ["arn:1"], "detail": {"order": {"number": "10482"}},
        });
        let entry = Envelope::parse(&event).unwrap().entry("bus");
        assert_eq!((entry.source(), entry.detail_type()), (Some("oms"), Some("Order Cancelled")));
        assert_eq!((entry.event_bus_name(), entry.resources()), (Some("bus"), &["arn:1".to_owned()][..]));
        assert_eq!(entry.detail(), Some(r#"{"order":{"number":"10482"}}"#));
        assert_eq!(entry.time().unwrap().secs(), 1_795_165_200);
    }

    #[test]
    fn the_queue_gets_the_whole_event_with_a_new_id() {
        let event = json!({
            "version": "0", "id": "1", "source": "aws.partner/shop.example/1/orders", "detail-type": "webhook", "account": "1",
            "time": "2026-11-20T09:00:00Z", "detail": {"order": {"number": "10482"}},
        });
        let (id, other) = (new_id().unwrap(), new_id().unwrap());
        assert_ne!(id, other);
        let shape: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(
            (shape, id.as_bytes()[14], b"89ab".contains(&id.as_bytes()[19])),
            (vec![8, 4, 4, 4, 12], b'4', true)
        );
        let mut expected = event.clone();
        expected["id"] = json!(id);
        let message: Value = serde_json::from_str(&Envelope::parse(&event).unwrap().message(&id)).unwrap();
        assert_eq!(message, expected);
    }

    #[test]
    fn all_faults_of_an_envelope_are_reported() {
        let faults =
            Envelope::parse(&json!({"source": " ", "time": "yesterday", "detail": []})).err().unwrap();
        let places: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
        assert_eq!(places, ["source", "detail-type", "time", "detail"]);
    }
}
