//! Order numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::characters::is_invisible;

/// The longest order number, in bytes: together with the notification key it must fit into Kaleyra's `ref`
/// (255 characters).
pub const MAX_BYTES: usize = 100;

/// The shop's number for an order, as printed in messages and used by support.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderNumber(String);

/// The order number is empty, longer than 100 bytes, or contains control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order number is 1 to {MAX_BYTES} bytes of printable text")]
pub struct InvalidOrderNumber;

impl OrderNumber {
    /// Trims white space and invisible characters, and turns each inner run of white space into one space.
    pub fn parse(number: &str) -> Result<Self, InvalidOrderNumber> {
        Self::parse_stored(number.trim_matches(|c: char| c.is_whitespace() || is_invisible(c)))
    }

    /// Parses a number that this software wrote, perhaps in an older release. Invisible characters are kept,
    /// because older releases treated them as part of the number.
    pub fn parse_stored(number: &str) -> Result<Self, InvalidOrderNumber> {
        let number = number.split_whitespace().collect::<Vec<_>>().join(" ");
        let valid = !number.is_empty() && number.len() <= MAX_BYTES && !number.chars().any(char::is_control);
        if valid { Ok(Self(number)) } else { Err(InvalidOrderNumber) }
    }

    /// The order number without surrounding or repeated white space.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for OrderNumber {
    type Error = InvalidOrderNumber;

    fn try_from(number: String) -> Result<Self, InvalidOrderNumber> {
        Self::parse_stored(&number)
    }
}

impl From<OrderNumber> for String {
    fn from(number: OrderNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::OrderNumber;

    #[test]
    fn numbers_are_trimmed_and_bounded() {
        assert_eq!(OrderNumber::parse(" 10482 ").unwrap().as_str(), "10482");
        assert_eq!(OrderNumber::parse("A\t 7").unwrap().as_str(), "A 7");
        for marked in ["10482\u{0}\u{0}", "\u{feff}10482", " \u{200e}10482\u{200b} "] {
            assert_eq!(OrderNumber::parse(marked).unwrap().as_str(), "10482", "{marked:?}");
        }
        // Numbers that an older release stored are still found.
        assert_eq!(OrderNumber::try_from("\u{feff}7".to_owned()).unwrap().as_str(), "\u{feff}7");
        for bad in ["", " \n", "\u{200b}", "\u{feff} \u{0}", "a\u{7}b", &"9".repeat(101)] {
            assert!(OrderNumber::parse(bad).is_err(), "{bad:?}");
        }
    }
}
