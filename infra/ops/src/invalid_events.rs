//! Invalid events that wait for an operator. Their bodies contain personal data, and are not listed.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;
use shared::catalogue::{Catalogue, OrderEvent, read_event};
use shared::fault::Fault;
use shared::message::OrderId;
use shared::table::{InvalidEventKey, InvalidEventRow, Table, TableError};

use crate::order_id;
use crate::output::{Progress, time};

/// Concurrent reads.
const CONCURRENCY: usize = 16;
/// Inspects at most this many invalid events for an order, the newest.
const MAX_INSPECTED: usize = 200;

/// An invalid event, without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InvalidEvent {
    /// The event's id, or the queue message's if it has none; with the hash of its body if several have this id.
    pub event_id: String,
    /// When it was first recorded.
    pub received_at: Timestamp,
    /// Its intended notification, if an entry matched.
    pub notification: Option<String>,
    /// The event's order, if it can be read.
    #[serde(flatten, serialize_with = "order_id::serialize_known")]
    pub order: Option<OrderId>,
    /// All faults of the event.
    pub faults: Vec<Fault>,
}

impl InvalidEvent {
    /// Finds the order with the catalogue's expression.
    pub fn new(event_id: String, event: &InvalidEventRow, catalogue: &Catalogue) -> Self {
        Self {
            event_id,
            received_at: event.received_at,
            notification: event.notification.clone(),
            order: order(event, catalogue),
            faults: event.faults.clone(),
        }
    }

    /// The time, the id and the faults.
    pub fn line(&self) -> String {
        let faults: Vec<String> = self.faults.iter().map(Fault::to_string).collect();
        format!("{}  {}  {}", time(self.received_at), self.event_id, faults.join("; "))
    }
}

/// The order of an event, found by the catalogue's expression for its intended notification.
fn order(event: &InvalidEventRow, catalogue: &Catalogue) -> Option<OrderId> {
    let name = event.notification.as_deref()?;
    let entry = catalogue.entries().iter().find(|entry| entry.name == name)?;
    entry.order_id(&OrderEvent::parse(read_event(event.raw.as_bytes()).ok()?).ok()?)
}

/// The oldest invalid events, the oldest first, and the number of the others. Without a limit, all.
pub async fn oldest(
    table: &Table,
    catalogue: &Catalogue,
    limit: Option<usize>,
) -> Result<(Vec<InvalidEvent>, usize), TableError> {
    let mut named = named(table.invalid_events().await?.into_iter().map(|open| open.what).collect());
    let count = named.len();
    named.truncate(limit.unwrap_or(count));
    let not_read = count - named.len();
    Ok((read(table, catalogue, named).await?, not_read))
}

/// The newest invalid events that are about this order, the oldest first.
pub async fn about(
    table: &Table,
    catalogue: &Catalogue,
    order: &OrderId,
) -> Result<Vec<InvalidEvent>, TableError> {
    let keys: Vec<InvalidEventKey> =
        table.invalid_events().await?.into_iter().map(|open| open.what).collect();
    let newest = keys.iter().rev().take(MAX_INSPECTED).rev().cloned().collect();
    let mut events = read(table, catalogue, named(newest)).await?;
    events.retain(|event| event.order.as_ref() == Some(order));
    Ok(events)
}

/// Each key with the event's id, or with the whole key if several events have that id.
fn named(keys: Vec<InvalidEventKey>) -> Vec<(String, InvalidEventKey)> {
    let mut with_id: BTreeMap<String, usize> = BTreeMap::new();
    for key in &keys {
        *with_id.entry(key.event_id.clone()).or_default() += 1;
    }
    let name = |key: &InvalidEventKey| match with_id.get(&key.event_id) {
        Some(1) => key.event_id.clone(),
        _ => key.to_string(),
    };
    keys.into_iter().map(|key| (name(&key), key)).collect()
}

async fn read(
    table: &Table,
    catalogue: &Catalogue,
    named: Vec<(String, InvalidEventKey)>,
) -> Result<Vec<InvalidEvent>, TableError> {
    let progress = Progress::bar("invalid events", named.len() as u64);
    let events: Vec<Option<InvalidEvent>> = stream::iter(named)
        .map(|(id, key)| {
            let progress = &progress;
            async move {
                let event = table.invalid_event(&key).await?;
                progress.step();
                Ok::<_, TableError>(event.map(|event| InvalidEvent::new(id, &event, catalogue)))
            }
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(events.into_iter().flatten().collect())
}
