//! Events that aren't finished: `EVENT#<order>#<key>` / `EVENT`. Each is what one notification was made of, kept because it waits
//! for longer than the queue can, for a callback or for a person. It names a customer, and goes when the notification has its
//! outcome.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::keys::{EVENT_PREFIX, Item, bucket, event_pk, event_sk, n, s};
use super::notifications::written;
use super::{Table, TableError, Written, expires_at, parse_item, text_time};
use crate::message::Reference;

/// DynamoDB's items end at 400 KB; the rest is for the keys.
pub const MAX_EVENT_BYTES: usize = 350 * 1024;

/// An event that is kept.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct UnfinishedEvent {
    /// The event as it came. Names a customer.
    pub raw: String,
    /// When it came for the first time.
    pub first_receipt: Timestamp,
    /// When it is to be brought back; none where only a person may do that.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// Since when copies of it have come to nothing; none before the first copy.
    #[serde(default)]
    pub due_since: Option<Timestamp>,
}

impl UnfinishedEvent {
    /// Since when it is due: copies that have come to nothing don't count.
    pub fn since(&self, now: Timestamp) -> Timestamp {
        self.due_since.or(self.due_at).unwrap_or(now)
    }
}

impl fmt::Debug for UnfinishedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnfinishedEvent")
            .field("first_receipt", &self.first_receipt)
            .field("due_at", &self.due_at)
            .field("due_since", &self.due_since)
            .finish_non_exhaustive()
    }
}

impl Table {
    /// Keeps the event of a notification, in place of what was kept of it before: it is due since nothing. It goes by itself
    /// `retention` from now.
    pub async fn keep_event(
        &self,
        reference: &Reference,
        event: &UnfinishedEvent,
        retention: Duration,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let mut item = Item::from(
            [
                ("pk", event_pk(reference)),
                ("sk", event_sk()),
                ("raw", s(&event.raw)),
                ("first_receipt", s(text_time(event.first_receipt))),
                ("expires_at", n(expires_at(now, retention))),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        if let Some(due_at) = event.due_at {
            item.insert("due_bucket".to_owned(), bucket(EVENT_PREFIX, reference.key.as_str()));
            item.insert("due_at".to_owned(), s(text_time(due_at)));
        }
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await;
        put.map(drop).map_err(|error| TableError::new("keep an event", &error))
    }

    /// The event of a notification, read consistently; none where none is kept.
    pub async fn unfinished_event(
        &self,
        reference: &Reference,
    ) -> Result<Option<UnfinishedEvent>, TableError> {
        let operation = "read an event";
        let found = self.item(operation, event_pk(reference), event_sk()).await?;
        found.map(|item| parse_item(operation, item)).transpose()
    }

    /// Takes an event in order to bring it back: of several who found it due, one gets it. Where that one fails, or what it
    /// brought back comes to nothing, it is due again then.
    pub async fn take_event(
        &self,
        reference: &Reference,
        known: &UnfinishedEvent,
        next_due_at: Timestamp,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let mut update = self
            .update(event_pk(reference), event_sk())
            .update_expression("SET due_bucket = :bucket, due_at = :next, due_since = :since")
            .expression_attribute_values(":bucket", bucket(EVENT_PREFIX, reference.key.as_str()))
            .expression_attribute_values(":since", s(text_time(known.since(now))))
            .expression_attribute_values(":next", s(text_time(next_due_at)));
        update = match known.due_at {
            Some(due_at) => update
                .condition_expression("due_at = :known")
                .expression_attribute_values(":known", s(text_time(due_at))),
            None => update.condition_expression("attribute_exists(pk) AND attribute_not_exists(due_at)"),
        };
        written("take an event", update.send().await)
    }

    /// Removes the event of a notification.
    pub async fn drop_event(&self, reference: &Reference) -> Result<(), TableError> {
        let delete = self.client.delete_item().table_name(&self.name);
        let deleted = delete.key("pk", event_pk(reference)).key("sk", event_sk()).send().await;
        deleted.map(drop).map_err(|error| TableError::new("remove an event", &error))
    }
}
