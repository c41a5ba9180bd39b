//! The complete state of the model at one moment.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use ahash::AHasher;
use shared::protocol::{Context, Effect, Input, Machine, State};

use crate::compact::{CompactProgress, CompactRecord, Message, Tick};
use crate::properties::Broken;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: Tick,
    /// The table's notification items, and the part of their history that the properties need.
    pub(crate) notifications: Vec<Notification>,
    /// The table's progress item.
    pub(crate) progress: CompactProgress,
    /// The accepted messages, with the table's message items about them.
    pub(crate) messages: Vec<Accepted>,
    pub(crate) workers: Vec<Worker>,
    pub(crate) sweeper: Sweeper,
    pub(crate) operator: OperatorState,
    /// The notification whose event is postponed while its copy is not yet on the queue.
    pub(crate) postponed: Option<u8>,
    /// The number of faults that may still happen.
    pub(crate) faults: u8,
    /// The first rule that a step broke.
    pub(crate) broken: Option<Broken>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Notification {
    pub(crate) record: Option<CompactRecord>,
    /// The number of claims after an unknown outcome that the policy allowed.
    pub(crate) resends: u8,
    /// How many invocations for it have begun in this tick.
    pub(crate) invocations: u8,
    /// Whether at some time only a callback could prove whether a provider accepted a request.
    pub(crate) was_unclear: bool,
    /// Whether an unreadable 2xx was settled.
    pub(crate) was_unreadable: bool,
    /// The table's event item.
    pub(crate) event: Option<StoredEvent>,
}

/// An event that the table stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StoredEvent {
    /// The tick in which the sweeper puts a copy on the queue, or checks the event.
    pub(crate) due: Tick,
    /// Whether only the operator puts a copy on the queue.
    pub(crate) waits_for_operator: bool,
}

/// A message that a provider accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Accepted {
    pub(crate) notification: u8,
    pub(crate) message: Message,
    /// Whether the sender has stored the message item.
    pub(crate) stored_by_sender: bool,
    /// The stored facts, a bit for each call.
    pub(crate) facts: u8,
    /// The provider's calls to the webhook, each about one fact.
    pub(crate) calls: [Call; 2],
}

/// The progress of a call to the webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    /// Not made, or failed. It may be lost for ever.
    Open,
    /// Answered with 200: the provider won't repeat it.
    Answered,
}

/// A copy of an event in the queue, and the invocation that processes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Worker {
    pub(crate) notification: u8,
    /// Whether the sweeper put the copy on the queue; otherwise it is the original event.
    pub(crate) is_from_table: bool,
    /// Whether the queue has deleted the copy.
    pub(crate) acknowledged: bool,
    /// Whether the queue has delivered it in this tick.
    pub(crate) delivered: bool,
    pub(crate) run: Option<Run>,
}

/// A machine with its cached hash: a world is hashed far more often than a machine is stepped.
#[derive(Debug, Clone)]
pub(crate) struct HashedMachine {
    machine: Machine,
    hash: u64,
}

/// Hashes faster than the standard library: the checker hashes millions of worlds.
pub(crate) fn digest(value: &impl Hash) -> u64 {
    let mut hasher = AHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

impl HashedMachine {
    pub(crate) fn new(machine: Machine) -> Self {
        let hash = digest(&machine);
        Self { machine, hash }
    }

    pub(crate) fn effect(&self) -> &Effect {
        self.machine.effect()
    }

    pub(crate) fn step(&self, input: Input, context: &Context<'_>) -> Self {
        let mut machine = self.machine.clone();
        machine.step(input, context);
        Self::new(machine)
    }
}

impl PartialEq for HashedMachine {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.machine == other.machine
    }
}

impl Eq for HashedMachine {}

impl Hash for HashedMachine {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}

/// An invocation for one copy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    /// The project's own machine: its effect is the invocation's next request.
    pub(crate) machine: Arc<HashedMachine>,
    pub(crate) deadline: Tick,
    pub(crate) token: u8,
    /// The number of writes on which this invocation has decided.
    pub(crate) rounds: u8,
    /// The provider's response to a request whose reply is in flight or is being settled.
    pub(crate) response: Option<Response>,
    /// Whether this invocation holds the order's turn.
    pub(crate) holds_turn: bool,
    /// Whether this invocation has asked the provider.
    pub(crate) has_asked: bool,
    /// The progress after the turn was taken. Only mutants read it and `settled`.
    pub(crate) taken_progress: Option<CompactProgress>,
    /// The state that was settled last.
    pub(crate) settled: Option<State>,
}

/// A provider's response to a request, and what reaches the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Response {
    Accepted,
    /// Accepted, and the reply has no id.
    AcceptedWithoutId,
    /// Accepted, and the reply is lost.
    ReplyLost,
    /// Accepted, and the reply is an unreadable 2xx.
    AcceptedUnreadable,
    /// Refused for a removable cause, such as wrong credentials.
    Refused,
    /// Refused with an unrecognised code.
    Unrecognised,
    /// Refused for a reason that holds with every provider, such as an unreachable recipient.
    Rejected,
    /// The provider can't be reached.
    Unreachable,
    /// Not accepted for now.
    Throttled,
    /// Not accepted, and the reply is lost.
    RequestLost,
}

impl Response {
    pub(crate) const ALL: [Self; 10] = [
        Self::Accepted,
        Self::AcceptedWithoutId,
        Self::ReplyLost,
        Self::AcceptedUnreadable,
        Self::Refused,
        Self::Unrecognised,
        Self::Rejected,
        Self::Unreachable,
        Self::Throttled,
        Self::RequestLost,
    ];

    pub(crate) const fn is_accepted(self) -> bool {
        matches!(self, Self::Accepted | Self::AcceptedWithoutId | Self::ReplyLost | Self::AcceptedUnreadable)
    }

    /// Whether the sender can't know if the provider accepted.
    pub(crate) const fn is_unclear(self) -> bool {
        matches!(self, Self::ReplyLost | Self::AcceptedUnreadable | Self::RequestLost)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Sweeper {
    /// Notifications read in this tick, a bit for each.
    pub(crate) already_read: u8,
    /// The notification, the record read, and the record to write.
    pub(crate) write: Option<(u8, CompactRecord, CompactRecord)>,
}

/// The progress of the operator, who resolves one held notification.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct OperatorState {
    /// Whether the operator has acted, which happens once in a run.
    pub(crate) has_acted: bool,
    /// The notification, the record read, and the record to write.
    pub(crate) write: Option<(u8, CompactRecord, CompactRecord)>,
}

impl World {
    pub(crate) fn accepted(&self, notification: usize) -> usize {
        self.messages.iter().filter(|it| usize::from(it.notification) == notification).count()
    }
}
