//! A delivery report by a provider.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::message::{MessageId, Reference};
use crate::provider::Provider;

/// The kinds of delivery report after acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FactKind {
    /// The provider sent the message on.
    Sent,
    /// The message reached the customer's phone.
    Delivered,
    /// The customer opened the message.
    Read,
    /// The message will not arrive.
    Failed,
}

impl FactKind {
    /// In the order in which they usually happen.
    pub const ALL: [Self; 4] = [Self::Sent, Self::Delivered, Self::Read, Self::Failed];

    /// The name in the table, the logs and the reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}

/// Why a message failed, redacted. The default has neither code nor text: the provider gave no reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Failure {
    /// The provider's code, such as `131049`; `None` if it gave only text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The provider's text, redacted; empty if it gave none.
    pub text: String,
}

/// A provider's report that something happened to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The provider that reports it.
    pub provider: Provider,
    /// The message, by the id in the report.
    pub message_id: MessageId,
    /// Other ids for the same message in the report.
    pub aliases: Vec<MessageId>,
    /// What happened to the message.
    pub kind: FactKind,
    /// When it happened; the time of receipt if the report has no time.
    pub at: Timestamp,
    /// Why the message failed; `None` for other kinds.
    pub failure: Option<Failure>,
    /// Our reference, if the report returns it.
    pub reference: Option<Reference>,
    /// The notification's name in the catalogue, if the report returns it with our reference.
    pub notification: Option<String>,
    /// The id of the business number that sent the message, if the report has it.
    pub business_number: Option<String>,
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
