//! Classifies a provider's reply to one attempt.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::message::MessageId;

/// The result of an attempt. Every variant but `Unknown` and `Unreadable` is certain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The provider accepted the message. Without an id its callbacks cannot be matched (1MSG may reply just
    /// `sent: true`).
    Accepted(Option<MessageId>),
    /// A documented code refuses this customer, or this order's state, for good.
    Rejected(Reason),
    /// Refused for a reason that the shop or the provider can mend: credentials, account, template, format.
    Refused(Reason),
    /// Clearly refused, with a code or text that is not in our tables.
    Unrecognised(Reason),
    /// Definitely not accepted, but a later attempt may be.
    NotSent {
        /// Why it was not accepted.
        reason: Reason,
        /// The wait that the provider or its documentation asks for.
        retry_after: Option<Duration>,
    },
    /// The request was sent, and no reply shows its result.
    Unknown(Reason),
    /// A 2xx that shows neither acceptance nor refusal: more likely accepted than not.
    Unreadable(Reason),
}

/// The variants of [`Answer`] without their data, for logs and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnswerKind {
    /// The provider accepted the message.
    Accepted,
    /// The customer, or the order's state, is refused for good.
    Rejected,
    /// Refused for a reason that can be mended.
    Refused,
    /// Refused for a reason that is not in our tables.
    Unrecognised,
    /// Definitely not accepted.
    NotSent,
    /// No reply shows the result.
    Unknown,
    /// A 2xx shows neither acceptance nor refusal.
    Unreadable,
}

impl AnswerKind {
    /// In the order of declaration.
    pub const ALL: [Self; 7] = [
        Self::Accepted,
        Self::Rejected,
        Self::Refused,
        Self::Unrecognised,
        Self::NotSent,
        Self::Unknown,
        Self::Unreadable,
    ];

    /// The name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Refused => "refused",
            Self::Unrecognised => "unrecognised",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Answer {
    /// The variant without its data.
    pub const fn kind(&self) -> AnswerKind {
        match self {
            Self::Accepted(_) => AnswerKind::Accepted,
            Self::Rejected(_) => AnswerKind::Rejected,
            Self::Refused(_) => AnswerKind::Refused,
            Self::Unrecognised(_) => AnswerKind::Unrecognised,
            Self::NotSent { .. } => AnswerKind::NotSent,
            Self::Unknown(_) => AnswerKind::Unknown,
            Self::Unreadable(_) => AnswerKind::Unreadable,
        }
    }

    /// Why the message was not accepted, or may not have been; `None` only if it was accepted.
    pub const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Accepted(_) => None,
            Self::Rejected(reason)
            | Self::Refused(reason)
            | Self::Unrecognised(reason)
            | Self::NotSent { reason, .. }
            | Self::Unknown(reason)
            | Self::Unreadable(reason) => Some(reason),
        }
    }
}

/// Why a message was not accepted. Safe for the table and the logs: no phone number, no token, no message
/// text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// The kind of problem, which shows who can mend it.
    pub class: ReasonClass,
    /// The provider's code (`131026`, `RBC001`), `http_500`, or a code of our own (`timeout`, `connect`).
    pub code: String,
    /// An explanation: our own for a documented code, otherwise the provider's text, redacted.
    pub text: String,
}

impl Reason {
    /// A reason with text of our own, which needs no redaction.
    pub fn new(class: ReasonClass, code: impl Into<String>, text: impl Into<String>) -> Self {
        Self { class, code: code.into(), text: text.into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.class.name(), self.text, self.code)
    }
}

/// The kind of problem behind a [`Reason`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonClass {
    /// The provider does not accept our key or token.
    Credentials,
    /// Our account with the provider is blocked, unpaid, over its daily limit or not allowed to send this.
    Account,
    /// The template is missing, paused, disabled or differs from what we send.
    Template,
    /// The provider cannot be reached, or reports a failure of its own.
    Unavailable,
    /// Too many messages at once, in total or to this customer.
    Throttled,
    /// The customer cannot or does not want to receive it; another provider would reach the same WhatsApp
    /// account.
    Recipient,
    /// The provider does not accept the content.
    Content,
    /// Our own decision, or a failure before any provider was asked.
    OurChoice,
    /// The reply does not show what happened.
    Unclear,
}

impl ReasonClass {
    /// In the order of declaration.
    pub const ALL: [Self; 9] = [
        Self::Credentials,
        Self::Account,
        Self::Template,
        Self::Unavailable,
        Self::Throttled,
        Self::Recipient,
        Self::Content,
        Self::OurChoice,
        Self::Unclear,
    ];

    /// The name in the table, the logs and the metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Account => "account",
            Self::Template => "template",
            Self::Unavailable => "unavailable",
            Self::Throttled => "throttled",
            Self::Recipient => "recipient",
            Self::Content => "content",
            Self::OurChoice => "our_choice",
            Self::Unclear => "unclear",
        }
    }

    /// Whether the problem concerns this provider alone, so that the next provider may accept the message.
    pub const fn is_provider_specific(self) -> bool {
        matches!(self, Self::Credentials | Self::Account | Self::Template | Self::Unavailable)
    }
}
