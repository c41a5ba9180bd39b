//! Message ids assigned by the providers.

use std::fmt;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

use crate::provider::Provider;

/// The longest accepted id. A `wamid` has about sixty characters; a key of the table has at most 2,048 bytes.
const MAX_BYTES: usize = 512;

/// A provider's id for a message that it accepted.
///
/// A `wamid` contains the recipient's phone number in base64, so an id is personal data: `Debug` shows only
/// its [fingerprint](Self::fingerprint).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageId(String);

/// The id is empty, longer than 512 bytes, or contains white space or control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message id is 1 to 512 bytes without white space")]
pub struct InvalidMessageId;

impl MessageId {
    /// Trims surrounding white space and keeps the rest as the provider wrote it.
    pub fn parse(id: &str) -> Result<Self, InvalidMessageId> {
        let id = id.trim();
        let valid = !id.is_empty()
            && id.len() <= MAX_BYTES
            && !id.chars().any(|c| c.is_whitespace() || c.is_control());
        if valid { Ok(Self(id.to_owned())) } else { Err(InvalidMessageId) }
    }

    /// The full id: for the table and the provider, never for a log.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight hexadecimal digits of the id's SHA-256: enough to follow one message through the logs.
    pub fn fingerprint(&self) -> String {
        let digest = digest::digest(&digest::SHA256, self.0.as_bytes());
        hex::encode(digest.as_ref().get(..4).unwrap_or_default())
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId(#{})", self.fingerprint())
    }
}

impl TryFrom<String> for MessageId {
    type Error = InvalidMessageId;

    fn try_from(id: String) -> Result<Self, InvalidMessageId> {
        Self::parse(&id)
    }
}

impl From<MessageId> for String {
    fn from(id: MessageId) -> Self {
        id.0
    }
}

/// A message id with its provider, written `<provider>#<id>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageKey {
    /// The provider that assigned the id.
    pub provider: Provider,
    /// The provider's id for the message.
    pub id: MessageId,
}

/// The text does not have the form `<provider>#<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message key is written <provider>#<id>")]
pub struct InvalidMessageKey;

/// Contains the full id: for the table, never for a log.
impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.provider, self.id.0)
    }
}

impl TryFrom<String> for MessageKey {
    type Error = InvalidMessageKey;

    fn try_from(key: String) -> Result<Self, InvalidMessageKey> {
        let (provider, id) = key.split_once('#').ok_or(InvalidMessageKey)?;
        Ok(Self {
            provider: provider.parse().map_err(|_| InvalidMessageKey)?,
            id: MessageId::parse(id).map_err(|_| InvalidMessageKey)?,
        })
    }
}

impl From<MessageKey> for String {
    fn from(key: MessageKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{MessageId, MessageKey};

    #[test]
    fn a_message_key_keeps_its_form_in_the_table() {
        for text in ["kaleyra#A1#b", "meta#wamid.X=="] {
            assert_eq!(MessageKey::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for bad in ["", "meta", "meta#", "sms#1"] {
            assert!(MessageKey::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_are_trimmed_and_bounded() {
        assert_eq!(MessageId::parse(" wamid.X= ").unwrap().as_str(), "wamid.X=");
        for bad in ["", "  ", "a b", "a\nb", &"x".repeat(513)] {
            assert!(MessageId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn debug_shows_a_fingerprint_only() {
        let id = MessageId::parse("wamid.HBgLMTIwMjU1NTAxMDA=").unwrap();
        assert_eq!(format!("{id:?}"), format!("MessageId(#{})", id.fingerprint()));
        assert!(!format!("{id:?}").contains("HBgL"));
    }
}
