//! Stores what a call reports: one upsert per message, all of them side by side.

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use shared::delivery::Fact;
use shared::table::{MessageFacts, Table, TableError};
use shared::telemetry::{Metric, of_facts};

/// Upserts at the same time. A call of Meta's may report on 1,000 messages.
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

/// Stores every fact.
pub(crate) async fn store(table: &Table, facts: Vec<Fact>, received_at: Timestamp) -> Stored {
    let merged = MessageFacts::merge(facts);
    let messages = merged.len();
    let results: Vec<Result<Vec<Metric>, TableError>> = stream::iter(merged)
        .map(|facts| async move { store_one(table, &facts, received_at).await })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let mut stored = Stored { messages, ..Stored::default() };
    for result in results {
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

async fn store_one(table: &Table, facts: &MessageFacts, now: Timestamp) -> Result<Vec<Metric>, TableError> {
    let stored = table.store_facts(facts, now).await?;
    // A fact proves that its notification was accepted, even where the sender has stored the message: it may have ended
    // before it settled. A crash before this leaves the call unanswered, and the provider repeats it.
    let adopted = match &stored.reference {
        Some(reference) => table.adopt_message(reference, &facts.message).await?,
        None => None,
    };
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
    Ok(of_facts(facts, &stored, adopted))
}
