//! The machine's inputs in the model, and the mutants: the same machine with distorted inputs or wrongly executed
//! requests. The checker must detect each mutant.

use shared::catalogue::Consent;
use shared::protocol::{
    Answer, ClaimToken, Context, Finding, Guard, Input, Policy, Progress, Reason, ReasonClass, Record,
    Resolution, State, Sweep, resolve, sweep,
};

use crate::compact::{CompactRecord, FINGERPRINTS, Message, Tick, at};
use crate::scenario::{LEASE_MARGIN, STUCK_AFTER, Scenario, duration};
use crate::world::Response;

/// A deliberate fault. `docs/guarantees.md` names some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// A send is repeated as soon as its lease has ended.
    ResendWhenLeaseOver,
    /// An unknown outcome leads to a resend before its window has ended.
    IgnoreWindow,
    /// A lease never ends.
    EndlessLease,
    /// An unreadable answer counts as not sent.
    UnknownIsNotSent,
    /// A settlement is written without its condition.
    SettleOverAccepted,
    /// A status is sent even after a newer or a final one.
    IgnoreTurn,
    /// A second copy of an event takes the turn that the first copy still holds.
    ShareTurn,
    /// A status whose claim has expired takes a new turn and forgets its earlier attempt.
    ForgetOwnExpiredClaim,
    /// A status whose turn has expired counts as sent, although it was never claimed or certainly not sent.
    ExpiredIsSent,
    /// A status whose turn has expired counts as not sent, although it may have been.
    ExpiredIsNotSent,
    /// A later attempt that was not sent makes an earlier, unclear attempt count as not sent.
    LaterAttemptClearsSent,
    /// A callback with our reference proves nothing unless the sender has stored its message.
    EchoIsNoEvidence,
    /// A notification that is held unsent stays held although its event comes again.
    HeldUnsentIsDone,
    /// A refusal with a removable cause is final.
    RefusalIsFinal,
    /// An invocation mistakes its own claim for another invocation's.
    ForgetToken,
    /// A failed claim is not withdrawn and keeps its lease.
    SkipWithdrawal,
    /// The end of every window leads to another resend.
    ResendAgain,
    /// An unreadable 2xx counts as a lost reply.
    ResendUnreadable,
    /// The message is stored before the notification is settled.
    StoreBeforeSettle,
    /// An event that finds its notification accepted doesn't store the message item.
    SkipUpsert,
    /// After a change of the catalogue, an event isn't recognised as the same one.
    ForgetEvent,
    /// Of two statuses with the same time neither is newer.
    TiesInArrivalOrder,
    /// The queue's message is acknowledged before the table stores the event.
    AcknowledgeFirst,
    /// The event of a held notification isn't stored.
    ForgetHeldEvent,
    /// The sweeper deletes an event when it puts the copy on the queue.
    DeleteEnqueuedEvent,
    /// The sweeper never reaches the stored events.
    StarveEvents,
    /// The event of a held notification stays stored after a callback has accepted the notification.
    KeepAcceptedEvent,
    /// A notification that one provider throttles never goes to the next provider.
    NeverUrgent,
    /// A recipient who is not allowed gets the message.
    IgnoreGuard,
}

pub(crate) fn lease_end(deadline: Tick) -> Tick {
    deadline + LEASE_MARGIN
}

impl Scenario {
    pub(crate) fn context(&self, notification: u8, now: Tick, deadline: Tick, token: u8) -> Context<'_> {
        Context {
            now: at(now),
            lease_end: at(lease_end(deadline)),
            token: ClaimToken(u64::from(token)),
            may_send: true,
            fingerprint: self.fingerprint(now),
            is_same_event: self.mutant != Some(Mutant::ForgetEvent),
            providers: &self.providers,
            guard: self.guard(notification),
            consent: Consent::Given,
            event_time: at(0),
            is_outdated: false,
            staleness: self.staleness(now),
            is_urgent: self.is_urgent(now),
            policy: &self.policy,
        }
    }

    fn guard(&self, notification: u8) -> Guard {
        let is_refused = self.not_allowed == Some(notification) && self.mutant != Some(Mutant::IgnoreGuard);
        if is_refused { Guard::NotAllowed } else { Guard::Allowed }
    }

    /// The fingerprint of the catalogue at this time.
    fn fingerprint(&self, now: Tick) -> &'static str {
        FINGERPRINTS[usize::from(self.changed_at.is_some_and(|changed| now >= changed))]
    }

    /// The policy, distorted by the mutant.
    pub(crate) fn distorted_policy(mut policy: Policy, mutant: Mutant) -> Policy {
        if mutant == Mutant::IgnoreWindow {
            policy.confirmation_window = duration(0);
        }
        policy
    }

    /// The machine's input, distorted by the scenario's mutant.
    pub(crate) fn distorted(&self, input: Input, now: Tick) -> Input {
        let Some(mutant) = self.mutant else { return input };
        match input {
            Input::Record(Some(found)) => Input::Record(Some(distorted_record(mutant, found, now))),
            Input::Conflict(Some(found)) => Input::Conflict(Some(distorted_record(mutant, found, now))),
            Input::Answer(answer) => Input::Answer(distorted_answer(mutant, answer)),
            other => other,
        }
    }

    pub(crate) fn distorted_progress(&self, mut known: Progress, notification: u8, now: Tick) -> Progress {
        let step = &self.steps()[usize::from(notification)];
        let own = known.sending.as_ref() == Some(step);
        let over = known.lease_end.is_some_and(|end| end <= at(now));
        match self.mutant {
            Some(Mutant::IgnoreTurn) => {
                known = Progress { version: known.version, ..Progress::default() };
            }
            Some(Mutant::TiesInArrivalOrder)
                if known
                    .sent
                    .as_ref()
                    .is_some_and(|sent| sent.time == step.time && !sent.status.is_final()) =>
            {
                known.sent = None;
            }
            Some(Mutant::ShareTurn) if own && !over => known.sending = None,
            Some(Mutant::ForgetOwnExpiredClaim) if own && over => known.sending = None,
            _ => {}
        }
        known
    }

    /// The record of a status whose turn has expired, distorted by the mutant.
    pub(crate) fn distorted_expired(&self, found: Option<Record>) -> Option<Record> {
        match self.mutant {
            Some(Mutant::ExpiredIsSent) => {
                let record = found.unwrap_or_else(|| Record::untried(FINGERPRINTS[0]));
                Some(Record { state: State::Accepted, ..record })
            }
            Some(Mutant::ExpiredIsNotSent) => None,
            _ => found,
        }
    }

    /// The record that the sweeper writes; none if the sweeper leaves the record unchanged.
    pub(crate) fn sweep(&self, known: CompactRecord, now: Tick) -> Option<CompactRecord> {
        match sweep(&Record::from(known), &self.policy, duration(STUCK_AFTER), at(now)) {
            Sweep::Move(next) => Some(next.into()),
            Sweep::Leave => None,
        }
    }

    /// The record after an operator's finding; none if there is nothing to decide.
    pub(crate) fn resolve(known: CompactRecord, finding: &Finding, now: Tick) -> Option<CompactRecord> {
        match resolve(&Record::from(known), finding, at(now)) {
            Resolution::Move(next) => Some(next.into()),
            Resolution::NotHeld(_) => None,
        }
    }

    /// The sender's view of the provider's response.
    pub(crate) fn answer(response: Response, asked: Message) -> Answer {
        let reason = |class| Reason::new(class, "code", "text");
        let not_sent = |class| Answer::NotSent { reason: reason(class), retry_after: None };
        match response {
            Response::Accepted => Answer::Accepted(Some(asked.id())),
            Response::AcceptedWithoutId => Answer::Accepted(None),
            Response::Refused => Answer::Refused(reason(ReasonClass::Account)),
            Response::Unrecognised => Answer::Unrecognised(reason(ReasonClass::Content)),
            Response::Rejected => Answer::Rejected(reason(ReasonClass::Recipient)),
            Response::Unreachable => not_sent(ReasonClass::Unavailable),
            Response::Throttled => not_sent(ReasonClass::Throttled),
            Response::AcceptedUnreadable => Answer::Unreadable(reason(ReasonClass::Unclear)),
            Response::ReplyLost | Response::RequestLost => Answer::Unknown(reason(ReasonClass::Unclear)),
        }
    }
}

fn distorted_record(mutant: Mutant, mut found: Record, now: Tick) -> Record {
    let over = found.due_at.is_some_and(|due_at| due_at <= at(now));
    match (mutant, found.state) {
        (Mutant::ResendWhenLeaseOver, State::Sending) if over => found.state = State::Waiting,
        (Mutant::EndlessLease, State::Sending) => found.due_at = Some(at(Tick::MAX)),
        (Mutant::HeldUnsentIsDone, State::Held) => found.unclear = true,
        (Mutant::ForgetToken, State::Sending) => found.token = Some(ClaimToken(u64::from(u8::MAX))),
        (Mutant::ResendAgain, State::Unknown) => found.resend_spent = false,
        _ => {}
    }
    found
}

fn distorted_answer(mutant: Mutant, answer: Answer) -> Answer {
    match (mutant, answer) {
        (Mutant::UnknownIsNotSent, Answer::Unknown(reason)) => Answer::NotSent { reason, retry_after: None },
        (Mutant::RefusalIsFinal, Answer::Refused(reason)) => Answer::Rejected(reason),
        (Mutant::ResendUnreadable, Answer::Unreadable(reason)) => Answer::Unknown(reason),
        (_, answer) => answer,
    }
}
