//! Unwraps an order event from the layers that other services put around it on its way to the queue.
//!
//! A layer is removed only if it cannot be anything else: an SNS notification
//! (<https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html>), a record of SQS or SNS, a list
//! with one item, or JSON as a string within JSON, of the whole event or of its detail. An entry of
//! `PutEvents` is converted as EventBridge would do it.
//!
//! If there is no event, the fault names what was found and how to change the set-up. An envelope is never
//! invented, because its source and detail type would be a guess. Only the id and the time may come from the
//! queue.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{MAX_EVENT_VALUES, dates};
use crate::fault::Fault;
use crate::json::{self, InvalidJson};

/// The most layers: twice as many as a queue's record around an SNS notification around an event.
const MAX_LAYERS: usize = 6;
/// The members of which at least one makes an object an event. A missing one is reported later as a fault.
const ENVELOPE: [&str; 4] = ["source", "detail-type", "time", "detail"];

/// The members of a `PutEvents` entry and their names in the event.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>
const ENTRY: [(&str, &str); 5] = [
    ("Source", "source"),
    ("DetailType", "detail-type"),
    ("Detail", "detail"),
    ("Time", "time"),
    ("Resources", "resources"),
];

/// Why no order event was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnwrapError {
    /// The problem and its place.
    pub fault: Fault,
    /// Whether it has more values than allowed; with a higher limit it may be an event.
    pub has_too_many_values: bool,
}

impl From<Fault> for UnwrapError {
    fn from(fault: Fault) -> Self {
        Self { fault, has_too_many_values: false }
    }
}

/// Parses an order event and removes the layers around it. The event itself is not validated.
pub fn read_event(raw: &[u8]) -> Result<Value, Fault> {
    read_event_with_limit(raw, MAX_EVENT_VALUES).map_err(|error| error.fault)
}

/// Like [`read_event`], with a limit on the number of values per layer.
pub fn read_event_with_limit(raw: &[u8], most_values: usize) -> Result<Value, UnwrapError> {
    unwrap_layers(parse(raw, most_values, |error| Fault::new("event", error.to_string()))?, most_values)
}

/// Removes the layers around an order event.
pub fn unwrap_event(value: Value) -> Result<Value, Fault> {
    unwrap_layers(value, MAX_EVENT_VALUES).map_err(|error| error.fault)
}

/// Adds the id and time of the queue's message to an event that lacks them, and converts a time of another form to EventBridge's.
/// An input transformer of a rule or a Pipe may omit them, or copy the time from a number (`SentTimestamp`).
pub fn fill_envelope(event: &mut Value, id: &str, time: Timestamp) {
    let Some(event) = event.as_object_mut() else { return };
    let as_text = |value: Option<&Value>| match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let (own_id, own_time) = (as_text(event.get("id")), as_text(event.get("time")));
    let own_time = own_time.map(|text| match text.parse::<Timestamp>() {
        Ok(_) => text,
        Err(_) => dates::parse_time(&text).map_or(text, |time| time.to_string()),
    });
    for (name, own, other) in [("id", own_id, id.to_owned()), ("time", own_time, time.to_string())] {
        match own {
            Some(own) => event.insert(name.to_owned(), own.into()),
            None if event.get(name).is_none_or(Value::is_null) => event.insert(name.to_owned(), other.into()),
            None => continue,
        };
    }
}

fn unwrap_layers(mut value: Value, most_values: usize) -> Result<Value, UnwrapError> {
    for _ in 0..MAX_LAYERS {
        value = match layer(value)? {
            Layer::Event(event) => return with_detail(event, most_values),
            Layer::Entry(entry) => return event_from_entry(entry, most_values),
            Layer::Around(inner) => inner,
            Layer::Text { place, text } => parse(text.as_bytes(), most_values, |error| {
                Fault::new(place, format!("{error}, where an event is expected"))
            })?,
        };
    }
    Err(Fault::new("event", "has too many layers around it: send the event itself").into())
}

/// Parses a detail that is a string with JSON. If it contains no object, it is left for
/// [`OrderEvent::parse`](super::OrderEvent::parse) to report. Also renames `detailType` to `detail-type`: languages whose names cannot
/// contain a dash write it so, for example AWS's class for Java.
fn with_detail(mut event: Value, most_values: usize) -> Result<Value, UnwrapError> {
    if let Some(event) = event.as_object_mut()
        && !event.contains_key("detail-type")
        && let Some(detail_type) = event.remove("detailType")
    {
        event.insert("detail-type".to_owned(), detail_type);
    }
    let Some(detail) = event.get_mut("detail") else { return Ok(event) };
    let Some(text) = detail.as_str() else { return Ok(event) };
    match parse(text.as_bytes(), most_values, |error| Fault::new("detail", error.to_string())) {
        Ok(parsed @ Value::Object(_)) => *detail = parsed,
        Err(error) if error.has_too_many_values => return Err(error),
        Ok(_) | Err(_) => {}
    }
    Ok(event)
}

/// The event that EventBridge makes of a `PutEvents` entry, still without an id.
fn event_from_entry(mut entry: Map<String, Value>, most_values: usize) -> Result<Value, UnwrapError> {
    let mut event = Map::new();
    for (from, to) in ENTRY {
        let value = match entry.remove(from) {
            Some(Value::String(text)) if to == "detail" => {
                parse(text.as_bytes(), most_values, |error| Fault::new(from, error.to_string()))?
            }
            // The API's number form; the AWS CLI writes RFC 3339.
            Some(Value::Number(seconds)) if to == "time" => {
                dates::parse_time(&seconds.to_string()).map_or(Value::Null, |time| time.to_string().into())
            }
            Some(value) => value,
            None => continue,
        };
        event.insert(to.to_owned(), value);
    }
    Ok(Value::Object(event))
}

fn parse(
    text: &[u8],
    most_values: usize,
    fault: impl FnOnce(&InvalidJson) -> Fault,
) -> Result<Value, UnwrapError> {
    json::parse(text, most_values).map_err(|error| UnwrapError {
        fault: fault(&error),
        has_too_many_values: matches!(error, InvalidJson::TooManyValues(_)),
    })
}

/// The outermost layer of a value.
enum Layer {
    /// No layer: an event.
    Event(Value),
    /// No layer: an entry of `PutEvents`.
    Entry(Map<String, Value>),
    /// A layer around this value.
    Around(Value),
    /// A layer around a value that is written as a string.
    Text { place: &'static str, text: String },
}

fn layer(value: Value) -> Result<Layer, Fault> {
    let mut object = match value {
        Value::Object(object) => object,
        Value::String(text) => return Ok(Layer::Text { place: "event", text }),
        Value::Array(items) => return only_item(items),
        _ => return Err(Fault::new("event", "is not a JSON object")),
    };
    if ENVELOPE.iter().any(|name| object.contains_key(*name)) && !is_cloud_event(&object) {
        return Ok(Layer::Event(Value::Object(object)));
    }
    let is = |name: &str, text: &str| object.get(name).and_then(Value::as_str) == Some(text);
    let has = |name: &str| object.contains_key(name);
    if has("Detail") && (has("DetailType") || has("Source")) {
        return Ok(Layer::Entry(object));
    }
    let around = [
        ("Message", is("Type", "Notification") && has("TopicArn")),
        ("body", has("messageId") && has("body")),
        ("Body", has("MessageId") && has("Body")),
        ("Sns", is("EventSource", "aws:sns") && has("Sns")),
        ("Records", has("Records") && object.len() == 1),
    ];
    let Some((place, _)) = around.into_iter().find(|(_, is_around)| *is_around) else {
        return Err(Fault::new("event", explain_missing_envelope(&object)));
    };
    match object.remove(place) {
        Some(Value::String(text)) => Ok(Layer::Text { place, text }),
        // The body of a record may already have been parsed.
        Some(inner @ (Value::Object(_) | Value::Array(_))) => Ok(Layer::Around(inner)),
        _ => Err(Fault::new(place, "is not a text, where an event is expected")),
    }
}

/// The only item of a list.
fn only_item(items: Vec<Value>) -> Result<Layer, Fault> {
    match <[Value; 1]>::try_from(items) {
        Ok([item]) => Ok(Layer::Around(item)),
        Err(items) => {
            let problem = format!(
                "is a list of {}: a message holds one event. Set the sender's batch size to 1, or let it send to the event \
                 bus",
                items.len()
            );
            Err(Fault::new("event", problem))
        }
    }
}

/// `CloudEvents` also have `source` and `time`:
/// <https://github.com/cloudevents/spec/blob/main/cloudevents/spec.md>.
fn is_cloud_event(object: &Map<String, Value>) -> bool {
    object.contains_key("specversion") && !object.contains_key("detail")
}

/// Describes an object without an envelope, and how to change the set-up.
fn explain_missing_envelope(object: &Map<String, Value>) -> &'static str {
    let is_from = |service: &str| object.get("eventSource").and_then(Value::as_str) == Some(service);
    if is_cloud_event(object) {
        "is a CloudEvent, not an EventBridge event: put it on the event bus with PutEvents, its data as Detail"
    } else if object.contains_key("dynamodb") || is_from("aws:dynamodb") {
        "is a record of a DynamoDB stream without an event around it: let the Pipe send to the event bus, which makes an \
         event of it"
    } else if object.contains_key("kinesis") || is_from("aws:kinesis") {
        "is a record of a Kinesis stream without an event around it: let the Pipe send to the event bus, which makes an \
         event of it"
    } else if object.contains_key("TopicArn") {
        "is SNS's message about the subscription, which contains no event"
    } else {
        "has no envelope: no source, detail-type, time or detail. Put it on the event bus with PutEvents, or put the \
         envelope around it"
    }
}

#[cfg(test)]
mod tests {
    use hostile_json::any_json;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({"version": "0", "id": "1", "source": "Pipe orders: live", "detail-type": "Order Cancelled",
            "time": "2026-11-20T09:00:00Z", "detail": {"order": {"number": "10482"}, "Message": "Hello", "body": "x"}})
    }

    fn notification(message: &str) -> Value {
        json!({"Type": "Notification", "MessageId": "22b80b92", "TopicArn": "arn:aws:sns:eu-central-1:111122223333:orders",
            "Message": message, "Timestamp": "2026-11-20T09:00:01.000Z", "SignatureVersion": "1", "Signature": "EXAMPLE",
            "SigningCertURL": "https://sns.example/cert.pem", "UnsubscribeURL": "https://sns.example/unsubscribe",
            "MessageAttributes": {"event": {"Type": "String", "Value": "x"}}})
    }

    fn record(body: &Value) -> Value {
        json!({"messageId": "059f36b4", "receiptHandle": "AQEB", "body": body, "attributes": {"SentTimestamp": "1"},
            "messageAttributes": {}, "md5OfBody": "e4e6", "eventSource": "aws:sqs", "awsRegion": "eu-central-1",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:111122223333:orders"})
    }

    #[test]
    fn the_layers_of_other_services_are_removed() {
        let text = event().to_string();
        let in_sns = notification(&text);
        for wrapped in [
            event(),
            json!(text),
            json!([event()]),
            json!([text]),
            in_sns.clone(),
            record(&json!(text)),
            record(&event()),
            json!([record(&json!(text))]),
            record(&json!(in_sns.to_string())),
            json!({"Records": [record(&json!(in_sns.to_string()))]}),
            json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": in_sns}]}),
            json!({"MessageId": "1", "ReceiptHandle": "AQEB", "Body": text}),
        ] {
            assert_eq!(read_event(wrapped.to_string().as_bytes()), Ok(event()), "{wrapped}");
        }
    }

    #[test]
    fn a_detail_that_is_written_as_a_text_is_read() {
        let with_detail = |detail: Value| {
            let mut event = event();
            event["detail"] = detail;
            event
        };
        let written = with_detail(json!(event()["detail"].to_string()));
        for wrapped in [written.clone(), notification(&written.to_string()), record(&written)] {
            assert_eq!(unwrap_event(wrapped.clone()), Ok(event()), "{wrapped}");
        }
        for other in ["order 10482", "7", "[]", "", "{\"order\":"] {
            let event = with_detail(json!(other));
            assert_eq!(unwrap_event(event.clone()), Ok(event), "`OrderEvent::parse` reports it");
        }
        let many = with_detail(json!(json!({"items": vec![0; 50]}).to_string())).to_string();
        assert!(read_event_with_limit(many.as_bytes(), 40).unwrap_err().has_too_many_values);
        assert!(read_event_with_limit(many.as_bytes(), 60).is_ok());
    }

    #[test]
    fn an_entry_of_put_events_becomes_its_event() {
        let detail = event()["detail"].clone();
        let mut entry = json!({"Source": "Pipe orders: live", "DetailType": "Order Cancelled", "EventBusName": "any",
            "Detail": detail.to_string(), "Time": "2026-11-20T09:00:00Z"});
        let mut expected = event();
        for name in ["id", "version"] {
            expected.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(unwrap_event(entry.clone()), Ok(expected.clone()));
        entry["Time"] = json!(1_795_165_200);
        assert_eq!(unwrap_event(record(&json!(entry.to_string()))), Ok(expected.clone()));
        entry["Detail"] = json!("{");
        assert_eq!(unwrap_event(entry).unwrap_err().place, "Detail");
        expected["time"] = Value::Null;
        let now = "2026-11-20T09:00:00Z".parse().unwrap();
        fill_envelope(&mut expected, "22b80b92", now);
        assert_eq!(
            (&expected["id"], &expected["time"]),
            (&json!("22b80b92"), &json!("2026-11-20T09:00:00Z"))
        );
        let from_java = event().to_string().replace("detail-type", "detailType");
        assert_eq!(read_event(from_java.as_bytes()), Ok(event()));
        let mut both = event();
        both["detailType"] = json!("Another");
        assert_eq!(unwrap_event(both.clone()), Ok(both));
        let mut whole = event();
        fill_envelope(&mut whole, "22b80b92", now);
        assert_eq!(whole, event());
        for (time, read) in [
            (json!("1795165200000"), json!("2026-11-20T09:00:00Z")),
            (json!(1_795_165_200_000_u64), json!("2026-11-20T09:00:00Z")),
            (json!("2026-11-20T10:00:00.000+0100"), json!("2026-11-20T10:00:00.000+0100")),
            (json!("Fri, 20 Nov 2026 09:00:00 GMT"), json!("2026-11-20T09:00:00Z")),
            // Without a certain time, `OrderEvent::parse` reports the fault.
            (json!("2026-11-20 09:00:00"), json!("2026-11-20 09:00:00")),
            (json!([2026, 11, 20]), json!([2026, 11, 20])),
        ] {
            let mut transformed = event();
            transformed["id"] = json!(7);
            transformed["time"] = time;
            fill_envelope(&mut transformed, "22b80b92", now);
            assert_eq!((&transformed["id"], &transformed["time"]), (&json!("7"), &read));
        }
    }

    #[test]
    fn a_broken_text_in_a_wrapped_event_is_mended() {
        let text = event().to_string().replace("Hello", "\\ud83d");
        let read = read_event(notification(&text).to_string().as_bytes()).unwrap();
        assert_eq!(read["detail"]["Message"], "\u{fffd}");
    }

    #[test]
    fn a_value_without_an_event_is_described_with_a_correction() {
        let text = event().to_string();
        for (value, problem) in [
            (json!(7), "event: is not a JSON object"),
            (json!([]), "event: is a list of 0"),
            (json!([event(), event()]), "event: is a list of 2: a message holds one event. Set the sender's"),
            (json!({"order": {"number": "1"}, "customer": {}}), "event: has no envelope"),
            (json!({}), "event: has no envelope"),
            (json!({"Type": "Notification", "Message": text}), "event: has no envelope"),
            (json!({"body": text}), "event: has no envelope"),
            (json!({"Records": [], "more": 1}), "event: has no envelope"),
            (
                notification("Order 10482 was cancelled"),
                "Message: is not JSON: line 1, column 1, where an event",
            ),
            (record(&json!(7)), "body: is not a text"),
            (
                json!({"Type": "SubscriptionConfirmation", "TopicArn": "arn", "Message": "You have chosen", "Token": "t"}),
                "event: is SNS's message about the subscription",
            ),
            (
                json!({"eventID": "1", "eventName": "MODIFY", "eventSource": "aws:dynamodb", "dynamodb": {"NewImage": {}}}),
                "event: is a record of a DynamoDB stream",
            ),
            (
                json!([{"kinesisSchemaVersion": "1.0", "partitionKey": "1", "sequenceNumber": "4", "data": "eyJ9",
                    "eventSource": "aws:kinesis"}]),
                "event: is a record of a Kinesis stream",
            ),
            (
                json!({"specversion": "1.0", "id": "1", "source": "/oms", "type": "order.cancelled",
                    "time": "2026-11-20T09:00:00Z", "data": {}}),
                "event: is a CloudEvent",
            ),
            ((0..MAX_LAYERS).fold(event(), |inner, _| json!([inner])), "event: has too many layers"),
        ] {
            let fault = unwrap_event(value.clone()).unwrap_err().to_string();
            assert!(fault.starts_with(problem), "{fault} for {value}");
        }
    }

    #[test]
    fn an_envelope_with_members_of_other_layers_is_an_event() {
        let mut odd = event();
        for (name, value) in
            [("Type", json!("Notification")), ("TopicArn", json!("arn")), ("Message", json!("{}"))]
        {
            odd[name] = value;
        }
        odd["messageId"] = json!("1");
        odd["body"] = json!("{}");
        odd["specversion"] = json!("1.0");
        assert_eq!(unwrap_event(odd.clone()), Ok(odd));
        let part = json!({"detail": {}, "id": "1"});
        assert_eq!(unwrap_event(part.clone()), Ok(part), "`OrderEvent::parse` reports its faults");
    }

    proptest! {
        #[test]
        fn faults_are_short_and_nothing_is_added_to_an_event(json in any_json()) {
            match unwrap_event(json.clone()) {
                Ok(event) => prop_assert!(json.to_string().len() >= event.to_string().len()),
                Err(fault) => prop_assert!(fault.to_string().len() < 300, "{fault}"),
            }
        }
    }
}
