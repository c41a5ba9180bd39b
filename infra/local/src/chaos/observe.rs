//! Waits until all activity has ended, and collects the evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::Value;
use shared::delivery::FactKind;
use shared::json;
use shared::message::{MessageKey, Reference};
use shared::protocol::{Record, State};
use shared::status_event::StatusEventType;
use shared::table::{Image, Item, UnfinishedEvent};
use simulator::Expected;

use super::catalogues::{AFTER, MOST_CHANNELS};
use super::drive::Driven;
use super::evidence::{EventSeen, Evidence, Planned, RecordSeen};
use super::judge::Quiet;
use super::progress::{self, Progress};
use super::sends::{sends, sends_of_aws};
use super::{World, waits};
use crate::Local;
use crate::environment::TABLE;

/// The pause between two checks.
const PAUSE: Duration = Duration::from_millis(300);
/// A due time within this period counts as activity.
const SOON: Duration = Duration::from_secs(3);
/// How long after an advance of the clock order-notifier is killed: delivery-sweeper runs every second, so that the kill
/// interrupts messages that follow.
const BEFORE_THE_KILL: Duration = Duration::from_millis(1200);
/// The stream is read many times a second; a longer delay means that status events are stuck, which the judge reports.
const PUBLISHED_WITHIN: Duration = Duration::from_secs(30);
/// How often all waits are ended before a notification that still waits counts as stuck: more often than any provider
/// of a plan refuses.
const ROUNDS: usize = 8;
/// The visibility timeout for draining the queue, longer than the rest of the run.
const DRAIN: Duration = Duration::from_hours(1);

/// The relevant contents of the table.
#[derive(Default)]
struct Items {
    records: BTreeMap<String, Record>,
    facts: BTreeMap<MessageKey, BTreeSet<FactKind>>,
    /// When each stored event is requeued; none if only an operator may do it.
    kept: BTreeMap<String, Option<Timestamp>>,
    /// When each notification's record was written first.
    created: BTreeMap<String, Timestamp>,
    invalid: BTreeSet<String>,
}

/// Waits until all unfinished work must wait, and ends the waits of sendable notifications. Then it lets the fallbacks' time
/// pass, once for each channel. At the end it stops order-notifier, and collects the evidence.
pub(super) async fn at_the_end(
    local: &mut Local,
    planned: Planned,
    driven: &mut Driven,
    deadline: Instant,
    progress: &Progress,
) -> anyhow::Result<(Evidence, Quiet)> {
    let mut quiet = settle(local, &planned, driven, deadline, progress).await?;
    let (mut advances, mut advanced_to) = (Vec::new(), local.clock().now());
    for _ in 0..MOST_CHANNELS {
        if quiet == Quiet::OutOfTime {
            break;
        }
        // No attempt is running, so that no lease ends too early.
        advances.push(SystemTime::now());
        local.clock().advance(AFTER);
        advanced_to = local.clock().now();
        local.queue().end_waits();
        if planned.world == World::Plain {
            tokio::time::sleep(BEFORE_THE_KILL).await;
            driven.kill(local);
            tokio::time::sleep(PAUSE).await;
            driven.start(local)?;
        }
        quiet = settle(local, &planned, driven, deadline, progress).await?;
    }
    // From here on nothing else receives from the queue, and no poll of 1MSG writes another fact.
    local.crash_notifier();
    local.stop_sweeper();
    let _within = tokio::time::timeout(PUBLISHED_WITHIN, local.published()).await;
    let Items { records, facts, kept, created, invalid } = read_items(local, &planned).await?;
    let records = records.into_iter().map(|(reference, record)| {
        let Record { state, reason, unclear, provider, message_ids: messages, .. } = record;
        let text = reason.as_ref().map(|reason| reason.text.clone()).unwrap_or_default();
        let reason = reason.map(|reason| reason.code);
        let created_at = created.get(&reference).copied().unwrap_or_default();
        (reference, RecordSeen { state, reason, text, unclear, provider, messages, created_at })
    });
    let evidence = Evidence {
        deliveries: driven.deliveries.clone(),
        kills: driven.kills.clone(),
        records: records.collect(),
        facts,
        kept: kept.into_iter().filter_map(|(reference, due_at)| due_at.map(|_| reference)).collect(),
        invalid,
        published: count_status_events(local, &planned),
        queued: queued(local).await,
        has_foreign_reports: planned.world == World::Open,
        sends: [sends(local, &planned), sends_of_aws(local, &planned)].concat(),
        arrivals: arrivals(local, &planned),
        advances,
        advanced_to,
        events: planned.events,
    };
    Ok((evidence, quiet))
}

/// Waits until all unfinished work must wait, and ends the waits of messages that may reach their customers.
async fn settle(
    local: &Local,
    planned: &Planned,
    driven: &Driven,
    deadline: Instant,
    progress: &Progress,
) -> anyhow::Result<Quiet> {
    let mut quiet = wait(local, planned, driven, deadline, progress).await?;
    for _ in 0..ROUNDS {
        if quiet == Quiet::OutOfTime || !could_be_sent(local, planned).await? {
            break;
        }
        local.queue().redrive();
        waits::end(local).await?;
        quiet = wait(local, planned, driven, deadline, progress).await?;
    }
    Ok(quiet)
}

async fn wait(
    local: &Local,
    planned: &Planned,
    driven: &Driven,
    deadline: Instant,
    progress: &Progress,
) -> anyhow::Result<Quiet> {
    while Instant::now() < deadline {
        progress.show(|| format!("all published; {}", progress::state(local)));
        let settled = tokio::time::timeout(PAUSE, local.simulator().callbacks_settled()).await.is_ok();
        if settled {
            match unrest(local, planned, driven).await? {
                None => return Ok(Quiet::Reached),
                // The run may have ended a wait in the table just before order-notifier postponed the message.
                Some(Unrest::Postponed) => local.queue().end_waits(),
                Some(Unrest::Working) => {}
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(Quiet::OutOfTime)
}

/// Why activity has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unrest {
    /// Something is under way, or is due soon.
    Working,
    /// The queue has a postponed message whose notification doesn't wait.
    Postponed,
}

/// Why activity has not ended; `None` if every notification has its outcome or waits for long, and the queue contains only the
/// messages of waiting ones.
async fn unrest(local: &Local, planned: &Planned, driven: &Driven) -> anyhow::Result<Option<Unrest>> {
    // A cheap check first: the table is large.
    let has_work = || {
        let (queue, events) = (local.queue(), local.delivery_events().depth());
        queue.depth().visible > 0 || queue.has_message_in_work() || events.visible > 0 || events.in_flight > 0
    };
    if has_work() {
        return Ok(Some(Unrest::Working));
    }
    // status-publisher makes the fallback of a failed message due.
    let _within = tokio::time::timeout(PUBLISHED_WITHIN, local.published()).await;
    let Items { records, kept, .. } = read_items(local, planned).await?;
    // delivery-sweeper may have put a copy of an event on the queue before the table was read.
    if has_work() {
        return Ok(Some(Unrest::Working));
    }
    let soon = local.clock().now().saturating_add(SOON)?;
    if kept.values().flatten().any(|due_at| *due_at <= soon) {
        return Ok(Some(Unrest::Working));
    }
    let waits_long =
        |record: &Record| record.state == State::Waiting && record.due_at.is_some_and(|due_at| due_at > soon);
    let notifications: BTreeMap<&str, &str> = driven
        .deliveries
        .iter()
        .filter_map(|it| Some((it.id.as_str(), planned.events.get(it.event)?.due.notification()?)))
        .collect();
    // The event of a notification also brings back the messages that follow it.
    let waiting: BTreeSet<String> = records
        .iter()
        .filter(|(_, record)| waits_long(record))
        .filter_map(|(reference, _)| first(reference))
        .collect();
    let mut queued = BTreeSet::new();
    for message in local.queue().messages() {
        let reference = event_id(&message.body).and_then(|id| notifications.get(id.as_str()).copied());
        match reference {
            Some(reference) if waiting.contains(reference) => queued.insert(reference.to_owned()),
            _ => return Ok(Some(Unrest::Postponed)),
        };
    }
    // A copy without time left to send is deleted; the table requeues another one.
    let comes_back = |reference: &str, record: &Record| {
        let first = first(reference).filter(|_| record.state == State::Waiting);
        first.is_some_and(|first| kept.get(&first).is_some_and(Option::is_some) && !queued.contains(&first))
    };
    let is_quiet = records.iter().all(|(reference, record)| {
        record.state.is_terminal() || waits_long(record) || comes_back(reference, record)
    });
    Ok((!is_quiet).then_some(Unrest::Working))
}

/// The reference of the notification that this one follows; its own if it follows none.
fn first(reference: &str) -> Option<String> {
    Some(Reference::parse(reference)?.first().to_string())
}

/// Whether a notification still waits that may reach its customer, or its event is among the dead letters.
async fn could_be_sent(local: &Local, planned: &Planned) -> anyhow::Result<bool> {
    let records = read_items(local, planned).await?.records;
    let is_waiting =
        |reference: &str| records.get(reference).is_some_and(|record| record.state == State::Waiting);
    let waits = |event: &EventSeen| {
        let is_first_waiting = event.at_the_providers.is_some_and(Expected::may_reach_the_customer)
            && event.due.notification().is_some_and(is_waiting);
        let mut channels = event.fallback.iter().flat_map(|fallback| &fallback.channels);
        is_first_waiting || channels.any(|channel| channel.may_reach() && is_waiting(&channel.reference))
    };
    Ok(local.queue().depth().dead_letters > 0 || planned.events.iter().any(waits))
}

/// The id of the event in a message of the queue.
fn event_id(body: &str) -> Option<String> {
    let event = json::parse(body.as_bytes(), usize::MAX).ok()?;
    event.get("id").and_then(Value::as_str).map(str::to_owned)
}

fn count_status_events(local: &Local, planned: &Planned) -> BTreeMap<(String, StatusEventType), usize> {
    let mut counts = BTreeMap::new();
    for event in local.status_events() {
        let text = |place: &str| event.envelope.pointer(place).and_then(Value::as_str);
        let about = text("/detail/reference").or_else(|| text("/detail/event_id")).unwrap_or_default();
        let status =
            StatusEventType::ALL.into_iter().find(|status| status.detail_type() == event.detail_type);
        if let Some(status) = status {
            *counts.entry((planned.first_reference(about).to_owned(), status)).or_default() += 1;
        }
    }
    counts
}

/// When the bus had the first report that each notification's message has arrived.
fn arrivals(local: &Local, planned: &Planned) -> BTreeMap<String, SystemTime> {
    let mut arrivals = BTreeMap::new();
    let reports = [StatusEventType::Delivered, StatusEventType::Read].map(StatusEventType::detail_type);
    for (at, event) in local.bus().timed_status_events() {
        let about = event.envelope.pointer("/detail/reference").and_then(Value::as_str);
        if let Some(about) = about.filter(|_| reports.contains(&event.detail_type.as_str())) {
            arrivals.entry(planned.first_reference(about).to_owned()).or_insert(at);
        }
    }
    arrivals
}

async fn queued(local: &Local) -> BTreeMap<String, usize> {
    let mut bodies: Vec<String> =
        local.queue().dead_letters().into_iter().map(|message| message.body).collect();
    while local.queue().depth().visible > 0 {
        bodies.extend(local.queue().receive(100, DRAIN).await.into_iter().map(|it| it.message.body));
    }
    let mut counts = BTreeMap::new();
    for body in bodies {
        *counts.entry(event_id(&body).unwrap_or_default()).or_default() += 1;
    }
    counts
}

/// The contents of the table, with every notification under its initial reference.
async fn read_items(local: &Local, planned: &Planned) -> anyhow::Result<Items> {
    let client = local.dynamodb().client();
    let mut pages = client.scan().table_name(TABLE).consistent_read(true).into_paginator().items().send();
    let mut items = Items::default();
    while let Some(item) = pages.next().await {
        items.take(&item.context("the table doesn't answer")?).context("an item that can't be read")?;
    }
    for (after, before) in &planned.renamed {
        // If both exist, one event has become two notifications without a cause.
        if !items.records.contains_key(before) {
            let (record, due_at) = (items.records.remove(after), items.kept.remove(after));
            let created_at = items.created.remove(after);
            items.records.extend(record.map(|record| (before.clone(), record)));
            items.kept.extend(due_at.map(|due_at| (before.clone(), due_at)));
            items.created.extend(created_at.map(|created_at| (before.clone(), created_at)));
        }
    }
    Ok(items)
}

impl Items {
    fn take(&mut self, item: &Item) -> anyhow::Result<()> {
        match Image::from_item(item)? {
            Image::Notification(row) => {
                // Facts from callbacks with our reference are in the notification's item.
                for message in row.messages {
                    self.facts.entry(message.message).or_default().extend(message.facts.kinds());
                }
                let created_at = item.get("created_at").and_then(|at| at.as_s().ok());
                let created_at = created_at.context("a record without its first time")?.parse()?;
                self.created.insert(row.reference.to_string(), created_at);
                self.records.insert(row.reference.to_string(), row.record);
            }
            Image::UnfinishedEvent(reference) => {
                let event = UnfinishedEvent::from_item(item)?;
                self.kept.insert(reference.to_string(), event.due_at.filter(|_| event.will_be_requeued()));
            }
            Image::InvalidEvent(event) => {
                self.invalid.insert(event.key.event_id);
            }
            Image::Message(row) => self.facts.entry(row.message).or_default().extend(row.facts.kinds()),
            Image::Other => {}
        }
        Ok(())
    }
}
