//! The reference that identifies a notification, and its form in messages and callbacks.

use std::fmt::{self, Write as _};

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::{OrderId, OrderNumber, Sender};

/// The longest notification key, in bytes. Together with the order number it fits into Kaleyra's `ref` (255
/// characters). Beside a sender's name a longer key is replaced by its hash.
pub const MAX_KEY_BYTES: usize = 128;
/// Distinguishes our references from those of other applications with the same business number.
const PREFIX: &str = "notification";
/// The escape character. After the prefix it marks an escaped order number; within the number it precedes two
/// hexadecimal digits. It has no special meaning in query strings, forms or JSON.
const ESCAPE: char = '~';
/// Stands before the name of a sender. It has no special meaning either.
const BEFORE_SENDER: char = ':';
/// Stands before the part of a key that says how a notification follows another.
const BEFORE_SUFFIX: char = ':';
/// The suffixes of [`derived`](Reference::derived) references: the names of the channels, and that of the same message once
/// more.
pub const SUFFIXES: [&str; 3] = ["sms", "email", AGAIN];
/// The suffix of the same message once more.
pub const AGAIN: &str = "again";
/// The length at which Kaleyra cuts a `ref`.
const MAX_WIRE_BYTES: usize = 255;

/// Identifies a notification within its order: the result of the catalogue's `key` expression, or a keyed
/// hash of content and recipient.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NotificationKey(String);

/// The key is empty, too long, or contains other characters than those allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a notification key is 1 to {MAX_KEY_BYTES} letters, digits or any of . _ : -")]
pub struct InvalidNotificationKey;

impl NotificationKey {
    /// Trims white space and checks length and characters.
    pub fn parse(key: &str) -> Result<Self, InvalidNotificationKey> {
        let key = key.trim();
        let valid = (1..=MAX_KEY_BYTES).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b));
        if valid { Ok(Self(key.to_owned())) } else { Err(InvalidNotificationKey) }
    }

    /// Takes the key of a stored notification, or a fingerprint, as it is.
    pub fn unchecked(key: &str) -> Self {
        Self(key.to_owned())
    }

    /// Letters, digits and `. _ : -`; at most 128 bytes.
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

/// The order and the key of a notification, written `notification/<key>/<order number>`, or
/// `notification:<sender>/<key>/<order number>` for an order of a sender with a name. Providers get its [wire
/// form](Self::to_wire).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Reference {
    /// The order that the notification is about.
    #[serde(flatten)]
    pub order: OrderId,
    /// The key of the notification within the order.
    pub key: NotificationKey,
}

impl Reference {
    /// Parses a reference from a callback, an event or the operator, in either form; `None` if it is not one
    /// of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let (rest, is_escaped) = rest.strip_prefix(ESCAPE).map_or((rest, false), |rest| (rest, true));
        let (sender, rest) = rest.split_once('/')?;
        let sender = match sender.strip_prefix(BEFORE_SENDER) {
            Some(sender) => Some(Sender::parse(sender).ok()?),
            None if sender.is_empty() => None,
            None => return None,
        };
        let (key, order) = rest.split_once('/')?;
        let order = if is_escaped { unescape(order)? } else { order.to_owned() };
        let order = OrderId { sender, number: OrderNumber::parse_stored(&order).ok()? };
        Some(Self { order, key: NotificationKey::parse(key).ok()? })
    }

    /// The reference of a notification that follows this one, such as its text message. A key that would get too long is
    /// replaced by its hash, which reveals no more than the key itself, because keys are logged.
    #[must_use]
    pub fn derived(&self, suffix: &str) -> Self {
        let with = |key: &str| Self {
            order: self.order.clone(),
            key: NotificationKey(format!("{key}{BEFORE_SUFFIX}{suffix}")),
        };
        let derived = with(self.key.as_str());
        if derived.key.as_str().len() <= MAX_KEY_BYTES && derived.fits() {
            return derived;
        }
        with(&hex::encode(digest(&SHA256, self.key.as_str().as_bytes())))
    }

    /// The reference of the notification that this one follows; its own if it follows none.
    #[must_use]
    pub fn first(&self) -> Self {
        let key = self.key.as_str();
        let first = key.rsplit_once(BEFORE_SUFFIX).filter(|(_, suffix)| SUFFIXES.contains(suffix));
        let key = first.map_or(key, |(first, _)| first);
        Self { order: self.order.clone(), key: NotificationKey(key.to_owned()) }
    }

    /// Whether Kaleyra brings the whole reference back: it cuts longer ones.
    pub fn fits(&self) -> bool {
        self.to_string().len() <= MAX_WIRE_BYTES
    }

    /// The part of the written form before the key.
    fn prefix(&self, escape: impl fmt::Display) -> String {
        match &self.order.sender {
            Some(sender) => format!("{PREFIX}{escape}{BEFORE_SENDER}{sender}"),
            None => format!("{PREFIX}{escape}"),
        }
    }

    /// The form sent with a message: Kaleyra's `extra_info.ref` (at most 255 characters; longer ones are
    /// silently cut) and Meta's `biz_opaque_callback_data` (at most 512).
    ///
    /// A provider may put it into a query string without encoding it, or encode it twice, and an order number
    /// may contain `#`, `&`, `+`, `%` or a space. So every byte that is not safe everywhere is written as `~`
    /// and two hexadecimal digits, and the prefix becomes `notification~`. A reference that would get too
    /// long this way is left unescaped.
    pub fn to_wire(&self) -> String {
        let order = self.order.as_str();
        if order.bytes().all(is_plain) {
            return self.to_string();
        }
        let mut wire = format!("{}/{}/", self.prefix(ESCAPE), self.key);
        for byte in order.bytes() {
            if is_plain(byte) {
                wire.push(char::from(byte));
            } else {
                // Writing to a `String` cannot fail.
                let _infallible = write!(wire, "{ESCAPE}{byte:02X}");
            }
        }
        if wire.len() <= MAX_WIRE_BYTES { wire } else { self.to_string() }
    }
}

/// Whether a byte has no special meaning in a URL's query, a form or JSON.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte)
}

fn unescape(text: &str) -> Option<String> {
    let mut parts = Some(text).filter(|text| text.len() <= MAX_WIRE_BYTES)?.split(ESCAPE);
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.extend(hex::decode(digits).ok()?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.prefix(""), self.key, self.order)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_reference_is_parsed_from_both_of_its_forms(
            sender in "([a-z0-9-]{1,24})?",
            key in "[A-Za-z0-9._:-]{1,128}",
            order in "[^\\s\\p{Cc}/]{1,20}(/| )?[0-9]{1,5}",
        ) {
            let sender = Sender::parse(&sender).ok();
            let reference = Reference {
                order: OrderId { sender, number: OrderNumber::parse(&order).unwrap() },
                key: NotificationKey::parse(&key).unwrap(),
            };
            for text in [reference.to_string(), reference.to_wire()] {
                prop_assert!(text.chars().count() <= 255);
                prop_assert_eq!(Reference::parse(&text), Some(reference.clone()));
            }
        }
    }

    #[test]
    fn the_wire_form_has_no_character_that_a_query_changes() {
        for (order, wire) in [
            ("10482", "notification/k-1/10482"),
            ("A.7_b:c-d/e", "notification/k-1/A.7_b:c-d/e"),
            ("#2031", "notification~/k-1/~232031"),
            ("A+7", "notification~/k-1/A~2B7"),
            ("A 7", "notification~/k-1/A~207"),
            ("R&D", "notification~/k-1/R~26D"),
            ("50%25", "notification~/k-1/50~2525"),
            ("a~23", "notification~/k-1/a~7E23"),
            ("\"7\"", "notification~/k-1/~227~22"),
            ("a=b;c", "notification~/k-1/a~3Db~3Bc"),
            ("№7", "notification~/k-1/~E2~84~967"),
        ] {
            let reference = Reference {
                order: OrderNumber::parse(order).unwrap().into(),
                key: NotificationKey::parse("k-1").unwrap(),
            };
            assert_eq!(reference.to_wire(), wire);
            assert_eq!(Reference::parse(wire), Some(reference.clone()));
            // The form of older releases, which events and the operator also use.
            assert_eq!(Reference::parse(&format!("notification/k-1/{order}")), Some(reference));
        }
    }

    #[test]
    fn a_senders_reference_names_it() {
        for (order, wire) in [("10482", "notification:acme/k-1/10482"), ("#7", "notification~:acme/k-1/~237")]
        {
            let order = OrderId {
                sender: Some(Sender::parse("acme").unwrap()),
                number: OrderNumber::parse(order).unwrap(),
            };
            let reference = Reference { order, key: NotificationKey::parse("k-1").unwrap() };
            assert_eq!(reference.to_wire(), wire);
            assert_eq!(Reference::parse(wire), Some(reference));
        }
    }

    #[test]
    fn a_reference_that_would_become_too_long_is_not_escaped() {
        let reference = |order: String, key: usize| Reference {
            order: OrderNumber::parse(&order).unwrap().into(),
            key: NotificationKey::parse(&"k".repeat(key)).unwrap(),
        };
        let fits = reference("#".repeat(56), 72);
        assert_eq!((fits.to_wire().len(), fits.to_wire().starts_with("notification~/")), (255, true));
        let too_long = reference("#".repeat(56), 73);
        assert_eq!(too_long.to_wire(), too_long.to_string());
    }

    #[test]
    fn the_longest_reference_fits_kaleyras_limit() {
        let number = OrderNumber::parse(&"9".repeat(100)).unwrap();
        let key = |chars| NotificationKey::parse(&"k".repeat(chars)).unwrap();
        assert!(Reference { order: number.clone().into(), key: key(MAX_KEY_BYTES) }.fits());
        let order = OrderId { sender: Sender::parse(&"s".repeat(24)).ok(), number };
        assert!(Reference { order: order.clone(), key: key(116) }.fits());
        assert!(!Reference { order, key: key(117) }.fits());
    }

    #[test]
    fn texts_of_other_applications_are_not_references() {
        for text in [
            "",
            "customer1",
            "notification/",
            "notification/k",
            "notification//10482",
            "notification/k y/10482",
            "notification~",
            "notification~/k/",
            "notification~/k/~2",
            "notification~/k/~",
            "notification~/k/~zz",
            "notification~/k/~+1",
            "notification~/k/~ff",
            "notification~/k/7~07",
            "notification~~/k/7",
            "notification:/k/7",
            "notification:A B/k/7",
            "notificationacme/k/7",
        ] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }
}
