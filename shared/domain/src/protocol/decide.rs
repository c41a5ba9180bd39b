//! What to do about a notification, given the record that was found.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Policy, Reason, ReasonClass, Record, State, UnknownOutcome};
use crate::catalogue::{Consent, Notification};
use crate::message::Content;
use crate::provider::Provider;

/// What a decision is made from, besides the record.
#[derive(Debug, Clone)]
pub struct Situation<'a> {
    /// The time.
    pub now: Timestamp,
    /// When a claim made now would end: after it nobody can still be sending under it.
    pub lease_end: Timestamp,
    /// A hash of what is to be said to whom.
    pub fingerprint: &'a str,
    /// Who may send it, the preferred one first; at least one.
    pub providers: &'a [Provider],
    /// Whether the customer agreed.
    pub consent: Consent,
    /// Whether the event is too old.
    pub staleness: Staleness,
    /// The operator's choices.
    pub policy: &'a Policy,
}

/// Whether an event is too old to be worth a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staleness {
    /// It isn't.
    Fresh,
    /// It is; if it was meant to be sent and couldn't be, a person should know.
    Stale,
    /// It is, and its message has lost its point: an order status that others have followed by now.
    Pointless,
}

impl Staleness {
    /// How worthwhile a notification is at this time.
    pub fn of(notification: &Notification, now: Timestamp) -> Self {
        match (notification.is_stale(now), &notification.content) {
            (false, _) => Self::Fresh,
            (true, Content::Body(_)) => Self::Stale,
            (true, Content::OrderStatus(_)) => Self::Pointless,
        }
    }
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Write this record, then send by its provider.
    Claim(Record),
    /// Write this record, then decide anew.
    Move(Record),
    /// Somebody else is on it, or it isn't time yet: come back.
    Wait {
        /// When it is worth a look.
        until: Timestamp,
        /// How far it is.
        state: State,
        /// Why it is there.
        reason: Option<Reason>,
    },
    /// It has its outcome: this record's.
    Done(Record),
    /// The same key was used for something else that was to be said.
    Conflict,
}

/// Decides what to do about a notification.
pub fn decide(record: Option<&Record>, situation: &Situation<'_>) -> Decision {
    let Some(record) = record else { return decide_first(situation) };
    if record.fingerprint != situation.fingerprint {
        return Decision::Conflict;
    }
    let due = record.due_at.filter(|due_at| *due_at > situation.now);
    match (record.state, due) {
        (State::Accepted | State::Rejected | State::Suppressed | State::Held, _) => {
            Decision::Done(record.clone())
        }
        (State::Sending | State::Unknown, Some(until)) => wait(record, until),
        (State::Sending, None) => Decision::Move(lease_over(record, situation.policy, situation.now)),
        (State::Unknown, None) => {
            let choice =
                record.provider.map_or(UnknownOutcome::Hold, |it| situation.policy.unknown_outcome(it));
            match (choice, situation.staleness) {
                (UnknownOutcome::Resend, Staleness::Fresh) => claim(record, situation),
                _ => Decision::Move(record.held(situation.now)),
            }
        }
        (State::Waiting, due) => match (situation.staleness, due) {
            (Staleness::Stale, _) => Decision::Move(record.held(situation.now)),
            (Staleness::Pointless, _) => {
                Decision::Move(record.moved_to(State::Suppressed, None, Some(stale())))
            }
            (Staleness::Fresh, Some(until)) => wait(record, until),
            (Staleness::Fresh, None) => claim(record, situation),
        },
    }
}

/// The record of a status that a newer or a final one has overtaken: write it, then decide anew.
pub fn superseded(record: Option<&Record>, fingerprint: &str) -> Record {
    let text = "a newer status of the order was told, or a final one";
    let reason = Reason::new(ReasonClass::OurChoice, "superseded", text);
    record.cloned().unwrap_or_else(|| untried(fingerprint)).moved_to(State::Suppressed, None, Some(reason))
}

/// What a notification is before anything was done about it.
fn untried(fingerprint: &str) -> Record {
    Record {
        state: State::Waiting,
        attempt: 0,
        provider: None,
        refused_by: BTreeSet::new(),
        due_at: None,
        reason: None,
        message_ids: BTreeSet::new(),
        fingerprint: fingerprint.to_owned(),
    }
}

fn decide_first(situation: &Situation<'_>) -> Decision {
    let record = untried(situation.fingerprint);
    if situation.consent == Consent::NotGiven {
        let reason =
            Reason::new(ReasonClass::OurChoice, "no_consent", "the customer has not agreed to be written to");
        return Decision::Move(record.moved_to(State::Suppressed, None, Some(reason)));
    }
    if situation.staleness != Staleness::Fresh {
        return Decision::Move(record.moved_to(State::Suppressed, None, Some(stale())));
    }
    claim(&record, situation)
}

fn wait(record: &Record, until: Timestamp) -> Decision {
    Decision::Wait { until, state: record.state, reason: record.reason.clone() }
}

/// The next attempt: by the provider that the record names, if the catalogue still does, else by the first that hasn't
/// refused.
fn claim(record: &Record, situation: &Situation<'_>) -> Decision {
    let named = record.provider.filter(|provider| situation.providers.contains(provider));
    let open = || situation.providers.iter().find(|provider| !record.refused_by.contains(provider)).copied();
    let Some(provider) = named.or_else(open) else {
        let reason = Reason::new(ReasonClass::OurChoice, "no_provider", "no provider is left to ask");
        return Decision::Move(record.moved_to(State::Held, Some(situation.now), Some(reason)));
    };
    let claimed = record.moved_to(State::Sending, Some(situation.lease_end), None);
    Decision::Claim(Record { attempt: record.attempt + 1, provider: Some(provider), ..claimed })
}

/// The record of an attempt whose lease is over: there was a crash in flight, and a callback may still tell.
pub(super) fn lease_over(record: &Record, policy: &Policy, now: Timestamp) -> Record {
    let window_end = now.saturating_add(policy.confirmation_window).unwrap_or(Timestamp::MAX);
    let reason = Reason::new(ReasonClass::Unclear, "lease_over", "the attempt ended without a word");
    record.moved_to(State::Unknown, Some(window_end), Some(reason))
}

fn stale() -> Reason {
    Reason::new(ReasonClass::OurChoice, "stale", "the event is older than the catalogue's max_age")
}
