//! Polls a provider for a message that has had no callback.
//!
//! A conditional write claims each poll before the request, so that only one of two overlapping runs sends
//! it. The facts in the reply are stored like those of a callback; a final fact removes the message from the
//! index.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::facts::{self, Source};
use shared::message::{MessageKey, OrderId, Sender};
use shared::protocol::{Reason, ReasonClass};
use shared::providers::{Callback, PollResult};
use shared::returned_event::RequeueError;
use shared::secrets::{Credentials, SecretError, Senders, Versions};
use shared::sender_scope::SenderScope;
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
    /// The senders that a provider refuses: the run then stops polling for their messages.
    refused: Mutex<BTreeMap<Option<Sender>, Reason>>,
}

impl PollRun {
    pub(crate) fn new(deadline: Instant) -> Self {
        Self { deadline, refused: Mutex::default() }
    }

    fn refusal(&self, sender: Option<&Sender>) -> Option<Reason> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).get(&sender.cloned()).cloned()
    }

    /// Stops polling for a sender's messages. Returns whether this is new.
    fn refuse(&self, sender: Option<&Sender>, reason: Reason) -> bool {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert(sender.cloned(), reason).is_none()
    }
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
    let sender = row.reference.as_ref().and_then(|reference| reference.order.sender.as_ref());
    let now = sweeper.clock.now();
    let is_last = sweeper.polling.is_last(accepted_at, now);
    if due_at > now || (poll_run.refusal(sender).is_some() && !is_last) {
        return Ok(Swept::Skipped);
    }
    // Read before the poll is claimed: without credentials it could not be sent.
    let credentials = sweeper.credentials.get().await?;
    let next = sweeper.polling.next(row.polls.saturating_add(1), accepted_at, now);
    if sweeper.table.claim_poll(&row, next).await? != Written::Done {
        return Ok(Swept::ChangedMeanwhile);
    }
    let result = match poll_run.refusal(sender) {
        Some(reason) => PollResult::Blocked(reason),
        None => poll(sweeper, message, sender, &credentials, poll_run.deadline).await,
    };
    let new_facts = match result {
        PollResult::Reported(callback) => {
            store(sweeper, callback, &SenderScope::only(sender), counted).await?
        }
        PollResult::Nothing(reason) => {
            log_no_facts(&row, &reason);
            0
        }
        PollResult::Blocked(reason) => {
            if poll_run.refuse(sender, reason.clone()) {
                let (provider, class, code) = (message.provider.name(), reason.class.name(), &reason.code);
                let sender = sender.map(Sender::as_str);
                tracing::error!(provider, sender, class, code, "{provider} can't be polled: {reason}");
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
    sender: Option<&Sender>,
    credentials: &Arc<Versions<Senders<Credentials>>>,
    deadline: Instant,
) -> PollResult {
    let poll = async |credentials: &Senders<Credentials>| match credentials.get(sender) {
        Ok(own) => sweeper.providers.poll(own, message, &sweeper.clock, deadline).await,
        Err(no_sender) => PollResult::Blocked(no_sender.into()),
    };
    let result = poll(&credentials.current).await;
    if !matches!(&result, PollResult::Blocked(reason) if reason.class == ReasonClass::Credentials) {
        return result;
    }
    match sweeper.credentials.newer_than(credentials, Duration::ZERO).await {
        Some(newer) => poll(&newer.current).await,
        None => result,
    }
}

/// Stores every fact, including facts about other messages in the same reply.
async fn store(
    sweeper: &Sweeper,
    mut callback: Callback,
    scope: &SenderScope,
    counted: &mut Vec<Metric>,
) -> Result<usize, TableError> {
    // 1MSG returns no references, so a fact outside the scope can only be an error.
    let outside = callback.take_outside(scope).len();
    if outside > 0 {
        tracing::warn!(outside, "the reply to a poll contains reports about other senders' messages");
    }
    for problem in &callback.unusable {
        tracing::warn!(%problem, "the reply to a poll contains {problem}");
    }
    let mut new_facts = 0;
    for facts in MessageFacts::merge(callback.facts) {
        let now = sweeper.clock.now();
        if let Some((stored, metrics)) =
            facts::store(&sweeper.table, &facts, scope, Source::Poll, now).await?
        {
            counted.extend(metrics);
            new_facts += stored.new.len();
        }
    }
    Ok(new_facts)
}

fn log_no_facts(row: &MessageRow, reason: &Reason) {
    let (provider, message_hash) = (row.message.provider.name(), row.message.id.fingerprint());
    let (sender, order) = sender_and_order(row);
    tracing::warn!(
        provider,
        message_hash,
        sender,
        order,
        polls = row.polls + 1,
        code = reason.code,
        "a poll of {provider} about message {message_hash} brought no facts: {reason}"
    );
}

fn sender_and_order(row: &MessageRow) -> (Option<&str>, Option<&str>) {
    let order = row.reference.as_ref().map(|reference| &reference.order);
    (order.and_then(|order| order.sender.as_ref()).map(Sender::as_str), order.map(OrderId::as_str))
}

fn log_unconfirmed(row: &MessageRow) {
    let (provider, message_hash) = (row.message.provider.name(), row.message.id.fingerprint());
    let (sender, order) = sender_and_order(row);
    tracing::error!(
        code = "unconfirmed",
        provider,
        message_hash,
        sender,
        order,
        "{provider} accepted message {message_hash}, but no callback and no poll reported whether it was delivered"
    );
}
