//! What a status event tells: by status-publisher on the bus, and in the metrics.

use crate::delivery::FactKind;

/// What a status event tells. It is the event's detail type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusEventType {
    /// A provider took the message.
    Accepted,
    /// The message left the provider.
    Sent,
    /// It reached the phone.
    Delivered,
    /// The customer opened it.
    Read,
    /// It won't arrive.
    Failed,
    /// A provider refused the message for good.
    Rejected,
    /// We chose not to send it.
    Suppressed,
    /// A person must decide.
    Held,
    /// Nobody can tell what became of an accepted message.
    Unconfirmed,
    /// An order event can't become a message.
    Invalid,
}

impl StatusEventType {
    /// All ten.
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

    /// The event's detail type.
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

    /// The word in the metrics.
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
