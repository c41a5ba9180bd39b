//! A notification's fallback: what happens if its message doesn't arrive on WhatsApp.

use std::time::Duration;

use super::Notification;
use crate::fault::Faults;
use crate::message::AGAIN;
use crate::provider::{Channel, Provider};

/// The terms of a notification's fallback, without the texts of its channels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FallbackTerms {
    /// The time from the event's first receipt after which a message without a delivered or read fact counts as undelivered.
    /// Each further channel has the same time again.
    pub after: Duration,
    /// What makes the next channel follow.
    pub on: Triggers,
    /// Whether a message whose failure says that another time helps is first sent once more through WhatsApp.
    pub retries: bool,
    /// The provider of each channel, in order.
    pub channels: Vec<Provider>,
}

/// What makes the next channel follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Triggers {
    /// The provider reported that the message failed.
    pub failed: bool,
    /// Every provider refused this customer for good.
    pub rejected: bool,
    /// After [`FallbackTerms::after`] no delivered or read fact is known, whatever the state.
    pub undelivered: bool,
}

impl Default for Triggers {
    /// All of them.
    fn default() -> Self {
        Self { failed: true, rejected: true, undelivered: true }
    }
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
