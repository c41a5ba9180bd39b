//! An unfinished event that the table puts back on the queue of order events: a copy, with the table's data
//! in message attributes. The table remains the event's owner.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::send_message::SendMessageError;
use aws_sdk_sqs::types::MessageAttributeValue;
use jiff::Timestamp;

use crate::message::{NotificationKey, Reference};
use crate::table::UnfinishedEvent;

/// The attribute with the key of the event's notification, which is kept even if the catalogue has changed
/// since.
const KEY: &str = "notification-key";
/// The attribute with the time of the first receipt, in RFC 3339.
const FIRST_RECEIPT: &str = "first-receipt";
/// The time that a copy has before another one follows: longer than the queue needs for the peak of an hour.
const AGAIN_AFTER: Duration = Duration::from_mins(15);
/// While copies bring no result, for example because order-notifier does not run, each one gets as much time
/// as all before it, up to this limit. So a queue that is not consumed does not fill up with copies.
const AGAIN_AFTER_AT_MOST: Duration = Duration::from_hours(2);

/// When to put the next copy of an event on the queue, if one is put there now. The event has been due since
/// `since`.
pub fn again_at(since: Timestamp, now: Timestamp) -> Timestamp {
    let after = |from: Timestamp, wait| from.saturating_add(wait).unwrap_or(Timestamp::MAX);
    let due_for = Duration::try_from(now.duration_since(since)).unwrap_or_default();
    let next = after(now, due_for.clamp(AGAIN_AFTER, AGAIN_AFTER_AT_MOST));
    // Two hours after it became due the event is checked in any case, for the alarm on its age.
    let looked_at = after(since, AGAIN_AFTER_AT_MOST);
    if now < looked_at { next.min(looked_at.max(after(now, AGAIN_AFTER))) } else { next }
}

/// The table's data about an event that it has put back on the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedEvent {
    /// The key of the event's notification.
    pub key: NotificationKey,
    /// When the event was first received.
    pub first_receipt: Timestamp,
}

impl ReturnedEvent {
    /// Reads the attributes of an SQS message through `text`; `None` if the table did not send the message.
    pub fn read<'a>(text: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let key = NotificationKey::parse(text(KEY)?).ok()?;
        let first_receipt = text(FIRST_RECEIPT)?.parse().ok()?;
        Some(Self { key, first_receipt })
    }
}

/// The event could not be put on the queue.
#[derive(Debug, thiserror::Error)]
pub enum NotPutBack {
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
    /// A queue by the URL at which `client` reaches it.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// Puts a copy of an event on the queue.
    pub async fn put_back(&self, reference: &Reference, event: &UnfinishedEvent) -> Result<(), NotPutBack> {
        let text =
            |value: String| MessageAttributeValue::builder().data_type("String").string_value(value).build();
        let attributes = HashMap::from([
            (KEY.to_owned(), text(reference.key.to_string())?),
            (FIRST_RECEIPT.to_owned(), text(event.first_receipt.to_string())?),
        ]);
        let send = self.client.send_message().queue_url(&self.url).message_body(&event.raw);
        let sent = send.set_message_attributes(Some(attributes)).send().await;
        sent.map(drop).map_err(|error| NotPutBack::Queue(code(&error).to_owned()))
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
    fn copies_that_come_to_nothing_become_rarer() {
        let since = Timestamp::constant(1_780_000_000, 0);
        let (mut now, mut copies) = (since, 0);
        while now < since + SignedDuration::from_hours(12) {
            (now, copies) = (again_at(since, now), copies + 1);
        }
        assert_eq!(copies, 9);
        let due_for = |minutes| since + SignedDuration::from_mins(minutes);
        assert_eq!(again_at(since, due_for(95)), due_for(120), "the alarm over its age");
        assert_eq!(again_at(since, since), since + SignedDuration::from_mins(15));
    }
}
