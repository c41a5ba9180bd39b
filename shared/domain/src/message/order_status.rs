//! The statuses of an order that WhatsApp's `order_status` component knows.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::marks::is_invisible;

/// A status that can be sent. Source: Kaleyra's and Meta's order status pages (seeds 003 and 004).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Paid, being prepared.
    Processing,
    /// Some of the products are on their way.
    PartiallyShipped,
    /// All of them are.
    Shipped,
    /// Nothing more will happen.
    Completed,
    /// Called off. Spelt with one `l` by the providers.
    Canceled,
}

/// The text is no status that can be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrderStatus {
    /// `pending` is where every order starts; the providers have no message for it.
    #[error("\"pending\" is an order's initial status and can't be sent")]
    Pending,
    /// Anything else.
    #[error("unknown order status: it is one of processing, partially_shipped, shipped, completed, canceled")]
    Unknown,
}

/// Besides white space.
const BETWEEN_WORDS: &str = "_-./\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}";

impl OrderStatus {
    /// Every status that can be sent.
    pub const ALL: [Self; 5] =
        [Self::Processing, Self::PartiallyShipped, Self::Shipped, Self::Completed, Self::Canceled];

    /// Reads a status in either case, whatever stands between its words: `partially-shipped` (as Meta's own table of statuses
    /// writes it), `Partially Shipped`, `partiallyShipped`. British English spells `cancelled`.
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

    /// The word that is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::PartiallyShipped => "partially_shipped",
            Self::Shipped => "shipped",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
        }
    }

    /// Its place in an order's life; the two ends share theirs.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Processing => 0,
            Self::PartiallyShipped => 1,
            Self::Shipped => 2,
            Self::Completed | Self::Canceled => 3,
        }
    }

    /// Whether no other status can follow (Meta: completed and canceled are final, error 2046 otherwise).
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
    fn every_documented_word_is_read() {
        for status in OrderStatus::ALL {
            assert_eq!(OrderStatus::parse(status.as_str()), Ok(status));
        }
        for word in ["pending", "Pending", " PENDING "] {
            assert_eq!(OrderStatus::parse(word), Err(InvalidOrderStatus::Pending), "{word}");
        }
    }

    #[test]
    fn a_status_is_read_however_its_words_are_written() {
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
