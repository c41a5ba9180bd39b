//! What identifies a notification, and the form in which it travels with a message and comes back.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::OrderNumber;

/// The longest notification key, in bytes: with the order number it must fit Kaleyra's `ref` (255 characters).
pub const MAX_KEY_BYTES: usize = 128;
/// Tells our references from those of other applications that use the same sender.
const PREFIX: &str = "notification";

/// Identifies a notification within its order: the catalogue's `key` expression, or a keyed hash of what is said to whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NotificationKey(String);

/// The key has other characters than it may, or too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a notification key is 1 to {MAX_KEY_BYTES} letters, digits or any of . _ : -")]
pub struct InvalidNotificationKey;

impl NotificationKey {
    /// Reads a key.
    pub fn parse(key: &str) -> Result<Self, InvalidNotificationKey> {
        let key = key.trim();
        let valid = (1..=MAX_KEY_BYTES).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b));
        if valid { Ok(Self(key.to_owned())) } else { Err(InvalidNotificationKey) }
    }

    /// The key that a fingerprint is: a few letters and digits.
    pub(crate) fn of_fingerprint(fingerprint: &str) -> Self {
        Self(fingerprint.to_owned())
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NotificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for NotificationKey {
    type Error = InvalidNotificationKey;

    fn try_from(key: String) -> Result<Self, InvalidNotificationKey> {
        Self::parse(&key)
    }
}

impl From<NotificationKey> for String {
    fn from(key: NotificationKey) -> Self {
        key.0
    }
}

/// Where a notification is found: what Kaleyra carries as `extra_info.ref` (at most 255 characters, longer ones are
/// silently cut) and Meta as `biz_opaque_callback_data` (at most 512), written `notification/<key>/<order number>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The order that the notification is about.
    pub order: OrderNumber,
    /// The notification within it.
    pub key: NotificationKey,
}

impl Reference {
    /// Reads what a callback brought back; none where it isn't ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (key, order) = text.strip_prefix(PREFIX)?.strip_prefix('/')?.split_once('/')?;
        Some(Self { order: OrderNumber::parse(order).ok()?, key: NotificationKey::parse(key).ok()? })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}/{}/{}", self.key, self.order)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_reference_survives_its_journey(key in "[A-Za-z0-9._:-]{1,128}", order in "[^\\s\\p{Cc}/]{1,20}(/| )?[0-9]{1,5}") {
            let reference = Reference {
                order: OrderNumber::parse(&order).unwrap(),
                key: NotificationKey::parse(&key).unwrap(),
            };
            let text = reference.to_string();
            prop_assert!(text.chars().count() <= 255);
            prop_assert_eq!(Reference::parse(&text), Some(reference));
        }
    }

    #[test]
    fn the_longest_reference_fits_kaleyras_limit() {
        let order = OrderNumber::parse(&"9".repeat(100)).unwrap();
        let key = NotificationKey::parse(&"k".repeat(MAX_KEY_BYTES)).unwrap();
        assert!(Reference { order, key }.to_string().len() <= 255);
    }

    #[test]
    fn what_others_wrote_is_not_ours() {
        for text in [
            "",
            "customer1",
            "notification/",
            "notification/k",
            "notification//10482",
            "notification/k y/10482",
        ] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }
}
