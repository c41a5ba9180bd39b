//! The simulator's events for observers. They contain only the last two digits of phone numbers. A message's text is
//! meant for display to the user, and hidden from `Debug`.

use super::provider::Provider;
use super::recipient::Tail;
use super::shown::ShownText;

/// Something that happened at the simulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SimulatorEvent {
    /// A request to a provider's API.
    RequestSeen {
        /// The provider that received the request.
        provider: Provider,
        /// The API's operation.
        endpoint: Endpoint,
    },
    /// A send was accepted, whether or not the caller receives the reply.
    Accepted {
        /// The name of the sender whose account accepted it; none for the default sender.
        sender: Option<String>,
        /// The provider that accepted it.
        provider: Provider,
        /// The recipient's last two digits.
        recipient: Tail,
        /// The template's name.
        template: String,
        /// The message that the customer sees.
        text: ShownText,
    },
    /// A request was refused or not answered.
    Refused {
        /// The provider that refused it.
        provider: Provider,
        /// The recipient's last two digits, if the request could be parsed so far.
        recipient: Option<Tail>,
        /// The reason in brief: a provider's code, or an HTTP status.
        reason: String,
    },
    /// A callback was posted, or could not be.
    CallbackPosted {
        /// The posting provider.
        provider: Provider,
        /// The recipient's last two digits.
        recipient: Tail,
        /// The reported status.
        status: &'static str,
        /// The webhook's answer.
        answer: CallbackAnswer,
    },
}

/// The operation of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Sends a message.
    Send,
    /// 1MSG: the statuses of a message.
    HookInfo,
    /// 1MSG: the list of webhooks, read or replaced.
    Webhook,
    /// 1MSG: the channel's settings.
    Settings,
    /// Meta and Kaleyra: the account's templates, read or created.
    Templates,
    /// Meta: the upload of a sample file for a template.
    Upload,
    /// Meta: the business number.
    PhoneNumber,
    /// Meta: the apps that are subscribed to the account's webhooks.
    SubscribedApps,
    /// The target of a redirect: a client that follows it discloses its credentials.
    RedirectTarget,
    /// An unknown operation.
    Unknown,
}

/// A webhook's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackAnswer {
    /// This HTTP status.
    Status(u16),
    /// No answer in time.
    TimedOut,
    /// The connection failed.
    Unreachable,
    /// No destination is configured, or callbacks are switched off.
    NotPosted,
}

impl CallbackAnswer {
    /// Whether the provider stops retrying.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Status(200..=299))
    }
}
