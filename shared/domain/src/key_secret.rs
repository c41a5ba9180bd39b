//! The key secret, from which the keys of notifications are derived.

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// The minimum length of a key: 128 bits or more if it is typed by hand. `template.yaml` generates 64
/// characters.
const MIN_BYTES: usize = 32;
/// Half of an HMAC-SHA-256. 128 bits are enough that two different notifications never get the same key.
const MAC_BYTES: usize = 16;

/// The secret `{"key": "…"}`, of at least 32 characters. It is never rotated, because a new secret would
/// change the key of every notification.
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
    /// Fails if the key is shorter than 32 characters.
    pub fn new(key: SecretString) -> Result<Self, ShortKey> {
        if key.expose_secret().len() < MIN_BYTES { Err(ShortKey) } else { Ok(Self(key)) }
    }

    /// A keyed hash of these parts. Each part is preceded by its length, so that different lists of parts
    /// never give the same input.
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
    fn different_parts_or_secrets_give_different_hashes() {
        let (one, other) = (secret(&"a".repeat(32)), secret(&"b".repeat(32)));
        assert_eq!(one.mac(["x", "y"]), one.mac(["x", "y"]));
        assert_ne!(one.mac(["x", "y"]), other.mac(["x", "y"]));
        for different in [&["xy"][..], &["x", "y", ""], &["", "xy"], &["y", "x"]] {
            assert_ne!(one.mac(["x", "y"]), one.mac(different.iter().copied()), "{different:?}");
        }
    }

    #[test]
    fn a_short_key_or_an_unknown_field_is_refused_and_debug_hides_the_key() {
        let parse = |json: &str| serde_json::from_str::<KeySecret>(json);
        assert!(parse(&format!(r#"{{"key": "{}"}}"#, "hush".repeat(8))).is_ok());
        assert!(parse(&format!(r#"{{"key": "{}"}}"#, "hush".repeat(7))).is_err());
        assert!(parse(&format!(r#"{{"key": "{}", "more": 1}}"#, "hush".repeat(8))).is_err());
        assert!(!format!("{:?}", secret(&"hush".repeat(8))).contains("hush"));
    }
}
