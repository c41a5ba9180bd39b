//! What a provider's answer makes of a notification.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::{Answer, Policy, Reason, Record, State};
use crate::message::MessageKey;
use crate::provider::Provider;

/// The first wait after an attempt that was definitely not sent; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// No wait of our own is longer. A provider that names a longer one gets it.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// The first wait after every provider has refused; each further one is twice as long. A person mends a token or a
/// template within minutes at best.
const FIRST_MENDING: Duration = Duration::from_mins(1);
/// No wait for something to be mended is longer.
const LONGEST_MENDING: Duration = Duration::from_hours(1);
/// How often every provider may refuse for reasons that no table here knows, before a person must look: in some half an
/// hour, so that what passes by itself has passed. Rounds in which one refused for something that can be mended don't count.
const UNRECOGNISED_ROUNDS: u32 = 6;

/// One try to hand a notification to one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// Its number within the notification, from 1.
    pub number: u32,
    /// The provider.
    pub provider: Provider,
    /// Whether an earlier attempt ended without a certain answer.
    pub after_unclear: bool,
}

impl Attempt {
    /// The attempt that a claim begins; none where the record names no provider.
    pub fn of(claimed: &Record) -> Option<Self> {
        let Record { attempt: number, provider, unclear: after_unclear, .. } = claimed;
        provider.map(|provider| Self { number: *number, provider, after_unclear: *after_unclear })
    }
}

/// What an answer makes of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Write this record.
    Move(Record),
    /// The record says as much already, or more.
    Leave,
}

/// Settles an attempt by its answer, given the record as it is now. `is_urgent`: see [`Context`](super::Context).
///
/// An acceptance is written over every other state: it is evidence. Any other certain answer counts while the record
/// is still about that attempt: `sending`, or `unknown` because the lease ended before the answer was written.
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
        Answer::Refused(reason) => refused(record, true, reason, attempt, providers, now),
        Answer::Unrecognised(reason) => refused(record, false, reason, attempt, providers, now),
        Answer::NotSent { reason, retry_after } => {
            let record = &known_unsent(record, attempt);
            let until = after(retry_after.unwrap_or_default().max(own_wait(attempt.number)));
            // A throttle passes by itself: another provider than the preferred one is asked only when little time is left, and
            // never for what this one may have sent already.
            if !reason.class.is_the_providers_own() && (!is_urgent || attempt.after_unclear) {
                return wait_for(&all_asked_anew(record), attempt.provider, until, reason);
            }
            if let Some(next) = next_provider(record, providers) {
                return wait_for(record, next, now, reason);
            }
            let first = first_open(record, providers).unwrap_or(attempt.provider);
            wait_for(&all_asked_anew(record), first, until, reason)
        }
    }
}

/// The record, once it is certain that this attempt was not sent: a lease that ended meanwhile has made it unclear for
/// no reason.
fn known_unsent(record: &Record, attempt: Attempt) -> Record {
    Record { unclear: attempt.after_unclear, ..record.clone() }
}

/// A refusal that isn't final: the next provider is asked. Where none is left, all are asked again later; if nothing
/// shows that somebody can mend it, a person must look after [`UNRECOGNISED_ROUNDS`].
fn refused(
    record: &Record,
    mendable: bool,
    reason: &Reason,
    attempt: Attempt,
    providers: &[Provider],
    now: Timestamp,
) -> Settlement {
    let after = |wait: Duration| now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    let mut record = known_unsent(record, attempt);
    record.refused_by.extend(record.provider);
    record.mendable |= mendable;
    match (next_provider(&record, providers), first_open(&record, providers)) {
        (Some(next), _) => return wait_for(&record, next, now, reason),
        // One before this one didn't refuse: it couldn't be reached, and may be another time.
        (None, Some(earlier)) => {
            return wait_for(&all_asked_anew(&record), earlier, after(own_wait(attempt.number)), reason);
        }
        (None, None) => {}
    }
    record.rounds = record.rounds.saturating_add(1);
    let until = after(doubled(FIRST_MENDING, record.rounds, LONGEST_MENDING));
    let is_given_up = if record.mendable {
        false
    } else {
        record.unrecognised_rounds = record.unrecognised_rounds.saturating_add(1);
        record.unrecognised_rounds >= UNRECOGNISED_ROUNDS
    };
    let record = all_asked_anew(&record);
    if is_given_up {
        return Settlement::Move(record.held(Some(reason.clone()), now));
    }
    wait_for(&record, providers.first().copied().unwrap_or(attempt.provider), until, reason)
}

/// The record without its refusals: what was refused may be mended by the end of a wait.
fn all_asked_anew(record: &Record) -> Record {
    Record { refused_by: BTreeSet::new(), mendable: false, ..record.clone() }
}

fn wait_for(record: &Record, provider: Provider, until: Timestamp, reason: &Reason) -> Settlement {
    let waiting = record.moved_to(State::Waiting, Some(until), Some(reason.clone()));
    Settlement::Move(Record { provider: Some(provider), ..waiting })
}

/// The next provider in the order of preference that hasn't refused.
fn next_provider(record: &Record, providers: &[Provider]) -> Option<Provider> {
    let after_this = providers.iter().skip_while(|provider| Some(**provider) != record.provider).skip(1);
    after_this.copied().find(|provider| !record.refused_by.contains(provider))
}

/// The most preferred provider that hasn't refused.
fn first_open(record: &Record, providers: &[Provider]) -> Option<Provider> {
    providers.iter().copied().find(|provider| !record.refused_by.contains(provider))
}

fn own_wait(attempt: u32) -> Duration {
    doubled(FIRST_WAIT, attempt, LONGEST_WAIT)
}

/// The wait number `number`, counted from 1: the first, then twice as long each time, up to the longest.
fn doubled(first: Duration, number: u32, longest: Duration) -> Duration {
    first.saturating_mul(2u32.saturating_pow(number.saturating_sub(1))).min(longest)
}
