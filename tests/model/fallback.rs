//! Every interleaving of a notification with a fallback: two copies of its event, the table's copy, providers whose replies and
//! reports may be late or lost, the sweeper, and a crash. The fallback machine and the send machine are those that
//! order-notifier runs; the model carries out their effects, one a step.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::catalogue::{Consent, FallbackTerms, Triggers};
use shared::delivery::{DeliveryFacts, FactKind};
use shared::protocol::{
    Answer, ClaimToken, Context, Effect, End, FallbackEffect, FallbackInput, FallbackMachine, FollowUpCase,
    Guard, Input, Link, Machine, Owner, Policy, Reason, ReasonClass, Record, Seen, Staleness, State,
};
use shared::provider::Provider;
use stateright::{Checker, HasDiscoveries, Model, Property};

const START: Timestamp = Timestamp::constant(1_780_000_000, 0);
/// The time between two ticks.
const TICK: SignedDuration = SignedDuration::from_mins(30);
/// The fallback's `after`, in ticks.
const AFTER: u8 = 2;
/// The event is too old from this tick on.
const TOO_OLD: u8 = 7;
/// No fault happens from this tick on, and nothing at all after the last one.
const CALM: u8 = 2;
const LAST: u8 = 8;

fn at(tick: u8) -> Timestamp {
    START + TICK * i32::from(tick)
}

/// What becomes of a message that a provider has accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Fate {
    /// The customer gets it, and the report comes at any time.
    Arrives,
    /// It fails, and the report comes at any time.
    Fails,
    /// Nothing is reported.
    Silent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Response {
    Accepted(Fate),
    /// Accepted, but the reply is lost.
    Lost(Fate),
    Rejected,
    Throttled,
}

/// A deliberate mistake that the properties must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutant {
    /// The facts aren't read before a channel follows.
    BlindRead,
    /// An unsent message is not replaced before a channel follows.
    NoReplacement,
    /// The event isn't stored once the first message is accepted.
    LostEvent,
    /// A claim doesn't depend on the record.
    UnconditionalClaim,
    /// The sweeper deletes the event although the message hasn't arrived.
    EagerSweeper,
}

#[derive(Debug, Clone)]
struct Scenario {
    /// What the providers of the first message may answer.
    first: &'static [Response],
    /// What those of a channel may answer.
    channel: &'static [Response],
    on: Triggers,
    faults: u8,
    copies: u8,
    mutant: Option<Mutant>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Run {
    fallback: FallbackMachine,
    send: Option<(Link, Machine)>,
    owner: Owner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Copy {
    /// On the queue; `bool` says whether it was delivered before.
    Waiting(bool),
    /// Delivered in this tick already.
    Postponed,
    Acknowledged,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Worker {
    copy: Copy,
    is_from_table: bool,
    /// Another one for each run.
    token: u64,
    run: Option<Run>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Stored {
    due_at: Option<Timestamp>,
    awaits_arrival: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    tick: u8,
    records: BTreeMap<Link, (Record, Timestamp)>,
    /// What the table knows about each message.
    facts: BTreeMap<Link, bool>,
    /// What providers have accepted, with its fate and whether that was reported.
    accepted: Vec<(Link, Fate, bool)>,
    event: Option<Stored>,
    workers: Vec<Worker>,
    faults: u8,
    /// The number of runs so far.
    runs: u64,
    broken: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    Deliver(usize),
    Step(usize),
    Answer(usize, Response),
    /// The request fails; `true`: after its write.
    Fail(usize, bool),
    Crash(usize),
    Report(usize),
    Sweep,
    Tick,
}

impl World {
    fn now(&self) -> Timestamp {
        at(self.tick)
    }

    fn is_due(&self) -> bool {
        self.event.is_some_and(|event| event.due_at.is_some_and(|due_at| due_at <= self.now()))
    }

    fn has_arrived(&self) -> bool {
        self.facts.values().any(|arrived| *arrived)
    }

    fn seen(&self, is_blind: bool) -> Vec<Seen> {
        let each = self.records.iter().map(|(link, (record, created_at))| {
            let mut facts = DeliveryFacts::default();
            match self.facts.get(link).filter(|_| !is_blind) {
                Some(true) => facts.add(FactKind::Delivered, START, None),
                Some(false) => facts.add(FactKind::Failed, START, None),
                None => {}
            }
            Seen { link: *link, record: record.clone(), created_at: *created_at, facts }
        });
        each.collect()
    }

    /// Writes a record if it is the known one.
    fn write(&mut self, link: Link, known: Option<&Record>, next: &Record, is_unconditional: bool) -> Input {
        let current = self.records.get(&link);
        let same = |a: &Record, b: &Record| (a.state, a.attempt, a.token) == (b.state, b.attempt, b.token);
        let is_known = match (current, known) {
            (None, None) => true,
            (Some((current, _)), Some(known)) => same(current, known),
            _ => false,
        };
        if !is_known && !is_unconditional {
            return Input::Conflict(current.map(|(record, _)| record.clone()));
        }
        let created_at = current.map_or_else(|| self.now(), |(_, created_at)| *created_at);
        self.records.insert(link, (next.clone(), created_at));
        Input::Done
    }
}

impl Scenario {
    fn case(&self) -> FollowUpCase {
        let after = Duration::try_from(TICK * i32::from(AFTER)).unwrap();
        let terms = FallbackTerms { after, on: self.on, retries: false, channels: vec![Provider::AwsSms] };
        FollowUpCase { terms, usable: vec![0], ends_at: at(TOO_OLD) }
    }

    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    fn begin(&self, world: &mut World, index: usize) {
        world.runs += 1;
        let worker = &mut world.workers[index];
        worker.token = world.runs;
        let is_repeated = worker.is_from_table || worker.copy == Copy::Waiting(true);
        let owner =
            if worker.is_from_table { Owner::Table } else { Owner::Queue { until: Some(at(world.tick)) } };
        worker.copy = Copy::Postponed;
        let mut fallback = FallbackMachine::new(self.case(), owner, is_repeated, None);
        fallback.step(FallbackInput::Begin, at(world.tick));
        worker.run = Some(Run { fallback, send: None, owner });
        self.advance(world, index);
    }

    /// Carries out what needs no request.
    fn advance(&self, world: &mut World, index: usize) {
        let has_arrived = world.has_arrived();
        let Some(run) = &mut world.workers[index].run else { return };
        if let FallbackEffect::Deliver(link) = run.fallback.effect().clone()
            && run.send.is_none()
        {
            if link != Link::First && has_arrived {
                world.broken = Some("a channel followed a message that had arrived");
            }
            let machine = Machine::new(None, run.owner).with_fallback(true);
            run.send = Some((link, machine));
            self.send(world, index, Input::Begin);
            return;
        }
        let FallbackEffect::Finish(end) = run.fallback.effect().clone() else { return };
        let worker = &mut world.workers[index];
        worker.run = None;
        let is_done =
            worker.is_from_table || matches!(end, End::Outcome(_) | End::Kept { .. } | End::Conflict);
        worker.copy = if is_done { Copy::Acknowledged } else { Copy::Postponed };
    }

    /// Steps the send machine.
    fn send(&self, world: &mut World, index: usize, input: Input) {
        let (now, tick) = (world.now(), world.tick);
        let token = world.workers[index].token;
        let run = world.workers[index].run.as_mut().unwrap();
        let (link, machine) = run.send.as_mut().unwrap();
        let policy: Policy = "hold".parse().unwrap();
        let providers = [if *link == Link::First { Provider::Meta } else { Provider::AwsSms }];
        let staleness = match (tick >= TOO_OLD, *link) {
            (false, _) => Staleness::Fresh,
            (true, Link::First) => Staleness::Stale,
            (true, _) => Staleness::Pointless,
        };
        let context = Context {
            now,
            lease_end: now + TICK,
            token: ClaimToken(token),
            may_send: true,
            fingerprint: "f",
            is_same_event: true,
            providers: &providers,
            guard: Guard::Allowed,
            consent: Consent::Given,
            event_time: START,
            staleness,
            is_urgent: false,
            policy: &policy,
        };
        let effect = machine.step(input, &context).clone();
        match effect {
            Effect::Prepare | Effect::StoreMessage(_) => self.send(world, index, Input::Done),
            Effect::Finish(end) => {
                run.send = None;
                run.fallback.step(FallbackInput::Delivered(end), now);
                self.advance(world, index);
            }
            _ => {}
        }
    }

    /// Carries out the next request of a run.
    fn step(&self, world: &mut World, index: usize) {
        let run = world.workers[index].run.clone().unwrap();
        if let Some((link, machine)) = &run.send {
            let input = match machine.effect() {
                Effect::Read => Input::Record(world.records.get(link).map(|(record, _)| record.clone())),
                Effect::Claim { known, next } => {
                    let is_unconditional = self.is(Mutant::UnconditionalClaim);
                    let written = world.write(*link, known.as_ref(), next, is_unconditional);
                    let is_late = *link == Link::First && world.records.contains_key(&Link::Channel(0));
                    if is_late && written == Input::Done {
                        world.broken = Some("the first message was claimed after a channel");
                    }
                    written
                }
                Effect::Move { known, next } | Effect::Settle { known, next } => {
                    world.write(*link, known.as_ref(), next, false)
                }
                Effect::Withdraw { claimed, next } => world.write(*link, Some(claimed), next, false),
                other => unreachable!("{other:?}"),
            };
            return self.send(world, index, input);
        }
        let now = world.now();
        let input = match run.fallback.effect().clone() {
            FallbackEffect::Read => FallbackInput::Seen(world.seen(self.is(Mutant::BlindRead))),
            FallbackEffect::Replace { .. } if self.is(Mutant::NoReplacement) => {
                FallbackInput::Delivered(End::Failed)
            }
            FallbackEffect::Replace { link, known, next } => {
                match world.write(link, Some(&known), &next, false) {
                    Input::Done => FallbackInput::Done,
                    _ => FallbackInput::Conflict,
                }
            }
            FallbackEffect::StoreEvent { due_at, awaits_arrival } => {
                if !self.is(Mutant::LostEvent) {
                    world.event = Some(Stored { due_at, awaits_arrival });
                }
                FallbackInput::Done
            }
            FallbackEffect::DeleteEvent => {
                world.event = None;
                FallbackInput::Done
            }
            other => unreachable!("{other:?}"),
        };
        let run = world.workers[index].run.as_mut().unwrap();
        run.fallback.step(input, now);
        self.advance(world, index);
    }

    fn fail(&self, world: &mut World, index: usize, after_write: bool) {
        world.faults -= 1;
        let before = world.clone();
        if after_write {
            self.step(world, index);
            // Only the write stays.
            world.workers = before.workers.clone();
        }
        let now = world.now();
        let run = world.workers[index].run.as_mut().unwrap();
        if run.send.is_some() {
            self.send(world, index, Input::Failed);
        } else {
            run.fallback.step(FallbackInput::Failed, now);
            self.advance(world, index);
        }
    }

    fn answer(&self, world: &mut World, index: usize, response: Response) {
        let run = world.workers[index].run.as_ref().unwrap();
        let link = run.send.as_ref().unwrap().0;
        if let Response::Accepted(fate) | Response::Lost(fate) = response {
            if world.accepted.iter().any(|(other, ..)| *other == link) {
                world.broken = Some("a message was accepted twice");
            }
            world.accepted.push((link, fate, false));
        }
        let reason = |class| Reason::new(class, "code", "text");
        let answer = match response {
            Response::Accepted(_) => Answer::Accepted(None),
            Response::Lost(_) => Answer::Unknown(reason(ReasonClass::Unclear)),
            Response::Rejected => Answer::Rejected(reason(ReasonClass::Recipient)),
            Response::Throttled => {
                Answer::NotSent { reason: reason(ReasonClass::Throttled), retry_after: None }
            }
        };
        self.send(world, index, Input::Answer(answer));
    }

    /// The sweeper's work on the stored event.
    fn sweep(&self, world: &mut World) {
        let Some(event) = &mut world.event else { return };
        let has_arrived = world.facts.get(&Link::First) == Some(&true);
        if event.awaits_arrival && (has_arrived || self.is(Mutant::EagerSweeper)) {
            world.event = None;
            return;
        }
        event.due_at = Some(at(world.tick + 1));
        let copy = Worker { copy: Copy::Waiting(true), is_from_table: true, token: 0, run: None };
        match world.workers.iter_mut().find(|it| it.is_from_table && it.copy == Copy::Acknowledged) {
            Some(free) => *free = copy,
            None => world.workers.push(copy),
        }
    }

    /// Whether the customer must have been reached when everything is over.
    fn must_be_reached(&self, world: &World) -> bool {
        let fate = |link| world.accepted.iter().find(|(it, ..)| *it == link).map(|(_, fate, _)| *fate);
        // A channel that was claimed and whose reply is unknown can only be held.
        let is_unclear = world.records.get(&Link::Channel(0)).is_some_and(|(record, _)| record.unclear);
        !is_unclear && self.on.undelivered && fate(Link::First) != Some(Fate::Arrives) && !world.has_arrived()
    }
}

impl Model for Scenario {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let worker = Worker { copy: Copy::Waiting(false), is_from_table: false, token: 0, run: None };
        vec![World {
            tick: 0,
            records: BTreeMap::new(),
            facts: BTreeMap::new(),
            accepted: Vec::new(),
            event: None,
            workers: vec![worker; usize::from(self.copies)],
            faults: self.faults,
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
                    if world.faults > 0 && world.tick < CALM {
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
                }
                let now = world.now();
                if let Some(event) = world.event.as_mut().filter(|_| fate == Fate::Fails) {
                    event.due_at = event.due_at.map(|due_at| due_at.min(now));
                }
            }
            Action::Sweep => self.sweep(&mut world),
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
                    let is_over = world.tick == LAST
                        && world.workers.iter().all(|it| it.run.is_none() && it.copy != Copy::Waiting(true));
                    let reached = world.accepted.iter().any(|(link, ..)| *link == Link::Channel(0));
                    !is_over || !model.must_be_reached(world) || reached
                },
            ),
            Property::always(
                "in the end no event is left in the table but for the operator",
                |_, world: &World| {
                    world.tick < LAST
                        || world.workers.iter().any(|it| it.run.is_some() || it.copy == Copy::Waiting(true))
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
    Scenario { first: FIRST, channel: CHANNEL, on: Triggers::default(), faults: 0, copies: 1, mutant: None }
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
}
