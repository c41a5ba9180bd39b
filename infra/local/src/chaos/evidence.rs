//! What the judge looks at: what was published, what the table and the queue hold, what the providers accepted and
//! reported.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use shared::catalogue::{Catalogue, OrderEvent};
use shared::delivery::FactKind;
use shared::message::MessageKey;
use shared::protocol::State;
use shared::provider::Provider;
use shared::status_event::StatusEventType;

use super::drive::with_id;
use super::order::PlannedStatus;
use super::plan::Plan;
use crate::environment::key_secret;
use crate::expectation::Expectation;

/// All of it, at one moment at which nothing moves.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    /// Every planned event.
    pub events: Vec<EventSeen>,
    /// Every message that came to the queue.
    pub deliveries: Vec<Delivery>,
    /// When order-notifier was killed.
    pub kills: Vec<SystemTime>,
    /// The table's notifications, by their references.
    pub records: BTreeMap<String, RecordSeen>,
    /// The facts in the table, by the id under which they are stored.
    pub facts: BTreeMap<MessageKey, BTreeSet<FactKind>>,
    /// The ids of the events that are recorded as invalid.
    pub invalid: BTreeSet<String>,
    /// How often the status events told what, about a notification by its reference or an invalid event by its id.
    pub told: BTreeMap<(String, StatusEventType), usize>,
    /// How many messages with this event id are still on the queue or among the dead letters.
    pub queued: BTreeMap<String, usize>,
    /// What the providers accepted, in the order in which they did.
    pub sends: Vec<SendSeen>,
}

/// A planned event and what must become of it.
#[derive(Debug, Clone)]
pub(super) struct EventSeen {
    /// The order's number.
    pub order: String,
    /// What must become of it.
    pub due: Due,
    /// Of an order status, its place.
    pub status: Option<PlannedStatus>,
}

/// What must become of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    /// The notification with this reference, which may be sent.
    Sendable(String),
    /// The notification with this reference, which must not be sent.
    Unsendable(String),
    /// A record of the event's faults.
    Invalid,
    /// Nothing.
    Ignored,
}

/// A message that came to the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivery {
    /// Which planned event.
    pub event: usize,
    /// The event's id. A redelivery has the same, a producer's second put another.
    pub id: String,
}

/// A notification in the table.
#[derive(Debug, Clone)]
pub(super) struct RecordSeen {
    /// How far it is.
    pub state: State,
    /// The code of why it is there.
    pub reason: Option<String>,
    /// The ids by which its message is known.
    pub messages: BTreeSet<MessageKey>,
}

/// A send that a provider accepted.
#[derive(Debug, Clone)]
pub(super) struct SendSeen {
    /// The provider.
    pub provider: Provider,
    /// The notification that it told; none where no event asked for it.
    pub notification: Option<String>,
    /// The id that every callback about it names.
    pub message: MessageKey,
    /// Every id of it.
    pub ids: BTreeSet<MessageKey>,
    /// When it was accepted.
    pub at: SystemTime,
    /// What the sender was told.
    pub reply: ReplySeen,
    /// What can be asked for without a callback: 1MSG's `hookInfo` tells what has happened to a message.
    pub told_when_asked: BTreeSet<FactKind>,
    /// What was reported of it.
    pub callbacks: Vec<CallbackSeen>,
}

/// What the sender was told about a send that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplySeen {
    /// All.
    Complete,
    /// That it was accepted, but no id.
    WithoutId,
    /// Nothing that can be understood.
    Lost,
}

/// A callback that was posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CallbackSeen {
    /// What it reported.
    pub kind: FactKind,
    /// What came of it.
    pub end: CallbackEnd,
    /// How often it was tried.
    pub tries: usize,
}

/// What came of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallbackEnd {
    /// The webhook took it.
    Taken,
    /// The provider gave it up.
    GivenUp,
}

impl Due {
    /// The notification that is to be recorded.
    pub fn notification(&self) -> Option<&str> {
        match self {
            Self::Sendable(reference) | Self::Unsendable(reference) => Some(reference),
            Self::Invalid | Self::Ignored => None,
        }
    }
}

/// What must become of every planned event under a catalogue.
pub(super) fn planned(plan: &Plan, catalogue: &Catalogue) -> anyhow::Result<Vec<EventSeen>> {
    let key_secret = key_secret()?;
    plan.events
        .iter()
        .map(|event| {
            let parsed = OrderEvent::parse(with_id(event, "planned"))?;
            let due = match Expectation::of(&parsed, catalogue, &key_secret) {
                Expectation::Sent(reference, _) => Due::Sendable(reference.to_string()),
                Expectation::Suppressed(reference) => Due::Unsendable(reference.to_string()),
                Expectation::Invalid => Due::Invalid,
                Expectation::Ignored => Due::Ignored,
            };
            Ok(EventSeen { order: event.order.clone(), due, status: event.status })
        })
        .collect()
}
