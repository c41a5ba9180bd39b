//! A notification: the message to one customer that an order event leads to.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::FallbackTerms;
use crate::fault::Faults;
use crate::message::{AGAIN, Content, Language, Recipient, Reference, Template, TemplateMessage};
use crate::provider::{Channel, Provider};

/// A notification rendered from an event.
#[derive(Debug, Clone)]
pub struct Notification {
    /// The name in the catalogue.
    pub name: String,
    /// The order and the key.
    pub reference: Reference,
    /// A keyed hash of content and recipient. The same key with another fingerprint is a conflict.
    pub fingerprint: String,
    /// The customer's phone number or user id; without a usable one, the recipient of the fallback's first channel that has its
    /// own.
    pub recipient: Recipient,
    /// The faults of the phone number or user id, if only the fallback can reach the customer: there is no route then.
    pub unusable_recipient: Option<Faults>,
    /// Whether the customer agreed to be contacted.
    pub consent: Consent,
    /// The values that fill the template.
    pub content: Content,
    /// The providers that may send it, each with its template, in order of preference; at least one, unless
    /// the recipient is unusable.
    pub routes: Vec<Route>,
    /// The id in the event's envelope.
    pub event_id: String,
    /// When the event happened; never more than minutes after its receipt once
    /// [`limit_event_time`](Self::limit_event_time) was called.
    pub event_time: Timestamp,
    /// The time in the event, which may be in the future.
    pub stated_time: Timestamp,
    /// Whether the catalogue's `time` expression found no readable time, so that the envelope's time was
    /// used.
    pub is_time_unread: bool,
    /// The maximum age at which it is sent.
    pub max_age: Duration,
    /// What follows if it doesn't arrive; always `None` for a message that follows another.
    pub fallback: Option<Box<Fallback>>,
}

/// A notification's fallback with the messages that it would send.
#[derive(Debug, Clone)]
pub struct Fallback {
    /// When which channel follows.
    pub terms: FallbackTerms,
    /// The message of each channel of the terms, or the faults for which the channel is left out. Their references are those
    /// of the first notification; [`Notification::in_channel`] derives their own.
    pub messages: Vec<Result<Notification, Faults>>,
}

/// Whether the customer agreed to be contacted on this channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// The consent expression returned JSON's `true`.
    Given,
    /// The expression returned anything else, or a value that it needs was missing.
    NotGiven,
}

/// One provider's way to send a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The provider; each one has at most one route.
    pub provider: Provider,
    /// The template's name and namespace at the provider.
    pub template: Template,
    /// The template language for this customer.
    pub language: Language,
}

/// How far an event's time may be ahead of its receipt. Producers' clocks are off by seconds; minutes
/// indicate an error.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);

impl Notification {
    /// Replaces an event time that is minutes ahead of the event's first receipt by that receipt, and returns
    /// whether it did. Otherwise the event would stay new for as long as it is ahead, and an order status
    /// would suppress all earlier ones until then. The first receipt is the same at every delivery of the
    /// event; the current time is not.
    pub fn limit_event_time(&mut self, first_receipt: Timestamp) -> bool {
        let is_ahead = self.stated_time.duration_since(first_receipt) > MAX_AHEAD;
        if is_ahead {
            self.event_time = first_receipt;
        }
        is_ahead
    }

    /// Whether the event is too old to be sent.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now > self.ends_at()
    }

    /// The last moment at which the event is not too old to be sent.
    pub fn ends_at(&self) -> Timestamp {
        self.event_time.saturating_add(self.max_age).unwrap_or(Timestamp::MAX)
    }

    /// Whether more than half of `max_age` has passed.
    pub fn is_urgent(&self, now: Timestamp) -> bool {
        now.duration_since(self.event_time)
            > SignedDuration::try_from(self.max_age / 2).unwrap_or(SignedDuration::MAX)
    }

    /// The route through a provider, if the catalogue has one.
    pub fn route(&self, provider: Provider) -> Option<&Route> {
        self.routes.iter().find(|route| route.provider == provider)
    }

    /// The providers in order of preference.
    pub fn providers(&self) -> Vec<Provider> {
        self.routes.iter().map(|route| route.provider).collect()
    }

    /// The message to send through this route.
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

impl Notification {
    /// The message of one channel of the fallback, under its own key; `None` if there is no such channel.
    pub fn in_channel(&self, index: usize) -> Option<Result<Self, &Faults>> {
        let message = self.fallback.as_ref()?.messages.get(index)?;
        Some(message.as_ref().map(|message| self.follow(message, message.channel().name())))
    }

    /// The message once more, under its own key, for a failure that another time mends.
    #[must_use]
    pub fn again(&self) -> Self {
        self.follow(self, AGAIN)
    }

    /// The first message of the fallback whose channel has a recipient and a consent of its own.
    pub fn first_in_reach(&self) -> Option<&Self> {
        let messages = self.fallback.iter().flat_map(|fallback| &fallback.messages);
        messages.filter_map(|message| message.as_ref().ok()).find(|message| message.consent == Consent::Given)
    }

    /// The channel of its messages. All its routes have the same.
    pub fn channel(&self) -> Channel {
        self.routes.first().map_or(Channel::WhatsApp, |route| route.provider.channel())
    }

    /// `message` as one that follows this notification. Its event id differs, so that a repeated event finds only the first.
    fn follow(&self, message: &Self, suffix: &str) -> Self {
        Self {
            reference: self.reference.derived(suffix),
            event_id: format!("{}:{suffix}", self.event_id),
            event_time: self.event_time,
            fallback: None,
            ..message.clone()
        }
    }
}
