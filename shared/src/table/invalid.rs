//! Invalid events: `INVALID#<event id>` / `EVENT`. The only items that hold a raw event, so that it can be repaired;
//! they expire soon. Until it is put on the bus again each has a place in the index `due`, for a person to find it.

use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use serde::Deserialize;

use super::keys::{INVALID_PREFIX, Item, bucket, invalid_pk, invalid_sk, n, s};
use super::notifications::written;
use super::{Table, TableError, Written, expires_at, text_time};
use crate::fault::Fault;

/// Long enough to notice and repair, short for a body that names a customer.
const RETENTION: Duration = Duration::from_hours(14 * 24);

/// An event that can't become a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidEvent<'a> {
    /// The event's id, or the queue message's where it has none.
    pub id: &'a str,
    /// The notification that it would have become, where it matched one.
    pub notification: Option<&'a str>,
    /// The event as it came.
    pub raw: &'a str,
    /// Everything that is wrong with it.
    pub faults: &'a [Fault],
}

/// Whether an invalid event was recorded before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It wasn't.
    New,
    /// It was.
    Again,
}

/// An invalid event as it is kept.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct KeptEvent {
    /// The notification that it would have become, where it matched one.
    pub notification: Option<String>,
    /// The event as it came. Names a customer.
    pub raw: String,
    /// Everything that is wrong with it.
    pub faults: Vec<Fault>,
    /// When it was recorded.
    pub received_at: Timestamp,
    /// When a person put it on the bus again, perhaps mended.
    pub replayed_at: Option<Timestamp>,
    /// The id that it has got there.
    pub replayed_as: Option<String>,
}

impl fmt::Debug for KeptEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptEvent")
            .field("notification", &self.notification)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl Table {
    /// Records an invalid event. Doing so again changes nothing that matters; one that a person has put on the bus again
    /// since stays as it is, for it waits for nobody.
    pub async fn store_invalid(
        &self,
        event: &InvalidEvent<'_>,
        now: Timestamp,
    ) -> Result<Recorded, TableError> {
        let faults = event.faults.iter().map(|fault| {
            let fault = [("place", &fault.place), ("problem", &fault.problem)];
            AttributeValue::M(fault.map(|(name, text)| (name.to_owned(), s(text))).into())
        });
        let mut item = Item::from([
            ("pk".to_owned(), invalid_pk(event.id)),
            ("sk".to_owned(), invalid_sk()),
            ("raw".to_owned(), s(event.raw)),
            ("faults".to_owned(), AttributeValue::L(faults.collect())),
            ("received_at".to_owned(), s(text_time(now))),
            ("due_bucket".to_owned(), bucket(INVALID_PREFIX, event.id)),
            ("due_at".to_owned(), s(text_time(now))),
            ("expires_at".to_owned(), n(expires_at(now, RETENTION))),
        ]);
        item.extend(event.notification.map(|name| ("notification".to_owned(), s(name))));
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(replayed_at)")
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        match put {
            Ok(put) if put.attributes.is_none() => Ok(Recorded::New),
            Ok(_) => Ok(Recorded::Again),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(Recorded::Again)
            }
            Err(error) => Err(TableError::new("record an invalid event", &error)),
        }
    }

    /// An invalid event, with its raw body; none where it has expired or was never recorded.
    pub async fn invalid_event(&self, id: &str) -> Result<Option<KeptEvent>, TableError> {
        let operation = "read an invalid event";
        let found = self.item(operation, invalid_pk(id), invalid_sk()).await?;
        found
            .map(serde_dynamo::from_item)
            .transpose()
            .map_err(|error| TableError::unreadable(operation, &error))
    }

    /// Writes that an invalid event is on the bus again, with this id: it waits for nobody any more. Overtaken where it
    /// has expired.
    pub async fn mark_replayed(
        &self,
        id: &str,
        replayed_as: &str,
        now: Timestamp,
    ) -> Result<Written<()>, TableError> {
        let marked = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("pk", invalid_pk(id))
            .key("sk", invalid_sk())
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET replayed_at = :now, replayed_as = :id REMOVE due_bucket, due_at")
            .expression_attribute_values(":now", s(text_time(now)))
            .expression_attribute_values(":id", s(replayed_as))
            .send()
            .await;
        written("mark an invalid event", marked)
    }
}
