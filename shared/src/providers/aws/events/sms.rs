//! The events of AWS End User Messaging SMS about text messages. Sources:
//! <https://docs.aws.amazon.com/sms-voice/latest/userguide/monitor-event-bridge.html>,
//! <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html>,
//! <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html>.

use serde_json::Value;

use super::super::super::callback::Callback;
use super::super::super::lenient;
use super::super::super::status_item::Report;
use super::{Event, reference};
use crate::delivery::{FactKind, Failure};
use crate::protocol::ReasonClass;
use crate::provider::Provider;
use crate::redaction::redact;

/// The only events about text messages; the service reports multimedia messages, calls and registrations too.
pub(super) const DETAIL_TYPE: &str = "Text Message Delivery Status Updated";
/// Stands before the status in `eventType`.
pub(super) const EVENT_TYPE_PREFIX: &str = "TEXT_";
/// Of calls and multimedia messages, which the same topic may get:
/// <https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_EventDestination.html>.
pub(super) const OTHER_EVENT_TYPE_PREFIXES: [&str; 2] = ["VOICE_", "MEDIA_"];

/// The failures by their status, each with its class.
const FAILURES: [(&str, ReasonClass); 11] = [
    ("BLOCKED", ReasonClass::Recipient),
    ("CARRIER_BLOCKED", ReasonClass::Content),
    ("CARRIER_UNREACHABLE", ReasonClass::Unavailable),
    ("FAILED", ReasonClass::Unclear),
    ("INVALID", ReasonClass::Recipient),
    ("INVALID_MESSAGE", ReasonClass::Content),
    ("PROTECT_BLOCKED", ReasonClass::Account),
    ("SPAM", ReasonClass::Content),
    ("TTL_EXPIRED", ReasonClass::Recipient),
    ("UNREACHABLE", ReasonClass::Recipient),
    ("UNROUTABLE", ReasonClass::Account),
];

/// The class of a status that means a failure.
pub(super) fn code_class(code: &str) -> Option<ReasonClass> {
    FAILURES.iter().find_map(|(status, class)| (*status == code).then_some(*class))
}

/// Adds the report in an event.
pub(super) fn add(event: &Event<'_>, callback: &mut Callback) {
    let Event { detail_type, detail, time } = event;
    if *detail_type != DETAIL_TYPE {
        callback.ignored += 1;
        return;
    }
    let from_type = || {
        let word = lenient::word(detail.get("eventType"))?;
        word.strip_prefix(EVENT_TYPE_PREFIX).map(str::to_owned)
    };
    let status = lenient::word(detail.get("messageStatus")).or_else(from_type).unwrap_or_default();
    let is_final = match detail.get("isFinal") {
        Some(Value::Bool(is_final)) => *is_final,
        other => lenient::word(other).is_none_or(|word| !word.eq_ignore_ascii_case("false")),
    };
    let kind = kind(&status, is_final);
    let said = lenient::text(detail.get("messageStatusDescription"));
    let failure = code_class(&status).map(|_| Failure {
        code: Some(status.clone()),
        text: said.map(|said| redact(&said)).unwrap_or_default(),
    });
    let report = Report {
        provider: Provider::AwsSms,
        ids: lenient::id(detail.get("messageId")).into_iter().collect(),
        status: kind.map_or(status, |kind| kind.name().to_owned()),
        at: lenient::time(detail.get("eventTimestamp"), *time),
        failure,
        reference: reference(detail.get("context")),
        notification: None,
    };
    callback.add(report.fact());
}

/// The kind of fact. A failure that isn't final is tried again, so that the message is still on its way. `SUCCESSFUL` means that
/// the carrier has accepted the message; only `DELIVERED` means that the customer's device has. `UNKNOWN` means that nothing
/// more is known, also after 72 hours without a report of the carrier.
fn kind(status: &str, is_final: bool) -> Option<FactKind> {
    match status {
        "DELIVERED" => Some(FactKind::Delivered),
        "SUCCESSFUL" | "ACCEPTED" | "SENT" | "QUEUED" | "PENDING" | "UNKNOWN" => Some(FactKind::Sent),
        failure => code_class(failure).map(|_| if is_final { FactKind::Failed } else { FactKind::Sent }),
    }
}
