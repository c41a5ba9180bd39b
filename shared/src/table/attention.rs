//! What waits for a person: held notifications and invalid events, each with partitions of its own in the index `due`, so
//! that they are found without reading the table, and the sweep never meets them. What a person has let go is among what
//! is due, because the sweep holds it again where its event doesn't come.

use jiff::Timestamp;
use serde::Deserialize;

use super::due::notification;
use super::keys::{DUE_PREFIX, HELD_PREFIX, INVALID_PREFIX, Item, buckets, s};
use super::{InvalidEventKey, Table, TableError, parse_item, text_time};
use crate::message::Reference;

/// Something that waits for a person, and since when. The index follows the table with a delay: whoever acts on this reads
/// the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open<T> {
    /// What it is.
    pub what: T,
    /// Since when.
    pub since: Timestamp,
}

#[derive(Deserialize)]
struct Entry {
    pk: String,
    sk: String,
    due_at: Timestamp,
}

impl Table {
    /// Every held notification, the oldest first.
    pub async fn held(&self) -> Result<Vec<Open<Reference>>, TableError> {
        let read = |entry: &Entry| notification(&entry.pk, &entry.sk);
        self.open("list the held notifications", HELD_PREFIX, Timestamp::MAX, read).await
    }

    /// Every notification that waits or is unknown and is due at this time, the one that has been for longest first.
    pub async fn due_notifications(&self, now: Timestamp) -> Result<Vec<Open<Reference>>, TableError> {
        let read = |entry: &Entry| notification(&entry.pk, &entry.sk);
        self.open("list the due notifications", DUE_PREFIX, now, read).await
    }

    /// Every invalid event that is kept and that nobody has put on the bus again, the oldest first.
    pub async fn invalid_events(&self) -> Result<Vec<Open<InvalidEventKey>>, TableError> {
        let key = |entry: &Entry| InvalidEventKey::read(&entry.pk, &entry.sk);
        self.open("list the invalid events", INVALID_PREFIX, Timestamp::MAX, key).await
    }

    async fn open<T>(
        &self,
        operation: &'static str,
        prefix: &str,
        until: Timestamp,
        read: impl Fn(&Entry) -> Option<T>,
    ) -> Result<Vec<Open<T>>, TableError> {
        let mut found = Vec::new();
        for bucket in buckets(prefix) {
            let mut items = self
                .client
                .query()
                .table_name(&self.name)
                .index_name("due")
                .key_condition_expression("due_bucket = :bucket AND due_at <= :until")
                .expression_attribute_values(":bucket", s(bucket))
                .expression_attribute_values(":until", s(text_time(until)))
                .into_paginator()
                .items()
                .send();
            while let Some(item) = items.next().await {
                let item: Item = item.map_err(|error| TableError::new(operation, &error))?;
                let entry: Entry = parse_item(operation, item)?;
                // An item of another kind is a later version's.
                found.extend(read(&entry).map(|what| Open { what, since: entry.due_at }));
            }
        }
        found.sort_by_key(|open| open.since);
        Ok(found)
    }
}
