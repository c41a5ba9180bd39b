//! The event bus: puts one event on it, as its producer did.

use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use jiff::Timestamp;
use serde_json::{Map, Value};
use shared::fault::{Fault, Faults};

use crate::deployment::Deployment;
use crate::failure::Failure;

/// What a producer says of an event: the rest of its envelope is EventBridge's own, and new with each put.
#[derive(Clone, PartialEq)]
pub struct Envelope {
    source: String,
    detail_type: String,
    time: Timestamp,
    resources: Vec<String>,
    /// Names a customer.
    detail: Map<String, Value>,
}

impl Envelope {
    /// Takes an event as it was received; every fault of it is reported.
    pub fn of(event: &Value) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let mut text = |field: &str| match event.get(field).and_then(Value::as_str) {
            Some(text) if !text.trim().is_empty() => text.to_owned(),
            _ => {
                faults.push(Fault::new(field, "is missing or no text"));
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
        Faults::or(faults, || Self {
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
}

/// The deployment's bus.
pub struct Bus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

impl Bus {
    /// The bus of this deployment.
    pub fn of(deployment: &Deployment) -> Result<Self, Failure> {
        let name = deployment.required("EVENT_BUS_NAME")?.to_owned();
        Ok(Self { client: deployment.event_bridge(), name })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Puts an event on it, and gives the id that it has got.
    pub async fn put(&self, envelope: &Envelope) -> Result<String, Failure> {
        let operation = "put the event on the bus";
        let put = self.client.put_events().entries(envelope.entry(&self.name)).send().await;
        let put = put.map_err(|error| Failure::aws(operation, &error))?;
        // A request that is taken may have entries that aren't:
        // <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>.
        let entry = put.entries.unwrap_or_default().into_iter().next();
        let told = match entry {
            Some(entry) => match entry.event_id {
                Some(id) => return Ok(id),
                None => [entry.error_code, entry.error_message]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(": "),
            },
            None => "the answer names no event".to_owned(),
        };
        Err(Failure::unavailable(format!("AWS did not {operation} {}: {told}", self.name)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_put_as_its_producer_did() {
        let event = json!({
            "id": "1", "source": "oms", "detail-type": "Order Cancelled", "time": "2026-11-20T09:00:00Z",
            "resources": ["arn:1"], "detail": {"order": {"number": "10482"}},
        });
        let entry = Envelope::of(&event).unwrap().entry("bus");
        assert_eq!((entry.source(), entry.detail_type()), (Some("oms"), Some("Order Cancelled")));
        assert_eq!((entry.event_bus_name(), entry.resources()), (Some("bus"), &["arn:1".to_owned()][..]));
        assert_eq!(entry.detail(), Some(r#"{"order":{"number":"10482"}}"#));
        assert_eq!(entry.time().unwrap().secs(), 1_795_165_200);
    }

    #[test]
    fn every_fault_of_an_envelope_is_told() {
        let faults = Envelope::of(&json!({"source": " ", "time": "yesterday", "detail": []})).err().unwrap();
        let places: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
        assert_eq!(places, ["source", "detail-type", "time", "detail"]);
    }
}
