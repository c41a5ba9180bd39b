//! Whether what follows a message on WhatsApp keeps the promises of a fallback: never two messages on one channel, nothing
//! without its reason or before its time, nothing after a known delivery, and always the next channel if its reason holds.

use std::time::{Duration, SystemTime};

use shared::delivery::FactKind;
use shared::protocol::{REPLACED, State};
use shared::provider::{Channel, Provider};
use simulator::aws::AwsTrouble;

use super::reach::SUPERSEDED;
use super::{Verdict, reach};
use crate::chaos::FUNCTION_TIMEOUT;
use crate::chaos::evidence::{ChannelSeen, EventSeen, Evidence, FallbackSeen, RecordSeen, SendSeen};

/// order-notifier reads the facts in the invocation that sends. So a fact was known to it if it was stored this long before
/// the send was accepted: an invocation's longest time, and some more for a request that outlives it. [`was_known`] says when
/// less is enough.
const KNOWN_BEFORE: Duration = FUNCTION_TIMEOUT.saturating_add(Duration::from_secs(2));

/// The reason's code of a message without consent.
const NO_CONSENT: &str = "no_consent";
/// The reason's code of a message that isn't needed, because another one has arrived.
const ARRIVED: &str = "arrived";

/// When the next channel follows a message, according to the message's own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follows {
    AtOnce,
    /// After the fallback's time, counted from the message's first record.
    After,
    Never,
}

/// One of the messages about an event: the first, or one that follows it.
struct Link<'a> {
    reference: &'a str,
    record: Option<&'a RecordSeen>,
    /// None for the notification itself.
    channel: Option<&'a ChannelSeen>,
}

impl Verdict {
    /// Checks each notification with a fallback.
    pub(super) fn followers(&mut self, evidence: &Evidence) {
        for event in &evidence.events {
            let Some(first) = event.due.notification() else { continue };
            let Some(fallback) = &event.fallback else { continue };
            let links = links(evidence, first, fallback);
            for channel in &fallback.channels {
                self.message(evidence, event, channel);
                self.outdated(evidence, event, channel);
            }
            for link in &links {
                self.known_arrival(evidence, event, link.reference, &links);
            }
            self.sequence(evidence, event, fallback, &links);
        }
    }

    /// The message of one channel was accepted at most once and only if the customer agreed; its record says so, and its
    /// end was not avoidable.
    fn message(&mut self, evidence: &Evidence, event: &EventSeen, channel: &ChannelSeen) {
        let (order, reference) = (&event.order, &channel.reference);
        let record = evidence.records.get(reference);
        let sends: Vec<&SendSeen> = sends_of(evidence, reference).collect();
        if sends.len() > 1 {
            self.report(order, format!("{reference} was accepted {} times", sends.len()));
        }
        let may_be_sent = channel.has_recipient && channel.has_consent;
        if !sends.is_empty() && !may_be_sent {
            self.report(order, format!("{reference} was sent, but must not be"));
        }
        if sends.is_empty() && record.is_some_and(|record| record.state == State::Accepted) {
            self.report(order, format!("{reference} is accepted, but no provider accepted it"));
        }
        for send in &sends {
            self.record_of(evidence, event, send, reference, record);
        }
        let Some(record) = record else { return };
        if !channel.has_recipient {
            self.report(order, format!("{reference} is recorded, but the customer has no recipient there"));
        }
        let is_unreachable = !channel.may_reach();
        let may_end = match record.state {
            State::Accepted => true,
            State::Sending | State::Waiting | State::Unknown => is_unreachable,
            State::Rejected => {
                matches!(channel.trouble, Some(AwsTrouble::OptedOut | AwsTrouble::InvalidRecipient))
            }
            State::Suppressed => match record.reason.as_deref() {
                Some(NO_CONSENT) => !channel.has_consent,
                Some(REPLACED) => is_unreachable,
                Some(ARRIVED) => true,
                Some(SUPERSEDED) => reach::is_overtaken(evidence, event),
                _ => false,
            },
            State::Held => record.unclear && (!sends.is_empty() || is_explained(evidence, channel, record)),
        };
        if !may_end {
            let is = reach::describe(record);
            self.report(order, format!("{reference} {is}, which was avoidable"));
        }
    }

    /// The message, the first one included, was not sent although the table knew that another one had arrived.
    fn known_arrival(&mut self, evidence: &Evidence, event: &EventSeen, reference: &str, links: &[Link<'_>]) {
        let others = || links.iter().filter(|link| link.reference != reference);
        for send in sends_of(evidence, reference) {
            let known = others().find(|link| {
                let known_at = evidence.arrivals.get(link.reference).filter(|_| !is_returned(evidence, link));
                known_at.is_some_and(|at| was_known(evidence, *at, send))
            });
            if let Some(known) = known {
                let known = known.reference;
                self.report(
                    &event.order,
                    format!("{reference} was sent, although {known} was known to arrive"),
                );
            }
        }
    }

    /// No message about an order's status was sent although a newer or the final status had been.
    fn outdated(&mut self, evidence: &Evidence, event: &EventSeen, channel: &ChannelSeen) {
        for send in sends_of(evidence, &channel.reference) {
            let was_sent_before = |newer: &EventSeen| {
                let mut sends = newer.due.notification().into_iter().flat_map(|it| sends_of(evidence, it));
                sends.any(|newer| was_known(evidence, newer.at, send))
            };
            if reach::overtaking(evidence, event).any(was_sent_before) {
                let reference = &channel.reference;
                self.report(&event.order, format!("{reference} was sent, although a newer status had been"));
            }
        }
    }

    /// Each channel followed only for a reason and not before its time; and it did follow if nothing has arrived.
    fn sequence(
        &mut self,
        evidence: &Evidence,
        event: &EventSeen,
        fallback: &FallbackSeen,
        links: &[Link<'_>],
    ) {
        let order = &event.order;
        // Of an order status nothing follows once the order has a newer one.
        let is_done =
            links.iter().any(|link| has_arrived(evidence, link)) || reach::is_overtaken(evidence, event);
        let usable = links.iter().filter(|link| link.channel.is_none_or(|channel| channel.has_recipient));
        let usable: Vec<&Link<'_>> = usable.collect();
        for pair in usable.windows(2) {
            let [before, link] = pair else { continue };
            let reference = link.reference;
            let Some(record_before) = before.record else {
                // Nothing may follow it. That it is missing itself is reported where it should have followed; a first message
                // without a record has lost its event.
                if link.record.is_some() {
                    let before = before.reference;
                    self.report(
                        order,
                        format!("{reference} followed without a reason: {before} isn't recorded"),
                    );
                }
                continue;
            };
            let due_at = record_before.created_at.checked_add(fallback.after).ok();
            match (link.record, follows(evidence, before, record_before, fallback)) {
                (Some(_), Follows::Never) => {
                    let (before, is) = (before.reference, reach::describe(record_before));
                    self.report(order, format!("{reference} followed without a reason: {before} {is}"));
                }
                (Some(record), Follows::After) if due_at.is_none_or(|due_at| record.created_at < due_at) => {
                    self.report(order, format!("{reference} followed before its time"));
                }
                (None, Follows::AtOnce) if !is_done => {
                    self.report(order, format!("{reference} did not follow, but nothing has arrived"));
                }
                (None, Follows::After)
                    if !is_done && due_at.is_some_and(|due_at| due_at <= evidence.advanced_to) =>
                {
                    self.report(
                        order,
                        format!("{reference} did not follow in time, but nothing has arrived"),
                    );
                }
                _ => {}
            }
        }
    }
}

/// The notification and its channels, in order.
fn links<'a>(evidence: &'a Evidence, first: &'a str, fallback: &'a FallbackSeen) -> Vec<Link<'a>> {
    let link =
        |reference: &'a str, channel| Link { reference, record: evidence.records.get(reference), channel };
    let channels = fallback.channels.iter().map(|channel| link(&channel.reference, Some(channel)));
    std::iter::once(link(first, None)).chain(channels).collect()
}

/// When the next channel follows this message, by the terms of `docs/when-whatsapp-does-not-arrive.md`.
fn follows(evidence: &Evidence, link: &Link<'_>, record: &RecordSeen, fallback: &FallbackSeen) -> Follows {
    let on = fallback.on;
    let undelivered = if on.undelivered { Follows::After } else { Follows::Never };
    let is_follower = link.channel.is_some();
    match record.state {
        State::Accepted if on.failed && has_fact(evidence, record, FactKind::Failed) => Follows::AtOnce,
        State::Rejected if on.rejected => Follows::AtOnce,
        State::Suppressed => match record.reason.as_deref() {
            // It was waiting when its time was over.
            Some(REPLACED) if is_follower || on.undelivered => Follows::After,
            Some(NO_CONSENT) if is_follower || on.undelivered || on.rejected => Follows::AtOnce,
            _ => Follows::Never,
        },
        // A channel that can't be used doesn't stop the next one.
        State::Waiting if is_follower => Follows::After,
        State::Accepted
        | State::Rejected
        | State::Sending
        | State::Waiting
        | State::Unknown
        | State::Held => undelivered,
    }
}

/// Whether the table knows that the message has arrived.
fn has_arrived(evidence: &Evidence, link: &Link<'_>) -> bool {
    let has = |kind| link.record.is_some_and(|record| has_fact(evidence, record, kind));
    (has(FactKind::Delivered) || has(FactKind::Read)) && !is_returned(evidence, link)
}

/// Whether a mail server may have taken an e-mail and returned it later.
fn is_returned(evidence: &Evidence, link: &Link<'_>) -> bool {
    let is_email = |record: &RecordSeen| record.provider.map(Provider::channel) == Some(Channel::Email);
    link.record.is_some_and(|record| is_email(record) && has_fact(evidence, record, FactKind::Failed))
}

fn has_fact(evidence: &Evidence, record: &RecordSeen, kind: FactKind) -> bool {
    record.messages.iter().filter_map(|id| evidence.facts.get(id)).any(|facts| facts.contains(&kind))
}

/// Whether order-notifier knew before this send what the table had at this time. While the clock advances, no invocation runs:
/// each later one has read the table after that.
fn was_known(evidence: &Evidence, at: SystemTime, send: &SendSeen) -> bool {
    let has_read_since = evidence.advances.iter().any(|advance| (at..send.at).contains(advance));
    has_read_since || at.checked_add(KNOWN_BEFORE).is_some_and(|until| until < send.at)
}

/// The accepted sends of this notification.
pub(super) fn sends_of<'a>(evidence: &'a Evidence, reference: &'a str) -> impl Iterator<Item = &'a SendSeen> {
    evidence.sends.iter().filter(move |send| send.notification.as_deref() == Some(reference))
}

/// Whether a silent service or a killed sender explains the unknown outcome.
fn is_explained(evidence: &Evidence, channel: &ChannelSeen, record: &RecordSeen) -> bool {
    let is_silent = matches!(channel.trouble, Some(AwsTrouble::ServerError | AwsTrouble::AcceptedInSilence));
    reach::is_explained_by(evidence, is_silent, record)
}
