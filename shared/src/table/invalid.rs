//! Invalid events: `INVALID#<event id>` / `EVENT#<body hash>`, so that two bodies with the same event id are
//! both stored. The item contains the raw event so that the operator can repair it, and expires soon. Until
//! the event is put on the bus again, it has an entry in the index `due`, where the operator finds it.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;

use super::invalid_event_key::{INVALID_PREFIX, InvalidEventKey};
use super::item::{Item, expiry, item, optional, or_default, required, s, time};
use super::keys::{Subject, bucket};
use super::name::{
    DUE_AT, DUE_BUCKET, EXPIRES_AT, FAULTS, NOTIFICATION, PK, RAW, RECEIVED_AT, REPLAYED_AS, REPLAYED_AT, SK,
};
use super::update::{Outcome, outcome};
use super::{Table, TableError, Written};
use crate::catalogue::read_event;
use crate::fault::Fault;

/// Long enough to notice and repair an event, but short for a body with the customer's data.
const RETENTION: Duration = Duration::from_hours(14 * 24);

/// The members that the producer writes. EventBridge adds other members, also when it replays an archive; the
/// event is still the same.
const SAID: [&str; 4] = ["source", "detail-type", "time", "detail"];

/// Distinguishes bodies with the same event id: a hash of the producer's members, or of the whole body if it
/// cannot be parsed.
fn body_hash(raw: &str) -> String {
    let said = read_event(raw.as_bytes()).ok().map(|event| {
        let said = SAID.map(|name| event.get(name).map(ToString::to_string).unwrap_or_default());
        said.join("\n")
    });
    let digest = digest::digest(&digest::SHA256, said.as_deref().unwrap_or(raw).as_bytes());
    hex::encode(digest.as_ref().get(..8).unwrap_or_default())
}

/// Whether an invalid event was recorded before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Recorded for the first time.
    New,
    /// Recorded before.
    Again,
}

/// An event that cannot become a message.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidEventRow {
    /// The item's key.
    pub key: InvalidEventKey,
    /// The notification that it would have become, if it matched a catalogue entry.
    pub notification: Option<String>,
    /// The event as received; empty if the item does not have it. Contains the customer's data.
    pub raw: String,
    /// Every fault found in the event.
    pub faults: Vec<Fault>,
    /// When it was recorded.
    pub received_at: Timestamp,
    /// When the operator put it on the bus again, perhaps repaired.
    pub replayed_at: Option<Timestamp>,
    /// The id that it got there.
    pub replayed_as: Option<String>,
}

impl InvalidEventRow {
    /// An event not recorded yet. `id` is the event's, or the queue message's if the event has none.
    pub fn new(id: &str, notification: Option<&str>, raw: &str, faults: &[Fault], now: Timestamp) -> Self {
        Self {
            key: InvalidEventKey { event_id: id.to_owned(), body: Some(body_hash(raw)) },
            notification: notification.map(str::to_owned),
            raw: raw.to_owned(),
            faults: faults.to_vec(),
            received_at: now,
            replayed_at: None,
            replayed_as: None,
        }
    }

    pub(super) fn read(key: InvalidEventKey, item: &Item) -> serde_dynamo::Result<Self> {
        Ok(Self {
            key,
            notification: optional(item, NOTIFICATION)?,
            raw: or_default(item, RAW)?,
            faults: required(item, FAULTS)?,
            received_at: required(item, RECEIVED_AT)?,
            replayed_at: optional(item, REPLAYED_AT)?,
            replayed_as: optional(item, REPLAYED_AS)?,
        })
    }

    /// The item of an event that waits for the operator.
    fn write(&self) -> Item {
        let (pk, sk) = self.key.key();
        let fault = |fault: &Fault| item([("place", s(&fault.place)), ("problem", s(&fault.problem))]);
        let faults = self.faults.iter().map(|it| AttributeValue::M(fault(it))).collect();
        let mut item = item([
            (PK, pk),
            (SK, sk),
            (RAW, s(&self.raw)),
            (FAULTS, AttributeValue::L(faults)),
            (RECEIVED_AT, time(self.received_at)),
            (DUE_BUCKET, bucket(INVALID_PREFIX, &self.key.event_id)),
            (DUE_AT, time(self.received_at)),
            (EXPIRES_AT, expiry(self.received_at, RETENTION)),
        ]);
        item.extend(self.notification.as_ref().map(|name| (NOTIFICATION.to_owned(), s(name))));
        item
    }
}

impl fmt::Debug for InvalidEventRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidEventRow")
            .field("notification", &self.notification)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl Table {
    /// Records an invalid event. Repeating this changes nothing relevant. An event that the operator has
    /// since put on the bus again stays as it is.
    pub async fn store_invalid(&self, event: &InvalidEventRow) -> Result<Recorded, TableError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(event.write()));
        let put = put.condition_expression(format!("attribute_not_exists({REPLAYED_AT})"));
        let put = put.return_values(ReturnValue::AllOld).send().await;
        match outcome("record an invalid event", put, |put| put.attributes)? {
            Outcome::Done(None) => Ok(Recorded::New),
            Outcome::Done(Some(_)) | Outcome::Refused(_) => Ok(Recorded::Again),
        }
    }

    /// Every stored invalid event with this event id, one per body.
    pub async fn invalid_events_with_id(&self, event_id: &str) -> Result<Vec<InvalidEventKey>, TableError> {
        let operation = "find an invalid event";
        let query = self.client.query().table_name(&self.name).key_condition_expression("pk = :pk");
        let query =
            query.expression_attribute_values(":pk", InvalidEventKey::pk(event_id)).consistent_read(true);
        let mut items = query.projection_expression("pk, sk").into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| TableError::new(operation, &error))?;
            if let Ok(Subject::InvalidEvent(key)) = Subject::of_item(&item) {
                found.push(key);
            }
        }
        Ok(found)
    }

    /// An invalid event with its raw body; `None` if it has expired or was never recorded.
    pub async fn invalid_event(&self, key: &InvalidEventKey) -> Result<Option<InvalidEventRow>, TableError> {
        self.read("read an invalid event", key.key(), |item| InvalidEventRow::read(key.clone(), item)).await
    }

    /// Records that an invalid event is on the bus again under this id, and no longer waits for the operator.
    /// A conflict if the item has expired.
    pub async fn mark_replayed(
        &self,
        key: &InvalidEventKey,
        replayed_as: &str,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let update = self.update(key.key()).if_present(PK);
        let update = update.set(REPLAYED_AT, time(now)).set(REPLAYED_AS, s(replayed_as));
        let update = update.remove(&[DUE_BUCKET, DUE_AT]);
        update.send("mark an invalid event").await.map(Outcome::written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_an_items_keys_and_shown_as_a_person_types_it() {
        let read = |pk, sk| InvalidEventKey::parse(pk, sk).map(|key| (key.event_id.clone(), key.to_string()));
        let shown = |id: &str, text: &str| Some((id.to_owned(), text.to_owned()));
        assert_eq!(read("INVALID#e#1", "EVENT#ab12"), shown("e#1", "e#1#ab12"));
        assert_eq!(read("INVALID#e#1", "EVENT"), shown("e#1", "e#1"));
        for (pk, sk) in [("ORDER#1", "EVENT#ab12"), ("INVALID#e", "EVENTS"), ("INVALID#e", "PROGRESS")] {
            assert_eq!(read(pk, sk), None, "{pk} {sk}");
        }
    }

    #[test]
    fn another_body_has_another_hash_and_a_replay_of_the_same_has_not() {
        let body = r#"{"id": "1", "detail": {"a": 1}}"#;
        let replayed = r#"{"version": "0", "id": "1", "detail": {"a": 1}, "replay-name": "r"}"#;
        assert_eq!(body_hash(body), body_hash(replayed));
        for other in [r#"{"id": "1", "detail": {"a": 2}}"#, "{\"id\": \"cut o", ""] {
            assert_ne!(body_hash(body), body_hash(other), "{other}");
        }
        for (one, other) in [
            // Without an envelope.
            (r#"{"id": "1", "order": "A"}"#, r#"{"id": "1", "order": "B"}"#),
            // Numbers that a strict parser would round to the same value.
            (
                r#"{"id": "1", "detail": {"order": 12345678901234567890123}}"#,
                r#"{"id": "1", "detail": {"order": 12345678901234567890124}}"#,
            ),
        ] {
            assert_ne!(body_hash(one), body_hash(other), "{one} {other}");
        }
        let broken = |more: &str| format!(r#"{{"id": "1", {more} "detail": {{"a": "half \ud83d"}}}}"#);
        assert_eq!(body_hash(&broken("")), body_hash(&broken(r#""replay-name": "r","#)));
        let notification = |id: &str| {
            let message = serde_json::to_string(body).unwrap();
            format!(
                r#"{{"Type": "Notification", "TopicArn": "arn", "MessageId": "{id}", "Message": {message}}}"#
            )
        };
        assert_eq!(
            body_hash(&notification("1")),
            body_hash(&notification("2")),
            "a second copy of one event"
        );
    }
}
