//! Runs the checker, prints its counts, and requires that it has seen the expected situations: a model that never
//! reaches a situation proves nothing about it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use shared::protocol::{Effect, State};
use stateright::{Checker, HasDiscoveries, Model};

use crate::model::{Action, Protocol};
use crate::notifier::RequestOutcome;
use crate::scenario::Scenario;
use crate::world::{Run, World};

/// A situation that a run has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seen {
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
    CrashBeforeClaimProgress,
    CrashBeforeClaim,
    CrashBeforeAsk,
    CrashBeforeReply,
    CrashBeforeStoreMessage,
    CrashBeforeSettle,
    CrashBeforeReleaseProgress,
    CrashBeforeStoreEvent,
    CrashBeforeDeleteEvent,
    /// The sweeper crashed between postponing an event and putting its copy on the queue.
    CrashBeforeCopy,
    /// A conditional write failed because of another writer.
    Conflict,
    /// A conditional write failed because of its own earlier, unconfirmed write.
    ConflictWithOwnWrite,
    /// A callback made a notification accepted.
    Adopted,
    /// A callback arrived before the sender's own writes.
    EarlyCallback,
    /// The next provider was asked.
    Failover,
    /// A notification with an unknown outcome was sent again.
    Resend,
    /// Both sends of such a notification were accepted.
    AcceptedTwice,
    /// A held notification was accepted after all.
    HeldThenAccepted,
    /// The sweeper changed a record.
    Swept,
    /// The operator recorded that a held notification was sent.
    OperatorSaysSent,
    /// The operator recorded that it was not sent.
    OperatorSaysNotSent,
    /// A callback settled the notification before the operator's write.
    OperatorTooLate,
    /// A notification that the operator had released was accepted.
    SentAfterRelease,
    /// A claim met its own earlier write and went on.
    OwnClaim,
    /// An invocation found that it already had its turn and went on.
    OwnTurn,
    /// A turn had expired although its status was certainly not sent.
    ExpiredUnsent,
    /// An invocation released a turn whose own write had failed with an unknown result.
    TurnReleased,
    /// A claim that may have been written was withdrawn.
    Withdrawn,
    /// A notification held as unsent was claimed.
    Reopened,
    /// An event found its notification accepted and stored the message item.
    MessageStoredLate,
    /// An unsent notification took over the content of the changed catalogue.
    ContentUpdated,
    /// The table stored an event.
    EventStored,
    /// The table stored an event that waits for the operator.
    HeldEventStored,
    /// The sweeper put a copy of a stored event on the queue.
    CopyEnqueued,
    /// The notification of a stored event was accepted, and its run deleted the event.
    EventDeleted,
    /// A callback accepted a held notification, and the sweeper deleted its event.
    EventDeletedBySweep,
}

impl Seen {
    const ALL: [Self; 46] = [
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
        Self::CrashBeforeClaimProgress,
        Self::CrashBeforeClaim,
        Self::CrashBeforeAsk,
        Self::CrashBeforeReply,
        Self::CrashBeforeStoreMessage,
        Self::CrashBeforeSettle,
        Self::CrashBeforeReleaseProgress,
        Self::CrashBeforeStoreEvent,
        Self::CrashBeforeDeleteEvent,
        Self::CrashBeforeCopy,
        Self::Conflict,
        Self::ConflictWithOwnWrite,
        Self::Adopted,
        Self::EarlyCallback,
        Self::Failover,
        Self::Resend,
        Self::AcceptedTwice,
        Self::HeldThenAccepted,
        Self::Swept,
        Self::OperatorSaysSent,
        Self::OperatorSaysNotSent,
        Self::OperatorTooLate,
        Self::SentAfterRelease,
        Self::OwnClaim,
        Self::OwnTurn,
        Self::ExpiredUnsent,
        Self::TurnReleased,
        Self::Withdrawn,
        Self::Reopened,
        Self::MessageStoredLate,
        Self::ContentUpdated,
        Self::EventStored,
        Self::HeldEventStored,
        Self::CopyEnqueued,
        Self::EventDeleted,
        Self::EventDeletedBySweep,
    ];

    const fn bit(self) -> u64 {
        1 << self as u64
    }

    /// The situations that one step reaches, a bit for each.
    pub(crate) fn detect(scenario: &Scenario, before: &World, action: Action, after: &World) -> u64 {
        let mut seen = 0;
        let mut see = |sight: Self| seen |= sight.bit();
        for (index, (old, new)) in before.notifications.iter().zip(&after.notifications).enumerate() {
            match (old.event, new.event) {
                (_, Some(event)) if old.event != new.event => {
                    see(if event.waits_for_operator { Self::HeldEventStored } else { Self::EventStored });
                }
                (Some(_), None) if after.accepted(index) > 0 => {
                    let by_sweep = matches!(action, Action::PostponeEvent { .. });
                    see(if by_sweep { Self::EventDeletedBySweep } else { Self::EventDeleted });
                }
                _ => {}
            }
            let Some(record) = new.record.filter(|_| old.record != new.record) else { continue };
            see(Self::from_state(record.state));
            let by_callback = matches!(action, Action::StoreFacts { .. });
            if by_callback {
                see(Self::Adopted);
                if old.record.is_some_and(|it| it.state == State::Held) {
                    see(Self::HeldThenAccepted);
                }
            }
            let others = scenario.providers.iter().skip(1);
            if record.state == State::Sending && others.into_iter().any(|it| Some(*it) == record.provider) {
                see(Self::Failover);
            }
            if record.state == State::Sending && old.record.is_some_and(|it| it.state == State::Held) {
                see(Self::Reopened);
            }
            if old.record.is_some_and(|it| it.content != record.content) {
                see(Self::ContentUpdated);
            }
            if new.resends > old.resends {
                see(Self::Resend);
            }
            if before.operator.has_acted
                && record.state == State::Accepted
                && old.record.is_some_and(|it| it.state == State::Sending)
            {
                see(Self::SentAfterRelease);
            }
            if after.accepted(index) > 1 {
                see(Self::AcceptedTwice);
            }
        }
        match action {
            Action::Crash { worker } => {
                if let Some(run) = &before.workers[worker].run {
                    see(Self::from_crash(run));
                }
            }
            Action::Step { worker, outcome } => {
                let (effect, next) = (effect_of(before, worker), effect_of(after, worker));
                if outcome == RequestOutcome::ExecutedTwice {
                    see(Self::ConflictWithOwnWrite);
                    if matches!((effect, next), (Some(Effect::Claim { .. }), Some(Effect::Ask(_)))) {
                        see(Self::OwnClaim);
                    }
                }
                let is_unchanged = before.notifications == after.notifications;
                match effect {
                    Some(Effect::ReadProgress) if matches!(next, Some(Effect::Claim { .. })) => {
                        see(Self::OwnTurn);
                    }
                    Some(effect) if finds_unsent(effect, next) => see(Self::ExpiredUnsent),
                    Some(Effect::ClaimProgress { .. })
                        if matches!(next, Some(Effect::ReleaseProgress { .. }))
                            && before.progress != after.progress =>
                    {
                        see(Self::TurnReleased);
                    }
                    Some(Effect::Withdraw { .. }) if !is_unchanged => see(Self::Withdrawn),
                    Some(Effect::Move { .. } | Effect::Claim { .. } | Effect::Settle { .. })
                        if outcome == RequestOutcome::Answered && is_unchanged =>
                    {
                        see(Self::Conflict);
                    }
                    Some(Effect::StoreMessage(_))
                        if before.workers[worker].run.as_ref().is_some_and(|run| !run.has_asked) =>
                    {
                        see(Self::MessageStoredLate);
                    }
                    _ => {}
                }
            }
            Action::StoreFacts { message, .. } if !before.messages[message].stored_by_sender => {
                see(Self::EarlyCallback);
            }
            Action::EnqueueCopy if before.workers != after.workers => see(Self::CopyEnqueued),
            Action::CrashAfterPostponing => see(Self::CrashBeforeCopy),
            Action::Sweep if before.notifications != after.notifications => see(Self::Swept),
            Action::Resolve => see(match before.operator.write {
                _ if before.notifications == after.notifications => Self::OperatorTooLate,
                Some((_, _, next)) if next.state == State::Accepted => Self::OperatorSaysSent,
                _ => Self::OperatorSaysNotSent,
            }),
            _ => {}
        }
        seen
    }

    const fn from_state(state: State) -> Self {
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

    fn from_crash(run: &Run) -> Self {
        match run.machine.effect() {
            Effect::Read => Self::CrashBeforeRead,
            Effect::Move { .. } => Self::CrashBeforeMove,
            Effect::ReadProgress | Effect::ReadExpired { .. } => Self::CrashBeforeReadProgress,
            Effect::ClaimProgress { .. } => Self::CrashBeforeClaimProgress,
            Effect::Claim { .. } | Effect::Withdraw { .. } => Self::CrashBeforeClaim,
            Effect::Ask(_) if run.response.is_none() => Self::CrashBeforeAsk,
            Effect::Ask(_) => Self::CrashBeforeReply,
            Effect::StoreMessage(_) => Self::CrashBeforeStoreMessage,
            Effect::Settle { .. } => Self::CrashBeforeSettle,
            Effect::ReleaseProgress { .. } => Self::CrashBeforeReleaseProgress,
            Effect::StoreEvent { .. } => Self::CrashBeforeStoreEvent,
            Effect::DeleteEvent => Self::CrashBeforeDeleteEvent,
            Effect::StoreReference { .. } => panic!("no scenario has order details"),
            Effect::Prepare | Effect::Finish(_) => panic!("no request"),
        }
    }
}

/// Whether this request found that the status of an expired turn was certainly not sent.
fn finds_unsent(effect: &Effect, next: Option<&Effect>) -> bool {
    match (effect, next) {
        (Effect::ReadExpired { known, .. }, Some(Effect::ClaimProgress { next, .. })) => {
            next.sent == known.sent
        }
        _ => false,
    }
}

/// An invocation's next request; none if the invocation has ended.
fn effect_of(world: &World, worker: usize) -> Option<&Effect> {
    world.workers[worker].run.as_ref().map(|run| run.machine.effect())
}

/// The situations seen by all threads of the checker.
#[derive(Debug, Default)]
pub(crate) struct SeenSet(AtomicU64);

impl SeenSet {
    pub(crate) fn record(&self, seen: u64) {
        if self.0.load(Ordering::Relaxed) & seen != seen {
            self.0.fetch_or(seen, Ordering::Relaxed);
        }
    }

    fn all(&self) -> BTreeSet<Seen> {
        let seen = self.0.load(Ordering::Relaxed);
        Seen::ALL.into_iter().filter(|it| seen & it.bit() != 0).collect()
    }
}

/// The number of cores of the smallest machine that runs the tests.
const THREADS: usize = 2;
/// Allows one run at a time: concurrent runs compete for the processor's caches, and all take longer.
static TURN: Mutex<()> = Mutex::new(());

/// Checks every state. Panics with the shortest trace if a property is violated, and panics if an `expected` situation
/// never occurred.
pub(crate) fn check(name: &str, scenario: Scenario, expected: &[Seen]) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let started = Instant::now();
    let model = Protocol { scenario: Arc::new(scenario), situations: Arc::default() };
    let situations = Arc::clone(&model.situations);
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
    let unseen: Vec<&Seen> = expected.iter().filter(|it| !situations.all().contains(it)).collect();
    assert_eq!(unseen, Vec::<&Seen>::new(), "{name}: these situations never occurred");
}

/// Checks that the scenario, with its mutant or a wrong finding of the operator, violates this property.
pub(crate) fn detects(scenario: Scenario, property: &'static str) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let name = scenario.mutant.map_or("the operator's wrong finding".to_owned(), |it| format!("{it:?}"));
    let model = Protocol { scenario: Arc::new(scenario), situations: Arc::default() };
    let wanted = HasDiscoveries::AllOf([property].into());
    let checker = model.checker().threads(THREADS).finish_when(wanted).spawn_bfs().join();
    let found = checker.discovery(property);
    println!("{name}: {} states until a violation of {property:?}", checker.unique_state_count());
    assert!(found.is_some(), "{name}: {property:?} still holds");
}
