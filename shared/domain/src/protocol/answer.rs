//! What a provider's reply to one attempt means.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::message::MessageId;

/// What is known after an attempt. All but `Unknown` and `Unreadable` are certain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The provider took the message. Without an id its callbacks can't be told apart from others' (1MSG may answer
    /// `sent: true` and nothing else).
    Accepted(Option<MessageId>),
    /// A documented code says that this customer, or this order's state, is refused for good.
    Rejected(Reason),
    /// It was refused for something that the shop or the provider can mend: credentials, account, template, format.
    Refused(Reason),
    /// It was clearly refused, with a code or words that no table here knows.
    Unrecognised(Reason),
    /// It was definitely not accepted, and may be another time.
    NotSent {
        /// Why.
        reason: Reason,
        /// How long the provider, or its documentation, says to wait.
        retry_after: Option<Duration>,
    },
    /// The request left, and no reply says what became of it.
    Unknown(Reason),
    /// A 2xx that says neither yes nor no: more likely taken than not.
    Unreadable(Reason),
}

/// Which kind an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnswerKind {
    /// The provider took the message.
    Accepted,
    /// The customer, or the order's state, is refused for good.
    Rejected,
    /// It was refused for something that can be mended.
    Refused,
    /// It was refused for a reason that no table here knows.
    Unrecognised,
    /// It was definitely not accepted.
    NotSent,
    /// No reply says what became of it.
    Unknown,
    /// A 2xx says neither yes nor no.
    Unreadable,
}

impl AnswerKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Accepted,
        Self::Rejected,
        Self::Refused,
        Self::Unrecognised,
        Self::NotSent,
        Self::Unknown,
        Self::Unreadable,
    ];

    /// The word in the logs and the metrics.
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
    /// Which kind it is.
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

    /// Why the message was not accepted, or may not have been.
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

/// Why something was not accepted. Fit for the table and the logs: no phone number, no token, no message text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// What sort of trouble it is, and so whose.
    pub class: ReasonClass,
    /// The provider's code (`131026`, `RBC001`), or `http_500`, or our own word (`timeout`, `connect`).
    pub code: String,
    /// Plain words: ours for a documented code, else the provider's, redacted.
    pub text: String,
}

impl Reason {
    /// A reason in words of our own, which need no redaction.
    pub fn new(class: ReasonClass, code: impl Into<String>, text: impl Into<String>) -> Self {
        Self { class, code: code.into(), text: text.into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.class.name(), self.text, self.code)
    }
}

/// What sort of trouble a reason is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonClass {
    /// The provider doesn't accept our key or token.
    Credentials,
    /// Our account with the provider is blocked, unpaid, over its daily limit or not allowed to do this.
    Account,
    /// The template is missing, paused, disabled or differs from what we send.
    Template,
    /// The provider can't be reached, or says that it has a failure of its own.
    Unavailable,
    /// Too many messages at once, in all or to this customer.
    Throttled,
    /// The customer can't or doesn't want to get it; another provider reaches the same WhatsApp account.
    Recipient,
    /// The content is not what the provider takes.
    Content,
    /// Ours: we chose not to, or could not ask anybody.
    OurChoice,
    /// The reply doesn't tell what happened.
    Unclear,
}

impl ReasonClass {
    /// Every class.
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

    /// The word in the table, the logs and the metrics.
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

    /// Whether what keeps a message from being sent is this provider's alone, so that the next one may well accept it.
    pub const fn is_the_providers_own(self) -> bool {
        matches!(self, Self::Credentials | Self::Account | Self::Template | Self::Unavailable)
    }
}
