//! Builds and parses the keys of the table's items.

use aws_sdk_dynamodb::types::AttributeValue;

use super::invalid_event_key::{INVALID_PREFIX, InvalidEventKey};
use super::item::{Item, required, s};
use super::name::{PK, SK};
use crate::message::{MessageKey, NotificationKey, OrderNumber, Reference};

/// The number of `due` index partitions for each kind of item.
const DUE_BUCKETS: u8 = 8;

/// The item has a form that this version does not write. It quotes nothing from the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an item that can't be read as a {0}")]
pub struct UnreadableImage(pub(super) &'static str);

/// An item's partition key and sort key.
pub(super) type Key = (AttributeValue, AttributeValue);

const ORDER_PREFIX: &str = "ORDER#";
/// Begins the sort key of a notification.
pub(super) const NOTIFICATION_PREFIX: &str = "NOTIFICATION#";
const MESSAGE_PREFIX: &str = "MESSAGE#";
/// Begins the partition key of an unfinished event, and the index partitions of those events.
pub(super) const EVENT_PREFIX: &str = "EVENT#";

/// The partition with everything about an order.
pub(super) fn order_pk(order: &OrderNumber) -> AttributeValue {
    s(format!("{ORDER_PREFIX}{order}"))
}

/// The key of a notification.
pub(super) fn notification(reference: &Reference) -> Key {
    (order_pk(&reference.order), s(format!("{NOTIFICATION_PREFIX}{}", reference.key)))
}

/// The key in the sort key of a notification's item, also one that this version would not write: the operator sees every
/// notification of an order.
pub(super) fn notification_key(item: &Item) -> serde_dynamo::Result<NotificationKey> {
    let sk: String = required(item, SK)?;
    Ok(NotificationKey::unchecked(sk.trim_start_matches(NOTIFICATION_PREFIX)))
}

/// The key of an order's progress.
pub(super) fn progress(order: &OrderNumber) -> Key {
    (order_pk(order), s("PROGRESS"))
}

/// The key of a message under one of its ids.
pub(super) fn message(message: &MessageKey) -> Key {
    (s(format!("{MESSAGE_PREFIX}{message}")), s("MESSAGE"))
}

/// The key of a notification's stored event.
pub(super) fn event(reference: &Reference) -> Key {
    (s(format!("{EVENT_PREFIX}{}#{}", reference.order, reference.key)), s("EVENT"))
}

/// What an item is about, by the form of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Notification(Reference),
    Message(MessageKey),
    UnfinishedEvent(Reference),
    InvalidEvent(InvalidEventKey),
    /// The progress of an order, or an item of another version.
    Other,
}

impl Subject {
    /// Parses a key; an error if it has the form of a known kind of item but not its content.
    pub(super) fn parse(pk: &str, sk: &str) -> Result<Self, UnreadableImage> {
        let reference = |order: &str, key: &str| {
            Some(Reference {
                order: OrderNumber::parse_stored(order).ok()?,
                key: NotificationKey::parse(key).ok()?,
            })
        };
        if let (Some(order), Some(key)) =
            (pk.strip_prefix(ORDER_PREFIX), sk.strip_prefix(NOTIFICATION_PREFIX))
        {
            return reference(order, key).map(Self::Notification).ok_or(UnreadableImage("notification"));
        }
        if let Some(message) = pk.strip_prefix(MESSAGE_PREFIX) {
            let message = MessageKey::try_from(message.to_owned());
            return message.map(Self::Message).map_err(|_| UnreadableImage("message"));
        }
        if pk.starts_with(INVALID_PREFIX) {
            let key = InvalidEventKey::parse(pk, sk);
            return key.map(Self::InvalidEvent).ok_or(UnreadableImage("invalid event"));
        }
        // A notification's key contains no `#`, but an order number may.
        let event = pk.strip_prefix(EVENT_PREFIX).and_then(|rest| rest.rsplit_once('#'));
        let event = event.and_then(|(order, key)| reference(order, key));
        Ok(event.map_or(Self::Other, Self::UnfinishedEvent))
    }

    /// Parses the key of an item.
    pub(super) fn of_item(item: &Item) -> Result<Self, UnreadableImage> {
        let text = |name: &str| item.get(name)?.as_s().ok();
        let (pk, sk) = text(PK).zip(text(SK)).ok_or(UnreadableImage("table item"))?;
        Self::parse(pk, sk)
    }
}

/// Notifications that are being sent; due when their lease ends.
pub(super) const LEASE_PREFIX: &str = "LEASE#";
/// Notifications that are `waiting` or `unknown`. An item of an earlier version may be here in any state.
pub(super) const DUE_PREFIX: &str = "DUE#";
/// Messages; due when their provider is to be polled.
pub(super) const POLL_PREFIX: &str = "POLL#";
/// Held notifications, which wait for the operator.
pub(super) const HELD_PREFIX: &str = "HELD#";

/// The partitions of the `due` index with the notifications that the sweeper processes.
pub fn notification_buckets() -> impl Iterator<Item = String> {
    [LEASE_PREFIX, DUE_PREFIX].into_iter().flat_map(buckets)
}

/// The partitions of the `due` index with the events that the sweeper puts back on the queue.
pub fn event_buckets() -> impl Iterator<Item = String> {
    buckets(EVENT_PREFIX)
}

/// The partitions of the `due` index with the messages that the sweeper polls for.
pub fn message_buckets() -> impl Iterator<Item = String> {
    buckets(POLL_PREFIX)
}

/// The partitions of the `due` index with this prefix.
pub(super) fn buckets(prefix: &str) -> impl Iterator<Item = String> {
    (0..DUE_BUCKETS).map(move |number| format!("{prefix}{number}"))
}

/// The partition for an item with this id.
pub(super) fn bucket(prefix: &str, id: &str) -> AttributeValue {
    let sum = id.bytes().fold(0u8, u8::wrapping_add);
    s(format!("{prefix}{}", sum % DUE_BUCKETS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn keys_name_a_notification_or_a_message_or_nothing_that_is_known() {
        let reference = Reference {
            order: OrderNumber::parse("1#2").unwrap(),
            key: NotificationKey::parse("k").unwrap(),
        };
        let message = MessageKey::try_from("onemsg#wamid.A#B=".to_owned()).unwrap();
        for (pk, sk, subject) in [
            ("ORDER#1#2", "NOTIFICATION#k", Ok(Subject::Notification(reference.clone()))),
            ("EVENT#1#2#k", "EVENT", Ok(Subject::UnfinishedEvent(reference))),
            ("MESSAGE#onemsg#wamid.A#B=", "MESSAGE", Ok(Subject::Message(message))),
            ("MESSAGE#sms#1", "MESSAGE", Err(UnreadableImage("message"))),
            ("ORDER#1", "PROGRESS", Ok(Subject::Other)),
            ("OTHER#1", "OTHER", Ok(Subject::Other)),
        ] {
            assert_eq!(Subject::parse(pk, sk), subject, "{pk} {sk}");
        }
    }

    #[test]
    fn whatever_is_due_is_in_one_of_the_buckets_and_all_of_them_are_used() {
        for prefix in [LEASE_PREFIX, DUE_PREFIX, POLL_PREFIX, HELD_PREFIX, INVALID_PREFIX, EVENT_PREFIX] {
            let used: BTreeSet<String> =
                (0..100u8).map(|id| bucket(prefix, &id.to_string()).as_s().unwrap().clone()).collect();
            assert_eq!(used, buckets(prefix).collect());
        }
    }
}
