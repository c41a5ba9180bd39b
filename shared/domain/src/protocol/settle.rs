//! What a provider's answer makes of a notification.

use std::time::Duration;

use jiff::Timestamp;

use super::{Answer, Policy, Reason, Record, State};
use crate::message::MessageKey;
use crate::provider::Provider;

/// The first wait after an attempt that was definitely not sent; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// No wait of our own is longer. A provider that names a longer one gets it.
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// One try to hand a notification to one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Its number within the notification, from 1.
    pub number: u32,
    /// The provider.
    pub provider: Provider,
}

/// What an answer makes of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Write this record.
    Move(Record),
    /// The record says as much already, or more.
    Leave,
}

/// Settles an attempt by its answer, given the record as it is now.
///
/// An acceptance is written over every other state: it is evidence. Any other certain answer counts while the record
/// is still about that attempt: `sending`, or `unknown` because the lease ended before the answer was written.
pub fn settle(
    record: &Record,
    attempt: Attempt,
    answer: &Answer,
    providers: &[Provider],
    policy: &Policy,
    now: Timestamp,
) -> Settlement {
    let about_this_attempt =
        record.attempt == attempt.number && matches!(record.state, State::Sending | State::Unknown);
    let after = |wait: Duration| now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    match answer {
        Answer::Accepted(id) => {
            let message = id.clone().map(|id| MessageKey { provider: attempt.provider, id });
            if record.state == State::Accepted
                && message.as_ref().is_none_or(|it| record.message_ids.contains(it))
            {
                return Settlement::Leave;
            }
            let mut accepted = record.moved_to(State::Accepted, None, None);
            accepted.provider = Some(attempt.provider);
            accepted.message_ids.extend(message);
            Settlement::Move(accepted)
        }
        _ if !about_this_attempt => Settlement::Leave,
        Answer::Unknown(_) if record.state == State::Unknown => Settlement::Leave,
        Answer::Unknown(reason) => Settlement::Move(record.moved_to(
            State::Unknown,
            Some(after(policy.confirmation_window)),
            Some(reason.clone()),
        )),
        Answer::Rejected(reason) => {
            let mut record = record.clone();
            if !reason.class.is_the_providers_own() {
                return Settlement::Move(record.moved_to(State::Rejected, None, Some(reason.clone())));
            }
            record.refused_by.extend(record.provider);
            match (next_provider(&record, providers), first_open(&record, providers)) {
                (Some(next), _) => wait_for(&record, next, now, reason),
                // One before this one didn't refuse: it couldn't be reached, and may be another time.
                (None, Some(earlier)) => wait_for(&record, earlier, after(own_wait(attempt.number)), reason),
                (None, None) => {
                    Settlement::Move(record.moved_to(State::Rejected, None, Some(reason.clone())))
                }
            }
        }
        Answer::NotSent { reason, retry_after } => {
            let until = after(retry_after.unwrap_or_default().max(own_wait(attempt.number)));
            if !reason.class.is_the_providers_own() {
                return Settlement::Move(record.moved_to(State::Waiting, Some(until), Some(reason.clone())));
            }
            match (next_provider(record, providers), first_open(record, providers)) {
                (Some(next), _) => wait_for(record, next, now, reason),
                (None, Some(first)) => wait_for(record, first, until, reason),
                (None, None) => {
                    Settlement::Move(record.moved_to(State::Waiting, Some(until), Some(reason.clone())))
                }
            }
        }
    }
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
    FIRST_WAIT.saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1))).min(LONGEST_WAIT)
}
