//! Applies a provider's answer to a notification's record.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::{Answer, Policy, Reason, Record, RetryWaits, State};
use crate::message::MessageKey;
use crate::provider::Provider;

/// After this many rounds in which every provider refused for unrecognised reasons, the operator has to act.
/// By default they take about half an hour, so that temporary problems pass. A round does not count if one provider
/// refused for a reason that can be mended.
const UNRECOGNISED_ROUNDS: u32 = 6;

/// One try to send a notification through one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// The attempt's number within the notification, from 1.
    pub number: u32,
    /// The provider to ask.
    pub provider: Provider,
    /// Whether an earlier attempt ended without a certain answer.
    pub after_unclear: bool,
}

impl Attempt {
    /// The attempt that a claim starts; `None` if the record names no provider.
    pub fn from_claim(claimed: &Record) -> Option<Self> {
        let Record { attempt: number, provider, unclear: after_unclear, .. } = claimed;
        provider.map(|provider| Self { number: *number, provider, after_unclear: *after_unclear })
    }
}

/// The result of settling an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Write this record.
    Move(Record),
    /// The record already contains this answer or stronger evidence.
    Leave,
}

/// Settles an attempt by its answer against the current record. `is_urgent`: see [`Context`](super::Context).
///
/// An acceptance replaces every other state: it is evidence. Any other certain answer applies only while the
/// record still belongs to the attempt: `sending`, or `unknown` because the lease ended before the answer was
/// written.
pub fn settle(
    record: &Record,
    attempt: Attempt,
    answer: &Answer,
    providers: &[Provider],
    policy: &Policy,
    is_urgent: bool,
    now: Timestamp,
) -> Settlement {
    let about_this_attempt =
        record.attempt == attempt.number && matches!(record.state, State::Sending | State::Unknown);
    let after = |wait: Duration| now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    let window_end = after(policy.confirmation_window);
    match answer {
        Answer::Accepted(id) => {
            let message = id.clone().map(|id| MessageKey { provider: attempt.provider, id });
            if record.state == State::Accepted
                && message.as_ref().is_none_or(|it| record.reply_ids.contains(it))
            {
                return Settlement::Leave;
            }
            let mut accepted = record.moved_to(State::Accepted, None, None);
            accepted.provider = Some(attempt.provider);
            accepted.message_ids.extend(message.clone());
            accepted.reply_ids.extend(message);
            Settlement::Move(accepted)
        }
        _ if !about_this_attempt => Settlement::Leave,
        Answer::Unknown(reason) if record.state == State::Sending => {
            Settlement::Move(record.unknown(window_end, reason.clone()))
        }
        Answer::Unreadable(reason) if record.state == State::Sending => {
            Settlement::Move(Record { resend_spent: true, ..record.unknown(window_end, reason.clone()) })
        }
        Answer::Unknown(_) | Answer::Unreadable(_) => Settlement::Leave,
        Answer::Rejected(reason) => {
            Settlement::Move(known_unsent(record, attempt).ended(State::Rejected, reason.clone(), now))
        }
        Answer::Refused(reason) => refused(record, true, reason, attempt, providers, policy, now),
        Answer::Unrecognised(reason) => refused(record, false, reason, attempt, providers, policy, now),
        Answer::NotSent { reason, retry_after } => {
            let record = &known_unsent(record, attempt);
            let own_wait = policy.retry_waits.after_unsent(reason.class, attempt.number);
            let until = after(retry_after.unwrap_or_default().max(own_wait));
            // A throttle passes by itself. So another provider is asked only if little time is left, and
            // never after an attempt that may have sent the message.
            if !reason.class.is_provider_specific() && (!is_urgent || attempt.after_unclear) {
                return wait_for(&without_refusals(record), attempt.provider, until, reason);
            }
            if let Some(next) = next_provider(record, providers) {
                return wait_for(record, next, now, reason);
            }
            let first = first_open(record, providers).unwrap_or(attempt.provider);
            wait_for(&without_refusals(record), first, until, reason)
        }
    }
}

/// The record, once it is certain that this attempt sent nothing. If the lease ended meanwhile, that had
/// marked it unclear without need.
fn known_unsent(record: &Record, attempt: Attempt) -> Record {
    Record { unclear: attempt.after_unclear, ..record.clone() }
}

/// Settles a refusal that is not final: the next provider is asked. If none is left, all are asked again
/// later. Without a reason that can be mended, the operator has to act after [`UNRECOGNISED_ROUNDS`].
fn refused(
    record: &Record,
    mendable: bool,
    reason: &Reason,
    attempt: Attempt,
    providers: &[Provider],
    policy: &Policy,
    now: Timestamp,
) -> Settlement {
    let after = |wait: Duration| now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    let mut record = known_unsent(record, attempt);
    record.refused_by.extend(record.provider);
    record.mendable |= mendable;
    match (next_provider(&record, providers), first_open(&record, providers)) {
        (Some(next), _) => return wait_for(&record, next, now, reason),
        // A preferred provider did not refuse but could not be reached; it is tried again.
        (None, Some(earlier)) => {
            let until = after(policy.retry_waits.unsent.wait(attempt.number));
            return wait_for(&without_refusals(&record), earlier, until, reason);
        }
        (None, None) => {}
    }
    record.rounds = record.rounds.saturating_add(1);
    let mut wait = policy.retry_waits.refused.wait(record.rounds);
    let is_given_up = if record.mendable {
        false
    } else {
        // The rounds are counted, so shorter waits would give up before a temporary problem passes.
        wait = wait.max(RetryWaits::default().refused.wait(record.rounds));
        record.unrecognised_rounds = record.unrecognised_rounds.saturating_add(1);
        record.unrecognised_rounds >= UNRECOGNISED_ROUNDS
    };
    let until = after(wait);
    let record = without_refusals(&record);
    if is_given_up {
        return Settlement::Move(record.held(Some(reason.clone()), now));
    }
    wait_for(&record, providers.first().copied().unwrap_or(attempt.provider), until, reason)
}

/// The record without its refusals: by the end of the wait their causes may be mended.
fn without_refusals(record: &Record) -> Record {
    Record { refused_by: BTreeSet::new(), mendable: false, ..record.clone() }
}

fn wait_for(record: &Record, provider: Provider, until: Timestamp, reason: &Reason) -> Settlement {
    let waiting = record.moved_to(State::Waiting, Some(until), Some(reason.clone()));
    Settlement::Move(Record { provider: Some(provider), ..waiting })
}

/// The next provider after the record's own, in order of preference, that has not refused.
fn next_provider(record: &Record, providers: &[Provider]) -> Option<Provider> {
    let after_this = providers.iter().skip_while(|provider| Some(**provider) != record.provider).skip(1);
    after_this.copied().find(|provider| !record.refused_by.contains(provider))
}

/// The first provider in order of preference that has not refused.
fn first_open(record: &Record, providers: &[Provider]) -> Option<Provider> {
    providers.iter().copied().find(|provider| !record.refused_by.contains(provider))
}
