//! Runs the checker, prints its counts, and requires that it has seen the expected situations: a model in which nothing
//! happens proves nothing.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use shared::protocol::{Effect, State};
use stateright::{Checker, HasDiscoveries, Model};

use crate::model::{Action, Protocol};
use crate::notifier::Request;
use crate::scenario::Scenario;
use crate::world::{Run, World};

/// A situation that a run must have seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sight {
    Sending,
    Waiting,
    Unknown,
    Accepted,
    Rejected,
    Suppressed,
    Held,
    CrashBeforeRead,
    CrashBeforeMove,
    CrashBeforeReadProgress,
    CrashBeforeTakePlace,
    CrashBeforeClaim,
    CrashBeforeAsk,
    CrashBeforeHear,
    CrashBeforeStoreMessage,
    CrashBeforeSettle,
    CrashBeforeLeave,
    CrashBeforeKeepEvent,
    CrashBeforeDropEvent,
    /// The sweeper crashed after it had put an event off, before it put the copy on the queue.
    CrashBeforeCopy,
    /// A conditional write failed because of another writer.
    Overtaken,
    /// A conditional write failed because of its own earlier, unconfirmed write.
    OvertakenByItself,
    /// A callback made a notification accepted.
    Adoption,
    /// A callback arrived before the sender's own writes.
    EarlyCallback,
    /// The next provider was asked.
    FailOver,
    /// A notification with an unknown outcome was sent again.
    Resend,
    /// Both sends of such a notification were accepted.
    AcceptedTwice,
    /// A held notification was accepted after all.
    HeldThenAccepted,
    /// The sweeper changed a record.
    Swept,
    /// A person found that a held notification was sent.
    FoundSent,
    /// A person found that it was not sent.
    FoundNotSent,
    /// A callback preceded the person's write.
    FoundTooLate,
    /// A notification that a person had released was accepted.
    SentAfterAll,
    /// A claim that failed on its own earlier write went on.
    OwnClaim,
    /// A run found its own place in the order's sequence and went on.
    OwnPlace,
    /// A run left a place whose write had failed with an unknown result.
    PlaceLeft,
    /// A claim that may have been written was withdrawn.
    Withdrawn,
    /// A notification held as unsent was claimed.
    Reopened,
    /// An event that found its message accepted stored the message item.
    StoredLate,
    /// An unsent notification took the content of the changed catalogue.
    Mended,
    /// The table stored an event.
    Kept,
    /// The table stored an event that only a person brings back.
    KeptForAPerson,
    /// A copy of a stored event is on the queue.
    BroughtBack,
    /// An event that was brought back is accepted, and its item is deleted.
    Dropped,
    /// A held notification was accepted by a callback, and the sweep deleted its event.
    DroppedByTheSweep,
}

impl Sight {
    const ALL: [Self; 45] = [
        Self::Sending,
        Self::Waiting,
        Self::Unknown,
        Self::Accepted,
        Self::Rejected,
        Self::Suppressed,
        Self::Held,
        Self::CrashBeforeRead,
        Self::CrashBeforeMove,
        Self::CrashBeforeReadProgress,
        Self::CrashBeforeTakePlace,
        Self::CrashBeforeClaim,
        Self::CrashBeforeAsk,
        Self::CrashBeforeHear,
        Self::CrashBeforeStoreMessage,
        Self::CrashBeforeSettle,
        Self::CrashBeforeLeave,
        Self::CrashBeforeKeepEvent,
        Self::CrashBeforeDropEvent,
        Self::CrashBeforeCopy,
        Self::Overtaken,
        Self::OvertakenByItself,
        Self::Adoption,
        Self::EarlyCallback,
        Self::FailOver,
        Self::Resend,
        Self::AcceptedTwice,
        Self::HeldThenAccepted,
        Self::Swept,
        Self::FoundSent,
        Self::FoundNotSent,
        Self::FoundTooLate,
        Self::SentAfterAll,
        Self::OwnClaim,
        Self::OwnPlace,
        Self::PlaceLeft,
        Self::Withdrawn,
        Self::Reopened,
        Self::StoredLate,
        Self::Mended,
        Self::Kept,
        Self::KeptForAPerson,
        Self::BroughtBack,
        Self::Dropped,
        Self::DroppedByTheSweep,
    ];

    const fn bit(self) -> u64 {
        1 << self as u64
    }

    /// The situations that one step shows, as bits.
    pub(crate) fn of(scenario: &Scenario, before: &World, action: Action, after: &World) -> u64 {
        let mut seen = 0;
        let mut see = |sight: Self| seen |= sight.bit();
        for (index, (old, new)) in before.notifications.iter().zip(&after.notifications).enumerate() {
            match (old.event, new.event) {
                (_, Some(event)) if old.event != new.event => {
                    see(if event.for_a_person { Self::KeptForAPerson } else { Self::Kept });
                }
                (Some(_), None) if after.accepted(index) > 0 => {
                    let by_the_sweep = matches!(action, Action::TakeEvent { .. });
                    see(if by_the_sweep { Self::DroppedByTheSweep } else { Self::Dropped });
                }
                _ => {}
            }
            let Some(record) = new.record.filter(|_| old.record != new.record) else { continue };
            see(Self::of_state(record.state));
            let by_callback = matches!(action, Action::StoreFacts { .. });
            if by_callback {
                see(Self::Adoption);
                if old.record.is_some_and(|it| it.state == State::Held) {
                    see(Self::HeldThenAccepted);
                }
            }
            let others = scenario.providers.iter().skip(1);
            if record.state == State::Sending && others.into_iter().any(|it| Some(*it) == record.provider) {
                see(Self::FailOver);
            }
            if record.state == State::Sending && old.record.is_some_and(|it| it.state == State::Held) {
                see(Self::Reopened);
            }
            if old.record.is_some_and(|it| it.content != record.content) {
                see(Self::Mended);
            }
            if new.resends > old.resends {
                see(Self::Resend);
            }
            if before.finder.has_spoken
                && record.state == State::Accepted
                && old.record.is_some_and(|it| it.state == State::Sending)
            {
                see(Self::SentAfterAll);
            }
            if after.accepted(index) > 1 {
                see(Self::AcceptedTwice);
            }
        }
        match action {
            Action::Crash { worker } => {
                if let Some(run) = &before.workers[worker].run {
                    see(Self::of_crash(run));
                }
            }
            Action::Step { worker, request } => {
                let (effect, next) = (effect_of(before, worker), effect_of(after, worker));
                if request == Request::CarriedOutTwice {
                    see(Self::OvertakenByItself);
                    if matches!((effect, next), (Some(Effect::Claim { .. }), Some(Effect::Ask(_)))) {
                        see(Self::OwnClaim);
                    }
                }
                let is_unchanged = before.notifications == after.notifications;
                match effect {
                    Some(Effect::ReadProgress) if matches!(next, Some(Effect::Claim { .. })) => {
                        see(Self::OwnPlace);
                    }
                    Some(Effect::TakeProgress { .. })
                        if matches!(next, Some(Effect::LeaveProgress { .. }))
                            && before.progress != after.progress =>
                    {
                        see(Self::PlaceLeft);
                    }
                    Some(Effect::Withdraw { .. }) if !is_unchanged => see(Self::Withdrawn),
                    Some(Effect::Move { .. } | Effect::Claim { .. } | Effect::Settle { .. })
                        if request == Request::Answered && is_unchanged =>
                    {
                        see(Self::Overtaken);
                    }
                    Some(Effect::StoreMessage(_))
                        if before.workers[worker].run.as_ref().is_some_and(|run| !run.has_asked) =>
                    {
                        see(Self::StoredLate);
                    }
                    _ => {}
                }
            }
            Action::StoreFacts { message, .. } if !before.messages[message].stored_by_sender => {
                see(Self::EarlyCallback);
            }
            Action::PutCopy if before.workers != after.workers => see(Self::BroughtBack),
            Action::TakerCrash => see(Self::CrashBeforeCopy),
            Action::Sweep if before.notifications != after.notifications => see(Self::Swept),
            Action::Resolve => see(match before.finder.write {
                _ if before.notifications == after.notifications => Self::FoundTooLate,
                Some((_, _, next)) if next.state == State::Accepted => Self::FoundSent,
                _ => Self::FoundNotSent,
            }),
            _ => {}
        }
        seen
    }

    const fn of_state(state: State) -> Self {
        match state {
            State::Sending => Self::Sending,
            State::Waiting => Self::Waiting,
            State::Unknown => Self::Unknown,
            State::Accepted => Self::Accepted,
            State::Rejected => Self::Rejected,
            State::Suppressed => Self::Suppressed,
            State::Held => Self::Held,
        }
    }

    fn of_crash(run: &Run) -> Self {
        match run.machine.effect() {
            Effect::Read => Self::CrashBeforeRead,
            Effect::Move { .. } => Self::CrashBeforeMove,
            Effect::ReadProgress => Self::CrashBeforeReadProgress,
            Effect::TakeProgress { .. } => Self::CrashBeforeTakePlace,
            Effect::Claim { .. } | Effect::Withdraw { .. } => Self::CrashBeforeClaim,
            Effect::Ask(_) if run.heard.is_none() => Self::CrashBeforeAsk,
            Effect::Ask(_) => Self::CrashBeforeHear,
            Effect::StoreMessage(_) => Self::CrashBeforeStoreMessage,
            Effect::Settle { .. } => Self::CrashBeforeSettle,
            Effect::LeaveProgress { .. } => Self::CrashBeforeLeave,
            Effect::KeepEvent { .. } => Self::CrashBeforeKeepEvent,
            Effect::DropEvent => Self::CrashBeforeDropEvent,
            Effect::Prepare | Effect::Finish(_) => panic!("no request"),
        }
    }
}

/// The next request of an invocation; none if the invocation is over.
fn effect_of(world: &World, worker: usize) -> Option<&Effect> {
    world.workers[worker].run.as_ref().map(|run| run.machine.effect())
}

/// The situations seen by all threads of the checker.
#[derive(Debug, Default)]
pub(crate) struct Sights(AtomicU64);

impl Sights {
    pub(crate) fn note(&self, seen: u64) {
        if self.0.load(Ordering::Relaxed) & seen != seen {
            self.0.fetch_or(seen, Ordering::Relaxed);
        }
    }

    fn all(&self) -> BTreeSet<Sight> {
        let seen = self.0.load(Ordering::Relaxed);
        Sight::ALL.into_iter().filter(|it| seen & it.bit() != 0).collect()
    }
}

/// Two, because the smallest machine that runs the tests has two cores.
const THREADS: usize = 2;
/// One run at a time: concurrent runs would share the processor's caches, and all would take longer.
static TURN: Mutex<()> = Mutex::new(());

/// Checks every state. Panics with the shortest trace if a property doesn't hold, and if an `expected` situation never
/// occurred.
pub(crate) fn holds(name: &str, scenario: Scenario, expected: &[Sight]) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let started = Instant::now();
    let model = Protocol { scenario: Arc::new(scenario), sights: Arc::default() };
    let sights = Arc::clone(&model.sights);
    let checker =
        model.checker().threads(THREADS).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    println!(
        "{name}: {} states, {} steps, depth {}, {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        started.elapsed().as_secs_f32()
    );
    if let Some((property, path)) = checker.discoveries().into_iter().next() {
        panic!("{name}: {property:?} does not hold: {:#?}", path.into_actions());
    }
    let unseen: Vec<&Sight> = expected.iter().filter(|it| !sights.all().contains(it)).collect();
    assert_eq!(unseen, Vec::<&Sight>::new(), "{name}: never happened");
}

/// Checks that the checker detects the mutant by this property.
pub(crate) fn is_found_out(name: &str, scenario: Scenario, property: &'static str) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let model = Protocol { scenario: Arc::new(scenario), sights: Arc::default() };
    let wanted = HasDiscoveries::AllOf([property].into());
    let checker = model.checker().threads(THREADS).finish_when(wanted).spawn_bfs().join();
    let found = checker.discovery(property);
    println!("{name}: {} states until {property:?} fell", checker.unique_state_count());
    assert!(found.is_some(), "{name}: {property:?} holds of it");
}
