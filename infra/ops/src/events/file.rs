//! Parses an event in any of the formats that an operator may have.

use std::io::Read as _;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::catalogue::{MAX_EVENT_VALUES, fill_envelope, read_event, unwrap_event};
use shared::fault::{Fault, Faults};
use shared::json;

use crate::failure::Failure;

/// The id of an event to which EventBridge has not assigned one yet.
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

const REMEDY: &str =
    "give a file with one event as JSON, such as tests/events/order-cancelled.json, or - for standard input";

/// The format of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// EventBridge's envelope, which rules match.
    Envelope,
    /// An entry of `PutEvents`.
    PutEventsEntry,
    /// A message of a queue, as SQS or Lambda returns it.
    QueueMessage,
}

/// An event, in its envelope.
#[derive(Clone, PartialEq)]
pub struct EventFile {
    /// As found in the file.
    pub form: Form,
    /// The envelope. It contains personal data.
    pub event: Value,
}

/// Reads the JSON object in a file; `-` is standard input.
pub fn open(path: &Path) -> Result<Value, Failure> {
    let name = if path == Path::new("-") { "standard input".into() } else { path.to_string_lossy() };
    object(&bytes(path)?, &name)
}

/// Parses a JSON object, in the encodings that order-notifier reads: `PowerShell` writes UTF-16. `name` stands in the error.
pub fn object(bytes: impl AsRef<[u8]>, name: &str) -> Result<Value, Failure> {
    let failure = |problem: String| Failure::usage(format!("{name} {problem}")).with_remedy(REMEDY);
    let bytes = bytes.as_ref();
    if bytes.trim_ascii().is_empty() {
        return Err(failure("is empty".to_owned()));
    }
    if !json::is_decodable(bytes) {
        return Err(failure("is not in UTF-8 or UTF-16: save it as UTF-8".to_owned()));
    }
    match json::parse(bytes, MAX_EVENT_VALUES) {
        Ok(value) if value.is_object() => Ok(value),
        Ok(_) => Err(failure("is not a JSON object".to_owned())),
        Err(error) => Err(failure(error.to_string())),
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| {
        Failure::usage(format!("{} can't be read: {error}", path.display())).with_remedy(REMEDY)
    })
}

/// Parses an event. An entry without a time gets the current one.
pub fn read(value: &Value, now: Timestamp) -> Result<EventFile, Faults> {
    // The AWS CLI and Lambda wrap their output in lists.
    for (list, what) in [("Entries", "entries"), ("Messages", "messages"), ("Records", "records")] {
        match value.get(list).and_then(Value::as_array).map(Vec::as_slice) {
            None => {}
            Some([one]) => return unwrapped(one, now),
            Some(many) => {
                let problem = format!("holds {} {what}; give one event", many.len());
                return Err(Fault::new(list, problem).into());
            }
        }
    }
    unwrapped(value, now)
}

/// Sets the time of an event, in the whole seconds that an envelope has.
pub fn set_time(event: &mut Value, time: Timestamp) {
    if let Some(event) = event.as_object_mut() {
        // Never later than now: what happens to the event would come before it.
        let time = Timestamp::from_second(time.as_second()).unwrap_or(time);
        event.insert("time".to_owned(), time.to_string().into());
    }
}

fn unwrapped(value: &Value, now: Timestamp) -> Result<EventFile, Faults> {
    let body = value.get("Body").or_else(|| value.get("body")).and_then(Value::as_str);
    let (form, mut event) = if let Some(body) = body.filter(|_| value.get("detail").is_none()) {
        (Form::QueueMessage, read_event(body.as_bytes())?)
    } else {
        let event = unwrap_event(value.clone())?;
        let form = match value.get("Detail") {
            Some(_) => Form::PutEventsEntry,
            None if event == *value => Form::Envelope,
            None => Form::QueueMessage,
        };
        (form, event)
    };
    fill_envelope(&mut event, NO_ID, now);
    Ok(EventFile { form, event })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T09:00:00Z".parse().unwrap()
    }

    fn envelope() -> Value {
        json!({
            "id": NO_ID, "source": "oms", "detail-type": "Order Cancelled", "time": "2026-11-20T09:00:00Z", "detail": { "order": { "number": "1" } },
        })
    }

    #[test]
    fn every_form_of_an_event_gives_the_same_envelope() {
        let detail = r#"{"order":{"number":"1"}}"#;
        let entry = json!({ "Source": "oms", "DetailType": "Order Cancelled", "Detail": detail });
        let mut object = entry.clone();
        object["Detail"] = json!({ "order": { "number": "1" } });
        object["Time"] = json!(1_795_165_200);
        object["EventBusName"] = json!("any");
        let body = envelope().to_string();
        for (written, form) in [
            (envelope(), Form::Envelope),
            (entry.clone(), Form::PutEventsEntry),
            (object, Form::PutEventsEntry),
            (json!({ "Entries": [entry] }), Form::PutEventsEntry),
            (json!({ "Body": body }), Form::QueueMessage),
            (json!({ "Messages": [{ "Body": body, "MessageId": "1" }] }), Form::QueueMessage),
            (json!({ "Records": [{ "body": body, "messageId": "1" }] }), Form::QueueMessage),
            (json!({ "Type": "Notification", "TopicArn": "arn", "Message": body }), Form::QueueMessage),
        ] {
            let read = read(&written, now()).unwrap();
            assert_eq!((read.form, &read.event), (form, &envelope()), "{written}");
        }
    }

    #[test]
    fn the_time_of_an_envelope_has_whole_seconds_and_is_not_later() {
        let mut event = envelope();
        set_time(&mut event, "2026-11-21T10:00:00.750Z".parse().unwrap());
        assert_eq!(event["time"], "2026-11-21T10:00:00Z");
    }

    #[test]
    fn an_invalid_file_is_reported_with_the_place_of_the_fault() {
        for (text, fault) in [
            (r#"{"Entries":[]}"#, "Entries: holds 0 entries; give one event"),
            (r#"{"Messages":[{},{}]}"#, "Messages: holds 2 messages; give one event"),
            (r#"{"Source":"oms","Detail":"{"}"#, "Detail: is not JSON: line 1, column 1"),
            (r#"{"Body":"x"}"#, "event: is not JSON: line 1, column 1"),
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(read(&value, now()).err().unwrap().to_string(), fault);
        }
    }

    #[test]
    fn the_error_names_a_file_without_a_json_object() {
        for (text, said) in [
            ("{\n  \"a\"", "a.json is not JSON: line 2, column 5"),
            (" \n", "a.json is empty"),
            ("[{}]", "a.json is not a JSON object"),
        ] {
            let failure = object(text, "a.json").unwrap_err();
            assert_eq!((failure.problem(), failure.exit()), (said, crate::exit::Exit::Usage));
        }
    }

    /// A customer would get a replacement character.
    #[test]
    fn a_file_in_another_encoding_than_unicodes_is_refused() {
        let failure = object(b"{\"name\":\"Jos\xe9\"}", "a.json").unwrap_err();
        assert_eq!(failure.problem(), "a.json is not in UTF-8 or UTF-16: save it as UTF-8");
        let text = "{\"name\":\"Jos\u{e9}\"}";
        let utf16 = |mark: &str| -> Vec<u8> {
            format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
        };
        for bytes in
            [text.as_bytes().to_vec(), format!("\u{feff}{text}").into_bytes(), utf16(""), utf16("\u{feff}")]
        {
            assert_eq!(object(bytes, "a.json").unwrap()["name"], "Jos\u{e9}");
        }
    }
}
