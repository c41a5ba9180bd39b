//! An item's attributes: builds their values, and parses them by their names.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::de::{DeserializeOwned, Error as _};

/// An item in the SDK's form.
pub type Item = HashMap<String, AttributeValue>;

pub(super) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.map(|(name, value)| (name.to_owned(), value)).into()
}

pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn n(number: impl Into<i64>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

/// A time with a fixed width, so that times sort as text.
pub(super) fn time(at: Timestamp) -> AttributeValue {
    s(format!("{at:.3}"))
}

/// A set of texts; `None` if there are no members, because DynamoDB has no empty sets.
pub(super) fn set<T: ToString>(members: impl IntoIterator<Item = T>) -> Option<AttributeValue> {
    let members: Vec<String> = members.into_iter().map(|member| member.to_string()).collect();
    (!members.is_empty()).then_some(AttributeValue::Ss(members))
}

/// The expiry for DynamoDB's time to live, in whole seconds since 1970. Items may outlive it by up to two
/// days; nothing relies on it.
pub(super) fn expiry(from: Timestamp, after: Duration) -> AttributeValue {
    n(from.saturating_add(after).unwrap_or(Timestamp::MAX).as_second())
}

/// Parses an attribute that the item may lack.
pub(super) fn optional<T: DeserializeOwned>(item: &Item, name: &str) -> serde_dynamo::Result<Option<T>> {
    item.get(name).map_or(Ok(None), |value| serde_dynamo::from_attribute_value(value.clone()))
}

/// Parses an attribute that every such item has.
pub(super) fn required<T: DeserializeOwned>(item: &Item, name: &'static str) -> serde_dynamo::Result<T> {
    optional(item, name)?.ok_or_else(|| serde_dynamo::Error::missing_field(name))
}

/// Parses an attribute that has a default.
pub(super) fn or_default<T: DeserializeOwned + Default>(item: &Item, name: &str) -> serde_dynamo::Result<T> {
    optional(item, name).map(Option::unwrap_or_default)
}
