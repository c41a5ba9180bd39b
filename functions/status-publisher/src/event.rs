//! Status events: what the shop's other systems get to know. `infra/schemas` describes each.
//!
//! A message's id is in them, since they stay among the shop's own systems; `Debug` shows its fingerprint only.

use aws_lc_rs::digest;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use shared::fault::Fault;
use shared::message::{MessageId, NotificationKey, OrderNumber, Reference};
use shared::protocol::ReasonClass;
use shared::provider::Provider;
use shared::status_event::StatusEventType;

/// The source of every status event. The rule that brings order events to the queue must not listen to it.
pub const SOURCE: &str = "order-notifications";

/// The same for the same fact or outcome, however often it is published, and for nothing else: a hash, so that it holds
/// nothing personal and may be logged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EventKey(String);

impl EventKey {
    /// The key of a status of one item of the table.
    pub(crate) fn new(status: StatusEventType, item: &str, attempt: Option<u32>) -> Self {
        let attempt = attempt.map(|number| number.to_string()).unwrap_or_default();
        let text = format!("{}\n{attempt}\n{item}", status.detail_type());
        let digest = digest::digest(&digest::SHA256, text.as_bytes());
        Self(hex::encode(digest.as_ref().get(..16).unwrap_or_default()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A status event, before it has its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusEvent {
    /// What it tells.
    pub status: StatusEventType,
    /// The event's detail.
    pub detail: Detail,
}

/// The detail of a status event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// Of a notification.
    Notification(Box<NotificationDetail>),
    /// Of an invalid order event.
    InvalidEvent(InvalidEventDetail),
}

impl Detail {
    /// Its key.
    pub const fn event_key(&self) -> &EventKey {
        match self {
            Self::Notification(detail) => &detail.event_key,
            Self::InvalidEvent(detail) => &detail.event_key,
        }
    }
}

/// What became of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotificationDetail {
    /// Tells repetitions of this event.
    pub event_key: EventKey,
    /// The order, where order events have it too.
    pub order: Order,
    /// The catalogue's name for the notification, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<String>,
    /// The notification's key within its order.
    pub key: NotificationKey,
    /// What a provider that echoes it was given to carry.
    #[serde(serialize_with = "text")]
    pub reference: Reference,
    /// Who accepted, refused or was asked; none where nobody was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The message's id there, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// How many attempts were begun until this outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// When it happened.
    #[serde(serialize_with = "milliseconds")]
    pub at: Timestamp,
    /// Why, where that isn't plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<StatusReason>,
}

/// An order event that can't become a message. The event itself is in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InvalidEventDetail {
    /// Tells repetitions of this event.
    pub event_key: EventKey,
    /// The order event's id, or the queue message's where it has none.
    pub event_id: String,
    /// The notification that it would have become, where it matched one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<String>,
    /// When it was recorded.
    #[serde(serialize_with = "milliseconds")]
    pub at: Timestamp,
    /// Everything that is wrong with it.
    pub faults: Vec<Fault>,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Its number.
    pub number: OrderNumber,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusReason {
    /// Whose trouble it is.
    pub class: ReasonClass,
    /// The provider's code or our own word; none where a provider gave only words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Plain words.
    pub text: String,
}

fn text<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn milliseconds<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.3}"))
}
