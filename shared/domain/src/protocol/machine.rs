//! The send machine: one run over one event, as a sequence of single requests. It does no I/O and reads no
//! clock: the caller carries out each [`Effect`], and steps the machine with the result and the time.
//!
//! The order of requests is decided only here. A run may stop after any of them, even in a crash: the next
//! run finds the table in a state from which it can continue.

use super::decide::{Context, Decision, decide, superseded};
use super::effect::{Effect, End, Input};
use super::order_reference::{OrderReference, without_reference};
use super::owner::Owner;
use super::progress::{Progress, Relevance, Step, relevance};
use super::settle::{Attempt, Settlement, settle};
use super::{Answer, Reason, ReasonClass, Record, State};
use crate::message::MessageKey;

/// One run over one event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate fact about the run")]
pub struct Machine {
    /// The order status that the event reports, if any.
    status: Option<Step>,
    owner: Owner,
    effect: Effect,
    /// The record in the table, as far as this run knows.
    known: Option<Record>,
    /// The claim to write, or the one written.
    claim: Option<Record>,
    answer: Option<Answer>,
    /// The order's progress that this run tried to write, if the write met another one.
    taken: Option<Progress>,
    /// This run's claim on the order's progress, while it has one.
    progress_claim: Option<ProgressClaim>,
    /// Message ids whose mapping to the order is not stored yet.
    unstored: Vec<MessageKey>,
    /// The reference of the event, which an attempt sends.
    reference: Option<OrderReference>,
    /// Whether the event reports a status without its reference, which then has to be remembered.
    needs_reference: bool,
    /// Whether this run has stored the reference of the accepted message.
    has_remembered: bool,
    /// Whether this run has stored the message ids from providers' replies.
    has_stored: bool,
    /// Whether the table may hold the event although the queue delivered it: an earlier run may have stored
    /// it.
    may_be_kept: bool,
    /// Whether the caller keeps the event, because something may follow.
    has_fallback: bool,
    end: Option<End>,
}

/// A claim on the order's progress, which makes other statuses of the order wait.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ProgressClaim {
    progress: Progress,
    release: Release,
}

/// How to release the order's progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Release {
    /// The status was not sent.
    NotSent,
    /// The status was sent, or may have been: no later attempt undoes that.
    Sent,
    /// Not at all: the claim has to expire, and then the notification's record says whether the status was sent. Another run
    /// has claimed the notification, or it was sent and its result is not written.
    Never,
}

impl Machine {
    /// A machine for one event, to be started with [`Input::Begin`]. `status` is the order status that the
    /// event reports, if any.
    pub fn new(status: Option<Step>, owner: Owner) -> Self {
        Self {
            status,
            owner,
            effect: Effect::Read,
            known: None,
            claim: None,
            answer: None,
            taken: None,
            progress_claim: None,
            unstored: Vec::new(),
            reference: None,
            needs_reference: false,
            has_remembered: false,
            has_stored: false,
            may_be_kept: false,
            has_fallback: false,
            end: None,
        }
    }

    /// Sends this reference, and stores it once the message with it is accepted.
    #[must_use]
    pub fn with_reference(self, reference: Option<OrderReference>) -> Self {
        Self { reference, ..self }
    }

    /// Lets a status without its own reference wait until the order's progress remembers one.
    #[must_use]
    pub fn needing_reference(self, needs_reference: bool) -> Self {
        Self { needs_reference, ..self }
    }

    /// Leaves the event to the caller: it is neither stored nor deleted.
    #[must_use]
    pub fn with_fallback(self, has_fallback: bool) -> Self {
        Self { has_fallback, ..self }
    }

    /// The request for the caller to carry out now.
    pub const fn effect(&self) -> &Effect {
        &self.effect
    }

    /// Continues with the result of the last request and returns the next one.
    pub fn step(&mut self, input: Input, context: &Context<'_>) -> &Effect {
        self.effect = self.next(input, context);
        &self.effect
    }

    fn next(&mut self, input: Input, context: &Context<'_>) -> Effect {
        let effect = std::mem::replace(&mut self.effect, Effect::Read);
        match (effect, input) {
            // A body notification is claimed without a read: it is nearly always new, and otherwise the
            // claim's condition fails. An order status is read first, because its claim takes two more
            // requests.
            (_, Input::Begin) if self.status.is_some() => Effect::Read,
            (_, Input::Begin) => self.decide(context),
            (Effect::Read, Input::Record(found)) | (Effect::Move { .. }, Input::Conflict(found)) => {
                self.handle_found(found, context)
            }
            (Effect::Prepare, Input::Done) if self.status.is_some() && self.progress_claim.is_none() => {
                Effect::ReadProgress
            }
            (Effect::Prepare, Input::Done) => self.claim(),
            (Effect::ReadProgress, Input::Progress(progress)) => self.check_progress(&progress, context),
            (Effect::ReadExpired { known, .. }, Input::Record(found)) => {
                let settled = known.after_expired(found.as_ref(), context.now);
                self.check_relevance(known, &settled, context)
            }
            (Effect::ClaimProgress { next, .. }, Input::Done) => {
                self.hold_progress(next);
                self.claim()
            }
            (Effect::ClaimProgress { next, .. }, Input::Conflict(_)) => {
                self.taken = Some(next);
                Effect::ReadProgress
            }
            // The write may have succeeded after all. Without a release, other statuses would wait for this
            // run's lease.
            (Effect::ClaimProgress { next, .. }, Input::Failed) => {
                self.hold_progress(next);
                self.end(End::Failed)
            }
            (Effect::Move { next, .. }, Input::Done) => self.handle_written(next, context),
            (Effect::Claim { next, .. }, Input::Done) => self.ask(next, context),
            // The SDK retried the claim and met its own first write, whose response was lost.
            (Effect::Claim { next, .. }, Input::Conflict(Some(found))) if is_own(&found, &next) => {
                self.ask(next, context)
            }
            (Effect::Claim { .. }, Input::Conflict(found)) => {
                self.set_release(release_for(found.as_ref()));
                self.handle_found(found, context)
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
            (Effect::Settle { next, .. }, Input::Done) => self.handle_settled(next, context),
            (Effect::Settle { next, .. }, Input::Conflict(None)) => {
                // The record was deleted by hand during the send: write it again.
                Effect::Settle { known: None, next }
            }
            (Effect::Settle { .. }, Input::Conflict(found)) => self.settle(found, context),
            (Effect::StoreMessage(_) | Effect::StoreReference { .. }, Input::Done) => {
                self.store_next(context)
            }
            (Effect::ReleaseProgress { .. }, _) => self.conclude(),
            // If the table could not store the event, the queue keeps it: otherwise it would be lost.
            (Effect::StoreEvent { .. }, Input::Failed) => Effect::Finish(End::Failed),
            // An event that could not be deleted is brought back once more, and deleted then.
            (Effect::StoreEvent { .. } | Effect::DeleteEvent, _) => self.finish(),
            (Effect::Finish(end), _) => Effect::Finish(end),
            // The request failed. Or it was a withdrawal: nothing was sent, whether or not that write
            // succeeded.
            _ => self.end(End::Failed),
        }
    }

    /// Handles a record other than this run's own.
    fn handle_found(&mut self, found: Option<Record>, context: &Context<'_>) -> Effect {
        self.may_be_kept |= found.as_ref().is_some_and(|it| matches!(it.state, State::Held | State::Unknown));
        self.known = found;
        self.decide(context)
    }

    /// Handles a record that this run has written.
    fn handle_written(&mut self, next: Record, context: &Context<'_>) -> Effect {
        self.known = Some(next);
        match &self.known {
            // A held notification is sent when its event comes again, not in the run that holds it.
            Some(record) if record.state.is_terminal() => self.handle_outcome(record.clone()),
            _ => self.decide(context),
        }
    }

    fn decide(&mut self, context: &Context<'_>) -> Effect {
        match decide(self.known.as_ref(), context) {
            Decision::Done(record) => self.handle_outcome(record),
            Decision::Conflict => self.end(End::Conflict),
            Decision::Wait { until, state, reason } => self.end(End::ComeBack { at: until, state, reason }),
            Decision::Move(next) => Effect::Move { known: self.known.clone(), next },
            Decision::Claim(_) if !context.may_send => self.end(End::NoTime),
            Decision::Claim(next) => {
                // An attempt after one that may have sent the message repeats its reference.
                let sent = next.reference.clone().filter(|_| next.unclear);
                let reference = sent.or_else(|| self.reference.clone());
                self.claim = Some(Record { reference, ..next });
                Effect::Prepare
            }
        }
    }

    fn check_progress(&mut self, progress: &Progress, context: &Context<'_>) -> Effect {
        // The SDK retried the write and met its own first write, whose response was lost.
        if let Some(taken) = self.taken.take().filter(|taken| taken.is_same_turn(progress)) {
            self.hold_progress(taken);
            return self.claim();
        }
        self.check_relevance(progress.clone(), progress, context)
    }

    /// Decides by the order's progress. `known` is the table's, which may still have an expired claim.
    fn check_relevance(&mut self, known: Progress, progress: &Progress, context: &Context<'_>) -> Effect {
        let Some(status) = &self.status else { return self.claim() };
        match relevance(progress, status, context.now, context.lease_end, context.token) {
            Relevance::Relevant(next) => match self.wait_for_reference(&known, context) {
                Some(next) => Effect::Move { known: self.known.clone(), next },
                None => Effect::ClaimProgress { known, next },
            },
            Relevance::Expired { key } => Effect::ReadExpired { known, key },
            Relevance::Wait { until } => self.end(End::OrderBusy { at: until }),
            Relevance::Superseded => {
                let next = superseded(self.known.as_ref(), context.fingerprint, context.now);
                Effect::Move { known: self.known.clone(), next }
            }
        }
    }

    /// The record of a status whose reference the provider doesn't know: the provider would have nothing to send, and other
    /// statuses don't have to wait for that.
    fn wait_for_reference(&self, progress: &Progress, context: &Context<'_>) -> Option<Record> {
        let claimed = self.claim.as_ref().filter(|_| self.needs_reference)?;
        let attempt = Attempt::from_claim(claimed)?;
        if progress.reference_for(attempt.provider).is_some() {
            return None;
        }
        let answer = Answer::Refused(without_reference());
        let Context { providers, policy, is_urgent, now, .. } = *context;
        match settle(claimed, attempt, &answer, providers, policy, is_urgent, now) {
            Settlement::Move(next) => Some(next),
            Settlement::Leave => None,
        }
    }

    fn hold_progress(&mut self, progress: Progress) {
        self.progress_claim = Some(ProgressClaim { progress, release: Release::NotSent });
    }

    fn claim(&mut self) -> Effect {
        match self.claim.clone() {
            Some(next) => Effect::Claim { known: self.known.take(), next },
            None => self.end(End::Failed),
        }
    }

    fn ask(&mut self, claimed: Record, context: &Context<'_>) -> Effect {
        self.set_release(Release::Never);
        match Attempt::from_claim(&claimed) {
            Some(attempt) => {
                self.claim = Some(claimed);
                Effect::Ask(attempt)
            }
            None => self.handle_found(Some(claimed), context),
        }
    }

    /// Settles the attempt by its answer against the current record.
    fn settle(&mut self, current: Option<Record>, context: &Context<'_>) -> Effect {
        let (Some(current), Some(answer)) = (current, &self.answer) else { return self.end(End::Failed) };
        let Some(attempt) = self.claim.as_ref().and_then(Attempt::from_claim) else {
            return self.end(End::Failed);
        };
        let Context { providers, policy, is_urgent, now, .. } = *context;
        match settle(&current, attempt, answer, providers, policy, is_urgent, now) {
            Settlement::Move(next) => Effect::Settle { known: Some(current), next },
            Settlement::Leave => self.handle_settled(current, context),
        }
    }

    /// Continues after the settlement was written, or was not needed. The message is stored only now: a
    /// callback's fact proves acceptance only if it finds a record to apply to, so the settlement comes
    /// first.
    fn handle_settled(&mut self, record: Record, context: &Context<'_>) -> Effect {
        self.set_release(release_for(Some(&record)));
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

    /// Continues with a known outcome. If the record was found accepted, the message ids from its replies are
    /// stored again: the run that settled it may have stopped before it stored them. So is the order's reference.
    fn handle_outcome(&mut self, record: Record) -> Effect {
        if record.state == State::Accepted && !self.has_stored {
            self.has_stored = true;
            self.unstored = record.reply_ids.iter().cloned().collect();
        }
        self.known = Some(record.clone());
        if let Some(message) = self.unstored.pop() {
            return Effect::StoreMessage(message);
        }
        match record.accepted_reference() {
            Some((reference, provider)) if !self.has_remembered => {
                self.has_remembered = true;
                Effect::StoreReference { reference: reference.clone(), provider }
            }
            _ => self.end(End::Outcome(record)),
        }
    }

    fn store_next(&mut self, context: &Context<'_>) -> Effect {
        match (self.unstored.pop(), self.known.clone()) {
            (Some(message), _) => Effect::StoreMessage(message),
            (None, Some(record)) => self.handle_written(record, context),
            (None, None) => self.end(End::Failed),
        }
    }

    fn set_release(&mut self, release: Release) {
        if let Some(claim) = self.progress_claim.as_mut().filter(|claim| claim.release != Release::Sent) {
            claim.release = release;
        }
    }

    /// Ends the run and releases its claim on the order's progress, if it has one. If that write fails, the
    /// claim expires. While the claim lasts, no other run writes the progress:
    /// a conflict means that this run's own write succeeded, or that the lease has ended.
    fn end(&mut self, end: End) -> Effect {
        (self.known, self.claim, self.answer, self.unstored) = (None, None, None, Vec::new());
        let claim = self.status.as_ref().zip(self.progress_claim.take());
        let write = claim.and_then(|(status, ProgressClaim { progress: known, release })| {
            let next = match release {
                Release::Never => None,
                Release::Sent => known.released(status, true),
                Release::NotSent => known.released(status, false),
            };
            next.map(|next| Effect::ReleaseProgress { known, next })
        });
        self.end = Some(end);
        write.unwrap_or_else(|| self.conclude())
    }

    /// Stores the event in the table if the table has to bring it back, or deletes it from there if it is finished.
    fn conclude(&mut self) -> Effect {
        let (keep, drop) = (|due_at| Effect::StoreEvent { due_at }, Effect::DeleteEvent);
        match (self.owner, self.end.take().unwrap_or(End::Failed)) {
            (_, end) if self.has_fallback => Effect::Finish(end),
            (owner, End::ComeBack { at, state, reason }) if owner.moves_wait_to_table(state, at) => {
                self.end = Some(End::Kept { at, state, reason });
                keep(Some(at))
            }
            (owner, End::OrderBusy { at }) if owner.moves_wait_to_table(State::Waiting, at) => {
                self.end = Some(End::Kept { at, state: State::Waiting, reason: None });
                keep(Some(at))
            }
            (Owner::Queue { until: Some(_) } | Owner::Table, End::Outcome(record))
                if record.state == State::Held =>
            {
                self.end = Some(End::Outcome(record));
                keep(None)
            }
            (owner, End::Outcome(record)) if owner == Owner::Table || self.may_need_drop(owner) => {
                self.end = Some(End::Outcome(record));
                drop
            }
            (_, end) => Effect::Finish(end),
        }
    }

    /// Whether the table may still hold an event that the queue delivered and that now has its outcome.
    fn may_need_drop(&self, owner: Owner) -> bool {
        self.may_be_kept && matches!(owner, Owner::Queue { until: Some(_) })
    }

    fn finish(&mut self) -> Effect {
        Effect::Finish(self.end.take().unwrap_or(End::Failed))
    }
}

/// Whether the record is exactly the claim that this run tried to write.
fn is_own(found: &Record, claimed: &Record) -> bool {
    found.state == State::Sending
        && found.attempt == claimed.attempt
        && found.token.is_some()
        && found.token == claimed.token
}

/// How to release the order's progress, given the notification's record.
fn release_for(record: Option<&Record>) -> Release {
    record.map_or(Release::NotSent, |record| match record.state {
        State::Sending => Release::Never,
        State::Accepted | State::Unknown => Release::Sent,
        State::Held if record.unclear => Release::Sent,
        State::Waiting | State::Rejected | State::Suppressed | State::Held => Release::NotSent,
    })
}
