//! The state of everything at one moment.

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
}

/// A message that a provider accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Accepted {
    pub(crate) notification: u8,
    pub(crate) message: Message,
    /// The message item: whether the sender has stored it.
    pub(crate) stored_by_sender: bool,
    /// The message item: facts, a bit for each call.
    pub(crate) facts: u8,
    /// The provider's calls to the webhook, each about one fact.
    pub(crate) calls: [Call; 2],
}

/// How far a call to the webhook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    /// Not made, or made in vain. It may be lost for ever.
    Open,
    /// The facts are stored, the message isn't adopted yet.
    Stored,
    /// Answered with 200: the provider won't repeat it.
    Answered,
}

/// A copy of an event in the queue, and the invocation that processes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Worker {
    pub(crate) notification: u8,
    /// The queue has deleted the copy.
    pub(crate) acknowledged: bool,
    /// The queue has handed it over in this tick.
    pub(crate) handed_over: bool,
    pub(crate) run: Option<Run>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    pub(crate) deadline: Tick,
    /// How often this invocation has decided.
    pub(crate) rounds: u8,
    pub(crate) place: Option<Place>,
    pub(crate) step: Step,
}

/// A place in the order's sequence that an invocation holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) progress: ProgressCell,
    pub(crate) end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum End {
    NotTold,
    Claimed,
    Told,
    Others,
}

/// What an invocation does next: one request each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// Reads the record.
    Read,
    /// Writes a record that needs no send.
    Move { known: Option<Cell>, next: Cell },
    /// Reads the order's progress, to take the place. `decided` is when the claim was decided on.
    ReadProgress { known: Option<Cell>, next: Cell, decided: Tick },
    /// Takes the place.
    TakePlace { known: Option<Cell>, next: Cell, decided: Tick, progress: ProgressCell },
    /// Claims.
    Claim { known: Option<Cell>, next: Cell },
    /// Sends the request.
    Ask { claimed: Cell },
    /// Waits for the reply to it.
    Hear { claimed: Cell, verdict: Verdict },
    /// Stores the message's order.
    StoreMessage { claimed: Cell, verdict: Verdict },
    /// Writes what the provider answered.
    Settle { claimed: Cell, verdict: Verdict, current: Cell, next: Cell },
    /// Leaves the place.
    Leave { ended: Ended, next: ProgressCell },
}

/// What an invocation says to the queue about its copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Ended {
    /// It has its outcome.
    Done,
    /// It is to come back.
    Undecided,
}

/// What a provider does with a request, and what the sender hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    Accepted,
    /// Accepted, and the reply has no id.
    AcceptedWithoutId,
    /// Accepted, and the reply is lost.
    AcceptedUnheard,
    /// Refused for a reason of the provider's own.
    RefusedForItself,
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
    pub(crate) const ALL: [Self; 8] = [
        Self::Accepted,
        Self::AcceptedWithoutId,
        Self::AcceptedUnheard,
        Self::RefusedForItself,
        Self::RefusedForGood,
        Self::NotReached,
        Self::Throttled,
        Self::Lost,
    ];

    pub(crate) const fn is_accepted(self) -> bool {
        matches!(self, Self::Accepted | Self::AcceptedWithoutId | Self::AcceptedUnheard)
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
