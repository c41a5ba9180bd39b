//! Tests the serialised forms of values in the table, in requests and in logs.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::*;

/// Serialises the value and parses it again.
fn is_written_as<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, text: &str) {
    assert_eq!(json!(value), text);
    assert_eq!(&serde_json::from_value::<T>(json!(text)).unwrap(), value);
}

#[test]
fn what_the_table_keeps_is_read_as_it_was_written() {
    let id = MessageId::parse("wamid.A").unwrap();
    is_written_as(&id, "wamid.A");
    is_written_as(&MessageKey::try_from("meta#wamid.A".to_owned()).unwrap(), "meta#wamid.A");
    is_written_as(&OrderNumber::parse("10482").unwrap(), "10482");
    is_written_as(&NotificationKey::parse("k-1").unwrap(), "k-1");
    is_written_as(&Language::new("en_US"), "en_US");
    assert_eq!(Language::new("en_US").to_string(), "en_US");
    for status in OrderStatus::ALL {
        is_written_as(&status, status.as_str());
        assert_eq!(status.to_string(), status.as_str());
    }
}

#[test]
fn a_fingerprint_is_the_beginning_of_the_ids_sha_256() {
    // FIPS 180-2, appendix B.1: SHA-256 of "abc".
    assert_eq!(MessageId::parse("abc").unwrap().fingerprint(), "ba7816bf");
}

#[test]
fn debug_hides_a_text_and_says_so() {
    assert_eq!(format!("{:?}", Text::parse("Alexey", 100).unwrap()), "Text([redacted])");
}
