//! Builds and parses the keys of the table's items.

use aws_sdk_dynamodb::types::AttributeValue;

use super::invalid_event_key::{INVALID_PREFIX, InvalidEventKey};
use super::item::{Item, required, s};
use super::name::{PK, SK};
use crate::message::{MessageKey, NotificationKey, OrderId, OrderNumber, Reference, Sender};

/// The number of `due` index partitions for each kind of item.
const DUE_BUCKETS: u8 = 8;

/// The item has a form that this version does not write. It quotes nothing from the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an item that can't be read as a {0}")]
pub struct UnreadableImage(pub(super) &'static str);

/// An item's partition key and sort key.
pub(super) type Key = (AttributeValue, AttributeValue);

const ORDER_PREFIX: &str = "ORDER#";
/// Begins the partition key of an order of a sender with a name.
const SENDER_PREFIX: &str = "SENDER#";
/// Begins the sort key of a notification.
pub(super) const NOTIFICATION_PREFIX: &str = "NOTIFICATION#";
const MESSAGE_PREFIX: &str = "MESSAGE#";
/// Begins the partition key of an unfinished event, and the index partitions of those events.
pub(super) const EVENT_PREFIX: &str = "EVENT#";

/// The sort key of an unfinished event. That of a sender with a name is followed by `#` and the name.
const EVENT: &str = "EVENT";

/// The partition with everything about an order.
pub(super) fn order_pk(order: &OrderId) -> AttributeValue {
    s(match &order.sender {
        None => format!("{ORDER_PREFIX}{order}"),
        Some(sender) => format!("{SENDER_PREFIX}{sender}#{ORDER_PREFIX}{order}"),
    })
}

/// Parses the partition key of an order.
fn order_id(pk: &str) -> Option<OrderId> {
    let (sender, number) = match pk.strip_prefix(SENDER_PREFIX) {
        None => (None, pk.strip_prefix(ORDER_PREFIX)?),
        Some(rest) => {
            let (sender, rest) = rest.split_once('#')?;
            (Some(Sender::parse(sender).ok()?), rest.strip_prefix(ORDER_PREFIX)?)
        }
    };
    Some(OrderId { sender, number: OrderNumber::parse_stored(number).ok()? })
}

pub(super) fn notification(reference: &Reference) -> Key {
    (order_pk(&reference.order), s(format!("{NOTIFICATION_PREFIX}{}", reference.key)))
}

/// The notification's key in an item's sort key. Keys that this version would not write are accepted, because the
/// operator sees every notification of an order.
pub(super) fn notification_key(item: &Item) -> serde_dynamo::Result<NotificationKey> {
    let sk: String = required(item, SK)?;
    Ok(NotificationKey::unchecked(sk.trim_start_matches(NOTIFICATION_PREFIX)))
}

pub(super) fn progress(order: &OrderId) -> Key {
    (order_pk(order), s("PROGRESS"))
}

/// The key of a message under one of its ids.
pub(super) fn message(message: &MessageKey) -> Key {
    (s(format!("{MESSAGE_PREFIX}{message}")), s("MESSAGE"))
}

pub(super) fn event(reference: &Reference) -> Key {
    let Reference { order, key } = reference;
    match &order.sender {
        None => (s(format!("{EVENT_PREFIX}{order}#{key}")), s(EVENT)),
        Some(sender) => (s(format!("{EVENT_PREFIX}{sender}#{order}#{key}")), s(format!("{EVENT}#{sender}"))),
    }
}

/// Parses the key of an unfinished event; `None` if it is another item.
fn unfinished_event(pk: &str, sk: &str) -> Option<Reference> {
    let rest = pk.strip_prefix(EVENT_PREFIX)?;
    // The sort key names the sender, because an order number may contain `#`.
    let (sender, rest) = match sk.strip_prefix(EVENT)?.strip_prefix('#') {
        None => (None, rest),
        Some(sender) => (Some(Sender::parse(sender).ok()?), rest.strip_prefix(sender)?.strip_prefix('#')?),
    };
    // A notification's key contains no `#`.
    let (order, key) = rest.rsplit_once('#')?;
    let order = OrderId { sender, number: OrderNumber::parse_stored(order).ok()? };
    Some(Reference { order, key: NotificationKey::parse(key).ok()? })
}

/// The kind of an item, by the form of its key.
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
        let is_order = pk.starts_with(ORDER_PREFIX) || pk.starts_with(SENDER_PREFIX);
        if let Some(key) = sk.strip_prefix(NOTIFICATION_PREFIX).filter(|_| is_order) {
            let key = NotificationKey::parse(key).ok();
            let reference = order_id(pk).zip(key).map(|(order, key)| Reference { order, key });
            return reference.map(Self::Notification).ok_or(UnreadableImage("notification"));
        }
        if let Some(message) = pk.strip_prefix(MESSAGE_PREFIX) {
            let message = MessageKey::try_from(message.to_owned());
            return message.map(Self::Message).map_err(|_| UnreadableImage("message"));
        }
        if pk.starts_with(INVALID_PREFIX) {
            let key = InvalidEventKey::parse(pk, sk);
            return key.map(Self::InvalidEvent).ok_or(UnreadableImage("invalid event"));
        }
        Ok(unfinished_event(pk, sk).map_or(Self::Other, Self::UnfinishedEvent))
    }

    pub(super) fn from_item(item: &Item) -> Result<Self, UnreadableImage> {
        let text = |name: &str| item.get(name)?.as_s().ok();
        let (pk, sk) = text(PK).zip(text(SK)).ok_or(UnreadableImage("table item"))?;
        Self::parse(pk, sk)
    }
}

/// Notifications that are being sent; due when their lease ends.
pub(super) const LEASE_PREFIX: &str = "LEASE#";
/// Notifications that are `waiting` or `unknown`. An item of an earlier version may be here in any state.
pub(super) const DUE_PREFIX: &str = "DUE#";
/// Messages; due when their provider must be polled.
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
    fn keys_identify_the_kind_of_an_item() {
        let number = OrderNumber::parse("1#2").unwrap();
        let key = NotificationKey::parse("k").unwrap();
        let reference = Reference { order: number.clone().into(), key: key.clone() };
        let order = OrderId { sender: Some(Sender::parse("acme").unwrap()), number };
        let of_acme = Reference { order, key };
        for reference in [&reference, &of_acme] {
            let text = |(pk, sk): Key| (pk.as_s().unwrap().clone(), sk.as_s().unwrap().clone());
            let (pk, sk) = text(notification(reference));
            assert_eq!(Subject::parse(&pk, &sk), Ok(Subject::Notification(reference.clone())));
            let (pk, sk) = text(event(reference));
            assert_eq!(Subject::parse(&pk, &sk), Ok(Subject::UnfinishedEvent(reference.clone())));
        }
        let message = MessageKey::try_from("onemsg#wamid.A#B=".to_owned()).unwrap();
        for (pk, sk, subject) in [
            ("ORDER#1#2", "NOTIFICATION#k", Ok(Subject::Notification(reference.clone()))),
            ("EVENT#1#2#k", "EVENT", Ok(Subject::UnfinishedEvent(reference))),
            ("SENDER#acme#ORDER#1#2", "NOTIFICATION#k", Ok(Subject::Notification(of_acme.clone()))),
            ("EVENT#acme#1#2#k", "EVENT#acme", Ok(Subject::UnfinishedEvent(of_acme))),
            ("SENDER#acme#1", "NOTIFICATION#k", Err(UnreadableImage("notification"))),
            ("SENDER#acme#ORDER#1", "PROGRESS", Ok(Subject::Other)),
            ("MESSAGE#onemsg#wamid.A#B=", "MESSAGE", Ok(Subject::Message(message))),
            ("MESSAGE#sms#1", "MESSAGE", Err(UnreadableImage("message"))),
            ("ORDER#1", "PROGRESS", Ok(Subject::Other)),
            ("OTHER#1", "OTHER", Ok(Subject::Other)),
        ] {
            assert_eq!(Subject::parse(pk, sk), subject, "{pk} {sk}");
        }
    }

    #[test]
    fn every_due_item_is_in_one_of_the_buckets_and_all_are_used() {
        for prefix in [LEASE_PREFIX, DUE_PREFIX, POLL_PREFIX, HELD_PREFIX, INVALID_PREFIX, EVENT_PREFIX] {
            let used: BTreeSet<String> =
                (0..100u8).map(|id| bucket(prefix, &id.to_string()).as_s().unwrap().clone()).collect();
            assert_eq!(used, buckets(prefix).collect());
        }
    }
}
