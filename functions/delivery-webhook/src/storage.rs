//! Stores what a call reports: one upsert per message, all of them side by side.

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use shared::delivery::Fact;
use shared::table::{MessageFacts, Table, TableError};

/// Upserts at the same time. A call of Meta's may report on 1,000 messages.
const CONCURRENCY: usize = 64;

/// What storing a call's facts has shown.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Messages reported on.
    pub(crate) messages: usize,
    /// Facts that weren't known before.
    pub(crate) new_facts: usize,
    /// Messages whose order isn't known: another application's, or ours before the sender's own write. Kept.
    pub(crate) unmatched: usize,
    /// Messages whose facts could not be stored: the provider has to report them again.
    pub(crate) lost: usize,
}

/// Stores every fact.
pub(crate) async fn store(table: &Table, facts: Vec<Fact>, received_at: Timestamp) -> Stored {
    let merged = MessageFacts::merge(facts);
    let messages = merged.len();
    let results: Vec<Result<One, TableError>> = stream::iter(merged)
        .map(|facts| async move { store_one(table, &facts, received_at).await })
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let mut stored = Stored { messages, ..Stored::default() };
    for result in results {
        match result {
            Ok(one) => {
                stored.new_facts += one.new_facts;
                stored.unmatched += usize::from(one.order == Order::Unknown);
            }
            Err(error) => {
                tracing::error!(%error, "delivery facts could not be stored");
                stored.lost += 1;
            }
        }
    }
    stored
}

struct One {
    new_facts: usize,
    order: Order,
}

#[derive(PartialEq, Eq)]
enum Order {
    Known,
    Unknown,
}

async fn store_one(table: &Table, facts: &MessageFacts, now: Timestamp) -> Result<One, TableError> {
    let stored = table.store_facts(facts, now).await?;
    // A fact proves that its notification was accepted, even where the sender has stored the message: it may have ended
    // before it settled. A crash before this leaves the call unanswered, and the provider repeats it.
    if let Some(reference) = &stored.reference {
        table.adopt_message(reference, &facts.message).await?;
    }
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
    let order = if stored.reference.is_some() { Order::Known } else { Order::Unknown };
    Ok(One { new_facts: stored.new.len(), order })
}
