//! Every interleaving of a notification with a fallback: two copies of its event, the table's copy, providers whose replies and
//! reports may be late or lost, the sweeper, and a crash. The fallback machine and the send machine are those that
//! order-notifier runs; the model carries out their effects, one a step.

mod runs;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use shared::catalogue::Triggers;
use shared::protocol::{Effect, Link, Record, State};
use stateright::{Checker, HasDiscoveries, Model, Property};

use world::{Action, Copy, Fate, LAST, Mutant, Response, Scenario, Worker, World, at};

impl Model for Scenario {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let worker = Worker { copy: Copy::Waiting(false), is_from_table: false, token: 0, run: None };
        vec![World {
            tick: 0,
            records: BTreeMap::new(),
            facts: BTreeMap::new(),
            ids: BTreeSet::new(),
            accepted: Vec::new(),
            event: None,
            workers: vec![worker; usize::from(self.copies)],
            faults: self.faults,
            has_moved_on: false,
            runs: 0,
            broken: None,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.broken.is_some() {
            return;
        }
        let mut is_idle = !world.is_due();
        for (index, worker) in world.workers.iter().enumerate() {
            match (&worker.run, worker.copy) {
                (None, Copy::Waiting(_)) => {
                    is_idle = false;
                    actions.push(Action::Deliver(index));
                }
                (None, _) => {}
                (Some(run), _) => {
                    is_idle = false;
                    let asks =
                        run.send.as_ref().filter(|(_, machine)| matches!(machine.effect(), Effect::Ask(_)));
                    match asks {
                        Some((Link::First, _)) => {
                            actions.extend(self.first.iter().map(|it| Action::Answer(index, *it)));
                        }
                        Some(_) => actions.extend(self.channel.iter().map(|it| Action::Answer(index, *it))),
                        None => actions.push(Action::Step(index)),
                    }
                    if world.has_faults() {
                        actions.push(Action::Crash(index));
                        if asks.is_none() {
                            actions.extend([Action::Fail(index, false), Action::Fail(index, true)]);
                        }
                    }
                }
            }
        }
        for (index, (_, fate, reported)) in world.accepted.iter().enumerate() {
            if !reported && *fate != Fate::Silent {
                actions.push(Action::Report(index));
            }
        }
        if world.is_due() {
            actions.push(Action::Sweep);
        }
        if self.moves_on && !world.has_moved_on {
            actions.push(Action::MoveOn);
        }
        if is_idle && world.tick < LAST {
            actions.push(Action::Tick);
        }
    }

    fn next_state(&self, before: &World, action: Action) -> Option<World> {
        let mut world = before.clone();
        match action {
            Action::Deliver(index) => self.begin(&mut world, index),
            Action::Step(index) => self.step(&mut world, index),
            Action::Answer(index, response) => self.answer(&mut world, index, response),
            Action::Fail(index, after_write) => self.fail(&mut world, index, after_write),
            Action::Crash(index) => {
                world.faults -= 1;
                world.workers[index].run = None;
                if world.workers[index].is_from_table {
                    world.workers[index].copy = Copy::Acknowledged;
                }
            }
            Action::Report(index) => {
                let (link, fate, _) = world.accepted[index];
                world.accepted[index].2 = true;
                world.facts.insert(link, fate == Fate::Arrives);
                // The webhook's write makes the notification accepted, and the publisher makes the event due.
                if let Some((record, _)) = world.records.get_mut(&link) {
                    let accepted = Record {
                        state: State::Accepted,
                        due_at: None,
                        reason: None,
                        token: None,
                        ..record.clone()
                    };
                    *record = accepted;
                    // The report names our reference: no id is needed to match it.
                    world.ids.insert(link);
                }
                let now = world.now();
                if let Some(event) = world.event.as_mut().filter(|_| fate == Fate::Fails) {
                    event.due_at = event.due_at.map(|due_at| due_at.min(now));
                }
            }
            Action::Sweep => self.sweep(&mut world),
            Action::MoveOn => world.has_moved_on = true,
            Action::Tick => {
                world.tick += 1;
                for worker in world.workers.iter_mut().filter(|it| it.copy == Copy::Postponed) {
                    worker.copy = Copy::Waiting(true);
                }
            }
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "never two of one message, and none after a known delivery",
                |_, world: &World| world.broken.is_none(),
            ),
            Property::always(
                "in the end a customer without a delivery has got another channel",
                |model: &Self, world: &World| {
                    let reached = world.accepted.iter().any(|(link, ..)| *link == Link::Channel(0));
                    !world.is_over() || !model.must_be_reached(world) || reached
                },
            ),
            Property::always("in the end every accepted message has its ids stored", |_, world: &World| {
                !world.is_over() || world.without_ids().next().is_none()
            }),
            // A first message of unknown outcome before one that follows is left to the sweeper.
            Property::always("in the end a channel has its outcome", |_, world: &World| {
                let channel = world.records.get(&Link::Channel(0));
                !world.is_over() || channel.is_none_or(|(record, _)| record.state.is_terminal())
            }),
            Property::always(
                "in the end no event is left in the table but for the operator",
                |_, world: &World| {
                    !world.is_over()
                        || world
                            .event
                            .is_none_or(|event| event.due_at.is_none() || event.due_at > Some(at(LAST - 1)))
                },
            ),
            Property::sometimes("a channel follows", |_, world: &World| {
                world.accepted.iter().any(|(link, ..)| *link == Link::Channel(0))
            }),
        ]
    }
}

const FIRST: &[Response] = &[
    Response::Accepted(Fate::Arrives),
    Response::Accepted(Fate::Fails),
    Response::Accepted(Fate::Silent),
    Response::Lost(Fate::Arrives),
    Response::Lost(Fate::Silent),
    Response::Rejected,
    Response::Throttled,
];
const CHANNEL: &[Response] = &[Response::Accepted(Fate::Arrives), Response::Accepted(Fate::Silent)];

fn scenario() -> Scenario {
    Scenario {
        first: FIRST,
        channel: CHANNEL,
        on: Triggers::default(),
        moves_on: false,
        has_number: true,
        faults: 0,
        copies: 1,
        mutant: None,
    }
}

/// The first message reports a status that the order may leave at any time.
fn of_a_status() -> Scenario {
    const FIRST: &[Response] =
        &[Response::Accepted(Fate::Arrives), Response::Accepted(Fate::Silent), Response::Rejected];
    const CHANNEL: &[Response] =
        &[Response::Accepted(Fate::Arrives), Response::Lost(Fate::Silent), Response::Throttled];
    Scenario { first: FIRST, channel: CHANNEL, moves_on: true, copies: 2, ..scenario() }
}

/// The names of the properties that the scenario breaks.
fn broken(scenario: Scenario) -> BTreeSet<&'static str> {
    let sometimes = "a channel follows";
    let name = format!("{scenario:?}");
    let checker = scenario.checker().threads(2).finish_when(HasDiscoveries::AllFailures).spawn_bfs().join();
    let found: BTreeSet<&'static str> = checker.discoveries().into_keys().collect();
    println!("{} states, depth {}: {name}", checker.unique_state_count(), checker.max_depth());
    assert!(found.contains(sometimes) || found.iter().any(|it| *it != sometimes), "no channel ever follows");
    for (property, path) in checker.discoveries() {
        if property != sometimes {
            let last = path.last_state().clone();
            println!(
                "{property}: {:?}\n{:?} {:?} {:?}",
                path.into_actions(),
                last.broken,
                last.accepted,
                last.records
            );
        }
    }
    found.into_iter().filter(|it| *it != sometimes).collect()
}

#[test]
fn a_fallback_follows_exactly_when_it_has_to() {
    assert_eq!(broken(scenario()), BTreeSet::new());
}

#[test]
fn two_copies_of_the_event_send_each_message_once() {
    assert_eq!(broken(Scenario { copies: 2, ..scenario() }), BTreeSet::new());
}

#[test]
fn a_crash_or_a_failed_request_loses_no_fallback() {
    assert_eq!(broken(Scenario { faults: 1, ..scenario() }), BTreeSet::new());
}

#[test]
fn what_follows_a_status_ends_once_the_order_has_left_it() {
    assert_eq!(broken(of_a_status()), BTreeSet::new());
    assert_eq!(broken(Scenario { faults: 1, copies: 1, ..of_a_status() }), BTreeSet::new());
}

#[test]
fn without_a_usable_number_the_channel_follows_once() {
    let first = Triggers { failed: false, rejected: true, undelivered: true };
    let late = Triggers { failed: true, rejected: false, undelivered: true };
    for on in [Triggers::default(), first, late] {
        for (faults, copies) in [(0, 2), (1, 1)] {
            let found = broken(Scenario { has_number: false, on, faults, copies, ..scenario() });
            assert_eq!(found, BTreeSet::new(), "{on:?}");
        }
    }
}

#[test]
fn each_mutant_is_found() {
    for mutant in [
        Mutant::BlindRead,
        Mutant::NoReplacement,
        Mutant::LostEvent,
        Mutant::UnconditionalClaim,
        Mutant::EagerSweeper,
    ] {
        assert!(!broken(Scenario { copies: 2, mutant: Some(mutant), ..scenario() }).is_empty(), "{mutant:?}");
    }
    for mutant in [Mutant::ForgottenChannel, Mutant::OutdatedChannel] {
        let found = broken(Scenario { mutant: Some(mutant), ..of_a_status() });
        assert!(!found.is_empty(), "{mutant:?}");
    }
    // Ids are missing only after a fault.
    let forgotten = broken(Scenario { faults: 1, mutant: Some(Mutant::ForgottenIds), ..scenario() });
    assert_eq!(forgotten, BTreeSet::from(["in the end every accepted message has its ids stored"]));
}
