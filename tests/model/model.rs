//! The possible next steps of a world, as `stateright` requires them.

use std::sync::Arc;

use shared::protocol::{Effect, State};
use stateright::{Model, Property};

use crate::cell::ProgressCell;
use crate::check::{Sight, Sights};
use crate::notifier::{Notifier, Request, is_conditional};
use crate::properties;
use crate::rules::Mutant;
use crate::scenario::{Rescue, Scenario};
use crate::world::{Call, Finder, Notification, Sweeper, Verdict, Worker, World, digest};

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The queue delivers a copy.
    HandOver { worker: usize },
    /// An invocation makes its next request to the table.
    Step { worker: usize, request: Request },
    /// A provider receives a request.
    Ask { worker: usize, verdict: Verdict },
    /// An invocation's process ends.
    Crash { worker: usize },
    /// The webhook stores the fact of a call. A call that is interrupted before counts as not yet made; one that is
    /// interrupted after is repeated, which is the next call.
    StoreFacts { message: usize, call: usize },
    /// The sweeper reads a notification.
    LookAt { notification: u8 },
    /// The sweeper writes the notification.
    Sweep,
    /// The sweeper crashes before its write.
    SweeperCrash,
    /// The sweeper puts off a stored event that is due.
    TakeEvent { notification: u8 },
    /// The sweeper puts the event's copy on the queue.
    PutCopy,
    /// The sweeper crashes before it has put the copy on the queue.
    TakerCrash,
    /// A person finds out whether a held notification was sent.
    FindOut { notification: u8 },
    /// The person records the finding.
    Resolve,
    /// Half a minute passes.
    Tick,
}

/// A scenario, and the situations seen in it.
#[derive(Debug, Clone)]
pub(crate) struct Protocol {
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) sights: Arc<Sights>,
}

impl Protocol {
    fn may_fail(&self, world: &World) -> bool {
        world.faults > 0 && !self.scenario.is_calm(world.now)
    }

    /// Whether the clock may advance: no invocation runs beyond its deadline, and in the calm the queue or the sweeper
    /// has done its work of this tick.
    pub(crate) fn has_settled_down(&self, world: &World) -> bool {
        let calm = self.scenario.is_calm(world.now);
        let workers = world.workers.iter().all(|worker| match (&worker.run, self.scenario.rescue) {
            (Some(run), _) => run.deadline > world.now && !calm,
            (None, Rescue::Queue | Rescue::Both) => !calm || worker.acknowledged || worker.handed_over,
            (None, Rescue::Sweeper) => true,
        });
        let all = (1u8 << world.notifications.len()) - 1;
        let swept = self.scenario.rescue != Rescue::Sweeper || !calm || world.sweeper.looked_at == all;
        let returned = !calm || !self.due_events(world).any(|_| true);
        let idle = world.sweeper.write.is_none() && world.finder.write.is_none() && world.taken.is_none();
        workers && swept && returned && idle
    }

    /// The notifications whose stored events the sweeper may put off.
    fn due_events(&self, world: &World) -> impl Iterator<Item = u8> {
        let starves = !self.scenario.keeps || self.scenario.mutant == Some(Mutant::StarveEvents);
        let all = 0..if starves { 0 } else { u8::try_from(world.notifications.len()).unwrap() };
        let looks_away = self.scenario.mutant == Some(Mutant::LookAway);
        all.filter(move |notification| world.is_due(*notification, looks_away))
    }

    fn taker_actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.taken.is_none() {
            actions.extend(self.due_events(world).map(|notification| Action::TakeEvent { notification }));
            return;
        }
        actions.push(Action::PutCopy);
        if self.may_fail(world) {
            actions.push(Action::TakerCrash);
        }
    }

    fn worker_actions(&self, world: &World, index: usize, actions: &mut Vec<Action>) {
        let worker = &world.workers[index];
        let Some(run) = &worker.run else {
            if !worker.acknowledged && !worker.handed_over {
                actions.push(Action::HandOver { worker: index });
            }
            return;
        };
        let step = |request| Action::Step { worker: index, request };
        let effect = run.machine.effect();
        let asks = matches!(effect, Effect::Ask(_));
        match effect {
            Effect::Ask(attempt) if run.heard.is_none() => {
                let verdicts = self.scenario.verdicts(world.now, attempt.provider).iter();
                actions.extend(verdicts.map(|verdict| Action::Ask { worker: index, verdict: *verdict }));
            }
            _ => actions.push(step(Request::Answered)),
        }
        if !self.may_fail(world) {
            return;
        }
        actions.push(Action::Crash { worker: index });
        if is_conditional(effect) && !matches!(effect, Effect::LeaveProgress { .. }) {
            actions.push(step(Request::CarriedOutTwice));
        }
        // Without a place to leave, an error ends an invocation as a crash does, unless the request is a claim.
        let is_of_the_event = matches!(effect, Effect::KeepEvent { .. } | Effect::DropEvent);
        let claims = matches!(effect, Effect::Claim { .. } | Effect::TakeProgress { .. });
        if (run.has_place || is_of_the_event || claims) && !asks {
            actions.push(step(Request::Failed));
            if is_conditional(effect) || is_of_the_event {
                actions.push(step(Request::FailedLate));
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
        if self.scenario.rescue == Rescue::Queue {
            return;
        }
        if self.scenario.rescue == Rescue::Both && self.scenario.is_calm(world.now) {
            return;
        }
        if world.sweeper.write.is_some() {
            actions.push(Action::Sweep);
            if self.may_fail(world) {
                actions.push(Action::SweeperCrash);
            }
            return;
        }
        for notification in 0..u8::try_from(world.notifications.len()).unwrap() {
            if world.sweeper.looked_at & (1 << notification) == 0 {
                actions.push(Action::LookAt { notification });
            }
        }
    }

    fn person_actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.finder.write.is_some() {
            actions.push(Action::Resolve);
            return;
        }
        if self.scenario.person.is_none() || world.finder.has_spoken || self.scenario.is_calm(world.now) {
            return;
        }
        for (notification, it) in (0..).zip(&world.notifications) {
            if it.record.is_some_and(|record| record.state == State::Held) {
                actions.push(Action::FindOut { notification });
            }
        }
    }

    fn worker<'a>(&'a self, world: &'a mut World, worker: usize) -> Notifier<'a> {
        Notifier { scenario: &self.scenario, world, worker }
    }

    fn carry_out(&self, world: &mut World, action: Action) {
        let scenario = &self.scenario;
        match action {
            Action::HandOver { worker } => self.worker(world, worker).begin(),
            Action::Step { worker, request } => {
                if request != Request::Answered {
                    world.faults -= 1;
                }
                self.worker(world, worker).step(request);
            }
            Action::Ask { worker, verdict } => self.worker(world, worker).ask(verdict),
            Action::Crash { worker } => {
                world.faults -= 1;
                self.worker(world, worker).crash();
            }
            Action::StoreFacts { message, call } => world.store_facts(scenario, message, call),
            Action::LookAt { notification } => world.look_at(scenario, notification),
            Action::Sweep => world.sweep(scenario),
            Action::SweeperCrash => {
                world.faults -= 1;
                world.sweeper.write = None;
            }
            Action::TakeEvent { notification } => world.take_event(scenario, notification),
            Action::PutCopy => world.put_copy(),
            Action::TakerCrash => {
                world.faults -= 1;
                world.taken = None;
            }
            Action::FindOut { notification } => world.find_out(scenario, notification),
            Action::Resolve => world.resolve(scenario),
            Action::Tick => {
                world.now += 1;
                world.sweeper.looked_at = 0;
                world.notifications.iter_mut().for_each(|it| it.begun = 0);
                world.workers.iter_mut().for_each(|worker| worker.handed_over = false);
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
            is_returned: false,
            acknowledged: false,
            handed_over: false,
            run: None,
        };
        // An additional worker for copies of stored events.
        let room = scenario.keeps.then(|| Worker { acknowledged: true, ..worker(0) });
        vec![World {
            now: 0,
            notifications: vec![Notification::default(); scenario.notifications()],
            progress: ProgressCell::default(),
            messages: Vec::new(),
            workers: scenario.copies.iter().map(|notification| worker(*notification)).chain(room).collect(),
            sweeper: Sweeper::default(),
            finder: Finder::default(),
            taken: None,
            faults: scenario.faults,
            broken: None,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        let settled_down = self.has_settled_down(world);
        if settled_down && world.now < self.scenario.end() {
            actions.push(Action::Tick);
        }
        if settled_down && world.now == self.scenario.end() {
            return;
        }
        for worker in 0..world.workers.len() {
            self.worker_actions(world, worker, actions);
        }
        self.webhook_actions(world, actions);
        self.sweeper_actions(world, actions);
        self.taker_actions(world, actions);
        self.person_actions(world, actions);
    }

    fn next_state(&self, before: &World, action: Action) -> Option<World> {
        let mut world = before.clone();
        self.carry_out(&mut world, action);
        self.sights.note(Sight::of(&self.scenario, before, action, &world));
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
