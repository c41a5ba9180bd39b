//! The machine's environment in the model, and the mutants: the same machine with distorted inputs and wrongly executed
//! requests, each of which the checker must detect.

use shared::catalogue::Consent;
use shared::protocol::{
    Answer, ClaimToken, Context, Finding, Input, Policy, Progress, Reason, ReasonClass, Record, Resolution,
    State, Sweep, resolve, sweep,
};

use crate::cell::{Cell, FINGERPRINTS, Message, Tick, at};
use crate::scenario::{LEASE_MARGIN, STUCK_AFTER, Scenario, duration};
use crate::world::Verdict;

/// A deliberate fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// A send whose lease is over is repeated at once.
    ResendWhenLeaseOver,
    /// An unknown outcome leads to a resend before the window is over.
    IgnoreWindow,
    /// A lease never ends.
    LeaseForEver,
    /// An unreadable answer counts as not sent.
    UnknownIsNotSent,
    /// A settlement is written without its condition.
    SettleOverAccepted,
    /// A status is sent whatever was sent before it.
    IgnoreTurn,
    /// A second copy of an event takes the place that the first still holds.
    SharePlace,
    /// A status whose claim is dead takes its place anew, and its earlier attempt is forgotten.
    ForgetOwnDeadClaim,
    /// A later attempt that was not sent clears the doubt about an earlier attempt.
    LaterAttemptUntells,
    /// A failed settlement leaves the place as not sent.
    UnsettledIsNotTold,
    /// A callback with our reference proves nothing unless the sender has stored its message.
    EchoIsNoEvidence,
    /// A notification held as unsent stays held although its event comes again.
    HeldUnsentIsDone,
    /// A refusal with a removable cause is final.
    RefusalIsFinal,
    /// A claim takes its own write for another invocation's.
    ForgetToken,
    /// A failed claim is not withdrawn, and runs out.
    SkipWithdrawal,
    /// Every window that ends leads to another resend.
    ResendAgain,
    /// An unreadable 2xx counts as a lost reply.
    ResendUnreadable,
    /// The message is stored before the notification is settled.
    StoreBeforeSettle,
    /// An event that finds its message accepted doesn't store the message item.
    SkipUpsert,
    /// An event isn't recognised after the catalogue has changed.
    ForgetEvent,
    /// Of two statuses with the same time neither is newer.
    TiesAsTheyCome,
    /// The queue's message is acknowledged before the table stores the event.
    AcknowledgeFirst,
    /// The event of a held notification isn't stored.
    ForgetHeldEvent,
    /// The sweeper deletes the event whose copy it puts on the queue.
    TakeForGood,
    /// The sweeper never reaches the stored events.
    StarveEvents,
    /// The event of a notification that was held stays stored whatever its outcome.
    LookAway,
    /// A notification that one provider throttles never goes to the next one.
    NeverUrgent,
}

pub(crate) fn lease_end(deadline: Tick) -> Tick {
    deadline + LEASE_MARGIN
}

impl Scenario {
    pub(crate) fn context(&self, now: Tick, deadline: Tick, token: u8) -> Context<'_> {
        Context {
            now: at(now),
            lease_end: at(lease_end(deadline)),
            token: ClaimToken(u64::from(token)),
            may_send: true,
            fingerprint: self.fingerprint(now),
            is_same_event: self.mutant != Some(Mutant::ForgetEvent),
            providers: &self.providers,
            consent: Consent::Given,
            event_time: at(0),
            staleness: self.staleness(now),
            is_urgent: self.is_urgent(now),
            policy: &self.policy,
        }
    }

    /// The fingerprint of the catalogue at this time.
    fn fingerprint(&self, now: Tick) -> &'static str {
        FINGERPRINTS[usize::from(self.changed.is_some_and(|changed| now >= changed))]
    }

    /// The policy as the mutant distorts it.
    pub(crate) fn distorted_policy(mut policy: Policy, mutant: Mutant) -> Policy {
        if mutant == Mutant::IgnoreWindow {
            policy.confirmation_window = duration(0);
        }
        policy
    }

    /// The machine's input as the mutant distorts it.
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
            Some(Mutant::TiesAsTheyCome)
                if known
                    .sent
                    .as_ref()
                    .is_some_and(|sent| sent.time == step.time && !sent.status.is_final()) =>
            {
                known.sent = None;
            }
            Some(Mutant::SharePlace) if own && !over => known.sending = None,
            Some(Mutant::ForgetOwnDeadClaim) if own && over => known.sending = None,
            _ => {}
        }
        known
    }

    /// The record that the sweeper writes; none if it leaves the record unchanged.
    pub(crate) fn sweep(&self, known: Cell, now: Tick) -> Option<Cell> {
        match sweep(&Record::from(known), &self.policy, duration(STUCK_AFTER), at(now)) {
            Sweep::Move(next) => Some(next.into()),
            Sweep::Leave => None,
        }
    }

    /// The record after a person's finding; none if there is nothing to decide.
    pub(crate) fn resolve(known: Cell, finding: &Finding, now: Tick) -> Option<Cell> {
        match resolve(&Record::from(known), finding, at(now)) {
            Resolution::Move(next) => Some(next.into()),
            Resolution::NotHeld(_) => None,
        }
    }

    /// The sender's view of the provider's response.
    pub(crate) fn answer(verdict: Verdict, asked: Message) -> Answer {
        let reason = |class| Reason::new(class, "code", "text");
        let not_sent = |class| Answer::NotSent { reason: reason(class), retry_after: None };
        match verdict {
            Verdict::Accepted => Answer::Accepted(Some(asked.id())),
            Verdict::AcceptedWithoutId => Answer::Accepted(None),
            Verdict::Refused => Answer::Refused(reason(ReasonClass::Account)),
            Verdict::Unrecognised => Answer::Unrecognised(reason(ReasonClass::Content)),
            Verdict::RefusedForGood => Answer::Rejected(reason(ReasonClass::Recipient)),
            Verdict::NotReached => not_sent(ReasonClass::Unavailable),
            Verdict::Throttled => not_sent(ReasonClass::Throttled),
            Verdict::AcceptedUnreadable => Answer::Unreadable(reason(ReasonClass::Unclear)),
            Verdict::AcceptedUnheard | Verdict::Lost => Answer::Unknown(reason(ReasonClass::Unclear)),
        }
    }
}

fn distorted_record(mutant: Mutant, mut found: Record, now: Tick) -> Record {
    let over = found.due_at.is_some_and(|due_at| due_at <= at(now));
    match (mutant, found.state) {
        (Mutant::ResendWhenLeaseOver, State::Sending) if over => found.state = State::Waiting,
        (Mutant::LeaseForEver, State::Sending) => found.due_at = Some(at(Tick::MAX)),
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
