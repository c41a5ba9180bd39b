//! A copy of an unfinished event that the sweeper puts back on the queue of order events, with the table's data in
//! message attributes. The table remains the event's owner.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::send_message::SendMessageError;
use aws_sdk_sqs::types::MessageAttributeValue;
use jiff::Timestamp;

use crate::message::{NotificationKey, OrderId, Reference};
use crate::table::UnfinishedEvent;

/// The attribute with the key of the event's notification. It stays the same if the catalogue changes.
const KEY: &str = "notification-key";
/// The attribute with the reference of the event's notification: its order may be another one if the catalogue changes.
const REFERENCE: &str = "notification";
/// The attribute with the time of the first receipt, in RFC 3339.
const FIRST_RECEIPT: &str = "first-receipt";
/// The minimum time between two copies: longer than the queue needs for the peak of an hour.
const AGAIN_AFTER: Duration = Duration::from_mins(15);
/// The maximum time between two copies. The time doubles while copies bring no result, for example because
/// order-notifier does not run, so that they do not fill the queue.
const AGAIN_AFTER_AT_MOST: Duration = Duration::from_hours(2);

/// When to send the next copy of an event, if one is sent now. The event has been due since `since`.
pub fn next_copy_at(since: Timestamp, now: Timestamp) -> Timestamp {
    let after = |from: Timestamp, wait| from.saturating_add(wait).unwrap_or(Timestamp::MAX);
    let due_for = Duration::try_from(now.duration_since(since)).unwrap_or_default();
    let next = after(now, due_for.clamp(AGAIN_AFTER, AGAIN_AFTER_AT_MOST));
    // Two hours after it became due the event is always checked, for the alarm on its age.
    let looked_at = after(since, AGAIN_AFTER_AT_MOST);
    if now < looked_at { next.min(looked_at.max(after(now, AGAIN_AFTER))) } else { next }
}

/// The data in the message attributes of such a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedEvent {
    /// The key of the event's notification.
    pub key: NotificationKey,
    /// The order of the event's notification; `None` in a copy of an earlier version.
    pub order: Option<OrderId>,
    /// When the event was first received.
    pub first_receipt: Timestamp,
}

impl ReturnedEvent {
    /// Reads the attributes of an SQS message through `text`; `None` if the table did not send the message.
    pub fn from_attributes<'a>(text: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let key = NotificationKey::parse(text(KEY)?).ok()?;
        let first_receipt = text(FIRST_RECEIPT)?.parse().ok()?;
        let order = text(REFERENCE).and_then(Reference::parse).map(|reference| reference.order);
        Some(Self { key, order, first_receipt })
    }
}

/// The event could not be put on the queue.
#[derive(Debug, thiserror::Error)]
pub enum RequeueError {
    /// SQS refused the message or could not be reached; contains the error code.
    #[error("an event can't be put on the queue of order events: {0}")]
    Queue(String),
    /// The SDK rejected the request before it was sent.
    #[error("an event can't be put on the queue of order events")]
    Request(#[from] BuildError),
}

/// The queue of order events.
#[derive(Debug, Clone)]
pub struct OrderEventsQueue {
    client: Client,
    url: String,
}

impl OrderEventsQueue {
    /// `url` is the queue's URL for `client`.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// Puts a copy of an event on the queue.
    pub async fn requeue(&self, reference: &Reference, event: &UnfinishedEvent) -> Result<(), RequeueError> {
        let text =
            |value: String| MessageAttributeValue::builder().data_type("String").string_value(value).build();
        let attributes = HashMap::from([
            (KEY.to_owned(), text(reference.key.to_string())?),
            (REFERENCE.to_owned(), text(reference.to_wire())?),
            (FIRST_RECEIPT.to_owned(), text(event.first_receipt.to_string())?),
        ]);
        let send = self.client.send_message().queue_url(&self.url).message_body(&event.raw);
        let sent = send.set_message_attributes(Some(attributes)).send().await;
        sent.map(drop).map_err(|error| RequeueError::Queue(code(&error).to_owned()))
    }
}

/// Returns only the code, because the SDK's error may quote the request, which contains the customer's data.
fn code<R>(error: &SdkError<SendMessageError, R>) -> &str {
    error.code().unwrap_or(match error {
        SdkError::TimeoutError(_) => "timeout",
        SdkError::DispatchFailure(_) => "connect",
        _ => "no code",
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn the_pause_between_copies_without_a_result_grows() {
        let since = Timestamp::constant(1_780_000_000, 0);
        let (mut now, mut copies) = (since, 0);
        while now < since + SignedDuration::from_hours(12) {
            (now, copies) = (next_copy_at(since, now), copies + 1);
        }
        assert_eq!(copies, 9);
        let due_for = |minutes| since + SignedDuration::from_mins(minutes);
        assert_eq!(next_copy_at(since, due_for(95)), due_for(120), "the alarm on its age");
        assert_eq!(next_copy_at(since, since), since + SignedDuration::from_mins(15));
    }
}
