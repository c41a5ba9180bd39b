//! Senders: the businesses that speak to customers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest name of a sender, in bytes: it stands in keys of the table and in references.
pub const MAX_BYTES: usize = 24;

/// The name of a sender, such as a brand, in the catalogue, the secrets and the table. The default sender, whose
/// credentials stand at the top of the credentials secret, has no name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sender(String);

/// The name is empty, too long, or contains other characters than those allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a sender is 1 to {MAX_BYTES} lower-case letters, digits or hyphens")]
pub struct InvalidSender;

impl Sender {
    /// Trims white space. Capitals are not made small, because two businesses may differ only in them.
    pub fn parse(name: &str) -> Result<Self, InvalidSender> {
        let name = name.trim().to_owned();
        let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_valid = (1..=MAX_BYTES).contains(&name.len()) && name.bytes().all(is_allowed);
        if is_valid { Ok(Self(name)) } else { Err(InvalidSender) }
    }

    /// Small letters, digits and hyphens; at most 24 bytes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Sender {
    type Err = InvalidSender;

    fn from_str(name: &str) -> Result<Self, InvalidSender> {
        Self::parse(name)
    }
}

impl TryFrom<String> for Sender {
    type Error = InvalidSender;

    fn try_from(name: String) -> Result<Self, InvalidSender> {
        Self::parse(&name)
    }
}

impl From<Sender> for String {
    fn from(sender: Sender) -> Self {
        sender.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain() {
        assert_eq!(Sender::parse(" acme-2 ").unwrap().as_str(), "acme-2");
        for bad in ["", " ", "a b", "a#b", "a/b", "a_b", "Acme", "é", &"a".repeat(MAX_BYTES + 1)] {
            assert_eq!(Sender::parse(bad), Err(InvalidSender), "{bad:?}");
        }
    }
}
