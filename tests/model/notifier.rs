//! `order-notifier` as steps: `delivery.rs` and `progress.rs`, with one request in each step. What an invocation
//! decides between two requests belongs to the first of them.

use shared::protocol::State;

use crate::cell::{Cell, Message};
use crate::properties::Broken;
use crate::rules::{Mutant, Next, Turn};
use crate::scenario::{INVOCATION, Scenario};
use crate::table::Written;
use crate::world::{Accepted, Call, End, Ended, Place, Run, Step, Verdict, World};

/// More decisions than one invocation can come to.
const MAX_ROUNDS: u8 = 8;

/// How a request to the table went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    Answered,
    /// It was carried out, but the reply was lost, and the SDK's own retry found what the first had written.
    CarriedOutTwice,
    /// An error, and nothing was done.
    Failed,
    /// An error, and yet it was carried out.
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

/// One worker's move in a world.
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

    fn go_to(&mut self, step: Step) {
        self.run().step = step;
    }

    /// The queue hands the copy over.
    pub(crate) fn begin(&mut self) {
        let deadline = self.world.now + INVOCATION;
        let worker = &mut self.world.workers[self.worker];
        worker.handed_over = true;
        worker.run = Some(Run { deadline, rounds: 0, place: None, step: Step::Read });
        if !self.scenario.is_ordered() {
            self.decide(None);
        }
    }

    /// The process ends without another word.
    pub(crate) fn crash(&mut self) {
        self.world.workers[self.worker].run = None;
    }

    fn decide(&mut self, known: Option<Cell>) {
        let now = self.world.now;
        let run = self.run();
        run.rounds += 1;
        let (rounds, deadline, held) = (run.rounds, run.deadline, run.place.is_some());
        if rounds > MAX_ROUNDS {
            self.world.broken = self.world.broken.or(Some(Broken::TooManyRounds));
        }
        match self.scenario.decide(known, now, deadline) {
            Next::Done => self.leave(Ended::Done),
            Next::Wait => self.leave(Ended::Undecided),
            Next::Move(next) => self.go_to(Step::Move { known, next }),
            Next::Claim(next) if self.scenario.is_ordered() && !held => {
                self.go_to(Step::ReadProgress { known, next, decided: now });
            }
            Next::Claim(next) => self.go_to(Step::Claim { known, next }),
        }
    }

    /// Carries the next request out.
    pub(crate) fn step(&mut self, request: Request) {
        let run = *self.run();
        match run.step {
            Step::Read | Step::ReadProgress { .. } if request.is_error() => self.leave(Ended::Undecided),
            Step::Read => {
                let known = self.world.notifications[usize::from(self.index())].record;
                self.decide(known);
            }
            Step::Move { known, next } => match self.write(known, next, request) {
                None => self.leave(Ended::Undecided),
                Some(Written::Done) => self.decide(Some(next)),
                Some(Written::Overtaken(found)) => self.decide(found),
            },
            Step::ReadProgress { known, next, decided } => {
                let progress = self.world.progress;
                match self.scenario.turn(progress, self.index(), decided, run.deadline) {
                    Turn::Ours(progress) => self.go_to(Step::TakePlace { known, next, decided, progress }),
                    Turn::Superseded => {
                        let next = Scenario::superseded(known);
                        self.go_to(Step::Move { known, next });
                    }
                    Turn::Wait => self.leave(Ended::Undecided),
                }
            }
            Step::TakePlace { known, next, decided, progress } => {
                let first = request.is_carried_out().then(|| self.world.move_progress(progress));
                if request.is_error() {
                    self.leave(Ended::Undecided);
                } else if first == Some(Written::Done) && request == Request::Answered {
                    self.run().place = Some(Place { progress, end: End::NotTold });
                    self.go_to(Step::Claim { known, next });
                } else {
                    self.go_to(Step::ReadProgress { known, next, decided });
                }
            }
            Step::Claim { known, next } => match self.write(known, next, request) {
                None => self.leave(Ended::Undecided),
                Some(Written::Done) => {
                    if self.scenario.mutant != Some(Mutant::UnsettledIsNotTold) {
                        self.end_place(End::Claimed);
                    }
                    self.go_to(Step::Ask { claimed: next });
                }
                Some(Written::Overtaken(found)) => {
                    self.overtaken(found);
                    self.decide(found);
                }
            },
            Step::Ask { .. } => panic!("a provider answers this"),
            Step::Hear { claimed, verdict: Verdict::Accepted } => {
                self.go_to(Step::StoreMessage { claimed, verdict: Verdict::Accepted });
            }
            Step::Hear { claimed, verdict } => self.settle(claimed, verdict, claimed),
            Step::StoreMessage { claimed, verdict } => {
                if request.is_carried_out() {
                    let index = self.index();
                    let stored = self.world.messages.iter_mut();
                    stored
                        .filter(|it| it.notification == index && it.message.attempt == claimed.attempt)
                        .for_each(|it| it.stored_by_sender = true);
                }
                if request.is_error() {
                    self.leave(Ended::Undecided);
                } else {
                    self.settle(claimed, verdict, claimed);
                }
            }
            Step::Settle { claimed, verdict, current, next } => {
                match self.write(Some(current), next, request) {
                    None => self.leave(Ended::Undecided),
                    Some(Written::Done) => self.settled(next),
                    Some(Written::Overtaken(found)) => self.settle(claimed, verdict, found.unwrap()),
                }
            }
            Step::Leave { ended, next } => {
                if request.is_carried_out() {
                    self.world.move_progress(next);
                }
                self.end(ended);
            }
        }
    }

    /// A conditional write of the record; none where the table gave an error.
    fn write(&mut self, known: Option<Cell>, next: Cell, request: Request) -> Option<Written<Option<Cell>>> {
        let index = self.index();
        let scenario = self.scenario;
        let first =
            request.is_carried_out().then(|| self.world.move_notification(scenario, index, known, next));
        match request {
            Request::Failed | Request::FailedLate => None,
            Request::Answered => first,
            Request::CarriedOutTwice => Some(match first {
                Some(Written::Done) => self.world.move_notification(scenario, index, known, next),
                other => other?,
            }),
        }
    }

    /// The request reaches the provider, or doesn't.
    pub(crate) fn ask(&mut self, verdict: Verdict) {
        let Step::Ask { claimed } = self.run().step else { panic!("nobody asks") };
        let notification = self.index();
        if self.would_reverse(notification) {
            self.world.broken = self.world.broken.or(Some(Broken::ToldOutOfOrder));
        }
        if verdict.is_accepted() {
            self.world.messages.push(Accepted {
                notification,
                message: Message { attempt: claimed.attempt, provider: claimed.provider.unwrap() },
                stored_by_sender: false,
                facts: 0,
                calls: [Call::Open; 2],
            });
        }
        self.go_to(Step::Hear { claimed, verdict });
    }

    /// Whether a status that is newer or final was told before.
    fn would_reverse(&self, notification: u8) -> bool {
        let steps = self.scenario.steps();
        let Some(this) = steps.get(usize::from(notification)) else { return false };
        self.world.messages.iter().filter(|it| it.notification != notification).any(|told| {
            let told = &steps[usize::from(told.notification)];
            told.time > this.time || told.status.is_final()
        })
    }

    fn settle(&mut self, claimed: Cell, verdict: Verdict, current: Cell) {
        let now = self.world.now;
        match self.scenario.settle(current, claimed, verdict, now) {
            Some(next) => self.go_to(Step::Settle { claimed, verdict, current, next }),
            None => self.settled(current),
        }
    }

    fn settled(&mut self, current: Cell) {
        self.overtaken(Some(current));
        self.decide(Some(current));
    }

    fn overtaken(&mut self, found: Option<Cell>) {
        let end = found.map_or(End::NotTold, |record| match record.state {
            State::Sending => End::Others,
            State::Accepted | State::Unknown => End::Told,
            State::Waiting | State::Rejected | State::Suppressed | State::Held => End::NotTold,
        });
        self.end_place(end);
    }

    fn end_place(&mut self, end: End) {
        let forgets = self.scenario.mutant == Some(Mutant::LaterAttemptUntells);
        if let Some(place) = self.run().place.as_mut().filter(|it| forgets || it.end != End::Told) {
            place.end = end;
        }
    }

    fn leave(&mut self, ended: Ended) {
        let Some(place) = self.run().place else { return self.end(ended) };
        let told = match place.end {
            End::Others => return self.end(ended),
            End::Claimed | End::Told => true,
            End::NotTold => false,
        };
        match self.scenario.released(place.progress, self.index(), told) {
            Some(next) => self.go_to(Step::Leave { ended, next }),
            None => self.end(ended),
        }
    }

    fn end(&mut self, ended: Ended) {
        let worker = &mut self.world.workers[self.worker];
        worker.run = None;
        worker.acknowledged = ended == Ended::Done;
    }
}
