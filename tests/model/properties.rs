//! The properties that must hold in every state.

use shared::protocol::{Effect, State};
use stateright::Property;

use crate::compact::CompactRecord;
use crate::model::Protocol;
use crate::scenario::Recovery;
use crate::world::World;

/// A rule that a step broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Broken {
    /// An accepted record changed to another state, or lost an id.
    AcceptanceOverwritten,
    /// An outcome changed to a state other than accepted, and not by the operator.
    OutcomeChanged,
    /// A record entered a state and attempt that don't follow its previous ones.
    StateRepeated,
    /// A send was claimed again within the window of an unknown outcome, or although the policy is `hold`.
    ResentTooSoon,
    /// A callback was answered, but its notification isn't accepted.
    EvidenceIgnored,
    /// A status was sent after a newer or final one had been accepted.
    SentOutOfOrder,
    /// A status was suppressed as superseded although no newer or final one was sent or may have been.
    SupersededByUnsent,
    /// A notification was sent again after an unreadable 2xx.
    ResentAfterUnreadable,
    /// An invocation decided to write more than `MAX_ROUNDS` times.
    TooManyRounds,
}

pub(crate) const ONE_SEND: &str = "one send is accepted, and one more for each resend";
pub(crate) const NO_BLIND_RESEND: &str =
    "a second send only by the policy resend, after an unknown outcome whose window was over";
pub(crate) const ACCEPTANCE_STAYS: &str = "an acceptance stays and keeps its ids";
pub(crate) const OUTCOME_STAYS: &str =
    "an outcome changes only to accepted, by an operator's decision, or from held unsent to a claim";
pub(crate) const RESENT_ONCE: &str =
    "a notification is resent at most once, and never after an unreadable 2xx";
pub(crate) const UNSENT_NEVER_ACCEPTED: &str =
    "no provider accepted a notification that is held unsent, rejected or suppressed";
pub(crate) const STORED_IS_SETTLED: &str =
    "a message item that the sender has stored belongs to an accepted notification";
pub(crate) const ALL_STORED: &str = "in the end, every message id in a reply has a message item";
pub(crate) const ALL_REACHED: &str =
    "a notification whose sends were never unclear is accepted if the provider accepts in the end";
pub(crate) const EVENT_OWNED: &str =
    "an event whose notification isn't finished is in the queue or in the table";
pub(crate) const ONE_OWNER: &str = "an event is in the queue and in the table at once only after a fault";
pub(crate) const FINISHED_EVENTS_DELETED: &str =
    "in the end, no finished notification has a stored event, unless its next check is still due";
pub(crate) const NO_STATE_REPEATED: &str = "no record enters the same state and attempt twice";
pub(crate) const EVIDENCE_COUNTS: &str = "an answered callback has made its notification accepted";
pub(crate) const ORDER_KEPT: &str = "no status is sent after a newer or a final one";
pub(crate) const SUPERSEDED_BY_SENT: &str =
    "a status is superseded only by a newer or a final one that was sent or may have been";
pub(crate) const GUARDED: &str = "a recipient who is not allowed gets no message and takes no turn";
pub(crate) const INVOCATIONS_END: &str = "every invocation ends";
pub(crate) const ALL_END: &str = "every notification reaches an outcome";
pub(crate) const NOTHING_STICKS: &str = "every state before the end has a next step";

pub(crate) fn all() -> Vec<Property<Protocol>> {
    invariants().into_iter().chain(end_properties()).collect()
}

fn invariants() -> Vec<Property<Protocol>> {
    vec![
        Property::always(ONE_SEND, |_: &Protocol, world: &World| {
            let mut notifications = world.notifications.iter().enumerate();
            notifications.all(|(index, it)| world.accepted(index) <= 1 + usize::from(it.resends))
        }),
        Property::always(NO_BLIND_RESEND, |_: &Protocol, world: &World| keeps(world, Broken::ResentTooSoon)),
        Property::always(ACCEPTANCE_STAYS, |_: &Protocol, world: &World| {
            keeps(world, Broken::AcceptanceOverwritten)
        }),
        Property::always(OUTCOME_STAYS, |_: &Protocol, world: &World| keeps(world, Broken::OutcomeChanged)),
        Property::always(RESENT_ONCE, |_: &Protocol, world: &World| {
            keeps(world, Broken::ResentAfterUnreadable)
                && world.notifications.iter().all(|it| it.resends <= 1)
        }),
        Property::always(UNSENT_NEVER_ACCEPTED, |model: &Protocol, world: &World| {
            let is_unsent = |record: CompactRecord| match record.state {
                State::Held => !record.unclear,
                State::Rejected | State::Suppressed => true,
                _ => false,
            };
            // An operator's wrong "not sent" makes the record wrong.
            model.scenario.operator.is_some()
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
                || model.scenario.recovery == Recovery::Sweeper
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
        Property::always(EVENT_OWNED, |model: &Protocol, world: &World| {
            !model.scenario.stores_events
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
                    let is_the_queues = !it.is_from_table && !it.acknowledged && it.run.is_none();
                    !is_the_queues || world.notifications[usize::from(it.notification)].event.is_none()
                })
        }),
        Property::always(FINISHED_EVENTS_DELETED, no_event_is_left),
        Property::always(NO_STATE_REPEATED, |_: &Protocol, world: &World| {
            keeps(world, Broken::StateRepeated)
        }),
        Property::always(EVIDENCE_COUNTS, |_: &Protocol, world: &World| {
            keeps(world, Broken::EvidenceIgnored)
        }),
        Property::always(ORDER_KEPT, |_: &Protocol, world: &World| keeps(world, Broken::SentOutOfOrder)),
        Property::always(SUPERSEDED_BY_SENT, |_: &Protocol, world: &World| {
            keeps(world, Broken::SupersededByUnsent)
        }),
        Property::always(GUARDED, |model: &Protocol, world: &World| {
            let mut refused =
                world.workers.iter().filter(|it| model.scenario.not_allowed == Some(it.notification));
            refused.all(|it| {
                let effect = it.run.as_ref().map(|run| run.machine.effect());
                !matches!(effect, Some(Effect::Claim { .. } | Effect::ClaimProgress { .. } | Effect::Ask(_)))
            })
        }),
        Property::always(INVOCATIONS_END, |_: &Protocol, world: &World| keeps(world, Broken::TooManyRounds)),
    ]
}

fn end_properties() -> Vec<Property<Protocol>> {
    vec![
        // Every path ends at the last tick (an invocation makes finitely many steps, and a tick delivers finitely many
        // copies), so a property of all last states holds eventually. `Property::eventually` would overlook a path that
        // joins another one.
        Property::always(ALL_END, |model: &Protocol, world: &World| {
            !is_over(model, world)
                || world.notifications.iter().all(|it| match it.record {
                    Some(record) => record.state.is_terminal(),
                    // Nothing was ever written: the event is in the dead-letter queue.
                    None => model.scenario.recovery == Recovery::Sweeper,
                })
        }),
        Property::always(NOTHING_STICKS, |model: &Protocol, world: &World| {
            let busy = world.workers.iter().any(|it| it.run.is_some())
                || world.sweeper.write.is_some()
                || world.operator.write.is_some()
                || world.postponed.is_some();
            let calm = model.scenario.is_calm(world.now);
            busy || calm || model.can_advance_clock(world)
        }),
    ]
}

/// Whether the outcome is known, and the operator has nothing to decide.
fn is_finished(record: CompactRecord) -> bool {
    record.state.is_terminal() && record.state != State::Held
}

/// Whether no event remains at the end. A callback may arrive in the last tick: the sweeper's next check would delete
/// its event.
fn no_event_is_left(model: &Protocol, world: &World) -> bool {
    !is_over(model, world)
        || !model.scenario.stores_events
        || world.notifications.iter().all(|it| {
            it.event.is_none_or(|event| event.due > world.now) || !it.record.is_some_and(is_finished)
        })
}

fn keeps(world: &World, rule: Broken) -> bool {
    world.broken != Some(rule)
}

fn is_over(model: &Protocol, world: &World) -> bool {
    world.now == model.scenario.end() && model.can_advance_clock(world)
}
