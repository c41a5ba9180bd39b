//! Status events: the reports to the shop's other systems. `infra/schemas` describes each.
//!
//! They contain the message id, because they stay within the shop's own systems; `Debug` prints only its
//! fingerprint.

use aws_lc_rs::digest;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use shared::fault::Fault;
use shared::message::{MessageId, NotificationKey, OrderNumber, Reference, Sender};
use shared::protocol::ReasonClass;
use shared::provider::Provider;
use shared::status_event::StatusEventType;

/// The source of every status event. The rule that sends order events to the queue must not match it.
pub const SOURCE: &str = "order-notifications";

/// Identifies a fact or an outcome: every publication of it has the same key, and nothing else has. It is a
/// hash without personal data, so it may be logged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EventKey(String);

impl EventKey {
    /// The key for a status of a table item. `attempt` distinguishes outcomes that can occur again.
    pub(crate) fn new(status: StatusEventType, item: &str, attempt: Option<u32>) -> Self {
        let attempt = attempt.map(|number| number.to_string()).unwrap_or_default();
        let text = format!("{}\n{attempt}\n{item}", status.detail_type());
        let digest = digest::digest(&digest::SHA256, text.as_bytes());
        Self(hex::encode(digest.as_ref().get(..16).unwrap_or_default()))
    }

    /// 16 bytes in hexadecimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A status event without its EventBridge envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusEvent {
    /// The type, which becomes the detail type.
    pub status: StatusEventType,
    /// The event's detail.
    pub detail: Detail,
}

impl StatusEvent {
    /// The notification, if the event says that its message failed.
    pub(crate) fn failed_notification(&self) -> Option<&Reference> {
        match (&self.detail, self.status) {
            (Detail::Notification(detail), StatusEventType::Failed) => Some(&detail.reference),
            _ => None,
        }
    }
}

/// The detail of a status event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// About a notification.
    Notification(Box<NotificationDetail>),
    /// About an invalid order event.
    InvalidEvent(InvalidEventDetail),
}

impl Detail {
    /// The key in the detail, with which consumers recognise repetitions.
    pub const fn event_key(&self) -> &EventKey {
        match self {
            Self::Notification(detail) => &detail.event_key,
            Self::InvalidEvent(detail) => &detail.event_key,
        }
    }
}

/// An outcome or a delivery fact of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotificationDetail {
    /// The same for every repetition of this event.
    pub event_key: EventKey,
    /// The sender's name; `None` for the default sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// The order, in the same place as in order events.
    pub order: Order,
    /// The notification's name in the catalogue, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<String>,
    /// The notification's key within its order.
    pub key: NotificationKey,
    /// The reference given to providers that return it in callbacks.
    #[serde(serialize_with = "text")]
    pub reference: Reference,
    /// The provider that accepted, refused or was asked last; `None` if no provider was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The provider's id for the message, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// How many attempts were started before this outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// When it happened.
    #[serde(serialize_with = "milliseconds")]
    pub at: Timestamp,
    /// The reason, for events that need one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<StatusReason>,
}

/// An order event that cannot become a message. The table has the event itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InvalidEventDetail {
    /// The same for every repetition of this event.
    pub event_key: EventKey,
    /// The order event's id, or the id of the queue message if the event has none.
    pub event_id: String,
    /// The notification that it would have become, if it matched a catalogue entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<String>,
    /// When it was recorded.
    #[serde(serialize_with = "milliseconds")]
    pub at: Timestamp,
    /// Every fault found in the event.
    pub faults: Vec<Fault>,
}

/// Identifies the order, in the same form as in order events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    /// The order number.
    pub number: OrderNumber,
}

/// Why a message failed or was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusReason {
    /// The kind of reason, which shows who can act on it.
    pub class: ReasonClass,
    /// The provider's code or our own; `None` if the provider gave only text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// An explanation in plain language.
    pub text: String,
}

fn text<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn milliseconds<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.3}"))
}
