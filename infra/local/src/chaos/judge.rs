//! Judges a run by its evidence. Pure.
//!
//! Nine questions: Has every event its outcome, or is it still queued or stored? Was no better outcome possible? Did
//! every reachable customer get the message? Was each notification accepted at most once, and does its record say so?
//! Does the table contain exactly the facts that the webhook accepted? Were an order's statuses sent in order? Was each
//! outcome and each fact published once as a status event, and nothing else? Did each message that follows on another
//! channel have its reason, and did none follow that must not? Was every customer reached whom any channel could reach?

mod any_channel;
mod followers;
mod reach;
mod status_events;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use shared::delivery::FactKind;
use shared::protocol::{REPLACED, State};
use shared::provider::Provider;
use simulator::Expected;

use super::evidence::{CallbackEnd, Due, EventSeen, Evidence, RecordSeen, ReplySeen, SendSeen};

pub use reach::Reach;

/// A kill this long before a send's acceptance interrupted the request.
const ON_THE_WAY: Duration = Duration::from_secs(1);
/// A kill this long after a send's acceptance may have prevented the settlement.
const UNWRITTEN: Duration = Duration::from_secs(5);

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The order, or an event's id if there is no order.
    pub about: String,
    /// The difference from the rule.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.about, self.what)
    }
}

/// Whether all activity had ended when the evidence was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quiet {
    /// All activity had ended.
    Reached,
    /// The time limit was reached first.
    OutOfTime,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Verdict {
    /// The number of the queue's messages by outcome.
    pub tally: BTreeMap<&'static str, usize>,
    /// Acceptances that are held because the answer arrived after the sender's timeout.
    pub too_late: usize,
    /// How many reachable customers got their message.
    pub reach: Reach,
    /// How many customers were reached, on WhatsApp or on a channel that follows it.
    pub reach_on_any_channel: Reach,
    pub violations: Vec<Violation>,
}

/// The tally's label for a message that is still on the queue.
pub(super) const STILL_QUEUED: &str = "still queued";
/// The tally's label for an event that the table stores and delivery-sweeper requeues.
const KEPT: &str = "stored in the table";
const LOST: &str = "lost";

/// Judges the evidence of a run.
pub(super) fn judge(evidence: &Evidence, quiet: Quiet) -> Verdict {
    let mut verdict = Verdict::default();
    if quiet == Quiet::OutOfTime {
        verdict.report("the run", "activity had not ended at the time limit");
    }
    verdict.outcomes(evidence);
    verdict.ends(evidence);
    verdict.reach(evidence);
    verdict.reach_on_any_channel(evidence);
    verdict.sends(evidence);
    verdict.facts(evidence);
    verdict.followers(evidence);
    verdict.statuses(evidence);
    verdict.status_events(evidence);
    verdict
}

impl Verdict {
    fn report(&mut self, about: &str, what: impl Into<String>) {
        self.violations.push(Violation { about: about.to_owned(), what: what.into() });
    }

    /// Every message that arrived at the queue has its outcome or is still queued, and every record has an event.
    fn outcomes(&mut self, evidence: &Evidence) {
        let mut queued = evidence.queued.clone();
        for delivery in &evidence.deliveries {
            let Some(event) = evidence.events.get(delivery.event) else { continue };
            let end = match queued.get_mut(&delivery.id).filter(|count| **count > 0) {
                Some(count) => {
                    *count -= 1;
                    STILL_QUEUED
                }
                None => self.outcome(evidence, event, &delivery.id),
            };
            *self.tally.entry(end).or_default() += 1;
        }
        for (id, _) in queued.iter().filter(|(_, count)| **count > 0) {
            self.report(id, "is on the queue more often than it was sent");
        }
        let channels =
            evidence.events.iter().filter_map(|it| it.fallback.as_ref()).flat_map(|it| &it.channels);
        let firsts = evidence.events.iter().filter_map(|it| it.due.notification());
        let asked: BTreeSet<&str> =
            firsts.chain(channels.map(|channel| channel.reference.as_str())).collect();
        for reference in evidence.records.keys().filter(|reference| !asked.contains(reference.as_str())) {
            self.report(reference, "is recorded without an event");
        }
        let invalid: BTreeSet<&str> = evidence
            .deliveries
            .iter()
            .filter(|it| evidence.events.get(it.event).is_some_and(|event| event.due == Due::Invalid))
            .map(|it| it.id.as_str())
            .collect();
        for id in evidence.invalid.iter().filter(|id| !invalid.contains(id.as_str())) {
            self.report(id, "is recorded as invalid, but is valid");
        }
    }

    /// The outcome of an event whose message has left the queue.
    fn outcome(&mut self, evidence: &Evidence, event: &EventSeen, id: &str) -> &'static str {
        let missing = match &event.due {
            Due::Ignored => return "ignored",
            Due::Invalid if evidence.invalid.contains(id) => return "invalid",
            Due::Invalid => "a record of its faults".to_owned(),
            Due::Sendable(reference) | Due::Unsendable(reference) => match evidence.records.get(reference) {
                Some(record) if record.state.is_terminal() => return record.state.name(),
                Some(_) if evidence.kept.contains(reference) => return KEPT,
                Some(record) => format!("an outcome: {reference} is {}", record.state),
                None => format!("a record of {reference}"),
            },
        };
        self.report(&event.order, format!("event {id} has left the queue without {missing}"));
        LOST
    }

    /// According to the plan, no notification ended worse than necessary.
    fn ends(&mut self, evidence: &Evidence) {
        for event in &evidence.events {
            let record = event.due.notification().and_then(|reference| evidence.records.get(reference));
            let Some(record) = record else { continue };
            let may_end = match (record.state, event.at_the_providers) {
                (State::Accepted | State::Sending | State::Waiting | State::Unknown, _) => true,
                // The plan forbids sending it.
                (state, None) => state == State::Suppressed,
                (State::Rejected, Some(_)) => event.is_refused_for_good,
                (State::Suppressed, Some(expected)) => {
                    reach::is_overtaken(evidence, event) || may_be_replaced(event, expected, record)
                }
                (State::Held, Some(expected)) => {
                    record.unclear
                        && (reach::is_accepted(evidence, event)
                            || reach::is_explained(evidence, expected, record))
                }
            };
            if !may_end {
                let order = &event.order;
                self.report(
                    order,
                    format!("its notification {}, which was avoidable", reach::describe(record)),
                );
            }
        }
    }

    /// At most one send of a notification was accepted, and its record agrees.
    fn sends(&mut self, evidence: &Evidence) {
        let mut by_notification: BTreeMap<&str, Vec<&SendSeen>> = BTreeMap::new();
        for send in &evidence.sends {
            match &send.notification {
                Some(reference) => by_notification.entry(reference).or_default().push(send),
                None => self.report(send.provider.name(), "accepted a send without an event"),
            }
        }
        for event in &evidence.events {
            if let Some(misread) = &event.misread {
                self.report(&event.order, misread);
            }
            let Some(reference) = event.due.notification() else { continue };
            let sends = by_notification.get(reference).map(Vec::as_slice).unwrap_or_default();
            let record = evidence.records.get(reference);
            if sends.len() > 1 {
                let by: Vec<_> = sends.iter().map(|send| send.provider.name()).collect();
                self.report(&event.order, format!("{reference} was accepted {} times: {by:?}", by.len()));
            }
            if !sends.is_empty() && matches!(event.due, Due::Unsendable(_)) {
                self.report(&event.order, format!("{reference} was sent, but must not be"));
            }
            if sends.is_empty() && record.is_some_and(|record| record.state == State::Accepted) {
                self.report(&event.order, format!("{reference} is accepted, but no provider accepted it"));
            }
            for send in sends {
                if let Some(language) = event.language.filter(|language| *language != send.language) {
                    self.report(
                        &event.order,
                        format!("{reference} must be sent in {language}, but was in {}", send.language),
                    );
                }
                self.record_of(evidence, event, send, reference, record);
            }
        }
    }

    fn record_of(
        &mut self,
        evidence: &Evidence,
        event: &EventSeen,
        send: &SendSeen,
        reference: &str,
        record: Option<&RecordSeen>,
    ) {
        let Some(record) = record else {
            self.report(&event.order, format!("{reference} was accepted, but has no record"));
            return;
        };
        let by = send.provider;
        let allowed = match record.state {
            State::Held | State::Unknown | State::Sending if must_be_known(evidence, send) => {
                let is_too_late = is_too_late(send, record);
                self.too_late += usize::from(is_too_late);
                is_too_late
            }
            State::Accepted | State::Held | State::Unknown | State::Sending => true,
            State::Waiting | State::Rejected | State::Suppressed => false,
        };
        if !allowed {
            let why = record.reason.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
            self.report(
                &event.order,
                format!("{reference} was accepted by {by:?} and is {}{why}", record.state),
            );
        }
        let may_name_no_id = evidence.has_foreign_reports && send.reply != ReplySeen::Complete;
        if record.state == State::Accepted
            && !(id_was_never_sent(send) || may_name_no_id)
            && record.messages.is_disjoint(&send.ids)
        {
            self.report(
                &event.order,
                format!("{reference} was accepted by {by:?}, but its id isn't recorded"),
            );
        }
    }

    /// The table contains the facts that the webhook accepted, and no others.
    fn facts(&mut self, evidence: &Evidence) {
        for send in &evidence.sends {
            let about = send.notification.as_deref().unwrap_or_else(|| send.provider.name());
            if send.callbacks.iter().any(|callback| callback.end == CallbackEnd::GivenUp) {
                self.report(about, "the webhook accepted no try of a callback");
            }
            let taken = taken(send);
            let posted = send.callbacks.iter().map(|it| it.kind).chain(send.polled.clone()).collect();
            if !evidence.has_foreign_reports {
                let stored = evidence.facts.get(&send.message).cloned().unwrap_or_default();
                self.compare(about, "under the message's id", &stored, &taken, &posted);
            }
            let record = send.notification.as_ref().and_then(|it| evidence.records.get(it));
            let Some(record) = record.filter(|it| it.state == State::Accepted && !it.messages.is_empty())
            else {
                continue;
            };
            let known = record.messages.iter().filter_map(|id| evidence.facts.get(id)).flatten();
            self.compare(about, "of the notification", &known.copied().collect(), &taken, &posted);
        }
        let mut sent: BTreeSet<_> = evidence.sends.iter().flat_map(|send| &send.ids).collect();
        if evidence.has_foreign_reports {
            sent.extend(evidence.records.values().flat_map(|record| &record.messages));
        }
        for (message, _) in evidence.facts.iter().filter(|(message, _)| !sent.contains(message)) {
            let about = format!("message {} of {:?}", message.id.fingerprint(), message.provider);
            self.report(&about, "is in the table, but no provider accepted it");
        }
    }

    fn compare(
        &mut self,
        about: &str,
        place: &str,
        stored: &BTreeSet<FactKind>,
        taken: &BTreeSet<FactKind>,
        posted: &BTreeSet<FactKind>,
    ) {
        // A callback may have been stored although it was not answered.
        if !(taken.is_subset(stored) && stored.is_subset(posted)) {
            self.report(about, format!("{place} there are {stored:?}, but the webhook accepted {taken:?}"));
        }
    }

    /// No older status was accepted after a newer one, and none after a final one.
    fn statuses(&mut self, evidence: &Evidence) {
        let planned: BTreeMap<&str, &EventSeen> =
            evidence.events.iter().filter_map(|event| Some((event.due.notification()?, event))).collect();
        let mut furthest = BTreeMap::new();
        for send in &evidence.sends {
            let Some(event) = send.notification.as_deref().and_then(|it| planned.get(it)) else { continue };
            let Some(status) = event.status else { continue };
            let before = furthest.entry(event.order.as_str()).or_insert(status);
            if status.place < before.place {
                self.report(
                    &event.order,
                    format!("status {} was accepted after status {}", status.place, before.place),
                );
            } else if before.is_final && status.place != before.place {
                self.report(&event.order, format!("status {} was accepted after a final one", status.place));
            } else {
                *before = status;
            }
        }
    }
}

fn taken(send: &SendSeen) -> BTreeSet<FactKind> {
    send.callbacks.iter().filter(|it| it.end == CallbackEnd::Taken).map(|it| it.kind).collect()
}

/// Whether the sender or the webhook received the id of the accepted message, and no kill interfered.
fn must_be_known(evidence: &Evidence, send: &SendSeen) -> bool {
    let killed = evidence.kills.iter().any(|kill| {
        let (from, to) = (send.at.checked_sub(ON_THE_WAY), send.at.checked_add(UNWRITTEN));
        from.is_some_and(|from| *kill >= from) && to.is_some_and(|to| *kill <= to)
    });
    let echoed = send.provider != Provider::OneMsg && !taken(send).is_empty();
    echoed || (send.reply != ReplySeen::Lost && !killed)
}

/// Whether the record says that the answer exceeded the sender's timeout, and no callback proves the acceptance: a busy
/// machine causes this, not a fault of the sender.
fn is_too_late(send: &SendSeen, record: &RecordSeen) -> bool {
    let is_silent = send.provider == Provider::OneMsg || (send.provider.is_aws() && taken(send).is_empty());
    is_silent && record.reason.as_deref() == Some("timeout")
}

/// Whether another channel may follow in place of the message, which no provider takes.
fn may_be_replaced(event: &EventSeen, expected: Expected, record: &RecordSeen) -> bool {
    let may_follow = event.fallback.as_ref().is_some_and(|fallback| fallback.on.undelivered);
    may_follow && !expected.may_reach_the_customer() && record.reason.as_deref() == Some(REPLACED)
}

/// Whether neither the reply nor a callback with our reference contained an id.
fn id_was_never_sent(send: &SendSeen) -> bool {
    send.reply == ReplySeen::WithoutId && (send.provider == Provider::OneMsg || taken(send).is_empty())
}
