//! Order numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest order number, in bytes: with the notification key it must fit Kaleyra's `ref` (255 characters).
pub const MAX_BYTES: usize = 100;

/// The shop's own number of an order, as printed in messages and asked for by support.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderNumber(String);

/// The order number is empty, longer than 100 bytes, or has control characters in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order number is 1 to {MAX_BYTES} bytes of printable text")]
pub struct InvalidOrderNumber;

impl OrderNumber {
    /// The number with white space around it taken off and a run of it inside made one space.
    pub fn parse(number: &str) -> Result<Self, InvalidOrderNumber> {
        let number = number.split_whitespace().collect::<Vec<_>>().join(" ");
        let valid = !number.is_empty() && number.len() <= MAX_BYTES && !number.chars().any(char::is_control);
        if valid { Ok(Self(number)) } else { Err(InvalidOrderNumber) }
    }

    /// The number as text.
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
        Self::parse(&number)
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
    fn numbers_are_tidied_and_bounded() {
        assert_eq!(OrderNumber::parse(" 10482 ").unwrap().as_str(), "10482");
        assert_eq!(OrderNumber::parse("A\t 7").unwrap().as_str(), "A 7");
        for bad in ["", " \n", "a\u{7}b", &"9".repeat(101)] {
            assert!(OrderNumber::parse(bad).is_err(), "{bad:?}");
        }
    }
}
