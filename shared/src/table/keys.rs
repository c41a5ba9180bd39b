//! The keys of the table's items, and attribute values.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::message::{MessageKey, NotificationKey, OrderNumber};

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

pub(super) fn invalid_sk() -> AttributeValue {
    s("EVENT")
}

/// The partitions of the `due` index.
pub fn due_buckets() -> impl Iterator<Item = String> {
    (0..DUE_BUCKETS).map(|number| format!("DUE#{number}"))
}

/// The partition of the `due` index that an item with this id belongs to.
pub(super) fn due_bucket(id: &str) -> AttributeValue {
    let sum = id.bytes().fold(0u8, u8::wrapping_add);
    s(format!("DUE#{}", sum % DUE_BUCKETS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn whatever_is_due_is_in_one_of_the_buckets_and_all_of_them_are_used() {
        let used: BTreeSet<String> =
            (0..100u8).map(|id| due_bucket(&id.to_string()).as_s().unwrap().clone()).collect();
        assert_eq!(used, due_buckets().collect());
    }
}
