//! Invalid events: `INVALID#<event id>` / `EVENT`. The only items that hold a raw event, so that it can be repaired;
//! they expire soon.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;

use super::keys::{Item, invalid_pk, invalid_sk, n, s};
use super::{Table, TableError, expires_at, text_time};
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

impl Table {
    /// Records an invalid event. Doing so again changes nothing that matters.
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
            ("expires_at".to_owned(), n(expires_at(now, RETENTION))),
        ]);
        item.extend(event.notification.map(|name| ("notification".to_owned(), s(name))));
        self.client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map(|put| if put.attributes.is_some() { Recorded::Again } else { Recorded::New })
            .map_err(|error| TableError::new("record an invalid event", &error))
    }
}
