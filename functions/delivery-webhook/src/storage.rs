//! Stores the facts of a callback: one update per message, all of them concurrently.

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use shared::delivery::Fact;
use shared::facts::{self, Source};
use shared::providers::Problem;
use shared::sender_scope::SenderScope;
use shared::table::{MessageFacts, NotificationFacts, Reports, Table, TableError};
use shared::telemetry::Metric;

/// Concurrent updates. One of Meta's callbacks can report on 1,000 messages.
const CONCURRENCY: usize = 64;

/// The result of storing a callback's facts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Messages that the callback reports on.
    pub(crate) messages: usize,
    /// The metrics of the facts that were not known before.
    pub(crate) counted: Vec<Metric>,
    /// Messages whose facts could not be stored: the provider has to report them again.
    pub(crate) lost: usize,
}

/// Facts that are stored in one item.
enum Report {
    Notification(NotificationFacts),
    Message(MessageFacts),
}

pub(crate) async fn store(
    table: &Table,
    facts: Vec<Fact>,
    scope: &SenderScope,
    received_at: Timestamp,
) -> Stored {
    let Reports { notifications, messages } = Reports::merge(facts);
    let reports = notifications.into_iter().map(Report::Notification);
    let reports: Vec<Report> = reports.chain(messages.into_iter().map(Report::Message)).collect();
    let mut stored = Stored { messages: reports.len(), ..Stored::default() };
    let mut results = stream::iter(reports)
        .map(|report| async move {
            match report {
                Report::Notification(reported) => {
                    store_notification(table, reported, scope, received_at).await
                }
                Report::Message(facts) => store_message(table, &facts, scope, received_at).await,
            }
        })
        .buffer_unordered(CONCURRENCY);
    while let Some(result) = results.next().await {
        match result {
            Ok(counted) => stored.counted.extend(counted),
            Err(error) => {
                tracing::error!(%error, "delivery facts could not be stored");
                stored.lost += 1;
            }
        }
    }
    stored
}

async fn store_notification(
    table: &Table,
    reported: NotificationFacts,
    scope: &SenderScope,
    now: Timestamp,
) -> Result<Vec<Metric>, TableError> {
    if let Some(found) = table.store_notification_facts(&reported, now).await? {
        return Ok(facts::count(&reported.report, &found.stored, found.adopted, Source::Callback));
    }
    // The notification does not exist or has expired, so the facts are stored in the messages' own items.
    let mut metrics = Vec::new();
    for facts in MessageFacts::merge(reported.facts) {
        metrics.extend(store_message(table, &facts, scope, now).await?);
    }
    Ok(metrics)
}

async fn store_message(
    table: &Table,
    facts: &MessageFacts,
    scope: &SenderScope,
    now: Timestamp,
) -> Result<Vec<Metric>, TableError> {
    if let Some((_, metrics)) = facts::store(table, facts, scope, Source::Callback, now).await? {
        return Ok(metrics);
    }
    let (provider, message_hash) = (facts.message.provider.name(), facts.message.id.fingerprint());
    let problem = Problem::OtherSender;
    tracing::warn!(provider, message_hash, %problem, "a callback of {provider} contains {problem}");
    Ok(Vec::new())
}
