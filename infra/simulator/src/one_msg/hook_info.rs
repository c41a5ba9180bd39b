//! The reply of `hookInfo` about a message: all its statuses until now, posted or not.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::facts::Report;
use crate::ledger::AcceptedSend;
use crate::random;

/// A conversation lasts 24 hours.
const CONVERSATION: Duration = Duration::from_hours(24);

/// The reply about a message; an empty list without one.
pub(crate) fn reply(send: Option<&AcceptedSend>, now: SystemTime) -> Value {
    let hooks: Vec<_> = send
        .iter()
        .flat_map(|send| send.facts.iter().map(move |(report, at)| (send, report, *at)))
        .filter(|(_, _, at)| *at <= now)
        .map(|(send, report, at)| item(send, report, at))
        .collect();
    json!({"hooks": hooks})
}

/// One fact, in the format of the vendor's sample: the time as text, the expiry as a number.
pub(crate) fn item(send: &AcceptedSend, report: &Report, at: SystemTime) -> Value {
    let mut item = json!({
        "id": send.ids.status,
        "type": "message",
        "status": report.word(),
        "timestamp": unix_seconds(at).to_string(),
        "pricing": {"billable": true, "pricing_model": "CBP", "category": "utility"},
        "conversation": {
            "id": random::hexadecimal::<16>(),
            "expiration_timestamp": unix_seconds(at + CONVERSATION),
            "origin": {"type": "utility"},
        },
        "recipient_id": send.message.recipient.digits(),
    });
    if let (Some(error), Some(item)) = (report.error(), item.as_object_mut()) {
        item.insert("errors".to_owned(), json!([{"code": error.kind.code, "title": error.kind.title}]));
    }
    item
}

fn unix_seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
