//! Polls a provider for a message that has had no callback.
//!
//! A conditional write claims each poll before the request, so that only one of two overlapping runs sends
//! it. The facts in the reply are stored like those of a callback; a final fact removes the message from the
//! index.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use shared::facts::{self, Source};
use shared::message::MessageKey;
use shared::protocol::{Reason, ReasonClass};
use shared::providers::{Callback, PollResult};
use shared::returned_event::RequeueError;
use shared::secrets::{Credentials, SecretError, Versions};
use shared::table::{MessageFacts, MessageRow, TableError, Written};
use shared::telemetry::Metric;
use tokio::time::Instant;

use crate::Sweeper;
use crate::summary::Swept;

/// The state shared by all polls of one run.
#[derive(Debug)]
pub(crate) struct PollRun {
    /// When the last reply must have arrived.
    pub(crate) deadline: Instant,
    /// Set once a provider refuses: the run then stops polling.
    pub(crate) refused: OnceLock<Reason>,
}

/// Why an item could not be processed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Queue(#[from] RequeueError),
}

/// Polls for the message if it is due. At the last poll, a message without a final fact becomes
/// `Unconfirmed`.
pub(crate) async fn take(
    sweeper: &Sweeper,
    message: &MessageKey,
    poll_run: &PollRun,
    counted: &mut Vec<Metric>,
) -> Result<Swept, SweepError> {
    // The index is eventually consistent.
    let Some(row) = sweeper.table.message(message).await? else { return Ok(Swept::Skipped) };
    let (Some(accepted_at), Some(due_at)) = (row.accepted_at, row.due_at) else { return Ok(Swept::Skipped) };
    let now = sweeper.clock.now();
    let is_last = sweeper.polling.is_last(accepted_at, now);
    if due_at > now || (poll_run.refused.get().is_some() && !is_last) {
        return Ok(Swept::Skipped);
    }
    // Read before the poll is claimed: without credentials it could not be sent.
    let credentials = sweeper.credentials.get().await?;
    let next = sweeper.polling.next(row.polls.saturating_add(1), accepted_at, now);
    if sweeper.table.claim_poll(&row, next).await? != Written::Done {
        return Ok(Swept::ChangedMeanwhile);
    }
    let result = match poll_run.refused.get() {
        Some(reason) => PollResult::Blocked(reason.clone()),
        None => poll(sweeper, message, &credentials, poll_run.deadline).await,
    };
    let new_facts = match result {
        PollResult::Reported(callback) => store(sweeper, callback, counted).await?,
        PollResult::Nothing(reason) => {
            log_no_facts(&row, &reason);
            0
        }
        PollResult::Blocked(reason) => {
            if poll_run.refused.set(reason.clone()).is_ok() {
                let (provider, class, code) = (message.provider.name(), reason.class.name(), &reason.code);
                tracing::error!(provider, class, code, "{provider} can't be polled: {reason}");
            }
            0
        }
    };
    if is_last && sweeper.table.mark_unconfirmed(message, sweeper.clock.now()).await? == Written::Done {
        log_unconfirmed(&row);
        counted.push(Metric::Unconfirmed { provider: message.provider });
        return Ok(Swept::Unconfirmed);
    }
    Ok(Swept::Polled { new_facts })
}

/// Polls the provider. Refused credentials are read again, and the poll repeated, once.
async fn poll(
    sweeper: &Sweeper,
    message: &MessageKey,
    credentials: &Arc<Versions<Credentials>>,
    deadline: Instant,
) -> PollResult {
    let result = sweeper.providers.poll(&credentials.current, message, &sweeper.clock, deadline).await;
    if !matches!(&result, PollResult::Blocked(reason) if reason.class == ReasonClass::Credentials) {
        return result;
    }
    match sweeper.credentials.newer_than(credentials, Duration::ZERO).await {
        Some(newer) => sweeper.providers.poll(&newer.current, message, &sweeper.clock, deadline).await,
        None => result,
    }
}

/// Stores every fact, including facts about other messages in the same reply.
async fn store(
    sweeper: &Sweeper,
    callback: Callback,
    counted: &mut Vec<Metric>,
) -> Result<usize, TableError> {
    for problem in &callback.unusable {
        tracing::warn!(%problem, "the reply to a poll contains {problem}");
    }
    let mut new_facts = 0;
    for facts in MessageFacts::merge(callback.facts) {
        let (stored, metrics) =
            facts::store(&sweeper.table, &facts, Source::Poll, sweeper.clock.now()).await?;
        counted.extend(metrics);
        new_facts += stored.new.len();
    }
    Ok(new_facts)
}

fn log_no_facts(row: &MessageRow, reason: &Reason) {
    let (provider, message_hash) = (row.message.provider.name(), row.message.id.fingerprint());
    let order = row.reference.as_ref().map(|reference| reference.order.to_string());
    tracing::warn!(
        provider,
        message_hash,
        order,
        polls = row.polls + 1,
        code = reason.code,
        "a poll of {provider} about message {message_hash} brought no facts: {reason}"
    );
}

fn log_unconfirmed(row: &MessageRow) {
    let (provider, message_hash) = (row.message.provider.name(), row.message.id.fingerprint());
    let order = row.reference.as_ref().map(|reference| reference.order.to_string());
    tracing::error!(
        code = "unconfirmed",
        provider,
        message_hash,
        order,
        "{provider} accepted message {message_hash}, but no callback and no poll reported whether it was delivered"
    );
}
