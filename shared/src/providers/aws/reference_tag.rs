//! Our reference as the value of a tag of an e-mail, and as the `Context` of a text message.
//!
//! Amazon SES puts a message's tags into its events (`mail.tags`), and AWS End User Messaging SMS puts the `Context` into its own
//! (`context`), so that an event is matched even if the reply to the request was lost.
//!
//! A tag takes ASCII letters, digits, `_` and `-` only, at most 256 of them:
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html>. So every other byte, and `_` itself, is written as
//! `_` and two hexadecimal digits. A `Context` takes any text of up to 800 characters without white space at its ends:
//! <https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html>.

use crate::message::Reference;

/// The name of the tag, and the key in the `Context`.
pub const NAME: &str = "reference";

/// The longest value of a tag.
const MAX_TAG_BYTES: usize = 256;
/// Precedes two hexadecimal digits.
const ESCAPE: char = '_';

/// The value of an e-mail's tag; `None` if the reference does not fit. Then only the message's id matches its events.
pub fn encode(reference: &Reference) -> Option<String> {
    let mut tag = String::new();
    for byte in reference.to_string().bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            tag.push(char::from(byte));
        } else {
            tag.push(ESCAPE);
            tag.push_str(&hex::encode_upper([byte]));
        }
    }
    (tag.len() <= MAX_TAG_BYTES).then_some(tag)
}

/// The reference in the value of an e-mail's tag; `None` if it is not one of ours.
pub fn decode(tag: &str) -> Option<Reference> {
    let mut parts = Some(tag).filter(|tag| tag.len() <= MAX_TAG_BYTES)?.split(ESCAPE);
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.extend(hex::decode(digits).ok()?);
        bytes.extend(rest.as_bytes());
    }
    Reference::parse(&String::from_utf8(bytes).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::{NotificationKey, OrderId, OrderNumber, Sender};

    fn reference(sender: Option<&str>, key: &str, order: &str) -> Reference {
        let order = OrderId {
            sender: sender.map(|sender| Sender::parse(sender).unwrap()),
            number: OrderNumber::parse(order).unwrap(),
        };
        Reference { order, key: NotificationKey::parse(key).unwrap() }
    }

    proptest! {
        #[test]
        fn a_tag_has_only_allowed_characters_and_is_decoded(
            key in "[A-Za-z0-9._:-]{1,40}", order in "[^\\s\\p{Cc}/]{1,10}(/| )?[0-9]{1,5}",
        ) {
            let reference = reference(Some("acme"), &key, &order);
            if let Some(tag) = encode(&reference) {
                prop_assert!(tag.len() <= 256);
                prop_assert!(tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)), "{tag}");
                prop_assert_eq!(decode(&tag), Some(reference));
            }
        }

        #[test]
        fn no_text_causes_a_panic(tag: String) {
            let _decoded = decode(&tag);
        }
    }

    #[test]
    fn only_letters_digits_and_dashes_are_written_unchanged() {
        for (sender, key, order, tag) in [
            (None, "k-1:sms", "10482", "notification_2Fk-1_3Asms_2F10482"),
            (Some("acme"), "k_1", "#7", "notification_3Aacme_2Fk_5F1_2F_237"),
            (None, "k", "№7", "notification_2Fk_2F_E2_84_967"),
        ] {
            let reference = reference(sender, key, order);
            assert_eq!(encode(&reference).as_deref(), Some(tag));
            assert_eq!(decode(tag), Some(reference));
        }
    }

    #[test]
    fn a_reference_that_does_not_fit_has_no_tag() {
        // "notification", two escaped slashes and the key leave 106 characters.
        let key = "k".repeat(128);
        assert_eq!(encode(&reference(None, &key, &"9".repeat(100))).map(|tag| tag.len()), Some(246));
        assert_eq!(encode(&reference(None, &key, &"#".repeat(40))), None);
    }

    #[test]
    fn other_applications_tags_are_not_references() {
        for tag in [
            "",
            "campaign-7",
            "notification_2",
            "notification_2Fk",
            "notification_2F_zz_2F7",
            "_FF_FE",
            "_2é",
        ] {
            assert_eq!(decode(tag), None, "{tag}");
        }
        assert_eq!(decode(&format!("notification_2Fk_2F{}", "9".repeat(300))), None);
    }
}
