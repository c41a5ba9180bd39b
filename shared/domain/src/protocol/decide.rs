//! Decides the next step for a notification from its current record.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::order_reference::NO_REFERENCE_ID;
use super::{
    ClaimToken, Guard, NO_USABLE_NUMBER, Policy, Reason, ReasonClass, Record, State, UnknownOutcome,
    is_released,
};
use crate::catalogue::{Consent, Notification};
use crate::message::Content;
use crate::provider::Provider;

/// The reason code for an event that is too old.
pub(super) const STALE: &str = "stale";
/// The reason code for a status, or what follows its message, once a newer or a final status was sent.
const SUPERSEDED: &str = "superseded";
const SUPERSEDED_TEXT: &str = "a newer or a final status of the order was sent";
/// The reason code for a customer without consent.
pub(super) const NO_CONSENT: &str = "no_consent";
/// The reason code for a recipient that `RECIPIENTS` does not allow.
pub const NOT_ALLOWED: &str = "not_allowed";

/// The inputs of a decision besides the record.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate fact")]
pub struct Context<'a> {
    /// The current time.
    pub now: Timestamp,
    /// The lease end of a claim made now: no invocation can still be sending under it after this.
    pub lease_end: Timestamp,
    /// The token of a claim made now.
    pub token: ClaimToken,
    /// Whether the invocation has time for a send.
    pub may_send: bool,
    /// A hash of the rendered message and its recipient.
    pub fingerprint: &'a str,
    /// Whether the record is known to belong to this event. Its content may still differ, if the catalogue
    /// changed between two deliveries of the event.
    pub is_same_event: bool,
    /// The providers that may send it, in order of preference; none if the event has no usable phone number or user id.
    pub providers: &'a [Provider],
    /// Whether the deployment may write to the recipient; decided before everything else.
    pub guard: Guard,
    /// Whether the customer agreed to be contacted.
    pub consent: Consent,
    /// The event's own time: a consent is ignored if a later event refused it.
    pub event_time: Timestamp,
    /// Whether it follows the message of a status that the order has left since. It gets no claim then.
    pub is_outdated: bool,
    /// Whether the event is too old.
    pub staleness: Staleness,
    /// Whether most of the notification's `max_age` has passed: a throttled message then goes to the next
    /// provider.
    pub is_urgent: bool,
    /// The operator's settings for unknown sends.
    pub policy: &'a Policy,
}

/// Whether an event is too old to send a message about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staleness {
    /// Not older than the notification's `max_age`.
    Fresh,
    /// Too old. If it should have been sent and could not be, the operator has to know.
    Stale,
    /// Too old, and an order status that later statuses have made meaningless, or a fallback.
    Pointless,
}

impl Staleness {
    /// The staleness of a notification at the time `now`.
    pub fn classify(notification: &Notification, now: Timestamp) -> Self {
        match (notification.is_stale(now), &notification.content) {
            (false, _) => Self::Fresh,
            (true, Content::Template(_)) => Self::Stale,
            // A fallback that is too late has lost its point, too.
            (true, Content::OrderStatus(_) | Content::Plain(_)) => Self::Pointless,
        }
    }
}

/// The next step for a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Write this record, then send through its provider.
    Claim(Record),
    /// Write this record, then decide again.
    Move(Record),
    /// Another invocation is sending it, or it is not due yet: come back.
    Wait {
        /// When to come back.
        until: Timestamp,
        /// The record's state: `sending`, `waiting` or `unknown`.
        state: State,
        /// Why the record is in this state.
        reason: Option<Reason>,
    },
    /// The notification has the outcome in this record.
    Done(Record),
    /// The same key was used for other content.
    Conflict,
}

/// Decides the next step for a notification. `None` for `record` means that the table has none.
pub fn decide(record: Option<&Record>, context: &Context<'_>) -> Decision {
    let Some(record) = record else { return decide_first(context) };
    if record.state == State::Suppressed && record.attempt == 0 {
        return decide_again(record, context);
    }
    // Its customer may have got another message already, so a corrected event doesn't send this one.
    if record.lacks_number() {
        return Decision::Done(record.clone());
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
    if record.state == State::Waiting
        && let Some(refused) = refused(record, context)
    {
        return Decision::Move(refused);
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
                    if !record.resend_spent
                        && !context.is_outdated
                        && record.fingerprint == context.fingerprint =>
                {
                    claim(&Record { resend_spent: true, ..record.clone() }, context)
                }
                _ => Decision::Move(record.held(record.reason.clone(), context.now)),
            }
        }
        (State::Waiting, due) => match (staleness, due) {
            (Staleness::Stale, _) => Decision::Move(record.held(record.reason.clone(), context.now)),
            (Staleness::Pointless, _) if lacks_reference(record) => {
                Decision::Move(record.held(record.reason.clone(), context.now))
            }
            (Staleness::Pointless, _) => {
                Decision::Move(record.ended(State::Suppressed, stale(), context.now))
            }
            (Staleness::Fresh, Some(until)) => wait(record, until),
            (Staleness::Fresh, None) => claim(record, context),
        },
    }
}

/// The difference between the notification's content and the content of its record.
enum Changed {
    /// The content is the same.
    Nothing,
    /// The record belongs to another event that used the same key.
    AnotherEvent,
    /// The catalogue has changed since, and renders other content. An unsent notification, or one that the operator
    /// released, is sent with the new content. One that may have been sent cannot be sent again unchanged.
    Content { is_unsent: bool },
}

fn changed(record: &Record, context: &Context<'_>) -> Changed {
    if record.fingerprint == context.fingerprint {
        return Changed::Nothing;
    }
    if !context.is_same_event {
        return Changed::AnotherEvent;
    }
    let is_open = !record.unclear || is_released(record);
    let is_unsent = is_open && matches!(record.state, State::Waiting | State::Held);
    Changed::Content { is_unsent }
}

/// The record of a status after a newer or a final one was sent. Write it, then decide again.
pub fn superseded(record: Option<&Record>, fingerprint: &str, now: Timestamp) -> Record {
    let reason = Reason::new(ReasonClass::OurChoice, SUPERSEDED, SUPERSEDED_TEXT);
    let record = record.cloned().unwrap_or_else(|| Record::untried(fingerprint));
    record.ended(State::Suppressed, reason, now)
}

/// A held record whose event has come again: every provider may be asked, in order of preference.
fn reopened(record: &Record) -> Record {
    Record { provider: None, refused_by: BTreeSet::new(), mendable: false, ..record.clone() }
}

fn decide_first(context: &Context<'_>) -> Decision {
    let record = Record::untried(context.fingerprint);
    if let Some(refused) = refused(&record, context) {
        return Decision::Move(refused);
    }
    if context.staleness != Staleness::Fresh {
        return Decision::Move(record.moved_to(State::Suppressed, None, Some(stale())));
    }
    claim(&record, context)
}

/// Decides about a notification that was suppressed before any attempt, because its recipient was not allowed
/// or because its first event was too old or had no consent. An event that comes later may change that. An
/// earlier event that arrives late does not undo a later refusal of consent.
fn decide_again(record: &Record, context: &Context<'_>) -> Decision {
    let code = record.reason.as_ref().map(|reason| reason.code.as_str());
    if !matches!(code, Some(STALE | NO_CONSENT | NOT_ALLOWED)) {
        return Decision::Done(record.clone());
    }
    if let Some(refused) = refused(record, context) {
        let is_recorded = refused.no_consent_at <= record.no_consent_at;
        return if is_recorded { Decision::Done(record.clone()) } else { Decision::Move(refused) };
    }
    let was_refused_since = record.no_consent_at.is_some_and(|refused| refused > context.event_time);
    if was_refused_since || context.staleness != Staleness::Fresh {
        return Decision::Done(record.clone());
    }
    let record = Record { no_consent_at: None, ..record.clone() };
    claim(&Record { fingerprint: context.fingerprint.to_owned(), ..record }, context)
}

/// The record of a notification that must not be sent: the recipient is not allowed, or has not agreed to be
/// contacted, or its order has left the status that it is about. `None` if it may be sent.
fn refused(record: &Record, context: &Context<'_>) -> Option<Record> {
    let (code, text) = match (context.guard, context.consent) {
        (Guard::NotAllowed, _) => (NOT_ALLOWED, "the setting RECIPIENTS does not allow this recipient"),
        (Guard::Allowed, Consent::NotGiven) => (NO_CONSENT, "the customer has not agreed to be contacted"),
        (Guard::Allowed, Consent::Given) if context.is_outdated => (SUPERSEDED, SUPERSEDED_TEXT),
        (Guard::Allowed, Consent::Given) => return None,
    };
    let reason = Reason::new(ReasonClass::OurChoice, code, text);
    let suppressed = record.ended(State::Suppressed, reason, context.now);
    let no_consent_at = match context.consent {
        Consent::NotGiven => Some(context.event_time),
        Consent::Given => suppressed.no_consent_at,
    };
    Some(Record { no_consent_at, ..suppressed })
}

/// Whether an order status waits for its `reference_id`. That it never came is a mistake of the shop or the catalogue, which the
/// operator has to know.
fn lacks_reference(record: &Record) -> bool {
    record.reason.as_ref().is_some_and(|reason| reason.code == NO_REFERENCE_ID)
}

fn wait(record: &Record, until: Timestamp) -> Decision {
    Decision::Wait { until, state: record.state, reason: record.reason.clone() }
}

/// Claims the next attempt. The provider is the one that the record names, if it is still in the catalogue;
/// otherwise the first that has not refused; otherwise the first. A recipient that is not allowed, or no
/// longer, or has withdrawn the consent since the last attempt, gets no claim.
fn claim(record: &Record, context: &Context<'_>) -> Decision {
    if let Some(refused) = refused(record, context) {
        return Decision::Move(refused);
    }
    let named = record.provider.filter(|provider| context.providers.contains(provider));
    let open = || context.providers.iter().find(|provider| !record.refused_by.contains(provider)).copied();
    let first = || context.providers.first().copied();
    let Some(provider) = named.or_else(open).or_else(first) else {
        let text = "the event has no usable phone number; its fallback follows";
        let reason = Reason::new(ReasonClass::Recipient, NO_USABLE_NUMBER, text);
        return match record.state {
            State::Held => Decision::Done(record.clone()),
            _ => Decision::Move(record.ended(State::Rejected, reason, context.now)),
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

/// The record of an attempt whose lease has expired. The sender crashed, and a callback may still bring the
/// result.
pub(super) fn lease_over(record: &Record, policy: &Policy, now: Timestamp) -> Record {
    let window_end = now.saturating_add(policy.confirmation_window).unwrap_or(Timestamp::MAX);
    let reason = Reason::new(ReasonClass::Unclear, "lease_over", "the attempt left no known answer");
    record.unknown(window_end, reason)
}

fn stale() -> Reason {
    Reason::new(ReasonClass::OurChoice, STALE, "the event is older than the catalogue's max_age")
}
