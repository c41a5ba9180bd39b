//! Unfinished events: `EVENT#<order>#<key>` / `EVENT`, or `EVENT#<sender>#<order>#<key>` / `EVENT#<sender>`. Each is the
//! event of one notification, stored while the notification waits longer than the queue can, for a callback or the
//! operator, or, if it has a fallback, until its message has arrived. It contains the customer's data, and is deleted when the
//! notification has its outcome and nothing follows.

use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::item::{Item, expiry, item, optional, or_default, required, s, time};
use super::keys::{self, EVENT_PREFIX, bucket};
use super::name::{
    AWAITED, DUE_AT, DUE_BUCKET, DUE_SINCE, EXPIRES_AT, FIRST_RECEIPT, FOR_A_PERSON, PK, RAW, SK,
};
use super::update::{Outcome, outcome};
use super::{Table, TableError, Written};
use crate::message::Reference;

/// The time until the first check of a held notification's event. If the event was marked as waiting for the operator
/// although its notification is waiting again, this check requeues it before the sweeper holds the notification.
const FIRST_LOOK: Duration = Duration::from_mins(15);
/// The pause before each further check.
const NEXT_LOOK: Duration = Duration::from_hours(6);
/// The longest event that is stored. A DynamoDB item has at most 400 KB; the rest is for the keys.
pub const MAX_EVENT_BYTES: usize = 350 * 1024;

/// A stored event.
#[derive(Clone, PartialEq, Eq)]
pub struct UnfinishedEvent {
    /// The event as received. Contains the customer's data.
    pub raw: String,
    /// When the event was first received.
    pub first_receipt: Timestamp,
    /// When to put the event on the queue, or to check it if it waits for the operator. `None` in an item of
    /// an earlier version that waits for the operator.
    pub due_at: Option<Timestamp>,
    /// Whether only the operator can put it on the queue, because its notification was held.
    pub for_a_person: bool,
    /// When the event became due, if copies of it have brought no result since; `None` before the first copy.
    pub due_since: Option<Timestamp>,
    /// Whose arrival it awaits; `None` if its notification has no fallback.
    pub awaited: Option<Awaited>,
}

/// Whose arrival the event of a notification with a fallback awaits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Awaited {
    /// The notification's own message, which a provider has accepted. Nothing has followed: once the message has arrived, the
    /// event is not needed.
    First,
    /// Another one: only order-notifier can decide.
    Other,
}

impl Awaited {
    const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Other => "other",
        }
    }
}

impl UnfinishedEvent {
    /// An event first received at `first_receipt` and not stored yet.
    pub fn new(raw: impl Into<String>, first_receipt: Timestamp) -> Self {
        Self {
            raw: raw.into(),
            first_receipt,
            due_at: None,
            for_a_person: false,
            due_since: None,
            awaited: None,
        }
    }

    /// Parses the item of a stored event.
    pub fn from_item(item: &Item) -> serde_dynamo::Result<Self> {
        Ok(Self {
            raw: required(item, RAW)?,
            first_receipt: required(item, FIRST_RECEIPT)?,
            due_at: optional(item, DUE_AT)?,
            for_a_person: or_default(item, FOR_A_PERSON)?,
            due_since: optional(item, DUE_SINCE)?,
            awaited: optional(item, AWAITED)?,
        })
    }

    /// The item, without `due_since`.
    fn write(&self, reference: &Reference, expires_at: AttributeValue) -> Item {
        let (pk, sk) = keys::event(reference);
        let mut item = item([
            (PK, pk),
            (SK, sk),
            (RAW, s(&self.raw)),
            (FIRST_RECEIPT, time(self.first_receipt)),
            (EXPIRES_AT, expires_at),
        ]);
        if let Some(due_at) = self.due_at {
            item.insert(DUE_BUCKET.to_owned(), bucket(EVENT_PREFIX, reference.key.as_str()));
            item.insert(DUE_AT.to_owned(), time(due_at));
        }
        if self.for_a_person {
            item.insert(FOR_A_PERSON.to_owned(), AttributeValue::Bool(true));
        }
        if let Some(awaited) = self.awaited {
            item.insert(AWAITED.to_owned(), s(awaited.name()));
        }
        item
    }

    /// The event to store now: due at `due_at`, or waiting for the operator if that is `None`.
    #[must_use]
    pub fn kept_until(self, due_at: Option<Timestamp>, now: Timestamp) -> Self {
        let first_look = || now.saturating_add(FIRST_LOOK).unwrap_or(Timestamp::MAX);
        Self { due_at: Some(due_at.unwrap_or_else(first_look)), for_a_person: due_at.is_none(), ..self }
    }

    /// The event of a notification with a fallback.
    #[must_use]
    pub fn awaiting(self, awaited: Awaited) -> Self {
        Self { awaited: Some(awaited), ..self }
    }

    /// Whether the sweeper requeues it without the operator.
    pub const fn will_be_requeued(&self) -> bool {
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
            .field("awaited", &self.awaited)
            .finish_non_exhaustive()
    }
}

impl Table {
    /// Stores the event of a notification and replaces any earlier one, so that `due_since` is reset. The item expires
    /// `retention` from now.
    pub async fn store_event(
        &self,
        reference: &Reference,
        event: &UnfinishedEvent,
        retention: Duration,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let item = event.write(reference, expiry(now, retention));
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await;
        put.map(drop).map_err(|error| TableError::new("store an event", &error))
    }

    /// The stored event of a notification, read consistently; `None` if there is none.
    pub async fn unfinished_event(
        &self,
        reference: &Reference,
    ) -> Result<Option<UnfinishedEvent>, TableError> {
        self.read("read an event", keys::event(reference), UnfinishedEvent::from_item).await
    }

    /// Claims an event in order to put it on the queue: only one of several concurrent runs succeeds. The event is due
    /// again at `next_due_at`.
    pub async fn claim_event(
        &self,
        reference: &Reference,
        known: &UnfinishedEvent,
        next_due_at: Timestamp,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let update = self
            .update(keys::event(reference))
            .if_present(PK)
            .if_known(DUE_AT, known.due_at.map(time))
            .set(DUE_BUCKET, bucket(EVENT_PREFIX, reference.key.as_str()))
            .set(DUE_AT, time(next_due_at))
            .set(DUE_SINCE, time(known.since(now)))
            .remove(&[FOR_A_PERSON]);
        update.send("claim an event").await.map(Outcome::written)
    }

    /// Makes the event of a notification with a fallback due now, because a message of the notification failed. Changes nothing
    /// if it is due already, or if there is none.
    pub async fn hasten_event(
        &self,
        reference: &Reference,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let first = reference.first();
        let update = self.update(keys::event(&first)).if_present(AWAITED).set(DUE_AT, time(now));
        let update = update.when(DUE_AT, time(now), |due_at, now| format!("{due_at} > {now}"));
        update.send("make an event due").await.map(Outcome::written)
    }

    /// Postpones the next check of an event that waits for the operator.
    pub async fn postpone_check(
        &self,
        reference: &Reference,
        known: &UnfinishedEvent,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let next = now.saturating_add(NEXT_LOOK).unwrap_or(Timestamp::MAX);
        let update = self.update(keys::event(reference)).set(DUE_AT, time(next));
        let update = update.if_known(DUE_AT, Some(time(known.due_at.unwrap_or(now))));
        update.send("postpone an event's check").await.map(Outcome::written)
    }

    /// Deletes an event that waits for the operator, unless it was put on the queue meanwhile.
    pub async fn delete_held_event(
        &self,
        reference: &Reference,
        known: &UnfinishedEvent,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let (pk, sk) = keys::event(reference);
        let delete = self.client.delete_item().table_name(&self.name).key(PK, pk).key(SK, sk);
        let delete = delete
            .condition_expression(format!("{DUE_AT} = :known"))
            .expression_attribute_values(":known", time(known.due_at.unwrap_or(now)));
        let operation = "delete an event";
        outcome(operation, delete.send().await, |deleted| deleted.attributes).map(Outcome::written)
    }

    /// Deletes the stored event of a notification.
    pub async fn delete_event(&self, reference: &Reference) -> Result<(), TableError> {
        let (pk, sk) = keys::event(reference);
        let delete = self.client.delete_item().table_name(&self.name).key(PK, pk).key(SK, sk);
        delete.send().await.map(drop).map_err(|error| TableError::new("delete an event", &error))
    }
}
