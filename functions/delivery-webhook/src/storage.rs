//! Stores the facts of a callback: one update per message, all of them concurrently.

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use shared::delivery::Fact;
use shared::fact_metrics::of_facts;
use shared::table::{Adopted, FactsStored, MessageFacts, NotificationFacts, Reports, Table, TableError};
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

/// Stores every fact.
pub(crate) async fn store(table: &Table, facts: Vec<Fact>, received_at: Timestamp) -> Stored {
    let Reports { notifications, messages } = Reports::merge(facts);
    let reports = notifications.into_iter().map(Report::Notification);
    let reports: Vec<Report> = reports.chain(messages.into_iter().map(Report::Message)).collect();
    let mut stored = Stored { messages: reports.len(), ..Stored::default() };
    let mut results = stream::iter(reports)
        .map(|report| async move {
            match report {
                Report::Notification(reported) => store_notification(table, reported, received_at).await,
                Report::Message(facts) => store_message(table, &facts, received_at).await,
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
    now: Timestamp,
) -> Result<Vec<Metric>, TableError> {
    if let Some(found) = table.store_notification_facts(&reported, now).await? {
        return Ok(counted(&reported.report, &found.stored, found.adopted));
    }
    // The notification does not exist, or no longer does: the messages' own items keep the facts.
    let mut metrics = Vec::new();
    for facts in MessageFacts::merge(reported.facts) {
        metrics.extend(store_message(table, &facts, now).await?);
    }
    Ok(metrics)
}

async fn store_message(
    table: &Table,
    facts: &MessageFacts,
    now: Timestamp,
) -> Result<Vec<Metric>, TableError> {
    let stored = table.store_facts(facts, now).await?;
    // A fact proves that its notification was accepted. The sender settles the notification before it stores
    // the message, so then the acceptance is already recorded. Any other writer that linked the message to
    // its order may have stopped before it recorded the acceptance. If this function crashes here, the call
    // has no reply and the provider repeats it.
    let adopted = table.adopt_message(&facts.message, &stored).await?;
    Ok(counted(facts, &stored, adopted))
}

/// Logs the facts that were not known before, and returns their metrics.
fn counted(facts: &MessageFacts, stored: &FactsStored, adopted: Option<Adopted>) -> Vec<Metric> {
    for kind in &stored.new {
        let (provider, message_hash) = (facts.message.provider.name(), facts.message.id.fingerprint());
        let order = stored.reference.as_ref().map(|reference| reference.order.to_string());
        let code = facts.facts.failure.as_ref().and_then(|failure| failure.code.as_deref());
        let fact = kind.name();
        tracing::info!(
            provider,
            message_hash,
            order,
            fact,
            code,
            "message {message_hash} of {provider}: {fact}"
        );
    }
    of_facts(facts, stored, adopted)
}
