//! The transitions of the model, in the form that `stateright` requires.

use std::sync::Arc;

use shared::protocol::{Effect, State};
use stateright::{Model, Property};

use crate::check::{Seen, SeenSet};
use crate::compact::CompactProgress;
use crate::mutant::Mutant;
use crate::notifier::{Notifier, RequestOutcome, is_conditional};
use crate::properties;
use crate::scenario::{Recovery, Scenario};
use crate::world::{Call, Notification, OperatorState, Response, Sweeper, Worker, World, digest};

/// One transition of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The queue delivers a copy.
    Deliver { worker: usize },
    /// An invocation makes its next request to the table.
    Step { worker: usize, outcome: RequestOutcome },
    /// A provider receives a request, or the request is lost.
    Ask { worker: usize, response: Response },
    /// An invocation's process ends.
    Crash { worker: usize },
    /// The webhook stores the fact of a call. A call that is interrupted before the write counts as not made; after an
    /// interruption that follows the write, the provider repeats the call, which is the next one.
    StoreFacts { message: usize, call: usize },
    /// The sweeper reads a notification.
    ReadNotification { notification: u8 },
    /// The sweeper writes the notification.
    Sweep,
    /// The sweeper crashes before its write.
    CrashSweeper,
    /// The sweeper postpones a stored event that is due.
    PostponeEvent { notification: u8 },
    /// The sweeper puts the event's copy on the queue.
    EnqueueCopy,
    /// The sweeper crashes before it puts the copy on the queue.
    CrashAfterPostponing,
    /// The operator finds out whether a held notification was sent.
    Investigate { notification: u8 },
    /// The operator records the finding.
    Resolve,
    /// The clock advances by 30 s.
    Tick,
}

/// A scenario, and the situations seen in it.
#[derive(Debug, Clone)]
pub(crate) struct Protocol {
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) situations: Arc<SeenSet>,
}

impl Protocol {
    fn may_fail(&self, world: &World) -> bool {
        world.faults > 0 && !self.scenario.is_calm(world.now)
    }

    /// Whether the clock may advance: no invocation runs beyond its deadline, and once the faults have ended, the queue
    /// or the sweeper has done its work of this tick.
    pub(crate) fn can_advance_clock(&self, world: &World) -> bool {
        let calm = self.scenario.is_calm(world.now);
        let workers = world.workers.iter().all(|worker| match (&worker.run, self.scenario.recovery) {
            (Some(run), _) => run.deadline > world.now && !calm,
            (None, Recovery::Queue | Recovery::Both) => !calm || worker.acknowledged || worker.delivered,
            (None, Recovery::Sweeper) => true,
        });
        let all = (1u8 << world.notifications.len()) - 1;
        let swept = self.scenario.recovery != Recovery::Sweeper || !calm || world.sweeper.already_read == all;
        let returned = !calm || !self.due_events(world).any(|_| true);
        let idle =
            world.sweeper.write.is_none() && world.operator.write.is_none() && world.postponed.is_none();
        workers && swept && returned && idle
    }

    /// The notifications whose stored events are due.
    fn due_events(&self, world: &World) -> impl Iterator<Item = u8> {
        let starves = !self.scenario.stores_events || self.scenario.mutant == Some(Mutant::StarveEvents);
        let all = 0..if starves { 0 } else { u8::try_from(world.notifications.len()).unwrap() };
        let skips_held = self.scenario.mutant == Some(Mutant::KeepAcceptedEvent);
        all.filter(move |notification| world.is_due(*notification, skips_held))
    }

    fn event_actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.postponed.is_none() {
            actions.extend(self.due_events(world).map(|notification| Action::PostponeEvent { notification }));
            return;
        }
        actions.push(Action::EnqueueCopy);
        if self.may_fail(world) {
            actions.push(Action::CrashAfterPostponing);
        }
    }

    fn worker_actions(&self, world: &World, index: usize, actions: &mut Vec<Action>) {
        let worker = &world.workers[index];
        let Some(run) = &worker.run else {
            if !worker.acknowledged && !worker.delivered {
                actions.push(Action::Deliver { worker: index });
            }
            return;
        };
        let step = |outcome| Action::Step { worker: index, outcome };
        let effect = run.machine.effect();
        let asks = matches!(effect, Effect::Ask(_));
        match effect {
            Effect::Ask(attempt) if run.response.is_none() => {
                let responses = self.scenario.responses(world.now, attempt.provider).iter();
                actions.extend(responses.map(|response| Action::Ask { worker: index, response: *response }));
            }
            _ => actions.push(step(RequestOutcome::Answered)),
        }
        if !self.may_fail(world) {
            return;
        }
        actions.push(Action::Crash { worker: index });
        if is_conditional(effect) && !matches!(effect, Effect::ReleaseProgress { .. }) {
            actions.push(step(RequestOutcome::ExecutedTwice));
        }
        // An invocation without a turn to release ends with an error as with a crash, unless the request is a claim.
        let concerns_event = matches!(effect, Effect::StoreEvent { .. } | Effect::DeleteEvent);
        let claims = matches!(effect, Effect::Claim { .. } | Effect::ClaimProgress { .. });
        if (run.holds_turn || concerns_event || claims) && !asks {
            actions.push(step(RequestOutcome::Failed));
            if is_conditional(effect) || concerns_event {
                actions.push(step(RequestOutcome::FailedAfterWrite));
            }
        }
    }

    fn webhook_actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (message, accepted) in world.messages.iter().enumerate() {
            for call in 0..usize::from(self.scenario.calls) {
                if accepted.calls[call] == Call::Open {
                    actions.push(Action::StoreFacts { message, call });
                }
            }
        }
    }

    fn sweeper_actions(&self, world: &World, actions: &mut Vec<Action>) {
        if self.scenario.recovery == Recovery::Queue {
            return;
        }
        if self.scenario.recovery == Recovery::Both && self.scenario.is_calm(world.now) {
            return;
        }
        if world.sweeper.write.is_some() {
            actions.push(Action::Sweep);
            if self.may_fail(world) {
                actions.push(Action::CrashSweeper);
            }
            return;
        }
        for notification in 0..u8::try_from(world.notifications.len()).unwrap() {
            if world.sweeper.already_read & (1 << notification) == 0 {
                actions.push(Action::ReadNotification { notification });
            }
        }
    }

    fn operator_actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.operator.write.is_some() {
            actions.push(Action::Resolve);
            return;
        }
        if self.scenario.operator.is_none() || world.operator.has_acted || self.scenario.is_calm(world.now) {
            return;
        }
        for (notification, it) in (0..).zip(&world.notifications) {
            if it.record.is_some_and(|record| record.state == State::Held) {
                actions.push(Action::Investigate { notification });
            }
        }
    }

    fn worker<'a>(&'a self, world: &'a mut World, worker: usize) -> Notifier<'a> {
        Notifier { scenario: &self.scenario, world, worker }
    }

    fn apply(&self, world: &mut World, action: Action) {
        let scenario = &self.scenario;
        match action {
            Action::Deliver { worker } => self.worker(world, worker).begin(),
            Action::Step { worker, outcome } => {
                if outcome != RequestOutcome::Answered {
                    world.faults -= 1;
                }
                self.worker(world, worker).step(outcome);
            }
            Action::Ask { worker, response } => self.worker(world, worker).ask(response),
            Action::Crash { worker } => {
                world.faults -= 1;
                self.worker(world, worker).crash();
            }
            Action::StoreFacts { message, call } => world.store_facts(scenario, message, call),
            Action::ReadNotification { notification } => world.read_notification(scenario, notification),
            Action::Sweep => world.sweep(scenario),
            Action::CrashSweeper => {
                world.faults -= 1;
                world.sweeper.write = None;
            }
            Action::PostponeEvent { notification } => world.postpone_event(scenario, notification),
            Action::EnqueueCopy => world.enqueue_copy(),
            Action::CrashAfterPostponing => {
                world.faults -= 1;
                world.postponed = None;
            }
            Action::Investigate { notification } => world.investigate(scenario, notification),
            Action::Resolve => world.resolve(scenario),
            Action::Tick => {
                world.now += 1;
                world.sweeper.already_read = 0;
                world.notifications.iter_mut().for_each(|it| it.invocations = 0);
                world.workers.iter_mut().for_each(|worker| worker.delivered = false);
            }
        }
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let scenario = &self.scenario;
        let worker = |notification: u8| Worker {
            notification,
            is_from_table: false,
            acknowledged: false,
            delivered: false,
            run: None,
        };
        // An additional worker for copies of stored events.
        let spare = scenario.stores_events.then(|| Worker { acknowledged: true, ..worker(0) });
        vec![World {
            now: 0,
            notifications: vec![Notification::default(); scenario.notifications()],
            progress: CompactProgress::default(),
            messages: Vec::new(),
            workers: scenario.copies.iter().map(|notification| worker(*notification)).chain(spare).collect(),
            sweeper: Sweeper::default(),
            operator: OperatorState::default(),
            postponed: None,
            faults: scenario.faults,
            broken: None,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        let can_advance = self.can_advance_clock(world);
        if can_advance && world.now < self.scenario.end() {
            actions.push(Action::Tick);
        }
        if can_advance && world.now == self.scenario.end() {
            return;
        }
        for worker in 0..world.workers.len() {
            self.worker_actions(world, worker, actions);
        }
        self.webhook_actions(world, actions);
        self.sweeper_actions(world, actions);
        self.event_actions(world, actions);
        self.operator_actions(world, actions);
    }

    fn next_state(&self, before: &World, action: Action) -> Option<World> {
        let mut world = before.clone();
        self.apply(&mut world, action);
        self.situations.record(Seen::detect(&self.scenario, before, action, &world));
        // Two copies of one event are interchangeable.
        for first in 1..world.workers.len() {
            let (a, b) = (&world.workers[first - 1], &world.workers[first]);
            if a.notification == b.notification && digest(a) > digest(b) {
                world.workers.swap(first - 1, first);
            }
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
