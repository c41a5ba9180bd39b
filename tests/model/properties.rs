//! The properties that must hold in every state.

use shared::protocol::State;
use stateright::Property;

use crate::cell::Cell;
use crate::model::Protocol;
use crate::scenario::Rescue;
use crate::world::World;

/// A rule that a step broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Broken {
    /// An accepted record changed to another state, or lost an id.
    AcceptanceOverwritten,
    /// An outcome changed to a state that isn't an acceptance, and not by a person.
    OutcomeChanged,
    /// A record entered a state and attempt that don't come after its previous ones.
    EnteredAgain,
    /// A send was claimed again before the window of the unknown outcome was over, or against the policy `hold`.
    ResentTooSoon,
    /// A callback was answered, but its notification isn't accepted.
    EvidenceIgnored,
    /// A status was sent after a newer or final one had been accepted.
    ToldOutOfOrder,
    /// A notification was sent again after an unreadable 2xx.
    ResentAfterUnreadable,
    /// An invocation made more decisions than it can have reasons for.
    TooManyRounds,
}

pub(crate) const ONE_SEND: &str = "one send is accepted, and one more for each resend";
pub(crate) const NO_BLIND_RESEND: &str =
    "a second send only by the policy resend, after an unknown outcome whose window was over";
pub(crate) const ACCEPTANCE_STAYS: &str = "an acceptance stays and keeps its ids";
pub(crate) const OUTCOME_STAYS: &str =
    "an outcome changes only to accepted, or because a person lets it go, or from held unsent to a claim";
pub(crate) const RESENT_ONCE: &str =
    "a notification is sent again once at most, and never after an unreadable 2xx";
pub(crate) const UNSENT_IS_UNSENT: &str =
    "what is held unsent, rejected or suppressed was accepted by no provider";
pub(crate) const STORED_IS_SETTLED: &str =
    "a message whose order the sender has stored is its notification's";
pub(crate) const ALL_STORED: &str = "in the end every message whose id a reply gave leads to its order";
pub(crate) const ALL_REACHED: &str =
    "if the provider accepts in the end, the event is fresh and nothing was unclear, it is accepted";
pub(crate) const OWNED: &str = "an event whose notification isn't finished is in the queue or in the table";
pub(crate) const ONE_OWNER: &str = "and only after a fault in both";
pub(crate) const GONE: &str =
    "in the end no event is kept for a notification that has its outcome, unless it is looked at later";
pub(crate) const NEVER_AGAIN: &str = "no pair of state and attempt is entered twice";
pub(crate) const EVIDENCE_COUNTS: &str = "an answered callback has made its notification accepted";
pub(crate) const ORDER_KEPT: &str = "no status is sent after a newer or a final one was told";
pub(crate) const INVOCATIONS_END: &str = "an invocation comes to an end";
pub(crate) const ALL_END: &str = "every notification comes to its outcome";
pub(crate) const NOTHING_STICKS: &str = "something can happen until the end";

pub(crate) fn all() -> Vec<Property<Protocol>> {
    of_each_state().into_iter().chain(of_the_end()).collect()
}

fn of_each_state() -> Vec<Property<Protocol>> {
    vec![
        Property::always(ONE_SEND, |_: &Protocol, world: &World| {
            let mut notifications = world.notifications.iter().enumerate();
            notifications.all(|(index, it)| world.accepted(index) <= 1 + usize::from(it.resends))
        }),
        Property::always(NO_BLIND_RESEND, |_: &Protocol, world: &World| {
            unbroken(world, Broken::ResentTooSoon)
        }),
        Property::always(ACCEPTANCE_STAYS, |_: &Protocol, world: &World| {
            unbroken(world, Broken::AcceptanceOverwritten)
        }),
        Property::always(OUTCOME_STAYS, |_: &Protocol, world: &World| {
            unbroken(world, Broken::OutcomeChanged)
        }),
        Property::always(RESENT_ONCE, |_: &Protocol, world: &World| {
            unbroken(world, Broken::ResentAfterUnreadable)
                && world.notifications.iter().all(|it| it.resends <= 1)
        }),
        Property::always(UNSENT_IS_UNSENT, |model: &Protocol, world: &World| {
            let is_unsent = |record: Cell| match record.state {
                State::Held => !record.unclear,
                State::Rejected | State::Suppressed => true,
                _ => false,
            };
            // A person's wrong "not sent" makes the record wrong.
            model.scenario.person.is_some()
                || world
                    .notifications
                    .iter()
                    .enumerate()
                    .all(|(index, it)| world.accepted(index) == 0 || !it.record.is_some_and(is_unsent))
        }),
        Property::always(STORED_IS_SETTLED, |_: &Protocol, world: &World| {
            world.messages.iter().filter(|it| it.stored_by_sender).all(|it| {
                let record = world.notifications[usize::from(it.notification)].record;
                record.is_some_and(|record| {
                    record.state == State::Accepted && record.ids & it.message.bit() != 0
                })
            })
        }),
        Property::always(ALL_STORED, |model: &Protocol, world: &World| {
            !is_over(model, world)
                || model.scenario.rescue == Rescue::Sweeper
                || world.messages.iter().all(|it| {
                    let record = world.notifications[usize::from(it.notification)].record;
                    it.stored_by_sender || record.is_none_or(|record| record.replies & it.message.bit() == 0)
                })
        }),
        Property::always(ALL_REACHED, |model: &Protocol, world: &World| {
            !is_over(model, world)
                || model.scenario.mended.is_none()
                || world.notifications.iter().all(|it| {
                    let state = it.record.map(|record| record.state);
                    it.was_unclear || state == Some(State::Accepted)
                })
        }),
        Property::always(OWNED, |model: &Protocol, world: &World| {
            !model.scenario.keeps
                || (0..).zip(&world.notifications).all(|(index, it)| {
                    let mut queued = world.workers.iter().filter(|it| it.notification == index);
                    it.event.is_some()
                        || queued.any(|it| !it.acknowledged)
                        || it.record.is_some_and(is_finished)
                })
        }),
        Property::always(ONE_OWNER, |model: &Protocol, world: &World| {
            world.faults < model.scenario.faults
                || world.workers.iter().all(|it| {
                    let is_the_queues = !it.is_returned && !it.acknowledged && it.run.is_none();
                    !is_the_queues || world.notifications[usize::from(it.notification)].event.is_none()
                })
        }),
        Property::always(GONE, no_event_is_left),
        Property::always(NEVER_AGAIN, |_: &Protocol, world: &World| unbroken(world, Broken::EnteredAgain)),
        Property::always(EVIDENCE_COUNTS, |_: &Protocol, world: &World| {
            unbroken(world, Broken::EvidenceIgnored)
        }),
        Property::always(ORDER_KEPT, |_: &Protocol, world: &World| unbroken(world, Broken::ToldOutOfOrder)),
        Property::always(INVOCATIONS_END, |_: &Protocol, world: &World| {
            unbroken(world, Broken::TooManyRounds)
        }),
    ]
}

fn of_the_end() -> Vec<Property<Protocol>> {
    vec![
        // Every path ends at the last tick (an invocation makes finitely many steps, and a tick delivers finitely many
        // copies), so a property of all last states holds eventually. `Property::eventually` would overlook a path that
        // joins another one.
        Property::always(ALL_END, |model: &Protocol, world: &World| {
            !is_over(model, world)
                || world.notifications.iter().all(|it| match it.record {
                    Some(record) => record.state.is_terminal(),
                    // Nothing was ever written: the event is in the dead-letter queue.
                    None => model.scenario.rescue == Rescue::Sweeper,
                })
        }),
        Property::always(NOTHING_STICKS, |model: &Protocol, world: &World| {
            let busy = world.workers.iter().any(|it| it.run.is_some())
                || world.sweeper.write.is_some()
                || world.finder.write.is_some()
                || world.taken.is_some();
            let calm = model.scenario.is_calm(world.now);
            busy || calm || model.has_settled_down(world)
        }),
    ]
}

/// Whether the outcome is known, and a person has nothing to decide.
fn is_finished(record: Cell) -> bool {
    record.state.is_terminal() && record.state != State::Held
}

/// Whether no event remains at the end. A callback may arrive in the last tick: the sweeper's next check would delete
/// its event.
fn no_event_is_left(model: &Protocol, world: &World) -> bool {
    !is_over(model, world)
        || !model.scenario.keeps
        || world.notifications.iter().all(|it| {
            it.event.is_none_or(|event| event.due > world.now) || !it.record.is_some_and(is_finished)
        })
}

fn unbroken(world: &World, rule: Broken) -> bool {
    world.broken != Some(rule)
}

fn is_over(model: &Protocol, world: &World) -> bool {
    world.now == model.scenario.end() && model.has_settled_down(world)
}
