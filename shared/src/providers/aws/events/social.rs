//! The events of AWS End User Messaging Social about WhatsApp messages. Sources:
//! <https://docs.aws.amazon.com/social-messaging/latest/userguide/monitor-event-bridge.html> (EventBridge) and
//! <https://docs.aws.amazon.com/social-messaging/latest/userguide/managing-event-destination-dlrs.html> (SNS).
//!
//! `SendWhatsAppMessage` returns AWS's own `messageId`, and the events on EventBridge name the message by it. A notification of
//! SNS has Meta's entry, which names the message by its `wamid`. Only the notification that Meta has accepted the message (the
//! status `accepted`) has AWS's `messageId` beside the entry, and so has a failure that
//! [AWS itself reports](https://docs.aws.amazon.com/social-messaging/latest/userguide/managing-event-destinations-generated.html),
//! whose entry may lack the `wamid`. No page of AWS says which notification has which id. The code of
//! [a sample of AWS](https://github.com/aws-samples/sample-rest-frontend-for-end-user-messaging) keeps both ids in a table,
//! and allows for AWS's id beside `accepted` alone and for a status without a `wamid`.
//!
//! The statuses are those of <https://docs.aws.amazon.com/social-messaging/latest/userguide/managing-event-destinations-status.html>.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::super::super::callback::Callback;
use super::super::super::lenient;
use super::super::super::status_item::{self, Item, Parts, Report};
use super::super::super::status_word;
use super::Event;
use crate::delivery::FactKind;
use crate::message::MessageId;
use crate::provider::Provider;

/// The member with Meta's entry as a string with JSON.
pub(super) const ENTRY: &str = "whatsAppWebhookEntry";
/// The status of a message that AWS has handed to Meta, and Meta has not sent yet.
const ACCEPTED: &str = "accepted";
/// How the status of a message begins that AWS could not hand to Meta within three hours. It is a sentence.
const DROPPED: &str = "messageretriesexhausted";
/// The statuses that say nothing about the delivery: the customer has deleted a message, or a part of it is unavailable.
const NOT_ABOUT_DELIVERY: [&str; 2] = ["deleted", "warning"];
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
    let status = status_word::status(detail).unwrap_or_else(|| word.to_owned());
    if !is_about_delivery(&status) {
        callback.ignored += 1;
        return;
    }
    let report = Report {
        provider: Provider::AwsWhatsApp,
        ids: lenient::id(detail.get("messageId")).into_iter().collect(),
        status: interpreted(status),
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
    let all = parts.items.len();
    parts.items.retain(|item| is_about_delivery(&status_word::status(item.status).unwrap_or_default()));
    callback.ignored += all - parts.items.len();
    let own = lenient::id(message_id).filter(|_| is_about_one_message(&parts.items));
    parts.add_to(callback, |item| {
        let mut report = status_item::meta_report(Provider::AwsWhatsApp, item, received_at);
        report.ids.splice(0..0, own.clone());
        report.status = interpreted(report.status);
        report.fact()
    });
}

fn is_about_delivery(status: &str) -> bool {
    !NOT_ABOUT_DELIVERY.contains(&status_word::normalize(status).as_str())
}

/// The status in the words of all providers.
fn interpreted(status: String) -> String {
    let word = status_word::normalize(&status);
    if word == ACCEPTED {
        FactKind::Sent.name().to_owned()
    } else if word.starts_with(DROPPED) {
        FactKind::Failed.name().to_owned()
    } else {
        status
    }
}

/// Whether all items have the same id of Meta's, or the only item has none.
fn is_about_one_message(items: &[Item<'_>]) -> bool {
    let ids: BTreeSet<Option<MessageId>> =
        items.iter().map(|item| lenient::id(item.status.get("id"))).collect();
    ids.len() <= 1 && (items.len() <= 1 || !ids.contains(&None))
}
