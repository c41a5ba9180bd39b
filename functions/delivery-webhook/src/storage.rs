//! Stores what a call reports: one update for each message, all of them side by side.

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use shared::delivery::Fact;
use shared::table::{Adopted, FactsStored, MessageFacts, NotificationFacts, Reports, Table, TableError};
use shared::telemetry::{Metric, of_facts};

/// Updates at the same time. A call of Meta's may report on 1,000 messages.
const CONCURRENCY: usize = 64;

/// What storing a call's facts has shown.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Messages reported on.
    pub(crate) messages: usize,
    /// What the facts that weren't known before count.
    pub(crate) counted: Vec<Metric>,
    /// Messages whose facts could not be stored: the provider has to report them again.
    pub(crate) lost: usize,
}

/// Facts that are kept in one place.
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
    // There is no such notification, or none any more: the messages' own items keep what is said.
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
    // A fact proves that its notification was accepted. The sender, which stores the message after it has settled, has
    // written so; anybody else who knows the order may have ended before. A crash before this leaves the call unanswered,
    // and the provider repeats it.
    let adopted = table.adopt_message(&facts.message, &stored).await?;
    Ok(counted(facts, &stored, adopted))
}

/// Logs the facts that weren't known before, and counts them.
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
