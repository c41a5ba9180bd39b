//! The judge's evidence: the published events, the contents of the table and the queue, and the providers' accepted
//! sends and reports.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use shared::catalogue::{OrderEvent, Triggers};
use shared::delivery::FactKind;
use shared::json;
use shared::message::{MessageKey, Reference, SUFFIXES};
use shared::protocol::State;
use shared::provider::{Channel, Provider};
use shared::status_event::StatusEventType;
use simulator::Expected;
use simulator::aws::{AwsService, AwsTrouble};

use super::World;
use super::catalogues::Catalogues;
use super::plan::Plan;
use super::planned_event::{MustBe, PlannedEvent, PlannedStatus};
use crate::environment::key_secret;
use crate::expectation::Expectation;
use crate::truth::find_simulated;

/// A consistent snapshot, taken when all activity has ended.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    pub events: Vec<EventSeen>,
    /// Every message that arrived at the queue.
    pub deliveries: Vec<Delivery>,
    /// When order-notifier was killed.
    pub kills: Vec<SystemTime>,
    /// The table's notifications, by their references.
    pub records: BTreeMap<String, RecordSeen>,
    /// The facts in the table, by the message id under which they are stored.
    pub facts: BTreeMap<MessageKey, BTreeSet<FactKind>>,
    /// The references of the notifications whose events the table stores and delivery-sweeper requeues.
    pub kept: BTreeSet<String>,
    /// The ids of the events that are recorded as invalid.
    pub invalid: BTreeSet<String>,
    /// The number of status events of each type, by a notification's reference or an invalid event's id.
    pub published: BTreeMap<(String, StatusEventType), usize>,
    /// The number of messages on the queue or among the dead letters, by event id.
    pub queued: BTreeMap<String, usize>,
    /// Whether reports may name a message by any id, or by our reference alone.
    pub has_foreign_reports: bool,
    /// The accepted sends on WhatsApp, in order; then those on the other channels, in order.
    pub sends: Vec<SendSeen>,
    /// When the bus had the first status event that reports a delivered or read message, by reference: the table knew it
    /// before.
    pub arrivals: BTreeMap<String, SystemTime>,
    /// When the functions' clock was advanced, after all activity had ended.
    pub advances: Vec<SystemTime>,
    /// The functions' time after the run's last advance of their clock. Everything that was due by then is done.
    pub advanced_to: Timestamp,
}

/// A planned event and its required outcome.
#[derive(Debug, Clone)]
pub(super) struct EventSeen {
    pub order: String,
    pub due: Due,
    /// An order status's position.
    pub status: Option<PlannedStatus>,
    /// The expected result at the providers, for a notification that may be sent.
    pub at_the_providers: Option<Expected>,
    /// Whether one of its providers refuses the recipient for good; another one may accept first, and report the
    /// refusal later.
    pub is_refused_for_good: bool,
    /// The required language, if the plan names one.
    pub language: Option<&'static str>,
    /// How the catalogue's expectation differs from the required outcome.
    pub misread: Option<String>,
    /// What may follow the notification; none for an event that is too old for every channel.
    pub fallback: Option<FallbackSeen>,
}

/// What may follow a notification.
#[derive(Debug, Clone)]
pub(super) struct FallbackSeen {
    /// The catalogue's terms.
    pub after: Duration,
    pub on: Triggers,
    /// The channels, in order.
    pub channels: Vec<ChannelSeen>,
}

/// A channel that may follow, with the plan's customer.
#[derive(Debug, Clone)]
pub(super) struct ChannelSeen {
    /// The reference of the notification that follows.
    pub reference: String,
    /// Whether the customer has a recipient there; otherwise the channel is passed over.
    pub has_recipient: bool,
    pub has_consent: bool,
    /// The service's behaviour for the recipient; none if the message is delivered without trouble.
    pub trouble: Option<AwsTrouble>,
}

/// The required outcome of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Due {
    /// The notification with this reference, which may be sent.
    Sendable(String),
    /// The notification with this reference, which must not be sent.
    Unsendable(String),
    /// A record of the event's faults.
    Invalid,
    /// No record.
    Ignored,
}

/// A message that arrived at the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivery {
    /// The index of the planned event.
    pub event: usize,
    /// The event's id. A redelivery has the same id, a producer's second put a new one.
    pub id: String,
}

/// A notification in the table.
#[derive(Debug, Clone)]
pub(super) struct RecordSeen {
    pub state: State,
    /// The code of the state's reason.
    pub reason: Option<String>,
    /// The text of the reason.
    pub text: String,
    /// Whether an attempt may have been accepted.
    pub unclear: bool,
    /// The last provider asked.
    pub provider: Option<Provider>,
    /// The ids of its message.
    pub messages: BTreeSet<MessageKey>,
    /// The functions' time of the record's first write.
    pub created_at: Timestamp,
}

/// A send that a provider accepted.
#[derive(Debug, Clone)]
pub(super) struct SendSeen {
    pub provider: Provider,
    /// The reference of its notification; none if no event asked for it.
    pub notification: Option<String>,
    /// The id in every callback about it.
    pub message: MessageKey,
    pub ids: BTreeSet<MessageKey>,
    /// When it was accepted.
    pub at: SystemTime,
    pub language: String,
    /// Whether the message is delivered to the customer.
    pub reaches_the_customer: bool,
    pub reply: ReplySeen,
    /// The facts available without a callback: 1MSG's `hookInfo` returns a message's statuses.
    pub polled: BTreeSet<FactKind>,
    pub callbacks: Vec<CallbackSeen>,
}

/// The reply to an accepted send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplySeen {
    /// Accepted, with its id.
    Complete,
    /// Accepted, without an id.
    WithoutId,
    /// No readable reply.
    Lost,
}

/// A callback that was posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CallbackSeen {
    pub kind: FactKind,
    pub end: CallbackEnd,
    pub tries: usize,
}

/// The result of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallbackEnd {
    /// The webhook accepted it.
    Taken,
    /// The provider gave up.
    GivenUp,
}

impl Evidence {
    /// The places of the events that arrived at the queue.
    pub(super) fn delivered(&self) -> BTreeSet<usize> {
        self.deliveries.iter().map(|it| it.event).collect()
    }

    /// The notifications of which an accepted message reaches the customer.
    pub(super) fn reaching(&self) -> BTreeSet<&str> {
        let sends = self.sends.iter().filter(|send| send.reaches_the_customer);
        sends.filter_map(|send| send.notification.as_deref()).collect()
    }
}

impl Due {
    /// The notification that must be recorded.
    pub fn notification(&self) -> Option<&str> {
        match self {
            Self::Sendable(reference) | Self::Unsendable(reference) => Some(reference),
            Self::Invalid | Self::Ignored => None,
        }
    }
}

impl ChannelSeen {
    /// Whether a message on this channel is sent and reaches the customer.
    pub fn may_reach(&self) -> bool {
        self.has_recipient && self.has_consent && self.trouble.is_none_or(AwsTrouble::may_reach_the_customer)
    }
}

/// The plan's part of the evidence.
#[derive(Debug)]
pub(super) struct Planned {
    /// The kind of faults in the run.
    pub world: World,
    /// Every planned event, under the initial catalogue.
    pub events: Vec<EventSeen>,
    /// The initial references, by the references that the final catalogue gives to the same events.
    pub renamed: BTreeMap<String, String>,
}

impl Planned {
    /// The initial reference of the notification that this reference names.
    pub fn first_reference<'a>(&'a self, reference: &'a str) -> &'a str {
        self.renamed.get(reference).map_or(reference, String::as_str)
    }
}

/// The required outcome of every planned event.
pub(super) fn planned(plan: &Plan, catalogues: &Catalogues) -> anyhow::Result<Planned> {
    let key_secret = key_secret()?;
    let mut planned = Planned { world: catalogues.world, events: Vec::new(), renamed: BTreeMap::new() };
    for event in &plan.events {
        let parsed = OrderEvent::parse(json::parse(event.text("planned").as_bytes(), usize::MAX)?)?;
        let before = Expectation::of_event(&parsed, &catalogues.before, &key_secret);
        let after = Expectation::of_event(&parsed, &catalogues.after, &key_secret);
        if let (Some(after), Some(before)) = (after.reference(), before.reference())
            && after != before
        {
            planned.renamed.insert(after.to_string(), before.to_string());
            let followers = SUFFIXES.map(|suffix| (after.derived(suffix), before.derived(suffix)));
            planned.renamed.extend(followers.map(|(after, before)| (after.to_string(), before.to_string())));
        }
        let entry = catalogues.before.entry_for(&parsed);
        let terms = entry.and_then(|entry| entry.fallback.as_ref()).map(|rule| rule.terms());
        let fallback = before.reference().zip(terms).filter(|_| !event.is_stale);
        let fallback = fallback.map(|(reference, terms)| FallbackSeen {
            after: terms.after,
            on: terms.on,
            channels: terms.channels.iter().map(|provider| channel(event, reference, *provider)).collect(),
        });
        let must_be = event.must_be;
        let misread = (!matches(must_be, &before))
            .then(|| format!("must be {must_be:?}, but is under the catalogue: {before}"));
        let language = match must_be {
            MustBe::Sendable(language) => language,
            MustBe::Unsendable | MustBe::Invalid | MustBe::Ignored => None,
        };
        let (due, providers) = match before {
            Expectation::Sent(reference, _) | Expectation::Followed { first: reference, .. } => {
                (Due::Sendable(reference.to_string()), entry.map(|entry| entry.providers.clone()))
            }
            Expectation::Suppressed(reference) => (Due::Unsendable(reference.to_string()), None),
            Expectation::Invalid => (Due::Invalid, None),
            Expectation::Ignored => (Due::Ignored, None),
        };
        let providers: Option<Vec<_>> =
            providers.map(|providers| providers.into_iter().filter_map(find_simulated).collect());
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
            fallback,
        });
    }
    Ok(planned)
}

fn channel(event: &PlannedEvent, first: &Reference, provider: Provider) -> ChannelSeen {
    let channel = provider.channel();
    let recipient = event.recipient(channel);
    let service = match channel {
        Channel::WhatsApp => AwsService::WhatsApp,
        Channel::Sms => AwsService::Sms,
        Channel::Email => AwsService::Email,
    };
    ChannelSeen {
        reference: first.derived(channel.name()).to_string(),
        has_recipient: recipient.is_some(),
        has_consent: event.consents(channel),
        trouble: recipient.and_then(|recipient| AwsTrouble::of_recipient(service, recipient)),
    }
}

/// Whether the catalogue's expectation matches the required outcome.
fn matches(must_be: MustBe, expectation: &Expectation) -> bool {
    match must_be {
        MustBe::Sendable(_) => {
            matches!(expectation, Expectation::Sent(..) | Expectation::Followed { .. })
        }
        MustBe::Unsendable => matches!(expectation, Expectation::Suppressed(_)),
        MustBe::Invalid => *expectation == Expectation::Invalid,
        MustBe::Ignored => *expectation == Expectation::Ignored,
    }
}
