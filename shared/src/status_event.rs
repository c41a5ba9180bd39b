//! The types of status events, as status-publisher publishes and counts them.

use crate::delivery::FactKind;

/// The type of a status event, which determines its detail type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusEventType {
    /// A provider accepted the message.
    Accepted,
    /// The provider forwarded the message.
    Sent,
    /// The message reached the customer's phone.
    Delivered,
    /// The customer opened the message.
    Read,
    /// The message will not arrive.
    Failed,
    /// The message was permanently refused.
    Rejected,
    /// The message was deliberately not sent.
    Suppressed,
    /// The operator must act.
    Held,
    /// Polling ended without a final fact about an accepted message.
    Unconfirmed,
    /// The order event cannot become a message.
    Invalid,
}

impl StatusEventType {
    /// In the order of declaration.
    pub const ALL: [Self; 10] = [
        Self::Accepted,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Failed,
        Self::Rejected,
        Self::Suppressed,
        Self::Held,
        Self::Unconfirmed,
        Self::Invalid,
    ];

    /// The `detail-type` of the EventBridge event.
    pub const fn detail_type(self) -> &'static str {
        match self {
            Self::Accepted => "Notification Accepted",
            Self::Sent => "Notification Sent",
            Self::Delivered => "Notification Delivered",
            Self::Read => "Notification Read",
            Self::Failed => "Notification Failed",
            Self::Rejected => "Notification Rejected",
            Self::Suppressed => "Notification Suppressed",
            Self::Held => "Notification Held",
            Self::Unconfirmed => "Notification Unconfirmed",
            Self::Invalid => "Order Event Invalid",
        }
    }

    /// The name in the metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Suppressed => "suppressed",
            Self::Held => "held",
            Self::Unconfirmed => "unconfirmed",
            Self::Invalid => "invalid",
        }
    }
}

impl From<FactKind> for StatusEventType {
    fn from(kind: FactKind) -> Self {
        match kind {
            FactKind::Sent => Self::Sent,
            FactKind::Delivered => Self::Delivered,
            FactKind::Read => Self::Read,
            FactKind::Failed => Self::Failed,
        }
    }
}
