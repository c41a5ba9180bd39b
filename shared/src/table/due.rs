//! Lists the items that the sweeper has to process, from the index `due`. The index contains only its own
//! keys and those of the items.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use jiff::Timestamp;

use super::item::{Item, required, s, time};
use super::keys::Subject;
use super::name::{DUE_AT, DUE_BUCKET};
use super::{Table, TableError};
use crate::message::{MessageKey, Reference};

/// A due item. The index is eventually consistent, so read the item before acting on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// A notification whose lease, wait or confirmation window has ended.
    Notification(Reference),
    /// A message to poll its provider about.
    Message(MessageKey),
    /// A stored event to put back on the queue.
    Event {
        /// The event's notification.
        reference: Reference,
        /// Since when it has been due.
        since: Timestamp,
    },
}

/// A page of due items from one partition of the index.
#[derive(Debug)]
pub struct DuePage {
    /// The longest due first.
    pub due: Vec<Due>,
    /// Where the next page begins; `None` after the last page.
    pub next: Option<DuePosition>,
}

/// A position in a partition of the index.
#[derive(Debug)]
pub struct DuePosition(Item);

/// An entry of the index: its item, and since when the item has been due.
pub(super) fn entry(operation: &'static str, item: &Item) -> Result<(Subject, Timestamp), TableError> {
    let since = required(item, DUE_AT).map_err(TableError::unreadable(operation))?;
    // An item that is unknown here was written by a later version.
    Ok((Subject::from_item(item).unwrap_or(Subject::Other), since))
}

impl Table {
    /// The due items of one partition: at most `limit`, from `position` or from the beginning.
    pub async fn due(
        &self,
        bucket: &str,
        now: Timestamp,
        position: Option<DuePosition>,
        limit: u16,
    ) -> Result<DuePage, TableError> {
        let operation = "list what is due";
        let found = self
            .due_until(bucket, now)
            .set_exclusive_start_key(position.map(|DuePosition(key)| key))
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| TableError::new(operation, &error))?;
        let mut due = Vec::new();
        for item in found.items() {
            let (subject, since) = entry(operation, item)?;
            due.extend(match subject {
                Subject::Notification(reference) => Some(Due::Notification(reference)),
                Subject::Message(message) => Some(Due::Message(message)),
                Subject::UnfinishedEvent(reference) => Some(Due::Event { reference, since }),
                Subject::InvalidEvent(_) | Subject::Other => None,
            });
        }
        Ok(DuePage { due, next: found.last_evaluated_key.map(DuePosition) })
    }

    /// Selects what is due in one partition of the index.
    pub(super) fn due_until(&self, bucket: impl Into<String>, until: Timestamp) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.name).index_name("due");
        query
            .key_condition_expression(format!("{DUE_BUCKET} = :bucket AND {DUE_AT} <= :until"))
            .expression_attribute_values(":bucket", s(bucket))
            .expression_attribute_values(":until", time(until))
    }
}
