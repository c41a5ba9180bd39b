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

pub(super) fn order_pk(order: &OrderNumber) -> AttributeValue {
    s(format!("ORDER#{order}"))
}

pub(super) const NOTIFICATION_PREFIX: &str = "NOTIFICATION#";

pub(super) fn notification_sk(key: &NotificationKey) -> AttributeValue {
    s(format!("{NOTIFICATION_PREFIX}{key}"))
}

pub(super) fn progress_sk() -> AttributeValue {
    s("PROGRESS")
}

pub(super) fn message_pk(message: &MessageKey) -> AttributeValue {
    s(format!("MESSAGE#{message}"))
}

pub(super) fn message_sk() -> AttributeValue {
    s("MESSAGE")
}

pub(super) fn invalid_pk(event_id: &str) -> AttributeValue {
    s(format!("INVALID#{event_id}"))
}

pub(super) fn invalid_sk() -> AttributeValue {
    s("EVENT")
}

/// The partition of the `due` index that a notification belongs to.
pub(super) fn due_bucket(key: &NotificationKey) -> AttributeValue {
    let sum = key.as_str().bytes().fold(0u8, u8::wrapping_add);
    s(format!("DUE#{}", sum % DUE_BUCKETS))
}
