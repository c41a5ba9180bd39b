//! What to do about a notification, given the record that was found.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{ClaimToken, Policy, Reason, ReasonClass, Record, State, UnknownOutcome, is_let_go};
use crate::catalogue::{Consent, Notification};
use crate::message::Content;
use crate::provider::Provider;

/// The code of an event that is too old.
const STALE: &str = "stale";
/// The code of an event whose customer has not agreed.
const NO_CONSENT: &str = "no_consent";

/// What a decision is made from, besides the record.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The time.
    pub now: Timestamp,
    /// When a claim made now would end: no invocation can still be sending under it then.
    pub lease_end: Timestamp,
    /// The token of a claim made now.
    pub token: ClaimToken,
    /// Whether there is time for a send.
    pub may_send: bool,
    /// A hash of what is to be said to whom.
    pub fingerprint: &'a str,
    /// Whether the record is known to be this very event's. It may say something else then, because the catalogue was
    /// changed between two deliveries of the event.
    pub is_same_event: bool,
    /// Who may send it, the preferred one first; at least one.
    pub providers: &'a [Provider],
    /// Whether the customer agreed.
    pub consent: Consent,
    /// When the event happened.
    pub event_time: Timestamp,
    /// Whether the event is too old.
    pub staleness: Staleness,
    /// Whether most of the time in which it is worth sending is over: what one provider throttles goes to the next one then.
    pub is_urgent: bool,
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
pub fn decide(record: Option<&Record>, context: &Context<'_>) -> Decision {
    let Some(record) = record else { return decide_first(context) };
    if record.state == State::Suppressed && record.attempt == 0 {
        return decide_after_all(record, context);
    }
    let mended;
    let record = match changed(record, context) {
        Changed::AnotherEvent => return Decision::Conflict,
        Changed::Content { is_unsent: true } => {
            mended = Record { fingerprint: context.fingerprint.to_owned(), ..record.clone() };
            &mended
        }
        Changed::Content { is_unsent: false } if record.state == State::Waiting => {
            return Decision::Move(record.held(record.reason.clone(), context.now));
        }
        Changed::Nothing | Changed::Content { is_unsent: false } => record,
    };
    if record.state == State::Waiting && context.consent == Consent::NotGiven {
        return Decision::Move(without_consent(record, context));
    }
    let due = record.due_at.filter(|due_at| *due_at > context.now);
    let staleness = if record.although_late { Staleness::Fresh } else { context.staleness };
    match (record.state, due) {
        (State::Held, _) if !record.unclear && staleness == Staleness::Fresh => {
            claim(&reopened(record), context)
        }
        (State::Accepted | State::Rejected | State::Suppressed | State::Held, _) => {
            Decision::Done(record.clone())
        }
        (State::Sending | State::Unknown, Some(until)) => wait(record, until),
        (State::Sending, None) => Decision::Move(lease_over(record, context.policy, context.now)),
        (State::Unknown, None) => {
            let choice =
                record.provider.map_or(UnknownOutcome::Hold, |it| context.policy.unknown_outcome(it));
            match (choice, staleness) {
                (UnknownOutcome::Resend, Staleness::Fresh)
                    if !record.resend_spent && record.fingerprint == context.fingerprint =>
                {
                    claim(&Record { resend_spent: true, ..record.clone() }, context)
                }
                _ => Decision::Move(record.held(record.reason.clone(), context.now)),
            }
        }
        (State::Waiting, due) => match (staleness, due) {
            (Staleness::Stale, _) => Decision::Move(record.held(record.reason.clone(), context.now)),
            (Staleness::Pointless, _) => {
                Decision::Move(record.ended(State::Suppressed, stale(), context.now))
            }
            (Staleness::Fresh, Some(until)) => wait(record, until),
            (Staleness::Fresh, None) => claim(record, context),
        },
    }
}

/// How what is to be said differs from what the record says.
enum Changed {
    /// It doesn't.
    Nothing,
    /// The record is another event's that has used the same key.
    AnotherEvent,
    /// The catalogue says it in other words since. What was certainly not sent goes out in these, and what a person has sent
    /// again; what else may have been sent can't be sent again as it was.
    Content { is_unsent: bool },
}

fn changed(record: &Record, context: &Context<'_>) -> Changed {
    if record.fingerprint == context.fingerprint {
        return Changed::Nothing;
    }
    if !context.is_same_event {
        return Changed::AnotherEvent;
    }
    let is_open = !record.unclear || is_let_go(record);
    let is_unsent = is_open && matches!(record.state, State::Waiting | State::Held);
    Changed::Content { is_unsent }
}

/// The record of a status that a newer or a final one has overtaken: write it, then decide anew.
pub fn superseded(record: Option<&Record>, fingerprint: &str, now: Timestamp) -> Record {
    let text = "a newer status of the order was told, or a final one";
    let reason = Reason::new(ReasonClass::OurChoice, "superseded", text);
    let record = record.cloned().unwrap_or_else(|| Record::untried(fingerprint));
    record.ended(State::Suppressed, reason, now)
}

/// A held record that its event may send: every provider may be asked again, the preferred one first.
fn reopened(record: &Record) -> Record {
    Record { provider: None, refused_by: BTreeSet::new(), mendable: false, ..record.clone() }
}

fn decide_first(context: &Context<'_>) -> Decision {
    let record = Record::untried(context.fingerprint);
    if context.consent == Consent::NotGiven {
        return Decision::Move(without_consent(&record, context));
    }
    if context.staleness != Staleness::Fresh {
        return Decision::Move(record.moved_to(State::Suppressed, None, Some(stale())));
    }
    claim(&record, context)
}

/// Nothing was ever sent under this key, nor was anybody asked: its first event was too old, or without consent. A later
/// event may say otherwise. An earlier one, which comes late, doesn't take back that the customer has not agreed since.
fn decide_after_all(record: &Record, context: &Context<'_>) -> Decision {
    let code = record.reason.as_ref().map(|reason| reason.code.as_str());
    if !matches!(code, Some(STALE | NO_CONSENT)) {
        return Decision::Done(record.clone());
    }
    if context.consent == Consent::NotGiven {
        return match record.no_consent_at {
            Some(refused) if refused >= context.event_time => Decision::Done(record.clone()),
            _ => Decision::Move(without_consent(record, context)),
        };
    }
    let was_refused_since = record.no_consent_at.is_some_and(|refused| refused > context.event_time);
    if was_refused_since || context.staleness != Staleness::Fresh {
        return Decision::Done(record.clone());
    }
    let record = Record { no_consent_at: None, ..record.clone() };
    claim(&Record { fingerprint: context.fingerprint.to_owned(), ..record }, context)
}

/// The record of a notification whose customer has not agreed to be written to.
fn without_consent(record: &Record, context: &Context<'_>) -> Record {
    let reason =
        Reason::new(ReasonClass::OurChoice, NO_CONSENT, "the customer has not agreed to be written to");
    let suppressed = record.ended(State::Suppressed, reason, context.now);
    Record { no_consent_at: Some(context.event_time), ..suppressed }
}

fn wait(record: &Record, until: Timestamp) -> Decision {
    Decision::Wait { until, state: record.state, reason: record.reason.clone() }
}

/// The next attempt: by the provider that the record names, if the catalogue still does, else by the first that hasn't
/// refused, else by the first. None without consent: the customer may have taken it back since the last attempt.
fn claim(record: &Record, context: &Context<'_>) -> Decision {
    if context.consent == Consent::NotGiven {
        return Decision::Move(without_consent(record, context));
    }
    let named = record.provider.filter(|provider| context.providers.contains(provider));
    let open = || context.providers.iter().find(|provider| !record.refused_by.contains(provider)).copied();
    let first = || context.providers.first().copied();
    let Some(provider) = named.or_else(open).or_else(first) else {
        let reason = Reason::new(ReasonClass::OurChoice, "no_provider", "no provider is left to ask");
        return match record.state {
            State::Held => Decision::Done(record.clone()),
            _ => Decision::Move(record.held(Some(reason), context.now)),
        };
    };
    let claimed = record.moved_to(State::Sending, Some(context.lease_end), None);
    Decision::Claim(Record {
        attempt: record.attempt + 1,
        provider: Some(provider),
        token: Some(context.token),
        ..claimed
    })
}

/// The record of an attempt whose lease is over: there was a crash in flight, and a callback may still tell.
pub(super) fn lease_over(record: &Record, policy: &Policy, now: Timestamp) -> Record {
    let window_end = now.saturating_add(policy.confirmation_window).unwrap_or(Timestamp::MAX);
    let reason = Reason::new(ReasonClass::Unclear, "lease_over", "the attempt ended without a word");
    record.unknown(window_end, reason)
}

fn stale() -> Reason {
    Reason::new(ReasonClass::OurChoice, STALE, "the event is older than the catalogue's max_age")
}
