//! A notification: what one order event makes us tell one customer.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::message::{Content, Language, Recipient, Reference, Template, TemplateMessage};
use crate::provider::Provider;

/// A notification, rendered from an event.
#[derive(Debug, Clone)]
pub struct Notification {
    /// The catalogue's name for it.
    pub name: String,
    /// Its order and key.
    pub reference: Reference,
    /// A keyed hash of what is said to whom: the same key with another fingerprint is a conflict.
    pub fingerprint: String,
    /// The customer.
    pub recipient: Recipient,
    /// Whether the customer agreed.
    pub consent: Consent,
    /// What fills the template.
    pub content: Content,
    /// Who may send it and as which template, the preferred one first; at least one.
    pub routes: Vec<Route>,
    /// The event's id.
    pub event_id: String,
    /// When it happened.
    pub event_time: Timestamp,
    /// When the event says that it happened, which may be in the future.
    pub stated_time: Timestamp,
    /// Whether the catalogue's `time` finds none that can be read, so that the envelope's stands for it.
    pub is_time_unread: bool,
    /// How old it may be when it is sent.
    pub max_age: Duration,
}

/// Whether the customer agreed to be written to on WhatsApp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// The event says so: JSON's `true` and nothing else.
    Given,
    /// It doesn't.
    NotGiven,
}

/// One provider's way to send a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The provider.
    pub provider: Provider,
    /// Its template.
    pub template: Template,
    /// The template's language for this customer.
    pub language: Language,
}

/// How far an event's time may be ahead of its receipt. Producers' clocks are wrong by seconds; minutes are a mistake.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);

impl Notification {
    /// Reads a time that is minutes ahead of the event's first receipt as that receipt, and tells whether it was: else it
    /// would be new for as long as it is ahead, and an order's status would suppress all that come before that time. It is
    /// the first receipt, and not this moment, so that every receipt reads the same time.
    pub fn received_at(&mut self, first_receipt: Timestamp) -> bool {
        let is_ahead = self.stated_time.duration_since(first_receipt) > MAX_AHEAD;
        if is_ahead {
            self.event_time = first_receipt;
        }
        is_ahead
    }

    /// Whether it is too old to be worth a message.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now.duration_since(self.event_time)
            > SignedDuration::try_from(self.max_age).unwrap_or(SignedDuration::MAX)
    }

    /// Whether more than half of the time is over in which it is worth a message.
    pub fn is_urgent(&self, now: Timestamp) -> bool {
        now.duration_since(self.event_time)
            > SignedDuration::try_from(self.max_age / 2).unwrap_or(SignedDuration::MAX)
    }

    /// The route over a provider, if the catalogue has one.
    pub fn route(&self, provider: Provider) -> Option<&Route> {
        self.routes.iter().find(|route| route.provider == provider)
    }

    /// The providers, the preferred one first.
    pub fn providers(&self) -> Vec<Provider> {
        self.routes.iter().map(|route| route.provider).collect()
    }

    /// The message that goes over a route.
    pub fn message(&self, route: &Route) -> TemplateMessage {
        TemplateMessage {
            recipient: self.recipient.clone(),
            template: route.template.clone(),
            language: route.language.clone(),
            content: self.content.clone(),
            notification: self.name.clone(),
            reference: self.reference.clone(),
        }
    }
}
