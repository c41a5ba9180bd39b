//! The project's own decisions, and wrong ones that the checker must see through.

use shared::catalogue::Consent;
use shared::message::MessageKey;
use shared::protocol::{
    Answer, Attempt, Decision, Finding, Progress, Reason, ReasonClass, Record, Relevance, Resolution,
    Settlement, Situation, State, Step, Sweep, decide, relevance, resolve, settle, superseded, sweep,
};

use crate::cell::{Cell, FINGERPRINT, Message, ProgressCell, Tick, at};
use crate::scenario::{LEASE_MARGIN, STUCK_AFTER, Scenario, duration};
use crate::world::Verdict;

/// A wrong decision, or a right one carried out wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// Whose lease is over is sent again at once.
    ResendWhenLeaseOver,
    /// What is unknown is sent again before its window is over.
    IgnoreWindow,
    /// Whose lease is over is waited for all the same.
    LeaseForEver,
    /// An answer that tells nothing counts as not sent.
    UnknownIsNotSent,
    /// A settlement forgets what is there.
    SettleOverAccepted,
    /// A status is told whatever was told before it.
    IgnoreTurn,
    /// A second copy of an event takes the place that the first still holds.
    SharePlace,
    /// A status whose claim is dead takes its place anew, and its earlier attempt is forgotten.
    ForgetOwnDeadClaim,
    /// A later attempt that was not sent takes back that an earlier one may have been.
    LaterAttemptUntells,
    /// A settlement that could not be written leaves the place as not told.
    UnsettledIsNotTold,
    /// A callback about a message that the sender has stored proves nothing.
    StoredIsNoEvidence,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Claim(Cell),
    Move(Cell),
    Wait,
    Done,
}

/// Whether it is a status's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Ours(ProgressCell),
    Superseded,
    Wait,
}

pub(crate) fn lease_end(deadline: Tick) -> Tick {
    deadline + LEASE_MARGIN
}

impl Scenario {
    pub(crate) fn decide(&self, known: Option<Cell>, now: Tick, deadline: Tick) -> Next {
        let mut record = known.map(Record::from);
        if let Some(record) = &mut record {
            let over = record.due_at.is_some_and(|due_at| due_at <= at(now));
            if self.mutant == Some(Mutant::ResendWhenLeaseOver) && record.state == State::Sending && over {
                record.state = State::Waiting;
            }
            if self.mutant == Some(Mutant::IgnoreWindow) && record.state == State::Unknown {
                record.due_at = Some(at(now));
            }
        }
        if self.mutant == Some(Mutant::LeaseForEver) && known.is_some_and(|it| it.state == State::Sending) {
            return Next::Wait;
        }
        let situation = Situation {
            now: at(now),
            lease_end: at(lease_end(deadline)),
            fingerprint: FINGERPRINT,
            providers: &self.providers,
            consent: Consent::Given,
            staleness: self.staleness(now),
            policy: &self.policy,
        };
        match decide(record.as_ref(), &situation) {
            Decision::Claim(next) => Next::Claim(next.into()),
            Decision::Move(next) => Next::Move(next.into()),
            Decision::Wait { .. } => Next::Wait,
            Decision::Done(_) => Next::Done,
            Decision::Conflict => panic!("one fingerprint can't conflict with itself"),
        }
    }

    /// What the sweeper writes; none where it leaves the record.
    pub(crate) fn sweep(&self, known: Cell, now: Tick) -> Option<Cell> {
        match sweep(&Record::from(known), &self.policy, duration(STUCK_AFTER), at(now)) {
            Sweep::Move(next) => Some(next.into()),
            Sweep::Leave => None,
        }
    }

    /// What a person's finding makes of the record; none where there is nothing to decide.
    pub(crate) fn resolve(known: Cell, finding: &Finding, now: Tick) -> Option<Cell> {
        match resolve(&Record::from(known), finding, at(now)) {
            Resolution::Move(next) => Some(next.into()),
            Resolution::NotHeld(_) => None,
        }
    }

    pub(crate) fn superseded(known: Option<Cell>) -> Cell {
        superseded(known.map(Record::from).as_ref(), FINGERPRINT).into()
    }

    /// What an answer makes of the record; none where it is to be left.
    pub(crate) fn settle(&self, current: Cell, claimed: Cell, verdict: Verdict, now: Tick) -> Option<Cell> {
        let attempt = Attempt { number: u32::from(claimed.attempt), provider: claimed.provider.unwrap() };
        let mut record = Record::from(current);
        if self.mutant == Some(Mutant::SettleOverAccepted) {
            record.state = State::Sending;
        }
        let answer = self.answer(verdict, claimed);
        match settle(&record, attempt, &answer, &self.providers, &self.policy, at(now)) {
            Settlement::Move(next) => Some(next.into()),
            Settlement::Leave => None,
        }
    }

    fn answer(&self, verdict: Verdict, claimed: Cell) -> Answer {
        let reason = |class| Reason::new(class, "code", "text");
        let not_sent = |class| Answer::NotSent { reason: reason(class), retry_after: None };
        match verdict {
            Verdict::Accepted => Answer::Accepted(Some(accepted_by(claimed).id)),
            Verdict::AcceptedWithoutId => Answer::Accepted(None),
            Verdict::RefusedForItself => Answer::Rejected(reason(ReasonClass::Account)),
            Verdict::RefusedForGood => Answer::Rejected(reason(ReasonClass::Recipient)),
            Verdict::NotReached => not_sent(ReasonClass::Unavailable),
            Verdict::Throttled => not_sent(ReasonClass::Throttled),
            Verdict::AcceptedUnheard | Verdict::Lost => {
                if self.mutant == Some(Mutant::UnknownIsNotSent) {
                    not_sent(ReasonClass::Unclear)
                } else {
                    Answer::Unknown(reason(ReasonClass::Unclear))
                }
            }
        }
    }

    pub(crate) fn turn(&self, progress: ProgressCell, notification: u8, now: Tick, deadline: Tick) -> Turn {
        let steps = self.steps();
        let mut known = progress.progress(steps);
        let own = progress.sending == Some(notification);
        let over = progress.lease_end.is_some_and(|end| end <= now);
        match self.mutant {
            Some(Mutant::IgnoreTurn) => {
                known = Progress { version: known.version, ..Progress::default() };
            }
            Some(Mutant::SharePlace) if own && !over => known.sending = None,
            Some(Mutant::ForgetOwnDeadClaim) if own && over => known.sending = None,
            _ => {}
        }
        match relevance(&known, &steps[usize::from(notification)], at(now), at(lease_end(deadline))) {
            Relevance::Relevant(next) => Turn::Ours(ProgressCell::of(&next, steps)),
            Relevance::Superseded => Turn::Superseded,
            Relevance::Wait { .. } => Turn::Wait,
        }
    }

    pub(crate) fn released(
        &self,
        progress: ProgressCell,
        notification: u8,
        told: bool,
    ) -> Option<ProgressCell> {
        let steps = self.steps();
        let step: &Step = &steps[usize::from(notification)];
        progress.progress(steps).released(step, told).map(|next| ProgressCell::of(&next, steps))
    }
}

fn accepted_by(claimed: Cell) -> MessageKey {
    let provider = claimed.provider.unwrap();
    MessageKey { provider, id: Message { attempt: claimed.attempt, provider }.id() }
}
