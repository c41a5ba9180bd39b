//! order-notifier: the model executes the effects of the project's own machine, one request per step.

use std::sync::Arc;

use shared::protocol::{Effect, End, Input, Machine, Owner, Progress, Record, State, Step};

use crate::compact::{CompactProgress, CompactRecord, Message, at, tick};
use crate::mutant::Mutant;
use crate::properties::Broken;
use crate::scenario::{AGAIN, INVOCATION, QUEUE_WAIT, Scenario};
use crate::table::WriteResult;
use crate::world::{Accepted, Call, HashedMachine, Response, Run, StoredEvent, World};

/// The maximum number of writes that one invocation decides on.
const MAX_ROUNDS: u8 = 8;
/// The reason code of a status after a newer or a final one.
const SUPERSEDED: &str = "superseded";

/// The result of a request to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RequestOutcome {
    Answered,
    /// The reply was lost after the write, and the SDK's own retry found that write.
    ExecutedTwice,
    /// It failed without an effect.
    Failed,
    /// It failed after the write.
    FailedAfterWrite,
}

impl RequestOutcome {
    const fn is_executed(self) -> bool {
        !matches!(self, Self::Failed)
    }

    const fn is_error(self) -> bool {
        matches!(self, Self::Failed | Self::FailedAfterWrite)
    }
}

pub(crate) struct Notifier<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) world: &'a mut World,
    pub(crate) worker: usize,
}

impl Notifier<'_> {
    fn index(&self) -> u8 {
        self.world.workers[self.worker].notification
    }

    fn run(&mut self) -> &mut Run {
        self.world.workers[self.worker].run.as_mut().unwrap()
    }

    fn is_mutant(&self, mutant: Mutant) -> bool {
        self.scenario.mutant == Some(mutant)
    }

    /// Whether the queue or the table brings the event back if it isn't finished.
    fn owner(&self) -> Owner {
        match (self.scenario.stores_events, self.world.workers[self.worker].is_from_table) {
            (true, true) => Owner::Table,
            (true, false) => Owner::Queue { until: Some(at(self.world.now + QUEUE_WAIT)) },
            (false, _) => Owner::Queue { until: None },
        }
    }

    /// The queue delivers the copy.
    pub(crate) fn begin(&mut self) {
        let deadline = self.world.now + INVOCATION;
        // Unique for each run of each notification: several runs begin in one tick.
        let index = usize::from(self.index());
        let notifications = u8::try_from(self.world.notifications.len()).unwrap();
        let token =
            (self.world.now * 4 + self.world.notifications[index].invocations) * notifications + self.index();
        self.world.notifications[index].invocations += 1;
        let status = self.scenario.steps().get(usize::from(self.index())).cloned();
        let owner = self.owner();
        let worker = &mut self.world.workers[self.worker];
        worker.delivered = true;
        worker.run = Some(Run {
            machine: Arc::new(HashedMachine::new(Machine::new(status, owner))),
            deadline,
            token,
            rounds: 0,
            response: None,
            holds_turn: false,
            has_asked: false,
            taken_progress: None,
            settled: None,
        });
        self.feed(Input::Begin);
    }

    /// The process ends without another request.
    pub(crate) fn crash(&mut self) {
        // Between the claim and the settlement the record can't say whether the provider was asked.
        let is_claimed = matches!(
            self.run().machine.effect(),
            Effect::Ask(_) | Effect::Settle { .. } | Effect::Withdraw { .. }
        );
        if is_claimed {
            self.mark_unclear();
        }
        self.world.workers[self.worker].run = None;
    }

    /// From now on only a callback can prove what the provider did.
    fn mark_unclear(&mut self) {
        let index = usize::from(self.index());
        // A property reads it only if `mended` is set.
        self.world.notifications[index].was_unclear |= self.scenario.mended.is_some();
    }

    /// Steps the machine until its next effect is a step of the model.
    fn feed(&mut self, input: Input) {
        let (now, scenario) = (self.world.now, self.scenario);
        let Run { deadline, token, .. } = *self.run();
        let input = scenario.distorted(input, now);
        let context = scenario.context(self.index(), now, deadline, token);
        let machine = self.run().machine.step(input, &context);
        let effect = machine.effect().clone();
        self.run().machine = Arc::new(machine);
        match effect {
            Effect::Prepare => self.feed(Input::Done),
            Effect::Finish(end) => self.end(&end),
            Effect::StoreEvent { .. } if self.is_mutant(Mutant::AcknowledgeFirst) => {
                self.world.workers[self.worker].acknowledged = true;
            }
            Effect::Move { .. } | Effect::Claim { .. } => {
                // Capped: an invocation that never ends must not create new states for ever.
                let rounds = (self.run().rounds + 1).min(MAX_ROUNDS + 1);
                self.run().rounds = rounds;
                if rounds > MAX_ROUNDS {
                    self.world.broken = self.world.broken.or(Some(Broken::TooManyRounds));
                }
            }
            _ => {}
        }
    }

    /// Executes the next request to the table.
    pub(crate) fn step(&mut self, outcome: RequestOutcome) {
        let effect = self.run().machine.effect().clone();
        if outcome.is_error()
            && matches!(effect, Effect::Read | Effect::ReadProgress | Effect::ReadExpired { .. })
        {
            return self.feed(Input::Failed);
        }
        match effect {
            Effect::Read => {
                let found = self.world.notifications[usize::from(self.index())].record;
                self.feed(Input::Record(found.map(Record::from)));
            }
            Effect::ReadProgress => {
                let progress = self.world.progress.into_progress(self.scenario.steps());
                let progress = self.scenario.distorted_progress(progress, self.index(), self.world.now);
                self.feed(Input::Progress(progress));
                // An earlier write, whose reply was lost, may have taken the turn.
                if let Some(run) = self.world.workers[self.worker].run.as_mut() {
                    run.holds_turn = matches!(run.machine.effect(), Effect::Claim { .. });
                }
            }
            Effect::ReadExpired { key, .. } => {
                let expired = self.scenario.steps().iter().position(|step| step.key == key).unwrap();
                let found = self.world.notifications[expired].record.map(Record::from);
                self.feed(Input::Record(self.scenario.distorted_expired(found)));
            }
            Effect::ClaimProgress { known, next } => {
                let next = CompactProgress::from_progress(&next, self.scenario.steps());
                let written = self.write_progress(&known, next, outcome);
                self.run().holds_turn = written == Input::Done;
                if self.scenario.mutant.is_some() && written == Input::Done {
                    self.run().taken_progress = Some(next);
                }
                self.feed(written);
            }
            Effect::ReleaseProgress { known, next } => {
                let next =
                    self.distort_left_progress(CompactProgress::from_progress(&next, self.scenario.steps()));
                let written = self.write_progress(&known, next, outcome);
                self.feed(written);
            }
            Effect::Withdraw { .. } if self.is_mutant(Mutant::SkipWithdrawal) => self.feed(Input::Done),
            Effect::Move { known, next } => {
                let is_superseded = next.reason.as_ref().is_some_and(|reason| reason.code == SUPERSEDED);
                if is_superseded && !self.is_overtaken(self.index()) {
                    self.world.broken = self.world.broken.or(Some(Broken::SupersededByUnsent));
                }
                let written = self.write(known, next, outcome);
                self.feed(written);
            }
            Effect::Claim { known, next } => {
                self.run().settled = None;
                let written = self.write(known, next, outcome);
                self.feed(written);
            }
            Effect::Withdraw { claimed, next } => {
                let written = self.write(Some(claimed), next, outcome);
                self.feed(written);
            }
            Effect::Ask(_) => {
                let response = self.run().response.unwrap();
                let answer = Scenario::answer(response, self.asked_message());
                self.feed(Input::Answer(answer));
                self.clear_settled_response();
            }
            Effect::Settle { .. } if self.stores_before_settling() => self.store_message(),
            Effect::Settle { known, next } => {
                let state = next.state;
                let written = self.write(known, next, outcome);
                match &written {
                    Input::Done => self.note_settlement(state),
                    Input::Failed => self.mark_unclear(),
                    _ => {}
                }
                self.feed(written);
                self.clear_settled_response();
            }
            Effect::StoreMessage(_) => {
                let skipped = self.is_mutant(Mutant::SkipUpsert) && !self.run().has_asked;
                if outcome.is_executed() && !skipped {
                    self.store_message();
                }
                self.feed(if outcome.is_error() { Input::Failed } else { Input::Done });
            }
            Effect::StoreEvent { due_at } => {
                let forgotten = self.is_mutant(Mutant::ForgetHeldEvent) && due_at.is_none();
                let due = due_at.map_or(self.world.now + AGAIN, tick);
                let kept = StoredEvent { due, waits_for_operator: due_at.is_none() };
                self.write_event((!forgotten).then_some(kept), outcome);
            }
            Effect::DeleteEvent => self.write_event(None, outcome),
            Effect::StoreReference { .. } => panic!("no scenario has order details"),
            Effect::Prepare | Effect::Finish(_) => panic!("no request to the table"),
        }
    }

    /// An unconditional write of the event.
    fn write_event(&mut self, event: Option<StoredEvent>, outcome: RequestOutcome) {
        if outcome.is_executed() {
            let index = usize::from(self.index());
            self.world.notifications[index].event = event;
        }
        self.feed(if outcome.is_error() { Input::Failed } else { Input::Done });
    }

    /// A conditional write of the record.
    fn write(&mut self, known: Option<Record>, next: Record, outcome: RequestOutcome) -> Input {
        let (index, scenario) = (self.index(), self.scenario);
        let next = CompactRecord::from(next);
        let mut known = known.map(CompactRecord::from);
        let found = self.world.notifications[usize::from(index)].record;
        let is_settling = matches!(self.run().machine.effect(), Effect::Settle { .. });
        if self.is_mutant(Mutant::ResendWhenLeaseOver)
            || (self.is_mutant(Mutant::SettleOverAccepted) && is_settling)
        {
            known = found;
        }
        let mut once = || self.world.move_notification(scenario, index, known, next);
        let written = match outcome {
            RequestOutcome::Failed => return Input::Failed,
            RequestOutcome::FailedAfterWrite => {
                once();
                return Input::Failed;
            }
            RequestOutcome::Answered => once(),
            RequestOutcome::ExecutedTwice => match once() {
                WriteResult::Done => once(),
                conflict @ WriteResult::Conflict(_) => conflict,
            },
        };
        match written {
            WriteResult::Done => Input::Done,
            WriteResult::Conflict(found) => Input::Conflict(found.map(Record::from)),
        }
    }

    fn write_progress(&mut self, known: &Progress, next: CompactProgress, outcome: RequestOutcome) -> Input {
        let known = CompactProgress::from_progress(known, self.scenario.steps());
        let mut once = || self.world.move_progress(known, next);
        let written = match outcome {
            RequestOutcome::Failed => return Input::Failed,
            RequestOutcome::FailedAfterWrite => {
                once();
                return Input::Failed;
            }
            RequestOutcome::Answered => once(),
            RequestOutcome::ExecutedTwice => {
                once();
                once()
            }
        };
        match written {
            WriteResult::Done => Input::Done,
            WriteResult::Conflict(()) => Input::Conflict(None),
        }
    }

    /// Sends the request to the provider, with this result.
    pub(crate) fn ask(&mut self, response: Response) {
        let Effect::Ask(attempt) = *self.run().machine.effect() else { panic!("not a send") };
        let notification = self.index();
        if self.is_out_of_order(notification) {
            self.world.broken = self.world.broken.or(Some(Broken::SentOutOfOrder));
        }
        if response.is_accepted() {
            let attempt_number = u8::try_from(attempt.number).unwrap();
            self.world.messages.push(Accepted {
                notification,
                message: Message { attempt: attempt_number, provider: attempt.provider },
                stored_by_sender: false,
                facts: 0,
                calls: [Call::Open; 2],
            });
        }
        if response.is_unclear() {
            self.mark_unclear();
        }
        let run = self.run();
        (run.response, run.has_asked) = (Some(response), true);
    }

    /// Whether a newer or final status was sent before this one.
    fn is_out_of_order(&self, notification: u8) -> bool {
        self.overtaking(notification).any(|newer| self.world.accepted(newer) > 0)
    }

    /// Whether a newer or final status was sent, or may have been.
    fn is_overtaken(&self, notification: u8) -> bool {
        self.overtaking(notification).any(|newer| {
            let record = self.world.notifications[newer].record;
            let is_open = |record: CompactRecord| {
                record.unclear || matches!(record.state, State::Sending | State::Accepted)
            };
            self.world.accepted(newer) > 0 || record.is_some_and(is_open)
        })
    }

    /// The newer and the final statuses than this one.
    fn overtaking(&self, notification: u8) -> impl Iterator<Item = usize> {
        let steps = self.scenario.steps();
        let this = steps.get(usize::from(notification));
        let position = |step: &Step| (step.time, step.status.rank());
        let is_newer = move |other: &Step| {
            this.is_some_and(|this| {
                other.key != this.key && (other.status.is_final() || position(other) > position(this))
            })
        };
        steps.iter().enumerate().filter(move |(_, other)| is_newer(other)).map(|(index, _)| index)
    }

    /// The message of the attempt that asks the provider.
    fn asked_message(&mut self) -> Message {
        let Effect::Ask(attempt) = *self.run().machine.effect() else { panic!("not a send") };
        Message { attempt: u8::try_from(attempt.number).unwrap(), provider: attempt.provider }
    }

    fn note_settlement(&mut self, state: State) {
        let index = self.index();
        let response = self.run().response;
        if self.scenario.mutant.is_some() {
            self.run().settled = Some(state);
        }
        if response == Some(Response::AcceptedUnreadable) {
            self.world.notifications[usize::from(index)].was_unreadable = true;
        }
    }

    /// Forgets the response once it is settled: the machine then requests another effect.
    fn clear_settled_response(&mut self) {
        if let Some(run) = self.world.workers[self.worker].run.as_mut()
            && !matches!(run.machine.effect(), Effect::Settle { .. })
        {
            run.response = None;
        }
    }

    /// Whether the mutant stores the message before it settles.
    fn stores_before_settling(&mut self) -> bool {
        self.is_mutant(Mutant::StoreBeforeSettle)
            && self.run().response == Some(Response::Accepted)
            && !self.last_accepted_message().stored_by_sender
    }

    /// The last accepted message of this notification.
    fn last_accepted_message(&mut self) -> &mut Accepted {
        let index = self.index();
        self.world.messages.iter_mut().rfind(|it| it.notification == index).unwrap()
    }

    fn store_message(&mut self) {
        let index = self.index();
        let message = match self.run().machine.effect() {
            Effect::StoreMessage(message) => Some(message.clone()),
            _ => None,
        };
        for it in self.world.messages.iter_mut().filter(|it| it.notification == index) {
            let is_it = |message: &shared::message::MessageKey| {
                message.provider == it.message.provider && message.id == it.message.id()
            };
            it.stored_by_sender |= message.as_ref().is_none_or(is_it);
        }
    }

    /// The progress after the turn is released, distorted by the mutant.
    fn distort_left_progress(&mut self, next: CompactProgress) -> CompactProgress {
        let Run { taken_progress, settled, .. } = *self.run();
        let wrongly = self.is_mutant(Mutant::LaterAttemptClearsSent) && settled == Some(State::Waiting);
        match taken_progress.filter(|_| wrongly) {
            Some(taken) => CompactProgress { sent: taken.sent, ..next },
            None => next,
        }
    }

    fn end(&mut self, end: &End) {
        let worker = &mut self.world.workers[self.worker];
        worker.run = None;
        // The table brings its copies back itself, so the queue deletes them.
        worker.acknowledged = worker.is_from_table || matches!(end, End::Outcome(_) | End::Kept { .. });
        if worker.acknowledged && self.scenario.stores_events {
            // The worker is free for any copy, and all free workers are equal.
            (worker.is_from_table, worker.delivered) = (false, false);
        }
    }
}

/// Whether the request is a conditional write.
pub(crate) const fn is_conditional(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::ClaimProgress { .. }
            | Effect::Move { .. }
            | Effect::Claim { .. }
            | Effect::Withdraw { .. }
            | Effect::Settle { .. }
            | Effect::ReleaseProgress { .. }
    )
}
