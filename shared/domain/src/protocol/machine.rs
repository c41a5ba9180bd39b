//! The send machine: one run over one event, as a sequence of single requests. It does no I/O and reads no clock: its
//! caller carries out the [`Effect`], and steps the machine with what came of it and the time.
//!
//! The order of the requests is decided here and nowhere else. A run may end after any of them, in a crash as well:
//! whatever comes next finds the table in a state from which the protocol goes on.

use super::decide::{Context, Decision, decide, superseded};
use super::effect::{Effect, End, Input};
use super::owner::Owner;
use super::progress::{Progress, Relevance, Step, relevance};
use super::settle::{Attempt, Settlement, settle};
use super::{Answer, Reason, ReasonClass, Record, State};
use crate::message::MessageKey;

/// One run over one event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Machine {
    /// The status that the event tells of its order; none where it tells none.
    status: Option<Step>,
    owner: Owner,
    effect: Effect,
    /// The record that is in the table, as far as this run knows.
    known: Option<Record>,
    /// The claim that is to be written, or was.
    claim: Option<Record>,
    answer: Option<Answer>,
    /// The order's progress as this run wanted to write it, where the write met another one.
    taken: Option<Progress>,
    /// The order's progress, while this run has its place there.
    place: Option<Place>,
    /// Ids whose way to the order is still to be stored.
    unstored: Vec<MessageKey>,
    /// Whether this run has stored the id that a provider gave to it.
    has_stored: bool,
    /// Whether the table may keep the event, although the queue has brought it: an earlier run has handed it over.
    may_be_kept: bool,
    end: Option<End>,
}

/// A place in the order's sequence of statuses.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    progress: Progress,
    leaving: Leaving,
}

/// How a place is to be left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Leaving {
    /// Nothing was sent.
    NotTold,
    /// It is being sent.
    Claimed,
    /// It was sent, or may have been: no later attempt takes that back.
    Told,
    /// Another run's claim is on the notification: the place is left to run out.
    Others,
}

impl Machine {
    /// The machine for an event; `status` is the status that it tells of its order, if it tells one. It begins with
    /// [`Input::Begin`].
    pub fn new(status: Option<Step>, owner: Owner) -> Self {
        Self {
            status,
            owner,
            effect: Effect::Read,
            known: None,
            claim: None,
            answer: None,
            taken: None,
            place: None,
            unstored: Vec::new(),
            has_stored: false,
            may_be_kept: false,
            end: None,
        }
    }

    /// The request that is to be carried out now.
    pub const fn effect(&self) -> &Effect {
        &self.effect
    }

    /// Goes on from what came of the last request.
    pub fn step(&mut self, input: Input, context: &Context<'_>) -> &Effect {
        self.effect = self.next(input, context);
        &self.effect
    }

    fn next(&mut self, input: Input, context: &Context<'_>) -> Effect {
        let effect = std::mem::replace(&mut self.effect, Effect::Read);
        match (effect, input) {
            // A body notification is claimed unread: nearly always it is new, and the claim's condition tells if not. An
            // order's status is read first, because its claim needs two more requests.
            (_, Input::Begin) if self.status.is_some() => Effect::Read,
            (_, Input::Begin) => self.decide(context),
            (Effect::Read, Input::Record(found)) | (Effect::Move { .. }, Input::Conflict(found)) => {
                self.found(found, context)
            }
            (Effect::Prepare, Input::Done) if self.status.is_some() && self.place.is_none() => {
                Effect::ReadProgress
            }
            (Effect::Prepare, Input::Done) => self.claim(),
            (Effect::ReadProgress, Input::Progress(progress)) => self.turn(&progress, context),
            (Effect::TakeProgress { next, .. }, Input::Done) => {
                self.place(next);
                self.claim()
            }
            (Effect::TakeProgress { next, .. }, Input::Conflict(_)) => {
                self.taken = Some(next);
                Effect::ReadProgress
            }
            // It may have been carried out all the same: others would wait for this run, and take its status for told.
            (Effect::TakeProgress { next, .. }, Input::Failed) => {
                self.place(next);
                self.end(End::Failed)
            }
            (Effect::Move { next, .. }, Input::Done) => self.written(next, context),
            (Effect::Claim { next, .. }, Input::Done) => self.ask(next, context),
            // The SDK's own retry has met what the first try wrote: the reply to it was lost.
            (Effect::Claim { next, .. }, Input::Conflict(Some(found))) if is_own(&found, &next) => {
                self.ask(next, context)
            }
            (Effect::Claim { .. }, Input::Conflict(found)) => {
                self.leave_as(left_by(found.as_ref()));
                self.found(found, context)
            }
            (Effect::Claim { next: claimed, .. }, Input::Failed) => {
                let text = "the claim could not be written, and nothing was sent";
                let reason = Reason::new(ReasonClass::OurChoice, "claim_failed", text);
                let next = claimed.moved_to(State::Waiting, Some(context.now), Some(reason));
                Effect::Withdraw { claimed, next }
            }
            (Effect::Ask(_), Input::Answer(answer)) => {
                self.answer = Some(answer);
                let claimed = self.claim.clone();
                self.settle(claimed, context)
            }
            (Effect::Settle { next, .. }, Input::Done) => self.settled(next, context),
            (Effect::Settle { next, .. }, Input::Conflict(None)) => {
                // Deleted by hand while it was being sent: what is known now is written anew.
                Effect::Settle { known: None, next }
            }
            (Effect::Settle { .. }, Input::Conflict(found)) => self.settle(found, context),
            (Effect::StoreMessage(_), Input::Done) => self.store_next(context),
            (Effect::LeaveProgress { .. }, _) => self.conclude(),
            // What is in neither place would be lost: the queue keeps what the table could not take.
            (Effect::KeepEvent { .. }, Input::Failed) => Effect::Finish(End::Failed),
            // What could not be removed is brought back once more, and removed then.
            (Effect::KeepEvent { .. } | Effect::DropEvent, _) => self.finish(),
            (Effect::Finish(end), _) => Effect::Finish(end),
            // The request failed; or it was a withdrawal, and nothing was sent whatever became of it.
            _ => self.end(End::Failed),
        }
    }

    /// Another record than this run's own was found.
    fn found(&mut self, found: Option<Record>, context: &Context<'_>) -> Effect {
        self.may_be_kept |= found.as_ref().is_some_and(|it| matches!(it.state, State::Held | State::Unknown));
        self.known = found;
        self.decide(context)
    }

    /// This run has written a record.
    fn written(&mut self, next: Record, context: &Context<'_>) -> Effect {
        self.known = Some(next);
        match &self.known {
            // What is held is sent again when its event comes again, and not in the run that holds it.
            Some(record) if record.state.is_terminal() => self.outcome(record.clone()),
            _ => self.decide(context),
        }
    }

    fn decide(&mut self, context: &Context<'_>) -> Effect {
        match decide(self.known.as_ref(), context) {
            Decision::Done(record) => self.outcome(record),
            Decision::Conflict => self.end(End::Conflict),
            Decision::Wait { until, state, reason } => self.end(End::ComeBack { at: until, state, reason }),
            Decision::Move(next) => Effect::Move { known: self.known.clone(), next },
            Decision::Claim(_) if !context.may_send => self.end(End::NoTime),
            Decision::Claim(next) => {
                self.claim = Some(next);
                Effect::Prepare
            }
        }
    }

    fn turn(&mut self, progress: &Progress, context: &Context<'_>) -> Effect {
        // The SDK's own retry has met what the first try wrote: the reply to it was lost.
        if let Some(taken) = self.taken.take().filter(|taken| taken == progress) {
            self.place(taken);
            return self.claim();
        }
        let Some(status) = &self.status else { return self.claim() };
        match relevance(progress, status, context.now, context.lease_end, context.token) {
            Relevance::Relevant(next) => Effect::TakeProgress { known: progress.clone(), next },
            Relevance::Wait { until } => self.end(End::OrderBusy { at: until }),
            Relevance::Superseded => {
                let next = superseded(self.known.as_ref(), context.fingerprint, context.now);
                Effect::Move { known: self.known.clone(), next }
            }
        }
    }

    fn place(&mut self, progress: Progress) {
        self.place = Some(Place { progress, leaving: Leaving::NotTold });
    }

    fn claim(&mut self) -> Effect {
        match self.claim.clone() {
            Some(next) => Effect::Claim { known: self.known.take(), next },
            None => self.end(End::Failed),
        }
    }

    fn ask(&mut self, claimed: Record, context: &Context<'_>) -> Effect {
        // From here on the status may be told, even if what became of it can't be written.
        self.leave_as(Leaving::Claimed);
        match Attempt::of(&claimed) {
            Some(attempt) => {
                self.claim = Some(claimed);
                Effect::Ask(attempt)
            }
            None => self.found(Some(claimed), context),
        }
    }

    /// Settles the attempt by its answer, given the record that is there.
    fn settle(&mut self, current: Option<Record>, context: &Context<'_>) -> Effect {
        let (Some(current), Some(answer)) = (current, &self.answer) else { return self.end(End::Failed) };
        let Some(attempt) = self.claim.as_ref().and_then(Attempt::of) else { return self.end(End::Failed) };
        let Context { providers, policy, is_urgent, now, .. } = *context;
        match settle(&current, attempt, answer, providers, policy, is_urgent, now) {
            Settlement::Move(next) => Effect::Settle { known: Some(current), next },
            Settlement::Leave => self.settled(current, context),
        }
    }

    /// The settlement is written, or the record says as much already. The message comes after it: evidence that the
    /// record doesn't have would be found by nobody.
    fn settled(&mut self, record: Record, context: &Context<'_>) -> Effect {
        self.leave_as(left_by(Some(&record)));
        let id = match self.answer.take() {
            Some(Answer::Accepted(id)) => id,
            _ => None,
        };
        let provider = self.claim.take().and_then(|claimed| claimed.provider);
        self.known = Some(record);
        if let Some((provider, id)) = provider.zip(id) {
            self.has_stored = true;
            self.unstored = vec![MessageKey { provider, id }];
        }
        self.store_next(context)
    }

    /// The outcome is known. Of an accepted notification that was found, the ids in the replies are stored once more: the run
    /// that settled it may have ended before it stored them.
    fn outcome(&mut self, record: Record) -> Effect {
        if record.state == State::Accepted && !self.has_stored {
            self.has_stored = true;
            self.unstored = record.reply_ids.iter().cloned().collect();
        }
        self.known = Some(record.clone());
        match self.unstored.pop() {
            Some(message) => Effect::StoreMessage(message),
            None => self.end(End::Outcome(record)),
        }
    }

    fn store_next(&mut self, context: &Context<'_>) -> Effect {
        match (self.unstored.pop(), self.known.clone()) {
            (Some(message), _) => Effect::StoreMessage(message),
            (None, Some(record)) => self.written(record, context),
            (None, None) => self.end(End::Failed),
        }
    }

    fn leave_as(&mut self, leaving: Leaving) {
        if let Some(place) = self.place.as_mut().filter(|place| place.leaving != Leaving::Told) {
            place.leaving = leaving;
        }
    }

    /// Ends the run; first the place in the order's sequence is left, where there is one. If that can't be written, the
    /// claim on it runs out by itself and counts as told. Nobody else writes while the place is this run's: a write that
    /// meets a conflict was its own, or comes after the lease's end.
    fn end(&mut self, end: End) -> Effect {
        (self.known, self.claim, self.answer, self.unstored) = (None, None, None, Vec::new());
        let place = self.status.as_ref().zip(self.place.take());
        let left = place.and_then(|(status, Place { progress: known, leaving })| {
            let next = match leaving {
                Leaving::Others => None,
                Leaving::Claimed | Leaving::Told => known.released(status, true),
                Leaving::NotTold => known.released(status, false),
            };
            next.map(|next| Effect::LeaveProgress { known, next })
        });
        self.end = Some(end);
        left.unwrap_or_else(|| self.conclude())
    }

    /// Hands the event over to whoever brings it back, where that is another than the one that has brought it.
    fn conclude(&mut self) -> Effect {
        let (keep, drop) = (|due_at| Effect::KeepEvent { due_at }, Effect::DropEvent);
        match (self.owner, self.end.take().unwrap_or(End::Failed)) {
            (owner, End::ComeBack { at, state, reason }) if owner.lets_the_table_wait(state, at) => {
                self.end = Some(End::Kept { at, state, reason });
                keep(Some(at))
            }
            (owner, End::OrderBusy { at }) if owner.lets_the_table_wait(State::Waiting, at) => {
                self.end = Some(End::Kept { at, state: State::Waiting, reason: None });
                keep(Some(at))
            }
            (Owner::Queue { until: Some(_) } | Owner::Table, End::Outcome(record))
                if record.state == State::Held =>
            {
                self.end = Some(End::Outcome(record));
                keep(None)
            }
            (owner, End::Outcome(record)) if owner == Owner::Table || self.drops(owner) => {
                self.end = Some(End::Outcome(record));
                drop
            }
            (_, end) => Effect::Finish(end),
        }
    }

    /// Whether an event that the queue has brought, and that has its outcome, may be kept all the same.
    fn drops(&self, owner: Owner) -> bool {
        self.may_be_kept && matches!(owner, Owner::Queue { until: Some(_) })
    }

    fn finish(&mut self) -> Effect {
        Effect::Finish(self.end.take().unwrap_or(End::Failed))
    }
}

/// Whether a record is the very claim that was to be written.
fn is_own(found: &Record, claimed: &Record) -> bool {
    found.state == State::Sending
        && found.attempt == claimed.attempt
        && found.token.is_some()
        && found.token == claimed.token
}

/// How the place is to be left, given the record that is there.
fn left_by(record: Option<&Record>) -> Leaving {
    record.map_or(Leaving::NotTold, |record| match record.state {
        State::Sending => Leaving::Others,
        State::Accepted | State::Unknown => Leaving::Told,
        State::Held if record.unclear => Leaving::Told,
        State::Waiting | State::Rejected | State::Suppressed | State::Held => Leaving::NotTold,
    })
}
