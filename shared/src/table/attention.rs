//! Lists the items that wait for the operator: held notifications and invalid events. Each kind has its own
//! partitions in the index `due`, so it is found without a table scan, and the sweeper never reads it.
//! Released notifications are in the sweeper's partitions, because the sweeper holds them again if their
//! events do not come.

use jiff::Timestamp;
use serde::Deserialize;

use super::due::notification;
use super::keys::{DUE_PREFIX, HELD_PREFIX, INVALID_PREFIX, Item, buckets, s};
use super::{InvalidEventKey, Table, TableError, parse_item, text_time};
use crate::message::Reference;

/// An item that waits for the operator. The index is eventually consistent, so read the item before acting on
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open<T> {
    /// The item's key.
    pub what: T,
    /// Since when it waits.
    pub since: Timestamp,
}

#[derive(Deserialize)]
struct Entry {
    pk: String,
    sk: String,
    due_at: Timestamp,
}

impl Table {
    /// Every held notification, oldest first.
    pub async fn held(&self) -> Result<Vec<Open<Reference>>, TableError> {
        let read = |entry: &Entry| notification(&entry.pk, &entry.sk);
        self.open("list the held notifications", HELD_PREFIX, Timestamp::MAX, read).await
    }

    /// Every `waiting` or `unknown` notification that is due at `now`, the longest due first.
    pub async fn due_notifications(&self, now: Timestamp) -> Result<Vec<Open<Reference>>, TableError> {
        let read = |entry: &Entry| notification(&entry.pk, &entry.sk);
        self.open("list the due notifications", DUE_PREFIX, now, read).await
    }

    /// Every stored invalid event that has not been put on the bus again, oldest first.
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
                // An item of another kind was written by a later version.
                found.extend(read(&entry).map(|what| Open { what, since: entry.due_at }));
            }
        }
        found.sort_by_key(|open| open.since);
        Ok(found)
    }
}
