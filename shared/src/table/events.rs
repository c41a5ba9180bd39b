//! Unfinished events: `EVENT#<order>#<key>` / `EVENT`. Each is the event of one notification, stored while
//! the notification waits longer than the queue can, or for a callback or the operator. It contains the
//! customer's data, and is deleted when the notification has its outcome.

use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Deserialize;

use super::keys::{EVENT_PREFIX, Item, bucket, event_pk, event_sk, n, s};
use super::notifications::written;
use super::{Table, TableError, Written, expires_at, parse_item, text_time};
use crate::message::Reference;

/// When the event of a held notification is checked for the first time. If an earlier run has marked the event as
/// waiting for the operator although its notification is waiting again, this check puts it on the queue before the
/// sweeper gives the notification up.
const FIRST_LOOK: Duration = Duration::from_mins(15);
/// The pause before each further check.
const NEXT_LOOK: Duration = Duration::from_hours(6);
/// The longest event that is stored. A DynamoDB item has at most 400 KB; the rest is for the keys.
pub const MAX_EVENT_BYTES: usize = 350 * 1024;

/// A stored event.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct UnfinishedEvent {
    /// The event as received. Contains the customer's data.
    pub raw: String,
    /// When the event was first received.
    pub first_receipt: Timestamp,
    /// When to put the event on the queue, or to check it if it waits for the operator. `None` in an item of
    /// an earlier version that waits for the operator.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// Whether only the operator can put it on the queue, because its notification was held.
    #[serde(default)]
    pub for_a_person: bool,
    /// Since when copies of it have brought no result; `None` before the first copy.
    #[serde(default)]
    pub due_since: Option<Timestamp>,
}

impl UnfinishedEvent {
    /// An event first received at `first_receipt` and not stored yet.
    pub fn new(raw: impl Into<String>, first_receipt: Timestamp) -> Self {
        Self { raw: raw.into(), first_receipt, due_at: None, for_a_person: false, due_since: None }
    }

    /// The event to store now: due at `due_at`, or waiting for the operator if that is `None`.
    #[must_use]
    pub fn kept_until(self, due_at: Option<Timestamp>, now: Timestamp) -> Self {
        let first_look = || now.saturating_add(FIRST_LOOK).unwrap_or(Timestamp::MAX);
        Self { due_at: Some(due_at.unwrap_or_else(first_look)), for_a_person: due_at.is_none(), ..self }
    }

    /// Whether the sweeper puts it on the queue without the operator.
    pub const fn comes_back(&self) -> bool {
        self.due_at.is_some() && !self.for_a_person
    }

    /// Since when it is due; earlier copies without a result do not reset this.
    pub fn since(&self, now: Timestamp) -> Timestamp {
        self.due_since.or(self.due_at).unwrap_or(now)
    }
}

impl fmt::Debug for UnfinishedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnfinishedEvent")
            .field("first_receipt", &self.first_receipt)
            .field("due_at", &self.due_at)
            .field("for_a_person", &self.for_a_person)
            .field("due_since", &self.due_since)
            .finish_non_exhaustive()
    }
}

impl Table {
    /// Stores the event of a notification and replaces any earlier one, so that `due_since` starts anew. The
    /// item expires `retention` from now.
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
        if event.for_a_person {
            item.insert("for_a_person".to_owned(), AttributeValue::Bool(true));
        }
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await;
        put.map(drop).map_err(|error| TableError::new("keep an event", &error))
    }

    /// The stored event of a notification, read consistently; `None` if there is none.
    pub async fn unfinished_event(
        &self,
        reference: &Reference,
    ) -> Result<Option<UnfinishedEvent>, TableError> {
        let operation = "read an event";
        let found = self.item(operation, event_pk(reference), event_sk()).await?;
        found.map(|item| parse_item(operation, item)).transpose()
    }

    /// Claims an event in order to put it on the queue: only one of several concurrent runs succeeds. If that
    /// run fails, or its copy brings no result, the event is due again at `next_due_at`.
    pub async fn take_event(
        &self,
        reference: &Reference,
        known: &UnfinishedEvent,
        next_due_at: Timestamp,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let mut update = self
            .update(event_pk(reference), event_sk())
            .update_expression(
                "SET due_bucket = :bucket, due_at = :next, due_since = :since REMOVE for_a_person",
            )
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

    /// Postpones the next check of an event that waits for the operator.
    pub async fn look_again(
        &self,
        reference: &Reference,
        known: &UnfinishedEvent,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let next = now.saturating_add(NEXT_LOOK).unwrap_or(Timestamp::MAX);
        let update = self
            .update(event_pk(reference), event_sk())
            .update_expression("SET due_at = :next")
            .condition_expression("due_at = :known")
            .expression_attribute_values(":next", s(text_time(next)))
            .expression_attribute_values(":known", s(text_time(known.due_at.unwrap_or(now))));
        written("look at an event again", update.send().await)
    }

    /// Deletes an event that waits for the operator, unless it was put on the queue meanwhile.
    pub async fn drop_known_event(
        &self,
        reference: &Reference,
        known: &UnfinishedEvent,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.name)
            .key("pk", event_pk(reference))
            .key("sk", event_sk())
            .condition_expression("due_at = :known")
            .expression_attribute_values(":known", s(text_time(known.due_at.unwrap_or(now))))
            .send()
            .await;
        match deleted {
            Ok(_) => Ok(Written::Done),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Ok(Written::Overtaken(None))
            }
            Err(error) => Err(TableError::new("remove an event", &error)),
        }
    }

    /// Deletes the stored event of a notification.
    pub async fn drop_event(&self, reference: &Reference) -> Result<(), TableError> {
        let delete = self.client.delete_item().table_name(&self.name);
        let deleted = delete.key("pk", event_pk(reference)).key("sk", event_sk()).send().await;
        deleted.map(drop).map_err(|error| TableError::new("remove an event", &error))
    }
}
