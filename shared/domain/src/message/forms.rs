//! Tests the serialised forms of values in the table, in requests and in logs.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::*;

/// Asserts that the value is serialised as this text and parsed from it.
fn assert_form<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, text: &str) {
    assert_eq!(json!(value), text);
    assert_eq!(&serde_json::from_value::<T>(json!(text)).unwrap(), value);
}

#[test]
fn values_in_the_table_keep_their_form() {
    let id = MessageId::parse("wamid.A").unwrap();
    assert_form(&id, "wamid.A");
    assert_form(&MessageKey::try_from("meta#wamid.A".to_owned()).unwrap(), "meta#wamid.A");
    assert_form(&OrderNumber::parse("10482").unwrap(), "10482");
    assert_form(&NotificationKey::parse("k-1").unwrap(), "k-1");
    assert_form(&Language::new("en_US"), "en_US");
    assert_eq!(Language::new("en_US").to_string(), "en_US");
    for status in OrderStatus::ALL {
        assert_form(&status, status.as_str());
        assert_eq!(status.to_string(), status.as_str());
    }
}

#[test]
fn a_fingerprint_is_the_start_of_the_ids_sha_256() {
    // FIPS 180-2, appendix B.1: SHA-256 of "abc".
    assert_eq!(MessageId::parse("abc").unwrap().fingerprint(), "ba7816bf");
}

#[test]
fn debug_shows_that_a_text_is_redacted() {
    assert_eq!(format!("{:?}", Text::parse("Alexey", 100).unwrap()), "Text([redacted])");
}
