//! Stores the delivery facts about a message, and logs and counts those that were not known before.

mod batch;

pub use batch::{Stored, store_all};
use jiff::Timestamp;

use crate::fact_metrics::for_facts;
use crate::message::{OrderId, Sender};
use crate::sender_scope::SenderScope;
use crate::table::{Adopted, FactsStored, MessageFacts, Table, TableError};
use crate::telemetry::Metric;

/// How a provider reported a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In a callback or an event.
    Callback,
    /// In the reply to a poll.
    Poll,
}

/// Stores the facts in the message's own item; returns the metrics of those that were not known before. `None`: the
/// message belongs to a sender outside `scope`, or is unknown and has to be known, and nothing was written. If the facts
/// name the message by an alias, they are stored and counted under its own id.
///
/// A fact proves that its notification was accepted. If order-notifier stored the message, it recorded the acceptance
/// before, and the record must not change: the operator may have released the notification since. Another writer may
/// have linked the message to its order and stopped before it recorded the acceptance, so this records it. If the
/// function crashes here, the callback or poll is repeated.
pub async fn store(
    table: &Table,
    facts: &MessageFacts,
    scope: &SenderScope,
    source: Source,
    now: Timestamp,
) -> Result<Option<(FactsStored, Vec<Metric>)>, TableError> {
    let Some(stored) = table.store_facts(facts, scope, now).await? else { return Ok(None) };
    let named = stored.alias_of.clone().map(|message| MessageFacts { message, ..facts.clone() });
    let (facts, stored) = match &named {
        None => (facts, stored),
        Some(named) => match table.store_facts(named, scope, now).await? {
            Some(stored) => (named, stored),
            None => return Ok(None),
        },
    };
    let adopted = table.adopt_message(&facts.message, &stored).await?;
    let metrics = count(facts, &stored, adopted.as_ref(), source);
    Ok(Some((stored, metrics)))
}

/// Logs the facts that were not known before, and returns their metrics.
pub fn count(
    facts: &MessageFacts,
    stored: &FactsStored,
    adopted: Option<&Adopted>,
    source: Source,
) -> Vec<Metric> {
    let (provider, message_hash) = (facts.message.provider.name(), facts.message.id.fingerprint());
    let order = stored.reference.as_ref().map(|reference| &reference.order);
    let (sender, order) =
        (order.and_then(|order| order.sender.as_ref()).map(Sender::as_str), order.map(OrderId::as_str));
    let code = facts.facts.failure.as_ref().and_then(|failure| failure.code.as_deref());
    let note = match source {
        Source::Callback => "",
        Source::Poll => " (reported by a poll)",
    };
    for kind in &stored.new {
        let fact = kind.name();
        tracing::info!(
            provider,
            message_hash,
            sender,
            order,
            fact,
            code,
            "message {message_hash} of {provider}: {fact}{note}"
        );
    }
    for_facts(facts, stored, adopted)
}
