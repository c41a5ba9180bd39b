//! Lists the items that wait for the operator: held notifications and invalid events. Each kind has its own
//! partitions in the index `due`, so it is found without a table scan, and the sweeper never reads it.
//! Released notifications are in the sweeper's partitions, because the sweeper holds them again if their
//! events do not come.

use jiff::Timestamp;

use super::due::entry;
use super::invalid_event_key::INVALID_PREFIX;
use super::keys::{DUE_PREFIX, HELD_PREFIX, Subject, buckets};
use super::{InvalidEventKey, Table, TableError};
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

fn notification(subject: Subject) -> Option<Reference> {
    if let Subject::Notification(reference) = subject { Some(reference) } else { None }
}

impl Table {
    /// Every held notification, oldest first.
    pub async fn held(&self) -> Result<Vec<Open<Reference>>, TableError> {
        self.open("list the held notifications", HELD_PREFIX, Timestamp::MAX, notification).await
    }

    /// Every `waiting` or `unknown` notification that is due at `now`, the longest due first.
    pub async fn due_notifications(&self, now: Timestamp) -> Result<Vec<Open<Reference>>, TableError> {
        self.open("list the due notifications", DUE_PREFIX, now, notification).await
    }

    /// Every stored invalid event that has not been put on the bus again, oldest first.
    pub async fn invalid_events(&self) -> Result<Vec<Open<InvalidEventKey>>, TableError> {
        let key = |subject| if let Subject::InvalidEvent(key) = subject { Some(key) } else { None };
        self.open("list the invalid events", INVALID_PREFIX, Timestamp::MAX, key).await
    }

    async fn open<T>(
        &self,
        operation: &'static str,
        prefix: &str,
        until: Timestamp,
        wanted: impl Fn(Subject) -> Option<T>,
    ) -> Result<Vec<Open<T>>, TableError> {
        let mut found = Vec::new();
        for bucket in buckets(prefix) {
            let mut items = self.due_until(bucket, until).into_paginator().items().send();
            while let Some(item) = items.next().await {
                let item = item.map_err(|error| TableError::new(operation, &error))?;
                let (subject, since) = entry(operation, &item)?;
                found.extend(wanted(subject).map(|what| Open { what, since }));
            }
        }
        found.sort_by_key(|open| open.since);
        Ok(found)
    }
}
