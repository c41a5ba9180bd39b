//! What the simulator tells whoever watches it. No phone numbers: the last two digits are enough. The text of a message is
//! there to be shown to whoever runs this, and hidden from `Debug`.

use std::fmt;

use super::provider::Provider;
use super::recipient::Tail;

/// Something that happened at the simulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SimulatorEvent {
    /// A request to a provider's API.
    RequestSeen {
        /// The provider.
        provider: Provider,
        /// What was asked for.
        endpoint: Endpoint,
    },
    /// A send was accepted, whether or not the caller gets to know it.
    Accepted {
        /// The provider.
        provider: Provider,
        /// The recipient's last two digits.
        recipient: Tail,
        /// The template.
        template: String,
        /// What the customer reads.
        text: ShownText,
    },
    /// A request was refused or not answered.
    Refused {
        /// The provider.
        provider: Provider,
        /// The recipient's last two digits, where the request got as far as being read.
        recipient: Option<Tail>,
        /// Why, in the provider's own short words: a code, or an HTTP status.
        reason: String,
    },
    /// A callback was posted, or could not be.
    CallbackPosted {
        /// The provider.
        provider: Provider,
        /// The recipient's last two digits.
        recipient: Tail,
        /// What it reported.
        status: &'static str,
        /// What the webhook answered.
        answer: CallbackAnswer,
    },
}

/// A template's body, filled in.
#[derive(Clone, PartialEq, Eq)]
pub struct ShownText(pub(super) String);

impl fmt::Display for ShownText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for ShownText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ShownText(…)")
    }
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// To send a message.
    Send,
    /// 1MSG: what became of a message.
    HookInfo,
    /// 1MSG: the list of webhooks, read or replaced.
    Webhook,
    /// 1MSG: the channel's settings.
    Settings,
    /// Meta and Kaleyra: the account's templates, read or added to.
    Templates,
    /// Meta: the business number.
    PhoneNumber,
    /// Meta: the apps that are told what happens in the account.
    SubscribedApps,
    /// The address that a redirect pointed at: whoever asks here has taken credentials to a stranger.
    RedirectTarget,
    /// Nothing that the provider knows.
    Unknown,
}

/// What a webhook answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackAnswer {
    /// This HTTP status.
    Status(u16),
    /// Nothing in time.
    TimedOut,
    /// There is nobody.
    Unreachable,
    /// Nowhere to post to, or callbacks are switched off.
    NotPosted,
}

impl CallbackAnswer {
    /// Whether the provider is content.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Status(200..=299))
    }
}
