//! One report of a provider about one message.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::message::{MessageId, Reference};
use crate::provider::Provider;

/// What can be known of a message after it was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FactKind {
    /// It left the provider.
    Sent,
    /// It reached the phone.
    Delivered,
    /// The customer opened it.
    Read,
    /// It won't arrive.
    Failed,
}

impl FactKind {
    /// All four, in the order in which they usually happen.
    pub const ALL: [Self; 4] = [Self::Sent, Self::Delivered, Self::Read, Self::Failed];

    /// The word in the table, the logs and the reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}

/// Why a message failed, in words fit to keep; by default, for no reason that was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Failure {
    /// The provider's code, such as `131049`; none where it gave only words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it said, redacted.
    pub text: String,
}

/// One report of a provider about one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Who reports.
    pub provider: Provider,
    /// The message, by the id that the report uses.
    pub message_id: MessageId,
    /// Other ids of the same message that the report names.
    pub aliases: Vec<MessageId>,
    /// What happened.
    pub kind: FactKind,
    /// When it happened; the time of receipt where the report has no time.
    pub at: Timestamp,
    /// Why, where it failed.
    pub failure: Option<Failure>,
    /// Our own reference, where the report brings it back.
    pub reference: Option<Reference>,
    /// The catalogue's name for the notification, where the report brings it back with our reference.
    pub notification: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_kind_has_the_same_name_everywhere() {
        assert_eq!(FactKind::ALL.map(FactKind::name), ["sent", "delivered", "read", "failed"]);
        assert_eq!(json!(FactKind::ALL), json!(FactKind::ALL.map(FactKind::name)));
    }
}
