//! Builds and parses the keys of the table's items, and builds attribute values.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::message::{MessageKey, NotificationKey, OrderNumber, Reference};

/// The number of `due` index partitions for each kind of item.
const DUE_BUCKETS: u8 = 8;

/// An item in the SDK's form.
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

/// An earlier version stored one body per event id.
const FORMER_INVALID_SK: &str = "EVENT";
const INVALID_SK_PREFIX: &str = "EVENT#";

/// The sort key of an invalid event with this body hash; `None` for an item of an earlier version.
pub(super) fn invalid_sk(body: Option<&str>) -> AttributeValue {
    body.map_or_else(|| s(FORMER_INVALID_SK), |body| s(format!("{INVALID_SK_PREFIX}{body}")))
}

/// The body hash in a sort key; `Err` if it is not the sort key of an invalid event.
pub(super) fn invalid_body(sk: &str) -> Result<Option<String>, ()> {
    match sk.strip_prefix(INVALID_SK_PREFIX) {
        Some(body) => Ok(Some(body.to_owned())),
        None if sk == FORMER_INVALID_SK => Ok(None),
        None => Err(()),
    }
}

/// Unfinished order events.
pub(super) const EVENT_PREFIX: &str = "EVENT#";

/// The key of a notification's stored event.
pub(super) fn event_pk(reference: &Reference) -> AttributeValue {
    s(format!("{EVENT_PREFIX}{}#{}", reference.order, reference.key))
}

pub(super) fn event_sk() -> AttributeValue {
    s("EVENT")
}

/// The notification of the stored event with this key. A notification's key contains no `#`, but an order
/// number may.
pub(super) fn event_reference(pk: &str) -> Option<Reference> {
    let (order, key) = pk.strip_prefix(EVENT_PREFIX)?.rsplit_once('#')?;
    Some(Reference { order: OrderNumber::recorded(order).ok()?, key: NotificationKey::parse(key).ok()? })
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
    fn whatever_is_due_is_in_one_of_the_buckets_and_all_of_them_are_used() {
        for prefix in [LEASE_PREFIX, DUE_PREFIX, POLL_PREFIX, HELD_PREFIX, INVALID_PREFIX, EVENT_PREFIX] {
            let used: BTreeSet<String> =
                (0..100u8).map(|id| bucket(prefix, &id.to_string()).as_s().unwrap().clone()).collect();
            assert_eq!(used, buckets(prefix).collect());
        }
    }
}
