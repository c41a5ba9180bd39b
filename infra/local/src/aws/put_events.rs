//! `PutEvents`: which entries EventBridge accepts, and the event that it makes of an entry.
//!
//! Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html> and
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>. There is only one bus, so
//! `EventBusName` is checked only for a partner's bus; `EndpointId` is ignored.

use jiff::{SignedDuration, Timestamp, Unit};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::json_protocol::ServiceError;
use super::{ACCOUNT, REGION, identifier};

/// `API_PutEvents`: `Entries` has 1 to 10 members.
const MAX_ENTRIES: usize = 10;
/// Amazon EventBridge User Guide, "Calculating `PutEvents` event entry size": 256 KB.
const MAX_BYTES: usize = 256 * 1024;
/// The same page: a time counts 14 bytes.
const TIME_BYTES: usize = 14;

/// A `PutEvents` request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutEvents {
    entries: Vec<Entry>,
}

/// One entry of the request, not yet validated.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    time: Option<f64>,
}

/// Why the bus refused one entry of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `ErrorCode`.
    pub code: &'static str,
    /// `ErrorMessage`.
    pub message: String,
}

/// An event, in the envelope that rules match and targets receive.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The id that EventBridge assigned.
    pub id: String,
    /// The producing application.
    pub source: String,
    /// The envelope's `detail-type`.
    pub detail_type: String,
    /// The whole envelope.
    pub envelope: Value,
}

impl Event {
    /// The envelope's time, if it is valid.
    pub fn time(&self) -> Option<Timestamp> {
        self.envelope.get("time")?.as_str()?.parse().ok()
    }
}

impl PutEvents {
    /// Validates every entry. An error refuses the whole request; a refusal only its entry.
    pub fn events(self) -> Result<Vec<Result<Event, Refusal>>, ServiceError> {
        let count = self.entries.len();
        if !(1..=MAX_ENTRIES).contains(&count) {
            let bound = if count == 0 { "greater than or equal to 1" } else { "less than or equal to 10" };
            return Err(ServiceError::new(
                "ValidationException",
                format!(
                    "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must \
                     have length {bound}"
                ),
            ));
        }
        if let Some(number) = self.entries.iter().position(Entry::is_for_a_partners_bus) {
            return Err(ServiceError::new(
                "ValidationException",
                format!(
                    "1 validation error detected: Value at 'entries.{}.member.eventBusName' failed to satisfy constraint: \
                     Member must satisfy regular expression pattern: \
                     (arn:aws[\\w-]*:events:[a-z]{{2}}-[a-z]+-[\\w-]+:[0-9]{{12}}:event-bus\\/)?[\\.\\-_A-Za-z0-9]+",
                    number + 1
                ),
            ));
        }
        if self.entries.iter().map(Entry::bytes).sum::<usize>() > MAX_BYTES {
            return Err(ServiceError::new(
                "ValidationException",
                "Total size of the entries in the request is over the limit.",
            ));
        }
        Ok(self.entries.into_iter().map(Entry::event).collect())
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        let text = |value: &Option<String>| value.as_ref().map_or(0, String::len);
        self.time.map_or(0, |_| TIME_BYTES)
            + text(&self.source)
            + text(&self.detail_type)
            + text(&self.detail)
            + self.resources.iter().map(String::len).sum::<usize>()
    }

    /// Whether the bus's name, with or without its ARN prefix, contains a slash, as partners' buses do.
    fn is_for_a_partners_bus(&self) -> bool {
        let name = self.event_bus_name.as_deref().unwrap_or_default();
        let name = name.split_once(":event-bus/").map_or(name, |(_, name)| name);
        name.contains('/')
    }

    fn event(self) -> Result<Event, Refusal> {
        let source = required("Source", self.source)?;
        let detail_type = required("DetailType", self.detail_type)?;
        let detail = required("Detail", self.detail)?;
        if source.starts_with("aws.") {
            return Err(Refusal {
                code: "NotAuthorizedForSourceException",
                message: "Not authorized for the source.".to_owned(),
            });
        }
        let detail: Map<String, Value> = serde_json::from_str(&detail)
            .map_err(|_| Refusal { code: "MalformedDetail", message: "Detail is malformed.".to_owned() })?;
        let id = identifier::uuid();
        let envelope = json!({
            "version": "0",
            "id": id,
            "detail-type": detail_type,
            "source": source,
            "account": ACCOUNT,
            "time": event_time(self.time)?.to_string(),
            "region": REGION,
            "resources": self.resources,
            "detail": detail,
        });
        Ok(Event { id, source, detail_type, envelope })
    }
}

fn required(name: &str, value: Option<String>) -> Result<String, Refusal> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| invalid(name, "is a required argument"))
}

fn invalid(name: &str, reason: &str) -> Refusal {
    Refusal {
        code: "InvalidArgument",
        message: format!("Parameter {name} is not valid. Reason: {name} {reason}."),
    }
}

/// The entry's time, or now if there is none; in whole seconds, as envelopes carry it.
fn event_time(seconds: Option<f64>) -> Result<Timestamp, Refusal> {
    let time = match seconds {
        None => Timestamp::now(),
        Some(seconds) => SignedDuration::try_from_secs_f64(seconds)
            .and_then(Timestamp::from_duration)
            .map_err(|_| invalid("Time", "is out of range"))?,
    };
    time.round(Unit::Second).map_err(|_| invalid("Time", "is out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(entries: &Value) -> Result<Vec<Result<Event, Refusal>>, ServiceError> {
        serde_json::from_value::<PutEvents>(json!({ "Entries": entries })).unwrap().events()
    }

    fn entry() -> Value {
        json!({ "Source": "oms", "DetailType": "Order Cancelled", "Detail": "{\"a\":1}" })
    }

    #[test]
    fn an_entry_becomes_an_envelope_with_its_own_time() {
        let mut entry = entry();
        entry["Time"] = json!(1_750_000_000.4);
        let event = put(&json!([entry])).unwrap().remove(0).unwrap();
        assert_eq!(event.envelope["time"], "2025-06-15T15:06:40Z");
        assert_eq!(event.envelope["detail"], json!({ "a": 1 }));
        assert_eq!(event.envelope["detail-type"], "Order Cancelled");
        assert_eq!(event.envelope["id"], event.id);
    }

    #[test]
    fn a_bad_entry_is_refused_alone_with_its_reason() {
        for (field, value, code) in [
            ("Source", Value::Null, "InvalidArgument"),
            ("Source", json!(""), "InvalidArgument"),
            ("Source", json!("aws.s3"), "NotAuthorizedForSourceException"),
            ("Source", json!("aws.partner/shop.example/1/orders"), "NotAuthorizedForSourceException"),
            ("DetailType", Value::Null, "InvalidArgument"),
            ("Detail", Value::Null, "InvalidArgument"),
            ("Detail", json!("{"), "MalformedDetail"),
            ("Detail", json!("[1]"), "MalformedDetail"),
            ("Time", json!(1e300), "InvalidArgument"),
        ] {
            let mut bad = entry();
            bad[field] = value;
            let taken = put(&json!([entry(), bad, entry()])).unwrap();
            let codes: Vec<_> = taken.iter().map(|entry| entry.as_ref().err().map(|r| r.code)).collect();
            assert_eq!(codes, [None, Some(code), None], "{field}");
        }
    }

    #[test]
    fn a_partners_bus_is_refused_and_a_source_may_have_any_characters() {
        let arn = "arn:aws:events:eu-central-1:111122223333:event-bus/";
        for (bus, is_taken) in [
            ("shop".to_owned(), true),
            (format!("{arn}shop"), true),
            ("aws.partner/shop.example/1/orders".to_owned(), false),
            (format!("{arn}aws.partner/shop.example/1/orders"), false),
        ] {
            let mut to = entry();
            to["EventBusName"] = json!(bus);
            assert_eq!(put(&json!([entry(), to])).is_ok(), is_taken, "{bus}");
        }
        let mut piped = entry();
        piped["Source"] = json!("Pipe orders: live");
        assert_eq!(put(&json!([piped])).unwrap().remove(0).unwrap().source, "Pipe orders: live");
    }

    #[test]
    fn a_request_without_entries_with_eleven_or_over_the_size_is_refused() {
        assert!(put(&json!([])).is_err());
        assert!(put(&json!(vec![entry(); 10])).is_ok());
        assert!(put(&json!(vec![entry(); 11])).is_err());
        let mut large = entry();
        large["Detail"] = json!(format!("{{\"a\":\"{}\"}}", "x".repeat(130 * 1024)));
        assert!(put(&json!([large])).is_ok());
        assert!(put(&json!([large, large])).is_err());
    }
}
