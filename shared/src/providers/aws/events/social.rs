//! The events of AWS End User Messaging Social about WhatsApp messages. Sources:
//! <https://docs.aws.amazon.com/social-messaging/latest/userguide/monitor-event-bridge.html> (EventBridge) and
//! <https://docs.aws.amazon.com/social-messaging/latest/userguide/managing-event-destination-dlrs.html> (SNS).
//!
//! `SendWhatsAppMessage` returns AWS's own `messageId`, and the events on EventBridge name the message by it. An event from SNS
//! has Meta's entry, which names the message by its `wamid`, and a `messageId` beside it.

use jiff::Timestamp;
use serde_json::Value;

use super::super::super::callback::Callback;
use super::super::super::lenient;
use super::super::super::status_item::{self, Parts, Report};
use super::super::super::status_word;
use super::Event;
use crate::provider::Provider;

/// The member with Meta's entry as a string with JSON.
pub(super) const ENTRY: &str = "whatsAppWebhookEntry";
/// Before the status in the `detail-type`.
const DETAIL_TYPE_PREFIX: &str = "WhatsApp Message ";
/// The events about customers' own messages and about handovers, and those that AWS doesn't know.
const OTHERS: [&str; 3] = ["Received", "Handover Succeeded", "Handover Failed"];

/// Adds the report in an event of EventBridge.
pub(super) fn add(event: &Event<'_>, callback: &mut Callback) {
    let Event { detail_type, detail, time } = event;
    let Some(word) = detail_type.strip_prefix(DETAIL_TYPE_PREFIX).filter(|word| !OTHERS.contains(word))
    else {
        callback.ignored += 1;
        return;
    };
    let report = Report {
        provider: Provider::AwsWhatsApp,
        ids: lenient::id(detail.get("messageId")).into_iter().collect(),
        status: status_word::status(detail).unwrap_or_else(|| word.to_owned()),
        at: lenient::time(detail.get("eventTimestamp"), *time),
        failure: status_item::first_error(detail),
        reference: status_item::reference(detail),
        notification: None,
    };
    callback.add(report.fact());
}

/// Adds the reports in Meta's entry. If all are about one message, AWS's id is that of the message, because our table knows
/// the message by it, and Meta's id is an alias.
pub(super) fn add_entry(
    entry: &Value,
    message_id: Option<&Value>,
    received_at: Timestamp,
    callback: &mut Callback,
) {
    let entries = lenient::opened(entry);
    let mut parts = Parts::default();
    parts.add_entries(&entries);
    parts.add_to(callback, |item| status_item::from_meta(Provider::AwsWhatsApp, item, received_at));
    let (Some(first), Some(id)) = (callback.facts.first(), lenient::id(message_id)) else { return };
    let metas = first.message_id.clone();
    if id != metas && callback.facts.iter().all(|fact| fact.message_id == metas) {
        for fact in &mut callback.facts {
            fact.aliases.push(std::mem::replace(&mut fact.message_id, id.clone()));
        }
    }
}
