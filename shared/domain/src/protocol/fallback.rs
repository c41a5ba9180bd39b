//! The machine of a notification with a fallback: one run over one event. It runs the send machine for the notification and
//! for the messages that follow it, and keeps or deletes the event. Like the send machine it does no I/O.
//!
//! Each message has its own record and its own key, so the send machine's promises hold for each: it is claimed before it is
//! sent, and sent at most once. The messages come one after the other, and each only if the table shows no delivery of any
//! earlier one.

use jiff::Timestamp;

use super::effect::End;
use super::follow_up::{FollowUp, FollowUpCase, Link, Seen, follow_up};
use super::owner::Owner;
use super::{Record, State};

/// One run over one event of a notification with a fallback.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FallbackMachine {
    case: FollowUpCase,
    owner: Owner,
    /// Whether the event may have been processed before.
    is_repeated: bool,
    /// The first message's content, if the record under its key may belong to another event.
    fingerprint: Option<String>,
    effect: FallbackEffect,
    /// How the last run of the send machine ended.
    end: Option<End>,
    /// The message for which it ran last.
    has_run: Option<Link>,
    /// The record of the first message, as far as it was read.
    first: Option<Record>,
    /// Whether the last message waits for the operator.
    is_held: bool,
    /// Whether this run has stored the event before it read what is known.
    is_stored: bool,
    /// The last message that the send machine found or made accepted in this run: its ids are stored.
    has_ids: Option<Link>,
}

/// The next request for the caller to carry out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FallbackEffect {
    /// Run the send machine for this message. Answered by [`FallbackInput::Delivered`] or [`FallbackInput::Outdated`].
    Deliver {
        /// Which message it is.
        link: Link,
        /// Whether it has a record, as far as this run knows. Only a message without one may be outdated: of any other the send
        /// machine has to record the end.
        has_begun: bool,
    },
    /// Read every message of the notification consistently. Answered by [`FallbackInput::Seen`].
    Read,
    /// Replace the record of a message that is definitely unsent.
    Replace {
        /// Which message it is.
        link: Link,
        /// The record that the decision was based on.
        known: Record,
        /// The record to write.
        next: Record,
    },
    /// Store the event in the table.
    StoreEvent {
        /// When the event is due; `None` if only the operator can bring it back.
        due_at: Option<Timestamp>,
        /// Whether the sweeper may delete it once the first message has arrived: nothing has followed yet.
        awaits_arrival: bool,
    },
    /// Delete the event from the table.
    DeleteEvent,
    /// The run is over.
    Finish(End),
}

/// The result of an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FallbackInput {
    /// Starts the run; only the first input.
    Begin,
    /// How the send machine ended.
    Delivered(End),
    /// The message is not begun, because it follows the message of a status that the order has left since.
    Outdated,
    /// The messages that have a record, in the order of [`Link`].
    Seen(Vec<Seen>),
    /// The write succeeded.
    Done,
    /// The record was another one.
    Conflict,
    /// The request failed. A write may have succeeded after all.
    Failed,
}

impl FallbackMachine {
    /// A machine for one event, to be started with [`FallbackInput::Begin`]. `is_repeated` says whether the event may have
    /// been processed before; otherwise nothing is read before the first message is claimed.
    /// `fingerprint` is that of the first message, unless a record under its key is known to be this event's.
    pub fn new(case: FollowUpCase, owner: Owner, is_repeated: bool, fingerprint: Option<String>) -> Self {
        let effect = FallbackEffect::Read;
        Self {
            case,
            owner,
            is_repeated,
            fingerprint,
            effect,
            end: None,
            has_run: None,
            first: None,
            is_held: false,
            is_stored: false,
            has_ids: None,
        }
    }

    /// The request for the caller to carry out now.
    pub const fn effect(&self) -> &FallbackEffect {
        &self.effect
    }

    /// Continues with the result of the last request and returns the next one.
    pub fn step(&mut self, input: FallbackInput, now: Timestamp) -> &FallbackEffect {
        self.effect = self.next(input, now);
        &self.effect
    }

    fn next(&mut self, input: FallbackInput, now: Timestamp) -> FallbackEffect {
        let effect = std::mem::replace(&mut self.effect, FallbackEffect::Read);
        match (effect, input) {
            (_, FallbackInput::Begin) if self.is_repeated => FallbackEffect::Read,
            (_, FallbackInput::Begin) => deliver_first(),
            (FallbackEffect::Deliver { link, .. }, FallbackInput::Delivered(end)) => {
                self.delivered(link, end, now)
            }
            // No channel follows, but a message before it may still be open.
            (FallbackEffect::Deliver { .. }, FallbackInput::Outdated) => {
                self.case.usable.clear();
                FallbackEffect::Read
            }
            (FallbackEffect::Read, FallbackInput::Seen(seen)) => self.follow(&seen, now),
            (FallbackEffect::Replace { .. }, FallbackInput::Done | FallbackInput::Conflict) => {
                FallbackEffect::Read
            }
            (FallbackEffect::StoreEvent { .. }, FallbackInput::Failed) => FallbackEffect::Finish(End::Failed),
            // A failure that was reported before the event was stored has made nothing due.
            (FallbackEffect::StoreEvent { awaits_arrival: true, .. }, _) if self.is_stored => {
                FallbackEffect::Read
            }
            // An event that could not be deleted is brought back once more, and deleted then.
            (FallbackEffect::StoreEvent { .. } | FallbackEffect::DeleteEvent, _) => self.finish(),
            (FallbackEffect::Finish(end), _) => FallbackEffect::Finish(end),
            _ => FallbackEffect::Finish(End::Failed),
        }
    }

    /// Continues after a run of the send machine.
    fn delivered(&mut self, link: Link, end: End, now: Timestamp) -> FallbackEffect {
        self.has_run = Some(link);
        self.end = Some(end.clone());
        if matches!(&end, End::Outcome(record) if record.state == State::Accepted) {
            self.has_ids = Some(link);
        }
        match end {
            End::OrderBusy { at } if self.owner.moves_wait_to_table(State::Waiting, at) => {
                self.end = Some(End::Kept { at, state: State::Waiting, reason: None });
                FallbackEffect::StoreEvent { due_at: Some(at), awaits_arrival: false }
            }
            End::Failed | End::NoTime | End::Conflict | End::OrderBusy { .. } => FallbackEffect::Finish(end),
            // What was just accepted can't have a follower yet. The event is stored first: from then on a failure makes it due.
            End::Outcome(record)
                if record.state == State::Accepted && link == Link::First && !self.is_repeated =>
            {
                let after = if self.case.terms.on.undelivered { Some(self.case.terms.after) } else { None };
                let due = after.and_then(|after| now.checked_add(after).ok()).unwrap_or(self.case.ends_at);
                self.first = Some(record);
                let kept = self.keep(due.min(self.case.ends_at), true);
                self.is_stored = matches!(kept, FallbackEffect::StoreEvent { .. });
                kept
            }
            _ => FallbackEffect::Read,
        }
    }

    fn follow(&mut self, seen: &[Seen], now: Timestamp) -> FallbackEffect {
        let ours = || seen.iter().filter(|it| it.link != Link::Former);
        let last = ours().max_by_key(|it| (it.created_at, it.link));
        self.first = ours().find(|it| it.link == Link::First).map(|it| it.record.clone());
        if let (Some(own), Some(first)) = (&self.fingerprint, &self.first)
            && first.fingerprint != *own
            && !(first.state == State::Suppressed && first.attempt == 0)
            && !first.lacks_number()
        {
            return FallbackEffect::Finish(End::Conflict);
        }
        self.is_held = ours().any(|it| it.record.state == State::Held);
        if self.end.is_none() {
            self.end = last.map(|it| ended_as(&it.record, now));
        }
        // Another run may have ended, or its request may have failed, between the acceptance and the storing of the ids; nothing
        // else says so. The send machine stores the ids of a message that it finds accepted. The earlier messages have theirs:
        // each was the last one when the next was decided.
        if let Some(Seen { link, record, .. }) = last
            && record.state == State::Accepted
            && self.has_ids != Some(*link)
        {
            return FallbackEffect::Deliver { link: *link, has_begun: true };
        }
        match follow_up(seen, self.has_run, &self.case, now) {
            // Its own run has read the table after this one: what it found is decided when the event comes back.
            FollowUp::Deliver(link) if self.has_run == Some(link) => self.end_run(),
            FollowUp::Deliver(link) => {
                FallbackEffect::Deliver { link, has_begun: seen.iter().any(|it| it.link == link) }
            }
            FollowUp::Replace { link, known, next } => {
                FallbackEffect::Replace { link, known: *known, next: *next }
            }
            FollowUp::Wait(at) => self.keep(at, seen.len() == 1),
            FollowUp::Ended => self.end_run(),
        }
    }

    /// Lets the queue or the table bring the event back at this time.
    fn keep(&mut self, at: Timestamp, is_alone: bool) -> FallbackEffect {
        let awaits_arrival =
            is_alone && self.first.as_ref().is_some_and(|first| first.state == State::Accepted);
        match self.end.take() {
            Some(End::ComeBack { at: own, state, reason }) => {
                let at = at.min(own);
                if !self.owner.moves_wait_to_table(state, at) {
                    return FallbackEffect::Finish(End::ComeBack { at, state, reason });
                }
                self.end = Some(End::Kept { at, state, reason });
                FallbackEffect::StoreEvent { due_at: Some(at), awaits_arrival }
            }
            end if self.is_stored && is_alone => FallbackEffect::Finish(end.unwrap_or(End::Failed)),
            // Without the table the caller repeats the event.
            Some(end) if self.owner == (Owner::Queue { until: None }) => FallbackEffect::Finish(end),
            end => {
                self.end = end;
                FallbackEffect::StoreEvent { due_at: Some(at), awaits_arrival }
            }
        }
    }

    /// Nothing will follow: the event is deleted, unless it waits for the operator.
    fn end_run(&mut self) -> FallbackEffect {
        match self.owner {
            Owner::Queue { until: None } => self.finish(),
            Owner::Queue { .. } | Owner::Table if self.is_held => {
                FallbackEffect::StoreEvent { due_at: None, awaits_arrival: false }
            }
            Owner::Table => FallbackEffect::DeleteEvent,
            Owner::Queue { .. } if self.is_repeated || self.is_stored => FallbackEffect::DeleteEvent,
            Owner::Queue { .. } => self.finish(),
        }
    }

    fn finish(&mut self) -> FallbackEffect {
        FallbackEffect::Finish(self.end.take().unwrap_or(End::Failed))
    }
}

const fn deliver_first() -> FallbackEffect {
    FallbackEffect::Deliver { link: Link::First, has_begun: false }
}

/// How a run ends that found this record and did nothing.
fn ended_as(record: &Record, now: Timestamp) -> End {
    let reason = record.reason.clone();
    match record.state {
        State::Sending | State::Waiting | State::Unknown => {
            End::ComeBack { at: record.due_at.unwrap_or(now), state: record.state, reason }
        }
        State::Accepted | State::Rejected | State::Suppressed | State::Held => End::Outcome(record.clone()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::catalogue::{FallbackTerms, Triggers};
    use crate::delivery::DeliveryFacts;
    use crate::protocol::{NO_USABLE_NUMBER, Reason, ReasonClass};
    use crate::provider::Provider;

    const NOW: Timestamp = Timestamp::constant(1_780_000_000, 0);
    const ENDS_AT: Timestamp = Timestamp::constant(1_780_086_400, 0);

    #[test]
    fn what_follows_a_status_that_the_order_has_left_is_not_begun_and_what_has_begun_is_ended() {
        let message = |link, state| Seen {
            link,
            record: Record { state, due_at: Some(NOW), ..Record::untried("f") },
            created_at: NOW,
            facts: DeliveryFacts::default(),
        };
        let [first, last] = [0, 1].map(Link::Channel);
        let rejected = message(Link::First, State::Rejected);
        let found = |seen: &[Seen]| {
            let mut machine = machine(Owner::Table, true);
            machine.step(FallbackInput::Begin, NOW);
            machine.step(FallbackInput::Seen(seen.to_vec()), NOW);
            machine
        };
        let mut unbegun = found(std::slice::from_ref(&rejected));
        assert_eq!(*unbegun.effect(), FallbackEffect::Deliver { link: first, has_begun: false });
        assert_eq!(*unbegun.step(FallbackInput::Outdated, NOW), FallbackEffect::Read);
        let seen = FallbackInput::Seen(vec![rejected.clone()]);
        assert_eq!(*unbegun.step(seen, NOW), FallbackEffect::DeleteEvent);
        // The operator decides about the one before, whose event is kept.
        let held = message(first, State::Held);
        let held = Seen { record: Record { unclear: true, ..held.record }, ..held };
        let mut unbegun = machine(Owner::Table, true);
        unbegun.step(FallbackInput::Begin, NOW);
        let later = NOW + Duration::from_hours(2);
        let seen = FallbackInput::Seen(vec![rejected.clone(), held]);
        unbegun.step(seen.clone(), later);
        assert_eq!(*unbegun.effect(), FallbackEffect::Deliver { link: last, has_begun: false });
        let kept = FallbackEffect::StoreEvent { due_at: None, awaits_arrival: false };
        assert_eq!(*unbegun.step(FallbackInput::Outdated, later), FallbackEffect::Read);
        assert_eq!(*unbegun.step(seen, later), kept);
        // A first message of unknown outcome is ended by its own run.
        let unknown = FallbackInput::Seen(vec![message(Link::First, State::Unknown)]);
        let mut unbegun = machine(Owner::Table, true);
        unbegun.step(FallbackInput::Begin, NOW);
        unbegun.step(unknown.clone(), later);
        assert_eq!(*unbegun.effect(), FallbackEffect::Deliver { link: first, has_begun: false });
        assert_eq!(*unbegun.step(FallbackInput::Outdated, later), FallbackEffect::Read);
        let own = FallbackEffect::Deliver { link: Link::First, has_begun: true };
        assert_eq!(*unbegun.step(unknown, later), own);

        for state in [State::Sending, State::Waiting, State::Unknown, State::Accepted] {
            let begun = found(&[rejected.clone(), message(first, state)]);
            let effect = FallbackEffect::Deliver { link: first, has_begun: true };
            assert_eq!(*begun.effect(), effect, "{state}");
        }
        let suppressed = message(first, State::Suppressed);
        let reason = Reason::new(ReasonClass::OurChoice, "superseded", "a newer status was sent");
        let record = Record { due_at: None, reason: Some(reason), ..suppressed.record };
        let mut begun = found(&[rejected.clone(), message(first, State::Waiting)]);
        let end = FallbackInput::Delivered(End::Outcome(record.clone()));
        assert_eq!(*begun.step(end, NOW), FallbackEffect::Read);
        let seen = vec![rejected, Seen { record: record.clone(), ..message(first, State::Suppressed) }];
        assert_eq!(*begun.step(FallbackInput::Seen(seen), NOW), FallbackEffect::DeleteEvent);
        assert_eq!(*begun.step(FallbackInput::Done, NOW), FallbackEffect::Finish(End::Outcome(record)));
    }

    /// A notification with text messages as its fallback, of which these messages are accepted.
    fn seen(links: &[Link]) -> FallbackInput {
        let record = Record { state: State::Accepted, ..Record::untried("f") };
        let seen = links.iter().map(|link| Seen {
            link: *link,
            record: record.clone(),
            created_at: NOW,
            facts: DeliveryFacts::default(),
        });
        FallbackInput::Seen(seen.collect())
    }

    fn machine(owner: Owner, is_repeated: bool) -> FallbackMachine {
        let terms = FallbackTerms {
            after: Duration::from_hours(2),
            on: Triggers::default(),
            retries: false,
            channels: vec![Provider::AwsSms, Provider::AwsEmail],
        };
        let case = FollowUpCase { terms, usable: vec![0, 1], ends_at: ENDS_AT };
        FallbackMachine::new(case, owner, is_repeated, None)
    }

    #[test]
    fn a_repeated_run_stores_the_ids_of_the_last_message_once() {
        let accepted = Record { state: State::Accepted, ..Record::untried("f") };
        for owner in [Owner::Queue { until: Some(ENDS_AT) }, Owner::Table] {
            for links in [&[Link::First][..], &[Link::First, Link::Channel(0)]] {
                let last = *links.last().unwrap();
                let mut machine = machine(owner, true);
                assert_eq!(*machine.step(FallbackInput::Begin, NOW), FallbackEffect::Read);
                assert_eq!(
                    *machine.step(seen(links), NOW),
                    FallbackEffect::Deliver { link: last, has_begun: true },
                    "{owner:?}"
                );
                let end = FallbackInput::Delivered(End::Outcome(accepted.clone()));
                assert_eq!(*machine.step(end, NOW), FallbackEffect::Read);
                let awaits_arrival = last == Link::First;
                let effect = machine.step(seen(links), NOW);
                let due_at = Some(NOW + Duration::from_hours(2));
                assert_eq!(*effect, FallbackEffect::StoreEvent { due_at, awaits_arrival }, "{owner:?}");
            }
        }
    }

    #[test]
    fn a_first_run_reads_nothing_before_it_sends() {
        let mut machine = machine(Owner::Queue { until: Some(ENDS_AT) }, false);
        assert_eq!(*machine.step(FallbackInput::Begin, NOW), deliver_first());
    }

    /// A corrected event under the same key reads what followed the event without a number, and sends nothing.
    #[test]
    fn a_corrected_event_leaves_the_text_message_that_followed() {
        let terms = FallbackTerms {
            after: Duration::from_hours(2),
            on: Triggers::default(),
            retries: false,
            channels: vec![Provider::AwsSms],
        };
        let case = FollowUpCase { terms, usable: vec![0], ends_at: ENDS_AT };
        let reason = Reason::new(ReasonClass::Recipient, NO_USABLE_NUMBER, "no number");
        let record = Record { state: State::Rejected, reason: Some(reason), ..Record::untried("f") };
        let first = Seen { link: Link::First, record, created_at: NOW, facts: DeliveryFacts::default() };
        for has_followed in [false, true] {
            let mut machine = FallbackMachine::new(
                case.clone(),
                Owner::Queue { until: Some(ENDS_AT) },
                false,
                Some("g".to_owned()),
            );
            assert_eq!(*machine.step(FallbackInput::Begin, NOW), deliver_first());
            let found = End::Outcome(first.record.clone());
            assert_eq!(*machine.step(FallbackInput::Delivered(found), NOW), FallbackEffect::Read);
            let FallbackInput::Seen(mut text) = seen(&[Link::Channel(0)]) else { panic!() };
            text.truncate(usize::from(has_followed));
            let all = std::iter::once(first.clone()).chain(text).collect();
            // The send machine finds an accepted message accepted, and stores its ids.
            let effect = machine.step(FallbackInput::Seen(all), NOW);
            assert_eq!(*effect, FallbackEffect::Deliver { link: Link::Channel(0), has_begun: has_followed });
        }
    }
}
