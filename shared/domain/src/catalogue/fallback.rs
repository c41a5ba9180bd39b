//! A notification's fallback: what happens if its message doesn't arrive on WhatsApp.

use std::time::Duration;

use crate::provider::Provider;

/// The terms of a notification's fallback, without the texts of its channels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FallbackTerms {
    /// The time from the message's first record after which a message without a delivered or read fact counts as undelivered.
    /// Each further channel has the same time, from its own first record.
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
    /// After [`FallbackTerms::after`] no delivered or read fact is known, in any state.
    pub undelivered: bool,
}

impl Default for Triggers {
    /// All of them.
    fn default() -> Self {
        Self { failed: true, rejected: true, undelivered: true }
    }
}
