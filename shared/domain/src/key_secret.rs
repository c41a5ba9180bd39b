//! The key secret, as its JSON: with what the keys of notifications are made.

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// The template generates 64 characters; a person who puts one by hand puts no fewer than these: 128 bits and more.
const MIN_BYTES: usize = 32;
/// Half an HMAC-SHA-256: 128 bits, enough that two different notifications never meet.
const MAC_BYTES: usize = 16;

/// `{"key": "…"}`: 32 characters or more. It is never rotated, because another one makes another key of every notification.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Fields")]
pub struct KeySecret(SecretString);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    key: SecretString,
}

/// The key is shorter than 32 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key is shorter than {MIN_BYTES} characters")]
pub struct ShortKey;

impl TryFrom<Fields> for KeySecret {
    type Error = ShortKey;

    fn try_from(Fields { key }: Fields) -> Result<Self, ShortKey> {
        Self::new(key)
    }
}

impl KeySecret {
    /// With this key.
    pub fn new(key: SecretString) -> Result<Self, ShortKey> {
        if key.expose_secret().len() < MIN_BYTES { Err(ShortKey) } else { Ok(Self(key)) }
    }

    /// A keyed hash of these parts. Every part is preceded by its length, so that no two lists of parts look the same.
    pub fn mac<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> [u8; MAC_BYTES] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret().as_bytes());
        let mut context = hmac::Context::with_key(&key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let tag = context.sign();
        std::array::from_fn(|index| tag.as_ref().get(index).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(key: &str) -> KeySecret {
        KeySecret::new(key.into()).unwrap()
    }

    #[test]
    fn parts_are_hashed_with_the_secret_and_never_run_together() {
        let (one, other) = (secret(&"a".repeat(32)), secret(&"b".repeat(32)));
        assert_eq!(one.mac(["x", "y"]), one.mac(["x", "y"]));
        assert_ne!(one.mac(["x", "y"]), other.mac(["x", "y"]));
        for different in [&["xy"][..], &["x", "y", ""], &["", "xy"], &["y", "x"]] {
            assert_ne!(one.mac(["x", "y"]), one.mac(different.iter().copied()), "{different:?}");
        }
    }

    #[test]
    fn a_short_key_and_an_unknown_field_are_refused_and_none_is_shown() {
        let read = |json: &str| serde_json::from_str::<KeySecret>(json);
        assert!(read(&format!(r#"{{"key": "{}"}}"#, "hush".repeat(8))).is_ok());
        assert!(read(&format!(r#"{{"key": "{}"}}"#, "hush".repeat(7))).is_err());
        assert!(read(&format!(r#"{{"key": "{}", "more": 1}}"#, "hush".repeat(8))).is_err());
        assert!(!format!("{:?}", secret(&"hush".repeat(8))).contains("hush"));
    }
}
