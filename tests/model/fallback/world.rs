//! The state of the model: the table, the providers, the queue's copies of the event, and the runs of order-notifier.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use shared::catalogue::Triggers;
use shared::delivery::{DeliveryFacts, FactKind};
use shared::protocol::{FallbackMachine, Input, Link, Machine, Owner, Record, Seen, State};

pub(super) const START: Timestamp = Timestamp::constant(1_780_000_000, 0);
/// The time between two ticks.
pub(super) const TICK: SignedDuration = SignedDuration::from_mins(30);
/// The fallback's `after`, in ticks.
pub(super) const AFTER: u8 = 2;
/// The event is too old from this tick on.
pub(super) const TOO_OLD: u8 = 7;
/// No fault happens from this tick on, and nothing at all after the last one.
pub(super) const CALM: u8 = 2;
pub(super) const LAST: u8 = 8;

pub(super) fn at(tick: u8) -> Timestamp {
    START + TICK * i32::from(tick)
}

/// What becomes of a message that a provider has accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Fate {
    /// The customer gets it, and the report comes at any time.
    Arrives,
    /// It fails, and the report comes at any time.
    Fails,
    /// Nothing is reported.
    Silent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Response {
    Accepted(Fate),
    /// Accepted, but the reply is lost.
    Lost(Fate),
    Rejected,
    Throttled,
}

/// A deliberate mistake that the properties must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mutant {
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
    /// A run that finds a message accepted doesn't store its ids.
    ForgottenIds,
    /// Once the order has left the status, a run doesn't see the channels that have begun.
    ForgottenChannel,
    /// A channel follows although the order has left the status.
    OutdatedChannel,
}

#[derive(Debug, Clone)]
pub(super) struct Scenario {
    /// What the providers of the first message may answer.
    pub(super) first: &'static [Response],
    /// What those of a channel may answer.
    pub(super) channel: &'static [Response],
    pub(super) on: Triggers,
    /// Whether the order may leave the status that the first message reports.
    pub(super) moves_on: bool,
    /// Whether the event has a usable phone number.
    pub(super) has_number: bool,
    pub(super) faults: u8,
    pub(super) copies: u8,
    pub(super) mutant: Option<Mutant>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub(super) fallback: FallbackMachine,
    pub(super) send: Option<(Link, Machine)>,
    /// Whether the order had left the status when the send began.
    pub(super) has_seen_left: bool,
    /// Whether the send machine knows that.
    pub(super) is_outdated: bool,
    pub(super) owner: Owner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Copy {
    /// On the queue; `bool` says whether it was delivered before.
    Waiting(bool),
    /// Delivered in this tick already.
    Postponed,
    Acknowledged,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Worker {
    pub(super) copy: Copy,
    pub(super) is_from_table: bool,
    /// Another one for each run.
    pub(super) token: u64,
    pub(super) run: Option<Run>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Stored {
    pub(super) due_at: Option<Timestamp>,
    pub(super) awaits_arrival: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) tick: u8,
    pub(super) records: BTreeMap<Link, (Record, Timestamp)>,
    /// What the table knows about each message.
    pub(super) facts: BTreeMap<Link, bool>,
    /// The messages whose ids are stored.
    pub(super) ids: BTreeSet<Link>,
    /// What providers have accepted, with its fate and whether that was reported.
    pub(super) accepted: Vec<(Link, Fate, bool)>,
    pub(super) event: Option<Stored>,
    pub(super) workers: Vec<Worker>,
    pub(super) faults: u8,
    /// Whether the order has left the status that the first message reports.
    pub(super) has_moved_on: bool,
    /// The number of runs so far.
    pub(super) runs: u64,
    pub(super) broken: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Deliver(usize),
    Step(usize),
    Answer(usize, Response),
    /// The request fails; `true`: after its write.
    Fail(usize, bool),
    Crash(usize),
    Report(usize),
    Sweep,
    MoveOn,
    Tick,
}

impl World {
    pub(super) fn now(&self) -> Timestamp {
        at(self.tick)
    }

    pub(super) fn is_due(&self) -> bool {
        self.event.is_some_and(|event| event.due_at.is_some_and(|due_at| due_at <= self.now()))
    }

    /// Whether a request may still fail, or a run crash.
    pub(super) const fn has_faults(&self) -> bool {
        self.faults > 0 && self.tick < CALM
    }

    /// Whether nothing happens any more.
    pub(super) fn is_over(&self) -> bool {
        let is_idle = |it: &Worker| it.run.is_none() && it.copy != Copy::Waiting(true);
        self.tick == LAST && self.workers.iter().all(is_idle)
    }

    /// The accepted messages whose reply named an id that isn't stored.
    pub(super) fn without_ids(&self) -> impl Iterator<Item = &Link> {
        let accepted = self
            .records
            .iter()
            .filter(|(_, (record, _))| record.state == State::Accepted && !record.reply_ids.is_empty());
        accepted.map(|(link, _)| link).filter(|link| !self.ids.contains(link))
    }

    pub(super) fn has_arrived(&self) -> bool {
        self.facts.values().any(|arrived| *arrived)
    }

    pub(super) fn seen(&self, is_blind: bool) -> Vec<Seen> {
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
    pub(super) fn write(
        &mut self,
        link: Link,
        known: Option<&Record>,
        next: &Record,
        is_unconditional: bool,
    ) -> Input {
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
