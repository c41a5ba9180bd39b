//! Invalid events that wait for a person, as a list tells them: without the event, which names a customer.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;
use shared::catalogue::{Catalogue, OrderEvent, read_event};
use shared::fault::Fault;
use shared::message::OrderNumber;
use shared::table::{InvalidEventKey, KeptEvent, Table, TableError};

use crate::output::{Progress, time};

/// Reads at the same time.
const CONCURRENCY: usize = 16;
/// Of so many at most it is looked up whether they are about an order: the newest.
const MOST_LOOKED_AT: usize = 200;

/// An invalid event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InvalidEvent {
    /// Its id, or the queue message's where it has none; with the hash of its body where several have this id.
    pub event_id: String,
    /// When it was recorded.
    pub received_at: Timestamp,
    /// What it would have become, where it matched anything.
    pub notification: Option<String>,
    /// The order that it is about, where that can be read.
    pub order: Option<OrderNumber>,
    /// Everything that is wrong with it.
    pub faults: Vec<Fault>,
}

impl InvalidEvent {
    /// A kept event without what it holds.
    pub fn of(event_id: String, event: &KeptEvent, catalogue: &Catalogue) -> Self {
        Self {
            event_id,
            received_at: event.received_at,
            notification: event.notification.clone(),
            order: order(event, catalogue),
            faults: event.faults.clone(),
        }
    }

    /// In one line.
    pub fn line(&self) -> String {
        let faults: Vec<String> = self.faults.iter().map(Fault::to_string).collect();
        format!("{}  {}  {}", time(self.received_at), self.event_id, faults.join("; "))
    }
}

/// The order that an event is about: by the catalogue's rule for the notification that it would have become.
fn order(event: &KeptEvent, catalogue: &Catalogue) -> Option<OrderNumber> {
    let name = event.notification.as_deref()?;
    let entry = catalogue.entries().iter().find(|entry| entry.name == name)?;
    entry.order_number(&OrderEvent::parse(read_event(event.raw.as_bytes()).ok()?).ok()?)
}

/// All of them, the oldest first.
pub async fn all(table: &Table, catalogue: &Catalogue) -> Result<Vec<InvalidEvent>, TableError> {
    let keys = table.invalid_events().await?.into_iter().map(|open| open.what).collect();
    read(table, catalogue, keys).await
}

/// Those of the newest ones that are about this order, the oldest first.
pub async fn about(
    table: &Table,
    catalogue: &Catalogue,
    order: &OrderNumber,
) -> Result<Vec<InvalidEvent>, TableError> {
    let keys: Vec<InvalidEventKey> =
        table.invalid_events().await?.into_iter().map(|open| open.what).collect();
    let newest = keys.iter().rev().take(MOST_LOOKED_AT).rev().cloned().collect();
    let mut events = read(table, catalogue, newest).await?;
    events.retain(|event| event.order.as_ref() == Some(order));
    Ok(events)
}

async fn read(
    table: &Table,
    catalogue: &Catalogue,
    keys: Vec<InvalidEventKey>,
) -> Result<Vec<InvalidEvent>, TableError> {
    let progress = Progress::bar("invalid events", keys.len() as u64);
    let mut with_id: BTreeMap<String, usize> = BTreeMap::new();
    for key in &keys {
        *with_id.entry(key.event_id.clone()).or_default() += 1;
    }
    let name = |key: &InvalidEventKey| match with_id.get(&key.event_id) {
        Some(1) => key.event_id.clone(),
        _ => key.to_string(),
    };
    let named: Vec<(String, InvalidEventKey)> = keys.into_iter().map(|key| (name(&key), key)).collect();
    let events: Vec<Option<InvalidEvent>> = stream::iter(named)
        .map(|(id, key)| {
            let progress = &progress;
            async move {
                let event = table.invalid_event(&key).await?;
                progress.step();
                Ok::<_, TableError>(event.map(|event| InvalidEvent::of(id, &event, catalogue)))
            }
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(events.into_iter().flatten().collect())
}
