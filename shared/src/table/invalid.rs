//! Invalid events: `INVALID#<event id>` / `EVENT#<body hash>`, so that two bodies with the same event id are
//! both stored. The item contains the raw event so that the operator can repair it, and expires soon. Until
//! the event is put on the bus again, it has an entry in the index `due`, where the operator finds it.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use serde::Deserialize;

use super::keys::{INVALID_PREFIX, Item, bucket, invalid_body, invalid_pk, invalid_sk, n, s};
use super::notifications::written;
use super::{Table, TableError, Written, expires_at, parse_item, text_time};
use crate::catalogue::read_event;
use crate::fault::Fault;

/// Long enough to notice and repair an event, but short for a body with the customer's data.
const RETENTION: Duration = Duration::from_hours(14 * 24);

/// An event that cannot become a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidEvent<'a> {
    /// The event's id, or the id of the queue message if the event has none.
    pub id: &'a str,
    /// The notification that it would have become, if it matched a catalogue entry.
    pub notification: Option<&'a str>,
    /// The event as received.
    pub raw: &'a str,
    /// Every fault found in the event.
    pub faults: &'a [Fault],
}

/// Identifies a stored invalid event: `<event id>#<body hash>`, or just the event id if an earlier version
/// stored it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InvalidEventKey {
    /// The event's id, or the id of the queue message if the event has none.
    pub event_id: String,
    body: Option<String>,
}

impl InvalidEventKey {
    /// Parses the keys of an item; `None` if it is not an invalid event.
    pub(super) fn read(pk: &str, sk: &str) -> Option<Self> {
        let event_id = pk.strip_prefix(INVALID_PREFIX)?.to_owned();
        Some(Self { event_id, body: invalid_body(sk).ok()? })
    }
}

impl fmt::Display for InvalidEventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.event_id)?;
        self.body.iter().try_for_each(|body| write!(f, "#{body}"))
    }
}

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

/// A stored invalid event.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct KeptEvent {
    /// The notification that it would have become, if it matched a catalogue entry.
    pub notification: Option<String>,
    /// The event as received. Contains the customer's data.
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

impl fmt::Debug for KeptEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptEvent")
            .field("notification", &self.notification)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl Table {
    /// Records an invalid event. Repeating this changes nothing relevant. An event that the operator has
    /// since put on the bus again stays as it is.
    pub async fn store_invalid(
        &self,
        event: &InvalidEvent<'_>,
        now: Timestamp,
    ) -> Result<Recorded, TableError> {
        let faults = event.faults.iter().map(|fault| {
            let fault = [("place", &fault.place), ("problem", &fault.problem)];
            AttributeValue::M(fault.map(|(name, text)| (name.to_owned(), s(text))).into())
        });
        let mut item = Item::from([
            ("pk".to_owned(), invalid_pk(event.id)),
            ("sk".to_owned(), invalid_sk(Some(&body_hash(event.raw)))),
            ("raw".to_owned(), s(event.raw)),
            ("faults".to_owned(), AttributeValue::L(faults.collect())),
            ("received_at".to_owned(), s(text_time(now))),
            ("due_bucket".to_owned(), bucket(INVALID_PREFIX, event.id)),
            ("due_at".to_owned(), s(text_time(now))),
            ("expires_at".to_owned(), n(expires_at(now, RETENTION))),
        ]);
        item.extend(event.notification.map(|name| ("notification".to_owned(), s(name))));
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(replayed_at)")
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        match put {
            Ok(put) if put.attributes.is_none() => Ok(Recorded::New),
            Ok(_) => Ok(Recorded::Again),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(Recorded::Again)
            }
            Err(error) => Err(TableError::new("record an invalid event", &error)),
        }
    }

    /// Every stored invalid event with this event id, one per body.
    pub async fn invalid_events_with_id(&self, event_id: &str) -> Result<Vec<InvalidEventKey>, TableError> {
        let operation = "find an invalid event";
        let query = self.client.query().table_name(&self.name).key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", invalid_pk(event_id)).consistent_read(true);
        let mut items = query.projection_expression("pk, sk").into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| TableError::new(operation, &error))?;
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
            found.extend(text("pk").zip(text("sk")).and_then(|(pk, sk)| InvalidEventKey::read(pk, sk)));
        }
        Ok(found)
    }

    /// An invalid event with its raw body; `None` if it has expired or was never recorded.
    pub async fn invalid_event(&self, key: &InvalidEventKey) -> Result<Option<KeptEvent>, TableError> {
        let operation = "read an invalid event";
        let found = self.item(operation, invalid_pk(&key.event_id), invalid_sk(key.body.as_deref())).await?;
        found.map(|item| parse_item(operation, item)).transpose()
    }

    /// Records that an invalid event is on the bus again under this id, and no longer waits for the operator.
    /// A conflict if the item has expired.
    pub async fn mark_replayed(
        &self,
        key: &InvalidEventKey,
        replayed_as: &str,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let marked = self
            .update(invalid_pk(&key.event_id), invalid_sk(key.body.as_deref()))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET replayed_at = :now, replayed_as = :id REMOVE due_bucket, due_at")
            .expression_attribute_values(":now", s(text_time(now)))
            .expression_attribute_values(":id", s(replayed_as))
            .send()
            .await;
        written("mark an invalid event", marked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_an_items_keys_and_shown_as_a_person_types_it() {
        let read = |pk, sk| InvalidEventKey::read(pk, sk).map(|key| (key.event_id.clone(), key.to_string()));
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
