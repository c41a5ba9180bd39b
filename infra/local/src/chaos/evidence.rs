//! What the judge looks at: what was published, what the table and the queue hold, what the providers accepted and
//! reported.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use shared::catalogue::OrderEvent;
use shared::delivery::FactKind;
use shared::json;
use shared::message::MessageKey;
use shared::protocol::State;
use shared::provider::Provider;
use shared::status_event::StatusEventType;

use super::World;
use super::catalogues::Catalogues;
use super::foreign::MustBe;
use super::order::PlannedStatus;
use super::plan::Plan;
use crate::environment::key_secret;
use crate::expectation::Expectation;
use crate::local::simulated;
use crate::simulator::Expected;

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
    /// The notifications whose events the table keeps and brings back by itself, by their references.
    pub kept: BTreeSet<String>,
    /// The ids of the events that are recorded as invalid.
    pub invalid: BTreeSet<String>,
    /// How often the status events told what, about a notification by its reference or an invalid event by its id.
    pub told: BTreeMap<(String, StatusEventType), usize>,
    /// How many messages with this event id are still on the queue or among the dead letters.
    pub queued: BTreeMap<String, usize>,
    /// Whether reports may name a message by any id, or by our reference alone.
    pub has_foreign_reports: bool,
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
    /// Of a notification that may be sent, what the providers make of it.
    pub at_the_providers: Option<Expected>,
    /// Whether one of its providers refuses the recipient for good; another one may accept first, and report it later.
    pub is_refused_for_good: bool,
    /// The language that it must be told in, where the plan says so.
    pub language: Option<&'static str>,
    /// In which way the catalogue makes something else of it than it must be.
    pub misread: Option<String>,
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
    /// The reason in plain words.
    pub words: String,
    /// Whether nobody can say that it wasn't sent.
    pub unclear: bool,
    /// Who was asked last.
    pub provider: Option<Provider>,
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
    /// The template's language.
    pub language: String,
    /// Whether it came to the customer.
    pub reaches_the_customer: bool,
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

/// The plan's part of the evidence.
#[derive(Debug)]
pub(super) struct Planned {
    /// What kind of trouble the run has.
    pub world: World,
    /// Every planned event, under the catalogue that the run begins with.
    pub events: Vec<EventSeen>,
    /// The references that the catalogue makes which the run ends with, and those of the same events before.
    pub renamed: BTreeMap<String, String>,
}

impl Planned {
    /// The reference that the first catalogue gives to what this one refers to.
    pub fn first_reference<'a>(&'a self, reference: &'a str) -> &'a str {
        self.renamed.get(reference).map_or(reference, String::as_str)
    }
}

/// What must become of every planned event.
pub(super) fn planned(plan: &Plan, catalogues: &Catalogues) -> anyhow::Result<Planned> {
    let key_secret = key_secret()?;
    let mut planned = Planned { world: catalogues.world, events: Vec::new(), renamed: BTreeMap::new() };
    for event in &plan.events {
        let parsed = OrderEvent::parse(json::parse(event.text("planned").as_bytes(), usize::MAX)?)?;
        let before = Expectation::of(&parsed, &catalogues.before, &key_secret);
        let after = Expectation::of(&parsed, &catalogues.after, &key_secret);
        if let (Some(after), Some(before)) = (after.reference(), before.reference())
            && after != before
        {
            planned.renamed.insert(after.to_string(), before.to_string());
        }
        let must_be = event.must_be;
        let misread = (!agrees(must_be, &before))
            .then(|| format!("must be {must_be:?}, and the catalogue makes of it: {before}"));
        let language = match must_be {
            MustBe::Sendable(language) => language,
            MustBe::Unsendable | MustBe::Invalid | MustBe::Ignored => None,
        };
        let (due, providers) = match before {
            Expectation::Sent(reference, _) => {
                let entry = catalogues.before.entry_for(&parsed);
                (Due::Sendable(reference.to_string()), entry.map(|entry| entry.providers.clone()))
            }
            Expectation::Suppressed(reference) => (Due::Unsendable(reference.to_string()), None),
            Expectation::Invalid => (Due::Invalid, None),
            Expectation::Ignored => (Due::Ignored, None),
        };
        let providers: Option<Vec<_>> =
            providers.map(|providers| providers.into_iter().map(simulated).collect());
        let at_the_providers = providers.as_ref().map(|providers| event.behaviour().expected(providers));
        let refuses = |provider: &_| event.behaviour().expected(&[*provider]) == Expected::Rejected;
        let is_refused_for_good = providers.iter().flatten().any(refuses);
        let (order, status) = (event.order.clone(), event.status);
        planned.events.push(EventSeen {
            order,
            due,
            status,
            at_the_providers,
            is_refused_for_good,
            language,
            misread,
        });
    }
    Ok(planned)
}

/// Whether the catalogue makes of an event what it must be.
fn agrees(must_be: MustBe, expectation: &Expectation) -> bool {
    match must_be {
        MustBe::Sendable(_) => matches!(expectation, Expectation::Sent(..)),
        MustBe::Unsendable => matches!(expectation, Expectation::Suppressed(_)),
        MustBe::Invalid => *expectation == Expectation::Invalid,
        MustBe::Ignored => *expectation == Expectation::Ignored,
    }
}
