//! The state of everything at one moment.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use ahash::AHasher;
use shared::protocol::{Context, Effect, Input, Machine, State};

use crate::cell::{Cell, Message, ProgressCell, Tick};
use crate::properties::Broken;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: Tick,
    /// The table's notification items, and what the properties need to know of their past.
    pub(crate) notifications: Vec<Notification>,
    /// The table's progress item.
    pub(crate) progress: ProgressCell,
    /// What providers accepted, and the table's message items about it.
    pub(crate) messages: Vec<Accepted>,
    pub(crate) workers: Vec<Worker>,
    pub(crate) sweeper: Sweeper,
    pub(crate) finder: Finder,
    /// The notification whose event the sweeper has taken, and whose copy it has not put on the queue yet.
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
    /// How many invocations over it have begun in this tick.
    pub(crate) begun: u8,
    /// Whether it is beyond anybody's knowledge, at some time, what a provider did with a request.
    pub(crate) was_unclear: bool,
    /// Whether a 2xx that could not be read was settled.
    pub(crate) was_unreadable: bool,
    /// The table's event item.
    pub(crate) event: Option<KeptEvent>,
}

/// An event that the table keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct KeptEvent {
    /// When it is to be brought back, or looked at.
    pub(crate) due: Tick,
    /// Whether only a person brings it back.
    pub(crate) for_a_person: bool,
}

/// A message that a provider accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Accepted {
    pub(crate) notification: u8,
    pub(crate) message: Message,
    /// The message item: whether the sender has stored it.
    pub(crate) stored_by_sender: bool,
    /// The facts that are stored, a bit for each call.
    pub(crate) facts: u8,
    /// The provider's calls to the webhook, each about one fact.
    pub(crate) calls: [Call; 2],
}

/// How far a call to the webhook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    /// Not made, or made in vain. It may be lost for ever.
    Open,
    /// Answered with 200: the provider won't repeat it.
    Answered,
}

/// A copy of an event in the queue, and the invocation that processes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Worker {
    pub(crate) notification: u8,
    /// Whether the table has brought it back; else it is the event as it came.
    pub(crate) is_returned: bool,
    /// The queue has deleted the copy.
    pub(crate) acknowledged: bool,
    /// The queue has handed it over in this tick.
    pub(crate) handed_over: bool,
    pub(crate) run: Option<Run>,
}

/// A machine and its hash: a world is hashed far more often than a machine is stepped.
#[derive(Debug, Clone)]
pub(crate) struct Hashed {
    machine: Machine,
    hash: u64,
}

/// A hash that takes less time than the standard one: everything is hashed millions of times.
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

/// An invocation over one copy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    /// The project's own machine: its effect is the request that this invocation makes next.
    pub(crate) machine: Arc<Hashed>,
    pub(crate) deadline: Tick,
    pub(crate) token: u8,
    /// How often this invocation has decided to write.
    pub(crate) rounds: u8,
    /// What the provider has done with the request, whose reply is on its way or is being settled.
    pub(crate) heard: Option<Verdict>,
    /// Whether this invocation has its place in the order's sequence.
    pub(crate) has_place: bool,
    /// Whether the provider was asked in this invocation.
    pub(crate) has_asked: bool,
    /// For the mutants that leave a place wrongly: how it was taken, and the state that was settled last.
    pub(crate) taken: Option<ProgressCell>,
    pub(crate) settled: Option<State>,
}

/// What a provider does with a request, and what the sender hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    Accepted,
    /// Accepted, and the reply has no id.
    AcceptedWithoutId,
    /// Accepted, and the reply is lost.
    AcceptedUnheard,
    /// Accepted, and the reply is a 2xx that can't be read.
    AcceptedUnreadable,
    /// Refused for something that can be mended.
    Refused,
    /// Refused for a reason that no table knows.
    Unrecognised,
    /// Refused for a reason that every provider has.
    RefusedForGood,
    /// The provider can't be reached.
    NotReached,
    /// Not now.
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

    /// Whether the reply doesn't say what the provider did.
    pub(crate) const fn is_unclear(self) -> bool {
        matches!(self, Self::AcceptedUnheard | Self::AcceptedUnreadable | Self::Lost)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Sweeper {
    /// Notifications that it has looked at in this tick, a bit for each.
    pub(crate) looked_at: u8,
    /// The notification, what was found, what is to be written.
    pub(crate) write: Option<(u8, Cell, Cell)>,
}

/// A person who settles what is held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Finder {
    /// Once is enough.
    pub(crate) has_spoken: bool,
    /// The notification, what was found, what is to be written.
    pub(crate) write: Option<(u8, Cell, Cell)>,
}

impl World {
    pub(crate) fn accepted(&self, notification: usize) -> usize {
        self.messages.iter().filter(|it| usize::from(it.notification) == notification).count()
    }
}
