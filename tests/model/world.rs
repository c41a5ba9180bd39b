//! The complete state of the model at one moment.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use ahash::AHasher;
use shared::protocol::{Context, Effect, Input, Machine, State};

use crate::cell::{Cell, Message, ProgressCell, Tick};
use crate::properties::Broken;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: Tick,
    /// The table's notification items, and the part of their history that the properties need.
    pub(crate) notifications: Vec<Notification>,
    /// The table's progress item.
    pub(crate) progress: ProgressCell,
    /// The accepted messages, with the table's message items about them.
    pub(crate) messages: Vec<Accepted>,
    pub(crate) workers: Vec<Worker>,
    pub(crate) sweeper: Sweeper,
    pub(crate) finder: Finder,
    /// The notification whose event the sweeper has put off and whose copy it has not yet put on the queue.
    pub(crate) taken: Option<u8>,
    /// How many faults may still happen.
    pub(crate) faults: u8,
    /// The first rule that a step broke.
    pub(crate) broken: Option<Broken>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Notification {
    pub(crate) record: Option<Cell>,
    /// How often it was claimed again after an unknown outcome, as the policy allows.
    pub(crate) resends: u8,
    /// How many invocations for it have begun in this tick.
    pub(crate) begun: u8,
    /// Whether, at some time, only a callback could prove what a provider did with a request.
    pub(crate) was_unclear: bool,
    /// Whether an unreadable 2xx was settled.
    pub(crate) was_unreadable: bool,
    /// The table's event item.
    pub(crate) event: Option<KeptEvent>,
}

/// An event that the table stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct KeptEvent {
    /// When the sweeper brings it back, or checks it.
    pub(crate) due: Tick,
    /// Whether only a person brings it back.
    pub(crate) for_a_person: bool,
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
    /// Whether the table has brought the copy back; otherwise it is the original event.
    pub(crate) is_returned: bool,
    /// Whether the queue has deleted the copy.
    pub(crate) acknowledged: bool,
    /// Whether the queue has delivered it in this tick.
    pub(crate) handed_over: bool,
    pub(crate) run: Option<Run>,
}

/// A machine with its cached hash: a world is hashed far more often than a machine is stepped.
#[derive(Debug, Clone)]
pub(crate) struct Hashed {
    machine: Machine,
    hash: u64,
}

/// A faster hash than the standard one: the checker hashes millions of worlds.
pub(crate) fn digest(value: &impl Hash) -> u64 {
    let mut hasher = AHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Hashed {
    pub(crate) fn new(machine: Machine) -> Self {
        let hash = digest(&machine);
        Self { machine, hash }
    }

    pub(crate) fn effect(&self) -> &Effect {
        self.machine.effect()
    }

    pub(crate) fn stepped(&self, input: Input, context: &Context<'_>) -> Self {
        let mut machine = self.machine.clone();
        machine.step(input, context);
        Self::new(machine)
    }
}

impl PartialEq for Hashed {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.machine == other.machine
    }
}

impl Eq for Hashed {}

impl Hash for Hashed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}

/// An invocation for one copy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    /// The project's own machine: its effect is the invocation's next request.
    pub(crate) machine: Arc<Hashed>,
    pub(crate) deadline: Tick,
    pub(crate) token: u8,
    /// How often this invocation has decided to write.
    pub(crate) rounds: u8,
    /// The provider's response to a request whose reply is in flight or is being settled.
    pub(crate) heard: Option<Verdict>,
    /// Whether this invocation holds its place in the order's sequence.
    pub(crate) has_place: bool,
    /// Whether this invocation has asked the provider.
    pub(crate) has_asked: bool,
    /// For the mutants that leave a place wrongly: the progress after it was taken, and the state that was settled
    /// last.
    pub(crate) taken: Option<ProgressCell>,
    pub(crate) settled: Option<State>,
}

/// A provider's response to a request, and the sender's knowledge of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    Accepted,
    /// Accepted, and the reply has no id.
    AcceptedWithoutId,
    /// Accepted, and the reply is lost.
    AcceptedUnheard,
    /// Accepted, and the reply is an unreadable 2xx.
    AcceptedUnreadable,
    /// Refused for a removable cause.
    Refused,
    /// Refused with an unrecognised code.
    Unrecognised,
    /// Refused for a reason that every provider has.
    RefusedForGood,
    /// The provider can't be reached.
    NotReached,
    /// Not accepted for the time being.
    Throttled,
    /// Not accepted, and the reply is lost.
    Lost,
}

impl Verdict {
    pub(crate) const ALL: [Self; 10] = [
        Self::Accepted,
        Self::AcceptedWithoutId,
        Self::AcceptedUnheard,
        Self::AcceptedUnreadable,
        Self::Refused,
        Self::Unrecognised,
        Self::RefusedForGood,
        Self::NotReached,
        Self::Throttled,
        Self::Lost,
    ];

    pub(crate) const fn is_accepted(self) -> bool {
        matches!(
            self,
            Self::Accepted | Self::AcceptedWithoutId | Self::AcceptedUnheard | Self::AcceptedUnreadable
        )
    }

    /// Whether the reply leaves the provider's decision open.
    pub(crate) const fn is_unclear(self) -> bool {
        matches!(self, Self::AcceptedUnheard | Self::AcceptedUnreadable | Self::Lost)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Sweeper {
    /// Notifications read in this tick, a bit for each.
    pub(crate) looked_at: u8,
    /// The notification, the record read, and the record to write.
    pub(crate) write: Option<(u8, Cell, Cell)>,
}

/// A person who resolves held notifications.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Finder {
    /// The person acts only once.
    pub(crate) has_spoken: bool,
    /// The notification, the record read, and the record to write.
    pub(crate) write: Option<(u8, Cell, Cell)>,
}

impl World {
    pub(crate) fn accepted(&self, notification: usize) -> usize {
        self.messages.iter().filter(|it| usize::from(it.notification) == notification).count()
    }
}
