//! Claims polls for messages without callbacks, and ends polling.

use jiff::Timestamp;
use serde::Deserialize;

use super::keys::{POLL_PREFIX, bucket, message_pk, message_sk, n, s};
use super::notifications::written;
use super::{Table, TableError, Written, parse_item, text_time};
use crate::message::{MessageKey, NotificationKey, OrderNumber, Reference};

/// A message to poll its provider about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SilentMessage {
    /// The message's order, if known.
    pub order_number: Option<OrderNumber>,
    /// The key of the message's notification, if known.
    pub notification_key: Option<NotificationKey>,
    /// When the provider accepted it.
    pub accepted_at: Timestamp,
    /// When to poll.
    pub due_at: Timestamp,
    /// The number of polls so far.
    #[serde(default)]
    pub polls: u32,
}

impl SilentMessage {
    /// The message's notification, if the sender or a callback has stored it.
    pub fn reference(&self) -> Option<Reference> {
        let (order, key) = (self.order_number.clone()?, self.notification_key.clone()?);
        Some(Reference { order, key })
    }
}

impl Table {
    /// The message, read consistently; `None` if polling has ended.
    pub async fn silent_message(&self, message: &MessageKey) -> Result<Option<SilentMessage>, TableError> {
        let operation = "read a silent message";
        let found = self.item(operation, message_pk(message), message_sk()).await?;
        let due = found.filter(|item| item.contains_key("due_at"));
        due.map(|item| parse_item(operation, item)).transpose()
    }

    /// Claims the next poll: only one of several concurrent runs succeeds. Its index partition is written
    /// again, because an earlier version may have put it among the notifications.
    pub async fn take_poll(
        &self,
        message: &MessageKey,
        known: &SilentMessage,
        next_due_at: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let taken = self
            .update(message_pk(message), message_sk())
            .condition_expression("due_at = :known")
            .update_expression("SET due_bucket = :bucket, due_at = :next, polls = :polls")
            .expression_attribute_values(":bucket", bucket(POLL_PREFIX, message.id.as_str()))
            .expression_attribute_values(":known", s(text_time(known.due_at)))
            .expression_attribute_values(":next", s(text_time(next_due_at)))
            .expression_attribute_values(":polls", n(known.polls.saturating_add(1)))
            .send()
            .await;
        written("take a question about a message", taken)
    }

    /// Records that polling has ended without a final fact. A conflict if a final fact is known by now,
    /// because that has removed the message from the index.
    pub async fn mark_unconfirmed(
        &self,
        message: &MessageKey,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let marked = self
            .update(message_pk(message), message_sk())
            .condition_expression("attribute_exists(due_at)")
            .update_expression("SET unconfirmed_at = :now REMOVE due_bucket, due_at")
            .expression_attribute_values(":now", s(text_time(now)))
            .send()
            .await;
        written("mark a message unconfirmed", marked)
    }
}
