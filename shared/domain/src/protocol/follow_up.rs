//! Decides what follows a message that may not arrive: pure, from what the table knows about the message and about those
//! that have followed it.

use std::time::Duration;

use jiff::Timestamp;

use super::{Held, Reason, ReasonClass, Record, State, is_released};
use crate::catalogue::FallbackTerms;
use crate::delivery::DeliveryFacts;
use crate::provider::Channel;

/// The reason code of a message in whose place another channel is used.
pub const REPLACED: &str = "replaced";
/// The reason code of a message that is not needed any more, because an earlier one arrived.
const ARRIVED: &str = "arrived";

/// A message of a notification with a fallback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Link {
    /// A message that an earlier catalogue sent, and that the current one doesn't have or can't render. Only its arrival counts.
    Former,
    /// The notification itself.
    First,
    /// The same message once more, after a failure that another time mends.
    Again,
    /// The message of this channel of the fallback; the first is 0.
    Channel(usize),
}

/// What the table knows about one of the messages, read consistently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which message it is.
    pub link: Link,
    /// Its record.
    pub record: Record,
    /// When its record was written first.
    pub created_at: Timestamp,
    /// The facts about it, under all its ids.
    pub facts: DeliveryFacts,
}

/// What doesn't change while a fallback is decided.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FollowUpCase {
    /// When which channel follows.
    pub terms: FallbackTerms,
    /// The channels whose message can be rendered from the event, in order.
    pub usable: Vec<usize>,
    /// When the event is too old to be sent; nothing follows after that.
    pub ends_at: Timestamp,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowUp {
    /// Run the send machine for this message, which has no record yet, or whose record may be due.
    Deliver(Link),
    /// Write `next` in place of `known`, then decide again: the message is definitely unsent and must not follow.
    Replace {
        /// Which message it is.
        link: Link,
        /// The record that the decision was based on.
        known: Box<Record>,
        /// The record to write.
        next: Box<Record>,
    },
    /// Nothing before this time.
    Wait(Timestamp),
    /// Nothing will follow.
    Ended,
}

/// Decides from all messages that have a record, in the order of [`Link`]. `ran` is the message for which the send machine has
/// run last since the event came.
pub fn follow_up(seen: &[Seen], ran: Option<Link>, case: &FollowUpCase, now: Timestamp) -> FollowUp {
    // What the operator has sent again is sent, unless another message has arrived.
    let has_other_arrived = |link: Link| seen.iter().any(|it| it.link != link && it.has_arrived());
    let released = seen.iter().find(|it| {
        is_released(&it.record)
            && it.link != Link::Former
            && ran != Some(it.link)
            && !has_other_arrived(it.link)
    });
    if let Some(released) = released {
        return FollowUp::Deliver(released.link);
    }
    if seen.iter().any(Seen::has_arrived) {
        let mut ours = seen.iter().filter(|it| it.link != Link::Former && has_other_arrived(it.link));
        return ours.find(|it| is_open(&it.record)).map_or(FollowUp::Ended, |it| end_open(it, now));
    }
    let ours = seen.iter().filter(|it| it.link != Link::Former);
    let Some(last) = ours.max_by_key(|it| (it.created_at, it.link)) else {
        return FollowUp::Deliver(Link::First);
    };
    // A repeated event may lift what suppressed it before any attempt.
    if is_liftable(&last.record) && ran != Some(last.link) && now < case.ends_at {
        return FollowUp::Deliver(last.link);
    }
    let next = case.next_channel(seen);
    let has_run = ran == Some(last.link);
    match verdict(last, case, now) {
        Verdict::Again(at) if at <= now => FollowUp::Deliver(Link::Again),
        Verdict::Over if is_open(&last.record) => continue_last(last, has_run, None),
        Verdict::Over => FollowUp::Ended,
        Verdict::GivenUp => match next {
            Some(_) if is_unsent(&last.record) => {
                replace(last, REPLACED, "it was not sent in time, and another channel is used", now)
            }
            Some(link) => FollowUp::Deliver(link),
            None if is_open(&last.record) => continue_last(last, has_run, None),
            None => FollowUp::Ended,
        },
        Verdict::Until(at) if is_open(&last.record) => continue_last(last, has_run, next.map(|_| at)),
        Verdict::Until(_) if next.is_none() && !case.may_repeat(last.link) => FollowUp::Ended,
        Verdict::Again(at) | Verdict::Until(at) => FollowUp::Wait(at),
    }
}

impl Seen {
    /// Whether it has reached the customer. A mail server that took an e-mail may return it later.
    fn has_arrived(&self) -> bool {
        let is_email = self.record.provider.is_some_and(|provider| provider.channel() == Channel::Email);
        let is_returned = is_email
            && self.facts.read_at.is_none()
            && self
                .facts
                .failed_at
                .is_some_and(|failed| self.facts.delivered_at.is_some_and(|at| failed > at));
        has_arrived(&self.facts) && !is_returned
    }
}

/// Whether the send machine may lift the suppression of a message before its first attempt, once its event comes again.
fn is_liftable(record: &Record) -> bool {
    let code = record.reason.as_ref().map(|reason| reason.code.as_str());
    record.state == State::Suppressed
        && record.attempt == 0
        && matches!(code, Some(super::decide::NO_CONSENT | super::decide::NOT_ALLOWED | super::decide::STALE))
}

/// Whether a message has reached the customer.
pub const fn has_arrived(facts: &DeliveryFacts) -> bool {
    facts.delivered_at.is_some() || facts.read_at.is_some()
}

/// How long to wait before the same message is sent once more through WhatsApp, by the code of its failure; `None` if no
/// other time helps, or if that is not known.
///
/// Source: Meta's page "Error codes" of the Cloud API, whose numbers 1MSG and Kaleyra pass on. 131049: "wait at least a
/// day"; 131048 and the rate limits: later; 131000, 131016, 1 and 2: Meta's own trouble.
pub fn another_time(code: Option<&str>) -> Option<Duration> {
    match code?.trim() {
        "131048" | "131049" => Some(Duration::from_hours(24)),
        "1" | "2" | "131000" | "131016" => Some(Duration::from_hours(1)),
        "4" | "80007" | "130429" | "131056" => Some(Duration::from_mins(15)),
        _ => None,
    }
}

/// What a message's own state says about it.
enum Verdict {
    /// It may still arrive: the next channel follows at this time.
    Until(Timestamp),
    /// It won't arrive, or not in time: the next channel follows.
    GivenUp,
    /// It is sent once more at this time.
    Again(Timestamp),
    /// Nothing may follow.
    Over,
}

fn verdict(last: &Seen, case: &FollowUpCase, now: Timestamp) -> Verdict {
    let on = case.terms.on;
    if now >= case.ends_at {
        return Verdict::Over;
    }
    let due = last.created_at.saturating_add(case.terms.after).unwrap_or(Timestamp::MAX).min(case.ends_at);
    // A channel that can't be used must not stop the next one.
    let is_stuck = last.link != Link::First && is_unsent(&last.record);
    let late = || match (on.undelivered || is_stuck, now >= due) {
        (true, true) => Verdict::GivenUp,
        (_, false) => Verdict::Until(due),
        // It may still fail, and a failure may have been missed.
        (false, true) => {
            let again = now.saturating_add(case.terms.after).unwrap_or(Timestamp::MAX);
            Verdict::Until(again.min(case.ends_at))
        }
    };
    match last.record.state {
        State::Accepted => match last.facts.failed_at {
            Some(failed_at) => match case.again_at(last, failed_at) {
                Some(at) => Verdict::Again(at),
                None if on.failed => Verdict::GivenUp,
                None => late(),
            },
            None => late(),
        },
        State::Rejected if on.rejected => Verdict::GivenUp,
        State::Rejected if on.undelivered => late(),
        State::Suppressed => match last.record.reason.as_ref().map(|reason| reason.code.as_str()) {
            Some(REPLACED) => Verdict::GivenUp,
            Some(super::decide::NO_CONSENT | super::decide::NOT_ALLOWED) if last.link != Link::First => {
                Verdict::GivenUp
            }
            // The customer may have agreed to the next channel.
            Some(super::decide::NO_CONSENT) if on.undelivered || on.rejected => Verdict::GivenUp,
            _ => Verdict::Over,
        },
        State::Rejected => Verdict::Over,
        // While an attempt runs, nothing else may.
        State::Sending => Verdict::Until(due.max(last.record.due_at.unwrap_or(now))),
        State::Waiting | State::Unknown | State::Held => late(),
    }
}

impl FollowUpCase {
    /// The first channel that has no message yet.
    fn next_channel(&self, seen: &[Seen]) -> Option<Link> {
        let mut channels = self.usable.iter().map(|index| Link::Channel(*index));
        channels.find(|channel| seen.iter().all(|it| it.link != *channel))
    }

    /// Whether this message may be sent once more.
    fn may_repeat(&self, link: Link) -> bool {
        self.terms.retries && link == Link::First
    }

    /// When to send the first message once more, if its failure says that this helps and there is time for it.
    fn again_at(&self, last: &Seen, failed_at: Timestamp) -> Option<Timestamp> {
        let code = last.facts.failure.as_ref().and_then(|failure| failure.code.as_deref());
        let wait = another_time(code).filter(|_| self.may_repeat(last.link))?;
        failed_at.checked_add(wait).ok().filter(|at| *at < self.ends_at)
    }
}

/// Whether the send machine has something left to do for a message.
fn is_open(record: &Record) -> bool {
    match record.state {
        State::Sending | State::Waiting | State::Unknown => true,
        State::Held => record.held_as() == Some(Held::Unsent),
        State::Accepted | State::Rejected | State::Suppressed => false,
    }
}

/// Whether a message is definitely unsent, and would be sent later.
fn is_unsent(record: &Record) -> bool {
    !record.unclear && matches!(record.state, State::Waiting | State::Held)
}

/// Runs the send machine for the last message, or waits until it is due or until the next channel follows.
fn continue_last(last: &Seen, has_run: bool, next_at: Option<Timestamp>) -> FollowUp {
    if !has_run {
        return FollowUp::Deliver(last.link);
    }
    let own = last.record.due_at.filter(|_| last.record.state != State::Held);
    own.into_iter().chain(next_at).min().map_or(FollowUp::Ended, FollowUp::Wait)
}

/// Ends a message that is not needed any more. One that may have been sent waits for its answer, and is held then.
fn end_open(seen: &Seen, now: Timestamp) -> FollowUp {
    let record = &seen.record;
    if is_unsent(record) {
        return replace(seen, ARRIVED, "another message about the same event arrived", now);
    }
    match record.due_at.filter(|until| *until > now) {
        Some(until) => FollowUp::Wait(until),
        // The send machine gives an attempt whose lease is over its window.
        None if record.state == State::Sending => FollowUp::Deliver(seen.link),
        None => FollowUp::Replace {
            link: seen.link,
            known: Box::new(record.clone()),
            next: Box::new(record.held(record.reason.clone(), now)),
        },
    }
}

fn replace(seen: &Seen, code: &str, text: &str, now: Timestamp) -> FollowUp {
    let reason = Reason::new(ReasonClass::OurChoice, code, text);
    let next = seen.record.ended(State::Suppressed, reason, now);
    FollowUp::Replace { link: seen.link, known: Box::new(seen.record.clone()), next: Box::new(next) }
}

#[cfg(test)]
mod tests;
