//! Handles one scheduled run.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;
use shared::invocation::ends_at;
use shared::table::{Due, event_buckets, message_buckets, notification_buckets};
use shared::telemetry::{self, milliseconds};
use tokio::time::Instant;
use tracing::Instrument;

use crate::agenda::Agenda;
use crate::backlog::Backlog;
use crate::messages::PollRun;
use crate::summary::{Summary, Swept};
use crate::{Sweeper, events, messages, notifications};

/// The number of notifications, and of messages, that are processed concurrently. It limits concurrent requests to a
/// provider.
const CONCURRENCY: usize = 8;
/// The number of stored events that are processed concurrently. They need no request to a provider.
const EVENTS_AT_ONCE: usize = 32;
/// Used when the context has no deadline: the function's timeout in `template.yaml`.
const TIMEOUT: Duration = Duration::from_mins(4);
/// Time reserved for the writes after a provider's reply: two DynamoDB operations of five seconds each, plus
/// one second.
const WRITE_MARGIN: Duration = Duration::from_secs(11);
/// No item is started with less time than this. An item needs half of it, so a run at peak load still ends before the
/// alarm for long runs fires.
const MARGIN: Duration = Duration::from_mins(1);

/// Processes due items until its time is over and returns counts of the results. The payload is ignored.
///
/// Fails if the due index cannot be read. It also fails if the credentials cannot be read or are incomplete, after
/// finishing all other work. The error raises an alarm in the first run after the deployment, so before the first
/// order event fails.
pub async fn handle(sweeper: Arc<Sweeper>, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let invocation = telemetry::invocation(&event.context.request_id);
    invoked(sweeper, event).instrument(invocation).await
}

async fn invoked(sweeper: Arc<Sweeper>, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let (started, now) = (Instant::now(), sweeper.clock.now());
    let end = ends_at(event.context.deadline, now, TIMEOUT);
    let left = Duration::try_from(end.duration_since(now)).unwrap_or(Duration::ZERO);
    let begin_by = started + left.saturating_sub(MARGIN);
    let poll_run = Arc::new(PollRun::new(started + left.saturating_sub(WRITE_MARGIN)));
    let backlog = Arc::new(Backlog::new(now));
    let event_buckets = sweeper.queue.iter().flat_map(|_| event_buckets());
    let (notifications, events, messages) = tokio::try_join!(
        Agenda::open(&sweeper.table, now, notification_buckets()),
        Agenda::open(&sweeper.table, now, event_buckets),
        Agenda::open(&sweeper.table, now, message_buckets()),
    )
    .inspect_err(|error| tracing::error!(%error, "the due items can't be read"))?;
    let swept = |agenda: Agenda, at_once: usize| {
        let (sweeper, poll_run, backlog) = (&sweeper, &poll_run, &backlog);
        let work =
            move |due| process(Arc::clone(sweeper), due, Arc::clone(poll_run), Arc::clone(backlog), begin_by);
        agenda.items(begin_by).map(work).buffer_unordered(at_once)
    };
    let (notifications, messages) = (swept(notifications, CONCURRENCY), swept(messages, CONCURRENCY));
    let stored = stream::select(notifications, swept(events, EVENTS_AT_ONCE));
    let summary = stream::select(stored, messages)
        .fold(Summary::default(), async |summary, swept| summary.with(swept))
        .await;
    if sweeper.queue.is_some() {
        sweeper.metrics.write(backlog.metrics());
    }
    summary.log(milliseconds(started.elapsed()));
    let credentials = sweeper.credentials.get().await.inspect_err(|error| {
        tracing::error!(%error, "the credentials can't be read: no message can be sent and no provider can be polled");
    })?;
    let problems = credentials.current.problems().join("; ");
    if !problems.is_empty() {
        tracing::error!(problems, "the credentials of some senders can't be read: {problems}");
        return Err(format!("the credentials secret: {problems}").into());
    }
    Ok(serde_json::to_value(summary)?)
}

/// Runs in a task of its own, so that a panic ends only this item.
async fn process(
    sweeper: Arc<Sweeper>,
    due: Due,
    poll_run: Arc<PollRun>,
    backlog: Arc<Backlog>,
    begin_by: Instant,
) -> Swept {
    if let Due::Event { since, .. } = &due {
        backlog.count(*since);
    }
    if Instant::now() >= begin_by {
        return Swept::NotReached;
    }
    let work = async move {
        let mut counted = Vec::new();
        let swept = match &due {
            Due::Notification(reference) => notifications::take(&sweeper, reference, &mut counted)
                .await
                .map_err(messages::SweepError::from),
            Due::Event { reference, .. } => match &sweeper.queue {
                Some(queue) => events::take(&sweeper, queue, reference, &backlog).await,
                None => Ok(Swept::Skipped),
            },
            Due::Message(message) => messages::take(&sweeper, message, &poll_run, &mut counted).await,
        };
        sweeper.metrics.write(counted);
        swept.unwrap_or_else(|error| {
            tracing::warn!(%error, "a due item could not be processed; the next run tries again");
            Swept::Failed
        })
    };
    // A panic is a bug in this code; its message is on standard error.
    tokio::spawn(work.in_current_span()).await.unwrap_or(Swept::Failed)
}
