//! Order events in their EventBridge envelope.

use std::fmt;

use jiff::Timestamp;
use jmespath::{Rcvar, Variable};
use serde_json::Value;

use crate::fault::{Fault, Faults};

/// The longest text in an envelope: an id is a UUID, `PutEvents` allows detail types of up to 128 characters
/// (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>), and
/// sources are names. A longer text does not come from EventBridge, and would not fit into a key of the table
/// or a log line.
pub const MAX_ENVELOPE_TEXT_BYTES: usize = 256;

/// The most values in an event. EventBridge and SQS carry events of up to 1 MB, so only an event whose values
/// average less than ten bytes has more. Events with many values are parsed one at a time.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
pub const MAX_EVENT_VALUES: usize = 100_000;

/// An EventBridge event with a valid envelope. The catalogue defines the meaning of its detail.
///
/// Envelope: <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>. `Debug` shows
/// only the envelope, because the detail contains the customer's data.
#[derive(Clone)]
pub struct OrderEvent {
    /// The event's id. If the producer puts the same event again, it has another id.
    pub id: String,
    /// The system that put it on the bus.
    pub source: String,
    /// The type of the event, such as `Order Cancelled`.
    pub detail_type: String,
    /// When it happened, by the envelope.
    pub time: Timestamp,
    /// Whether EventBridge replayed it from an archive, in which case it has a `replay-name`.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html>
    pub is_replayed: bool,
    content: Rcvar,
}

impl OrderEvent {
    /// Parses the envelope and reports all its faults.
    pub fn parse(event: Value) -> Result<Self, Faults> {
        let Some(envelope) = event.as_object() else {
            return Err(Fault::new("event", "is not a JSON object").into());
        };
        let mut faults = Vec::new();
        let mut text = |field: &str| match envelope.get(field) {
            Some(Value::String(text)) if text.len() > MAX_ENVELOPE_TEXT_BYTES => {
                fault(&mut faults, field, "is longer than 256 bytes")
            }
            Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
            Some(Value::String(_)) => fault(&mut faults, field, "is empty"),
            Some(_) => fault(&mut faults, field, "is not a text"),
            None => fault(&mut faults, field, "is missing: every EventBridge event has it"),
        };
        let (id, source, detail_type, time) = (text("id"), text("source"), text("detail-type"), text("time"));
        let time = time.parse::<Timestamp>().unwrap_or_else(|_| {
            if !time.is_empty() {
                faults.push(Fault::new("time", "is not an RFC 3339 time"));
            }
            Timestamp::UNIX_EPOCH
        });
        if !envelope.get("detail").is_some_and(Value::is_object) {
            faults.push(Fault::new("detail", "is missing or not an object"));
        }
        let is_replayed = envelope.contains_key("replay-name");
        let content = Variable::try_from(event).unwrap_or_else(|_| {
            faults.push(Fault::new("event", "has a number that JMESPath can't represent"));
            Variable::Null
        });
        Faults::into_result(faults, || Self {
            id,
            source,
            detail_type,
            time,
            is_replayed,
            content: Rcvar::new(content),
        })
    }

    /// The whole event, as expressions see it.
    pub(super) fn content(&self) -> &Rcvar {
        &self.content
    }
}

fn fault(faults: &mut Vec<Fault>, field: &str, problem: &str) -> String {
    faults.push(Fault::new(field, problem));
    String::new()
}

impl fmt::Debug for OrderEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderEvent")
            .field("id", &self.id)
            .field("source", &self.source)
            .field("detail_type", &self.detail_type)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::OrderEvent;

    #[test]
    fn a_valid_envelope_is_parsed() {
        let event = OrderEvent::parse(json!({
            "id": "1", "source": "oms", "detail-type": "Order Cancelled", "time": "2026-11-20T09:00:00Z", "detail": {}
        }))
        .unwrap();
        assert_eq!((event.source.as_str(), event.detail_type.as_str()), ("oms", "Order Cancelled"));
    }

    #[test]
    fn every_fault_of_an_envelope_is_reported() {
        let faults = OrderEvent::parse(json!({"id": 7, "source": " ", "time": "yesterday", "detail": []}))
            .unwrap_err();
        let places: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
        assert_eq!(places, ["id", "source", "detail-type", "time", "detail"]);
        assert!(OrderEvent::parse(json!([1])).is_err());
    }

    #[test]
    fn a_long_text_in_an_envelope_is_a_fault() {
        let long = "x".repeat(257);
        let envelope = json!({"id": long, "source": long, "detail-type": long, "time": long, "detail": {}});
        let faults = OrderEvent::parse(envelope).unwrap_err();
        assert_eq!(faults.len(), 4, "{faults}");
        assert!(faults.iter().all(|fault| fault.problem == "is longer than 256 bytes"), "{faults}");
    }
}
