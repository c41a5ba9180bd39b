//! The cost per item while the number of items grows: up to 10,000 orders or more in one table, 10,000 events of one
//! order, and 10,000 callbacks of one message. The whole local stack runs in this process, with a meter for DynamoDB.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use local::catalogue::{self, DerivedCatalogue};
use local::{Local, LocalOptions};
use serde::Serialize;
use serde_json::{Value, json};
use shared::provider::Provider;

use super::filling::fill;
use crate::events::OrderEvents;
use crate::meter::Meter;
use crate::options::Options;
use crate::progress::Progress;
use crate::statistics::milliseconds;

/// The number of concurrent requests to the bus and the webhook.
const CONCURRENCY: usize = 8;
/// The time between two checks whether the queue is empty.
const POLL_INTERVAL: Duration = Duration::from_millis(2);
/// The maximum time without a decrease of the queue's events.
const STALLED: Duration = Duration::from_mins(2);
/// The number of orders whose items are copied to fill the table.
const ORIGINALS: usize = 100;
/// With more orders than this the table is in a file: `SQLite`'s in-memory file system holds at most 1 GiB
/// (<https://www.sqlite.org/compile.html#memdb_default_maxsize>), and an order with its part of the stream takes some 10 kB.
const MOST_IN_MEMORY: usize = 50_000;
/// The number of points in a series.
const STEPS: usize = 10;

/// The cost per item while the number of items grows.
#[derive(Debug, Clone, Serialize)]
pub struct Growth {
    /// The kind of items whose number grows.
    pub what: &'static str,
    pub points: Vec<Point>,
}

/// The cost between the previous point and this one.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Point {
    /// The number of items at the end.
    pub total: usize,
    /// The time per item, in milliseconds.
    pub ms_each: f64,
    /// DynamoDB requests per item.
    pub requests_each: f64,
    /// Request units per item.
    pub units_each: f64,
}

pub async fn measure(options: &Options, work: &Path) -> anyhow::Result<Vec<Growth>> {
    let most = options.repetitions(10_000, 500);
    let most_orders = options.repetitions(options.orders, 500);
    let file = (most_orders + options.filled > MOST_IN_MEMORY).then(|| TableFile(work.join("growth.sqlite")));
    if let Some(file) = &file {
        file.remove();
    }
    let stack = MeteredStack::start(file.as_ref()).await?;
    let events = OrderEvents::new()?;
    if options.filled > 0 {
        stack.notify(0, ORIGINALS, |_| events.next()).await?;
        fill(&stack.local.dynamodb().client(), ORIGINALS, options.filled).await?;
    }
    let progress = Progress::bar("growth", 3 * STEPS);

    let mut orders = Vec::new();
    // The first points show the cost of a single order with all its waits.
    let few = [1, 10, 100].into_iter().filter(|few| *few < most_orders / STEPS);
    for total in few.chain(steps(most_orders)) {
        let before = orders.last().map_or(0, |point: &Point| point.total);
        orders.push(stack.notify(before, total, |_| events.next()).await?);
        progress.step();
    }
    let mut events_of_one_order = Vec::new();
    for total in steps(most) {
        events_of_one_order.push(stack.notify(total - most / STEPS, total, |_| events.about("hot")).await?);
        progress.step();
    }
    let status = stack.delivered_status().context("no message was accepted")?;
    let mut callbacks_of_one_message = Vec::new();
    for total in steps(most) {
        callbacks_of_one_message.push(stack.post_callbacks(total - most / STEPS, total, &status).await?);
        progress.step();
    }
    Ok(vec![
        Growth { what: "orders", points: orders },
        Growth { what: "events of one order", points: events_of_one_order },
        Growth { what: "callbacks of one message", points: callbacks_of_one_message },
    ])
}

fn steps(most: usize) -> impl Iterator<Item = usize> {
    (1..=STEPS).map(move |step| step * most / STEPS)
}

/// A table's file, which is deleted at the end.
struct TableFile(PathBuf);

impl TableFile {
    /// Deletes the file and those that `SQLite` puts beside it.
    fn remove(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = self.0.clone().into_os_string();
            name.push(suffix);
            // It may not exist.
            let _absent = std::fs::remove_file(name);
        }
    }
}

impl Drop for TableFile {
    fn drop(&mut self) {
        self.remove();
    }
}

struct MeteredStack {
    local: Local,
    meter: Meter,
    _catalogue: DerivedCatalogue,
}

impl MeteredStack {
    async fn start(file: Option<&TableFile>) -> anyhow::Result<Self> {
        let meter = Meter::open().await?;
        let catalogue = DerivedCatalogue::preferring(Provider::Meta, &catalogue::shipped())?;
        let options = LocalOptions {
            catalogue: catalogue.path().to_owned(),
            settings: BTreeMap::from([("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), meter.url())]),
            timing: 0.0,
            sweep_every: None,
            table_file: file.map(|TableFile(path)| path.clone()),
            ..LocalOptions::default()
        };
        let local = Local::start(options).await?;
        meter.set_upstream(local.dynamodb_url())?;
        Ok(Self { local, meter, _catalogue: catalogue })
    }

    /// Puts the events numbered `from` to `to` on the bus, and waits until each message is read and every status event
    /// is published.
    async fn notify(&self, from: usize, to: usize, event: impl Fn(usize) -> Value) -> anyhow::Result<Point> {
        let publisher = self.local.publisher()?;
        self.meter.take();
        let started = Instant::now();
        let published = stream::iter(from..to).map(|number| {
            let (publisher, event) = (&publisher, event(number));
            async move { publisher.publish(&event).await }
        });
        published.buffer_unordered(CONCURRENCY).try_for_each(|_id| async { Ok(()) }).await?;
        self.wait_for_empty_queue().await?;
        self.local.simulator().callbacks_settled().await;
        self.local.published().await;
        self.point(from, to, started.elapsed())
    }

    /// Waits until the queue is empty. Fails if the number of its events doesn't decrease for two minutes.
    async fn wait_for_empty_queue(&self) -> anyhow::Result<()> {
        let (mut shortest, mut since) = (usize::MAX, Instant::now());
        loop {
            let depth = self.local.queue().depth();
            anyhow::ensure!(depth.dead_letters == 0, "{} events became dead letters", depth.dead_letters);
            let left = depth.visible + depth.in_flight;
            if left == 0 {
                return Ok(());
            }
            if left < shortest {
                (shortest, since) = (left, Instant::now());
            }
            anyhow::ensure!(since.elapsed() < STALLED, "{left} events stay in the queue");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Posts the same callback `to - from` times.
    async fn post_callbacks(&self, from: usize, to: usize, status: &Value) -> anyhow::Result<Point> {
        self.meter.take();
        let started = Instant::now();
        let posted = stream::iter(from..to)
            .map(|_| self.local.simulator().post_meta_statuses(vec![status.clone()]))
            .buffer_unordered(CONCURRENCY);
        let refused = posted.filter(|answer| std::future::ready(!answer.is_success())).count().await;
        anyhow::ensure!(refused == 0, "{refused} callbacks were refused");
        self.point(from, to, started.elapsed())
    }

    fn point(&self, from: usize, to: usize, took: Duration) -> anyhow::Result<Point> {
        let (count, each) = (self.meter.take(), f64::from(u32::try_from(to - from)?));
        Ok(Point {
            total: to,
            ms_each: milliseconds(took) / each,
            requests_each: f64::from(u32::try_from(count.requests)?) / each,
            units_each: count.units / each,
        })
    }

    fn delivered_status(&self) -> Option<Value> {
        let send = self.local.simulator().ledger().accepted.into_iter().next()?;
        Some(json!({
            "id": send.ids.status,
            "status": "delivered",
            "timestamp": jiff::Timestamp::now().as_second().to_string(),
            "recipient_id": send.message.recipient.digits(),
            "biz_opaque_callback_data": send.message.echo.key(),
        }))
    }
}
