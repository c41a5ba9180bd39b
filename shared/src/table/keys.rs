//! The keys of the table's items, and attribute values.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::message::{MessageKey, NotificationKey, OrderNumber, Reference};

/// Spreads the `due` index over so many partitions.
const DUE_BUCKETS: u8 = 8;

/// An item as the SDK gives it.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn n(number: impl Into<i64>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

pub(super) const ORDER_PREFIX: &str = "ORDER#";
pub(super) const MESSAGE_PREFIX: &str = "MESSAGE#";
pub(super) const INVALID_PREFIX: &str = "INVALID#";

pub(super) fn order_pk(order: &OrderNumber) -> AttributeValue {
    s(format!("{ORDER_PREFIX}{order}"))
}

pub(super) const NOTIFICATION_PREFIX: &str = "NOTIFICATION#";

pub(super) fn notification_sk(key: &NotificationKey) -> AttributeValue {
    s(format!("{NOTIFICATION_PREFIX}{key}"))
}

pub(super) fn progress_sk() -> AttributeValue {
    s("PROGRESS")
}

pub(super) fn message_pk(message: &MessageKey) -> AttributeValue {
    s(format!("{MESSAGE_PREFIX}{message}"))
}

pub(super) fn message_sk() -> AttributeValue {
    s("MESSAGE")
}

pub(super) fn invalid_pk(event_id: &str) -> AttributeValue {
    s(format!("{INVALID_PREFIX}{event_id}"))
}

/// A former version kept one body for each event id.
const FORMER_INVALID_SK: &str = "EVENT";
const INVALID_SK_PREFIX: &str = "EVENT#";

/// The key of an invalid event with this body, or of one that a former version has kept.
pub(super) fn invalid_sk(body: Option<&str>) -> AttributeValue {
    body.map_or_else(|| s(FORMER_INVALID_SK), |body| s(format!("{INVALID_SK_PREFIX}{body}")))
}

/// The body that such a key names; an error where it is no such key.
pub(super) fn invalid_body(sk: &str) -> Result<Option<String>, ()> {
    match sk.strip_prefix(INVALID_SK_PREFIX) {
        Some(body) => Ok(Some(body.to_owned())),
        None if sk == FORMER_INVALID_SK => Ok(None),
        None => Err(()),
    }
}

/// An order event that isn't finished.
pub(super) const EVENT_PREFIX: &str = "EVENT#";

/// The key of the event that a notification was made of.
pub(super) fn event_pk(reference: &Reference) -> AttributeValue {
    s(format!("{EVENT_PREFIX}{}#{}", reference.order, reference.key))
}

pub(super) fn event_sk() -> AttributeValue {
    s("EVENT")
}

/// The notification whose event has this key. A notification's key has no `#`; an order's number may have one.
pub(super) fn event_reference(pk: &str) -> Option<Reference> {
    let (order, key) = pk.strip_prefix(EVENT_PREFIX)?.rsplit_once('#')?;
    Some(Reference { order: OrderNumber::parse(order).ok()?, key: NotificationKey::parse(key).ok()? })
}

/// Notifications whose attempt is under way, due when their lease ends.
pub(super) const LEASE_PREFIX: &str = "LEASE#";
/// Notifications that wait or are unknown. A row of a former version may be here whatever it is.
pub(super) const DUE_PREFIX: &str = "DUE#";
/// Messages, due when their provider is to be asked about them.
pub(super) const POLL_PREFIX: &str = "POLL#";
/// What is held, and so a person's.
pub(super) const HELD_PREFIX: &str = "HELD#";

/// The partitions of the `due` index for the notifications that the sweep looks at.
pub fn notification_buckets() -> impl Iterator<Item = String> {
    [LEASE_PREFIX, DUE_PREFIX].into_iter().flat_map(buckets)
}

/// The partitions of the `due` index for the events that the sweep brings back.
pub fn event_buckets() -> impl Iterator<Item = String> {
    buckets(EVENT_PREFIX)
}

/// The partitions of the `due` index for the messages that the sweep looks at.
pub fn message_buckets() -> impl Iterator<Item = String> {
    buckets(POLL_PREFIX)
}

/// The partitions of the `due` index with this prefix.
pub(super) fn buckets(prefix: &str) -> impl Iterator<Item = String> {
    (0..DUE_BUCKETS).map(move |number| format!("{prefix}{number}"))
}

/// The one of them that an item with this id belongs to.
pub(super) fn bucket(prefix: &str, id: &str) -> AttributeValue {
    let sum = id.bytes().fold(0u8, u8::wrapping_add);
    s(format!("{prefix}{}", sum % DUE_BUCKETS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn whatever_is_due_is_in_one_of_the_buckets_and_all_of_them_are_used() {
        for prefix in [LEASE_PREFIX, DUE_PREFIX, POLL_PREFIX, HELD_PREFIX, INVALID_PREFIX, EVENT_PREFIX] {
            let used: BTreeSet<String> =
                (0..100u8).map(|id| bucket(prefix, &id.to_string()).as_s().unwrap().clone()).collect();
            assert_eq!(used, buckets(prefix).collect());
        }
    }
}
