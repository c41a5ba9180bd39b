//! Polls a provider for a message that has had no callback.
//!
//! A conditional write claims each poll before the request, so that only one of two overlapping runs sends
//! it. The facts in the reply are stored like those of a callback; a final fact removes the message from the
//! index.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use shared::fact_metrics::of_facts;
use shared::message::MessageKey;
use shared::protocol::{Reason, ReasonClass};
use shared::providers::{Callback, Told};
use shared::returned_event::NotPutBack;
use shared::secrets::{Credentials, SecretError, Versions};
use shared::table::{MessageFacts, SilentMessage, TableError, Written};
use shared::telemetry::Metric;
use tokio::time::Instant;

use crate::Sweeper;
use crate::summary::Swept;

/// The state that all polls of one run share.
#[derive(Debug)]
pub(crate) struct Questions {
    /// When the last reply must have arrived.
    pub(crate) deadline: Instant,
    /// Set once a provider refuses: the run then stops polling.
    pub(crate) refused: OnceLock<Reason>,
}

/// Why an item could not be processed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The table cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The credentials cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// An event cannot be put on the queue.
    #[error(transparent)]
    Queue(#[from] NotPutBack),
}

/// Polls for the message if it is due. At the last poll, a message without a final fact becomes
/// `Unconfirmed`.
pub(crate) async fn take(
    sweeper: &Sweeper,
    message: &MessageKey,
    questions: &Questions,
    counted: &mut Vec<Metric>,
) -> Result<Swept, Trouble> {
    // The index is eventually consistent.
    let Some(silent) = sweeper.table.silent_message(message).await? else { return Ok(Swept::Left) };
    let now = sweeper.clock.now();
    let is_last = sweeper.polling.is_last(silent.accepted_at, now);
    if silent.due_at > now || (questions.refused.get().is_some() && !is_last) {
        return Ok(Swept::Left);
    }
    // Read before the poll is claimed: without credentials it could not be sent.
    let credentials = sweeper.credentials.get().await?;
    let next = sweeper.polling.next(silent.polls.saturating_add(1), silent.accepted_at, now);
    if sweeper.table.take_poll(message, &silent, next).await? != Written::Done {
        return Ok(Swept::Overtaken);
    }
    let told = match questions.refused.get() {
        Some(reason) => Told::NotNow(reason.clone()),
        None => ask(sweeper, message, &credentials, questions.deadline).await,
    };
    let new_facts = match told {
        Told::Known(callback) => store(sweeper, callback, counted).await?,
        Told::Nothing(reason) => {
            log_silence(message, &silent, &reason);
            0
        }
        Told::NotNow(reason) => {
            if questions.refused.set(reason.clone()).is_ok() {
                let (provider, class, code) = (message.provider.name(), reason.class.name(), &reason.code);
                tracing::error!(
                    provider,
                    class,
                    code,
                    "{provider} can't be asked about its messages: {reason}"
                );
            }
            0
        }
    };
    if is_last && sweeper.table.mark_unconfirmed(message, sweeper.clock.now()).await? == Written::Done {
        log_unconfirmed(message, &silent);
        counted.push(Metric::Unconfirmed { provider: message.provider });
        return Ok(Swept::Unconfirmed);
    }
    Ok(Swept::Asked { new_facts })
}

/// Polls the provider. Refused credentials are read again, and the poll repeated, once.
async fn ask(
    sweeper: &Sweeper,
    message: &MessageKey,
    credentials: &Arc<Versions<Credentials>>,
    deadline: Instant,
) -> Told {
    let told = sweeper.providers.ask(&credentials.current, message, &sweeper.clock, deadline).await;
    if !matches!(&told, Told::NotNow(reason) if reason.class == ReasonClass::Credentials) {
        return told;
    }
    match sweeper.credentials.newer_than(credentials, Duration::ZERO).await {
        Some(newer) => sweeper.providers.ask(&newer.current, message, &sweeper.clock, deadline).await,
        None => told,
    }
}

/// Stores every fact, including facts about other messages in the same reply.
///
/// A fact proves that its notification was accepted, so the acceptance is recorded unless the sender has already
/// done so: since then the operator may have had the notification sent again, and its record must stay as it is.
async fn store(
    sweeper: &Sweeper,
    callback: Callback,
    counted: &mut Vec<Metric>,
) -> Result<usize, TableError> {
    for problem in &callback.unusable {
        tracing::warn!(%problem, "the answer to a question holds {problem}");
    }
    let mut new_facts = 0;
    for facts in MessageFacts::merge(callback.facts) {
        let stored = sweeper.table.store_facts(&facts, sweeper.clock.now()).await?;
        let adopted = sweeper.table.adopt_message(&facts.message, &stored).await?;
        counted.extend(of_facts(&facts, &stored, adopted));
        let (provider, message_hash) = (facts.message.provider.name(), facts.message.id.fingerprint());
        let order = stored.reference.as_ref().map(|reference| reference.order.to_string());
        let code = facts.facts.failure.as_ref().and_then(|failure| failure.code.as_deref());
        for kind in &stored.new {
            let fact = kind.name();
            tracing::info!(
                provider,
                message_hash,
                order,
                fact,
                code,
                "message {message_hash} of {provider}: {fact}, which no callback said"
            );
        }
        new_facts += stored.new.len();
    }
    Ok(new_facts)
}

fn log_silence(message: &MessageKey, silent: &SilentMessage, reason: &Reason) {
    let (provider, message_hash) = (message.provider.name(), message.id.fingerprint());
    let order = silent.order_number.as_ref().map(ToString::to_string);
    tracing::warn!(
        provider,
        message_hash,
        order,
        polls = silent.polls + 1,
        code = reason.code,
        "{provider} was asked about message {message_hash} and tells nothing: {reason}"
    );
}

fn log_unconfirmed(message: &MessageKey, silent: &SilentMessage) {
    let (provider, message_hash) = (message.provider.name(), message.id.fingerprint());
    let order = silent.order_number.as_ref().map(ToString::to_string);
    tracing::error!(
        code = "unconfirmed",
        provider,
        message_hash,
        order,
        "message {message_hash} of {provider} was accepted, and nobody can tell what became of it"
    );
}
