//! The order statuses of WhatsApp's `order_status` component.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::characters::is_invisible;

/// A status that can be sent. Source: Kaleyra's and Meta's order status pages (seeds 003 and 004).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Paid, being prepared.
    Processing,
    /// Some of the products have been shipped.
    PartiallyShipped,
    /// All of the products have been shipped.
    Shipped,
    /// Finished; a final status.
    Completed,
    /// Cancelled; a final status. The providers spell it with one `l`.
    Canceled,
}

/// Why a text is not a status that can be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrderStatus {
    /// `pending` is the initial status of every order; the providers have no message for it.
    #[error("\"pending\" is an order's initial status and can't be sent")]
    Pending,
    /// The status is not one that the providers know.
    #[error("unknown order status: it is one of processing, partially_shipped, shipped, completed, canceled")]
    Unknown,
}

/// Separators between the words of a status, besides white space.
const BETWEEN_WORDS: &str = "_-./\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}";

impl OrderStatus {
    /// In the order of an order's life.
    pub const ALL: [Self; 5] =
        [Self::Processing, Self::PartiallyShipped, Self::Shipped, Self::Completed, Self::Canceled];

    /// Parses a status, ignoring case and separators between words: `partially-shipped` (the spelling in
    /// Meta's own table of statuses), `Partially Shipped`, `partiallyShipped`. Also accepts the British
    /// spelling `cancelled`.
    pub fn parse(status: &str) -> Result<Self, InvalidOrderStatus> {
        let is_between = |c: char| c.is_whitespace() || is_invisible(c) || BETWEEN_WORDS.contains(c);
        let letters = |word: &str| -> String {
            word.chars().filter(|c| !is_between(*c)).map(|c| c.to_ascii_lowercase()).collect()
        };
        let status = letters(status);
        match status.as_str() {
            "pending" => Err(InvalidOrderStatus::Pending),
            "cancelled" => Ok(Self::Canceled),
            _ => Self::ALL
                .into_iter()
                .find(|known| letters(known.as_str()) == status)
                .ok_or(InvalidOrderStatus::Unknown),
        }
    }

    /// The spelling that is sent to providers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::PartiallyShipped => "partially_shipped",
            Self::Shipped => "shipped",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
        }
    }

    /// The position in an order's life; the two final statuses have the same.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Processing => 0,
            Self::PartiallyShipped => 1,
            Self::Shipped => 2,
            Self::Completed | Self::Canceled => 3,
        }
    }

    /// Whether no other status may follow (Meta returns error 2046 for a status after completed or canceled).
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Canceled)
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidOrderStatus, OrderStatus};

    #[test]
    fn every_documented_status_is_parsed() {
        for status in OrderStatus::ALL {
            assert_eq!(OrderStatus::parse(status.as_str()), Ok(status));
        }
        for word in ["pending", "Pending", " PENDING "] {
            assert_eq!(OrderStatus::parse(word), Err(InvalidOrderStatus::Pending), "{word}");
        }
    }

    #[test]
    fn a_status_is_parsed_in_any_spelling() {
        for word in [
            " partially-shipped ",
            "partially shipped",
            "Partially-Shipped",
            "Partially  Shipped",
            "PARTIALLY_SHIPPED",
            "partiallyShipped",
            "partially\u{a0}shipped",
            "partially\u{2011}shipped\u{200b}",
        ] {
            assert_eq!(OrderStatus::parse(word), Ok(OrderStatus::PartiallyShipped), "{word}");
        }
        for word in ["canceled", "cancelled", "Cancelled", "CANCELLED\n"] {
            assert_eq!(OrderStatus::parse(word), Ok(OrderStatus::Canceled), "{word}");
        }
        for other in ["", "-", "lost", "not shipped", "shipped?", "shipped completed", "ship", "canceling"] {
            assert_eq!(OrderStatus::parse(other), Err(InvalidOrderStatus::Unknown), "{other}");
        }
    }
}
