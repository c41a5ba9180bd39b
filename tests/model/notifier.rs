//! order-notifier: the project's own machine, whose effects the model executes, one request a step.

use std::sync::Arc;

use shared::protocol::{Effect, End, Input, Machine, Owner, Progress, Record, State, Step};

use crate::cell::{Cell, Message, ProgressCell, at, tick};
use crate::properties::Broken;
use crate::rules::Mutant;
use crate::scenario::{AGAIN, INVOCATION, QUEUE_WAIT, Scenario};
use crate::table::Written;
use crate::world::{Accepted, Call, Hashed, KeptEvent, Run, Verdict, World};

/// More writes than one invocation can decide on.
const MAX_ROUNDS: u8 = 8;

/// The result of a request to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    Answered,
    /// It was executed, but the reply was lost; the SDK's own retry found the first request's write.
    CarriedOutTwice,
    /// It failed without an effect.
    Failed,
    /// It failed, and was executed all the same.
    FailedLate,
}

impl Request {
    const fn is_carried_out(self) -> bool {
        !matches!(self, Self::Failed)
    }

    const fn is_error(self) -> bool {
        matches!(self, Self::Failed | Self::FailedLate)
    }
}

/// One worker's step in a world.
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

    /// The owner of the event: the queue or the table brings it back if it isn't finished.
    fn owner(&self) -> Owner {
        match (self.scenario.keeps, self.world.workers[self.worker].is_returned) {
            (true, true) => Owner::Table,
            (true, false) => Owner::Queue { until: Some(at(self.world.now + QUEUE_WAIT)) },
            (false, _) => Owner::Queue { until: None },
        }
    }

    /// The queue delivers the copy.
    pub(crate) fn begin(&mut self) {
        let deadline = self.world.now + INVOCATION;
        // A token of its own for every run of every notification: several begin in one tick.
        let index = usize::from(self.index());
        let notifications = u8::try_from(self.world.notifications.len()).unwrap();
        let token =
            (self.world.now * 4 + self.world.notifications[index].begun) * notifications + self.index();
        self.world.notifications[index].begun += 1;
        let status = self.scenario.steps().get(usize::from(self.index())).cloned();
        let owner = self.owner();
        let worker = &mut self.world.workers[self.worker];
        worker.handed_over = true;
        worker.run = Some(Run {
            machine: Arc::new(Hashed::new(Machine::new(status, owner))),
            deadline,
            token,
            rounds: 0,
            heard: None,
            has_place: false,
            has_asked: false,
            taken: None,
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
            self.lose_the_answer();
        }
        self.world.workers[self.worker].run = None;
    }

    /// From now on only a callback can prove what the provider did.
    fn lose_the_answer(&mut self) {
        let index = usize::from(self.index());
        // Without `mended` no property reads it.
        self.world.notifications[index].was_unclear |= self.scenario.mended.is_some();
    }

    /// Steps the machine up to its next request that is a step of the model.
    fn feed(&mut self, input: Input) {
        let (now, scenario) = (self.world.now, self.scenario);
        let Run { deadline, token, .. } = *self.run();
        let input = scenario.distorted(input, now);
        let context = scenario.context(now, deadline, token);
        let machine = self.run().machine.stepped(input, &context);
        let effect = machine.effect().clone();
        self.run().machine = Arc::new(machine);
        match effect {
            Effect::Prepare => self.feed(Input::Done),
            Effect::Finish(end) => self.end(&end),
            Effect::KeepEvent { .. } if self.is_mutant(Mutant::AcknowledgeFirst) => {
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
    pub(crate) fn step(&mut self, request: Request) {
        let effect = self.run().machine.effect().clone();
        if request.is_error() && matches!(effect, Effect::Read | Effect::ReadProgress) {
            return self.feed(Input::Failed);
        }
        match effect {
            Effect::Read => {
                let found = self.world.notifications[usize::from(self.index())].record;
                self.feed(Input::Record(found.map(Record::from)));
            }
            Effect::ReadProgress => {
                let progress = self.world.progress.progress(self.scenario.steps());
                let progress = self.scenario.distorted_progress(progress, self.index(), self.world.now);
                self.feed(Input::Progress(progress));
                // The place was taken by an earlier write whose reply was lost.
                if let Some(run) = self.world.workers[self.worker].run.as_mut() {
                    run.has_place = matches!(run.machine.effect(), Effect::Claim { .. });
                }
            }
            Effect::TakeProgress { known, next } => {
                let next = ProgressCell::of(&next, self.scenario.steps());
                let written = self.write_progress(&known, next, request);
                self.run().has_place = written == Input::Done;
                if self.scenario.mutant.is_some() && written == Input::Done {
                    self.run().taken = Some(next);
                }
                self.feed(written);
            }
            Effect::LeaveProgress { known, next } => {
                let next = self.left(ProgressCell::of(&next, self.scenario.steps()));
                let written = self.write_progress(&known, next, request);
                self.feed(written);
            }
            Effect::Withdraw { .. } if self.is_mutant(Mutant::SkipWithdrawal) => self.feed(Input::Done),
            Effect::Move { known, next } => {
                let written = self.write(known, next, request);
                self.feed(written);
            }
            Effect::Claim { known, next } => {
                self.run().settled = None;
                let written = self.write(known, next, request);
                self.feed(written);
            }
            Effect::Withdraw { claimed, next } => {
                let written = self.write(Some(claimed), next, request);
                self.feed(written);
            }
            Effect::Ask(_) => {
                let verdict = self.run().heard.unwrap();
                let answer = Scenario::answer(verdict, self.claimed());
                self.feed(Input::Answer(answer));
                self.note_the_end_of_an_answer();
            }
            Effect::Settle { .. } if self.stores_too_early() => self.store(),
            Effect::Settle { known, next } => {
                let state = next.state;
                let written = self.write(known, next, request);
                match &written {
                    Input::Done => self.settled(state),
                    Input::Failed => self.lose_the_answer(),
                    _ => {}
                }
                self.feed(written);
                self.note_the_end_of_an_answer();
            }
            Effect::StoreMessage(_) => {
                let skipped = self.is_mutant(Mutant::SkipUpsert) && !self.run().has_asked;
                if request.is_carried_out() && !skipped {
                    self.store();
                }
                self.feed(if request.is_error() { Input::Failed } else { Input::Done });
            }
            Effect::KeepEvent { due_at } => {
                let forgotten = self.is_mutant(Mutant::ForgetHeldEvent) && due_at.is_none();
                let due = due_at.map_or(self.world.now + AGAIN, tick);
                let kept = KeptEvent { due, for_a_person: due_at.is_none() };
                self.write_event((!forgotten).then_some(kept), request);
            }
            Effect::DropEvent => self.write_event(None, request),
            Effect::Prepare | Effect::Finish(_) => panic!("nothing to carry out"),
        }
    }

    /// An unconditional write of the event.
    fn write_event(&mut self, event: Option<KeptEvent>, request: Request) {
        if request.is_carried_out() {
            let index = usize::from(self.index());
            self.world.notifications[index].event = event;
        }
        self.feed(if request.is_error() { Input::Failed } else { Input::Done });
    }

    /// A conditional write of the record.
    fn write(&mut self, known: Option<Record>, next: Record, request: Request) -> Input {
        let (index, scenario) = (self.index(), self.scenario);
        let next = Cell::from(next);
        let mut known = known.map(Cell::from);
        let found = self.world.notifications[usize::from(index)].record;
        let is_settling = matches!(self.run().machine.effect(), Effect::Settle { .. });
        if self.is_mutant(Mutant::ResendWhenLeaseOver)
            || (self.is_mutant(Mutant::SettleOverAccepted) && is_settling)
        {
            known = found;
        }
        let mut once = || self.world.move_notification(scenario, index, known, next);
        let written = match request {
            Request::Failed => return Input::Failed,
            Request::FailedLate => {
                once();
                return Input::Failed;
            }
            Request::Answered => once(),
            Request::CarriedOutTwice => match once() {
                Written::Done => once(),
                overtaken @ Written::Overtaken(_) => overtaken,
            },
        };
        match written {
            Written::Done => Input::Done,
            Written::Overtaken(found) => Input::Conflict(found.map(Record::from)),
        }
    }

    fn write_progress(&mut self, known: &Progress, next: ProgressCell, request: Request) -> Input {
        let known = ProgressCell::of(known, self.scenario.steps());
        let mut once = || self.world.move_progress(known, next);
        let written = match request {
            Request::Failed => return Input::Failed,
            Request::FailedLate => {
                once();
                return Input::Failed;
            }
            Request::Answered => once(),
            Request::CarriedOutTwice => {
                once();
                once()
            }
        };
        match written {
            Written::Done => Input::Done,
            Written::Overtaken(()) => Input::Conflict(None),
        }
    }

    /// The provider receives the request, or can't be reached.
    pub(crate) fn ask(&mut self, verdict: Verdict) {
        let Effect::Ask(attempt) = *self.run().machine.effect() else { panic!("nobody asks") };
        let notification = self.index();
        if self.would_reverse(notification) {
            self.world.broken = self.world.broken.or(Some(Broken::ToldOutOfOrder));
        }
        if verdict.is_accepted() {
            let attempt_number = u8::try_from(attempt.number).unwrap();
            self.world.messages.push(Accepted {
                notification,
                message: Message { attempt: attempt_number, provider: attempt.provider },
                stored_by_sender: false,
                facts: 0,
                calls: [Call::Open; 2],
            });
        }
        if verdict.is_unclear() {
            self.lose_the_answer();
        }
        let run = self.run();
        (run.heard, run.has_asked) = (Some(verdict), true);
    }

    /// Whether a newer or final status was sent before.
    fn would_reverse(&self, notification: u8) -> bool {
        let steps = self.scenario.steps();
        let Some(this) = steps.get(usize::from(notification)) else { return false };
        self.world.messages.iter().filter(|it| it.notification != notification).any(|told| {
            let told = &steps[usize::from(told.notification)];
            let place = |step: &Step| (step.time, step.status.rank());
            place(told) > place(this) || told.status.is_final()
        })
    }

    /// The attempt for which the provider was asked.
    fn claimed(&mut self) -> Message {
        let Effect::Ask(attempt) = *self.run().machine.effect() else { panic!("nobody was asked") };
        Message { attempt: u8::try_from(attempt.number).unwrap(), provider: attempt.provider }
    }

    fn settled(&mut self, state: State) {
        let index = self.index();
        let heard = self.run().heard;
        if self.scenario.mutant.is_some() {
            self.run().settled = Some(state);
        }
        if heard == Some(Verdict::AcceptedUnreadable) {
            self.world.notifications[usize::from(index)].was_unreadable = true;
        }
    }

    /// The answer is settled as soon as the machine requests another effect.
    fn note_the_end_of_an_answer(&mut self) {
        if let Some(run) = self.world.workers[self.worker].run.as_mut()
            && !matches!(run.machine.effect(), Effect::Settle { .. })
        {
            run.heard = None;
        }
    }

    /// Whether the mutant stores the message before it settles.
    fn stores_too_early(&mut self) -> bool {
        self.is_mutant(Mutant::StoreBeforeSettle)
            && self.run().heard == Some(Verdict::Accepted)
            && !self.own_message().stored_by_sender
    }

    /// The last accepted message of this notification.
    fn own_message(&mut self) -> &mut Accepted {
        let index = self.index();
        self.world.messages.iter_mut().rfind(|it| it.notification == index).unwrap()
    }

    fn store(&mut self) {
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

    /// The progress after the place is left; the mutants leave it wrongly.
    fn left(&mut self, next: ProgressCell) -> ProgressCell {
        let Run { taken, settled, has_asked, .. } = *self.run();
        let wrongly = match self.scenario.mutant {
            Some(Mutant::LaterAttemptUntells) => settled == Some(State::Waiting),
            Some(Mutant::UnsettledIsNotTold) => has_asked && settled.is_none(),
            _ => false,
        };
        match taken.filter(|_| wrongly) {
            Some(taken) => ProgressCell { sent: taken.sent, ..next },
            None => next,
        }
    }

    fn end(&mut self, end: &End) {
        let worker = &mut self.world.workers[self.worker];
        worker.run = None;
        // The table brings its copies back itself, so the queue deletes them.
        worker.acknowledged = worker.is_returned || matches!(end, End::Outcome(_) | End::Kept { .. });
        if worker.acknowledged && self.scenario.keeps {
            // The worker is free for any copy, and equal to every other free one.
            (worker.is_returned, worker.handed_over) = (false, false);
        }
    }
}

/// Whether the request is a conditional write.
pub(crate) const fn is_conditional(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::TakeProgress { .. }
            | Effect::Move { .. }
            | Effect::Claim { .. }
            | Effect::Withdraw { .. }
            | Effect::Settle { .. }
            | Effect::LeaveProgress { .. }
    )
}
