//! Tests order events: any JSON is rendered within the limits or has faults, and any text is a bounded value or invalid.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shared::catalogue::{Catalogue, OrderEvent, read_event, render};
use shared::message::{NotificationKey, OrderNumber, PhoneNumber, Reference, Text};
use shared::redaction::redact;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::parse("notifications.toml", include_str!("../../../tests/shop/notifications.toml")).unwrap()
});

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        check_values(text);
    }
    let Ok(json) = read_event(data) else { return };
    let Ok(event) = OrderEvent::parse(json) else { return };
    for entry in CATALOGUE.entries() {
        match render(entry, &event, None) {
            Ok(notification) => {
                assert_eq!(notification.routes.is_empty(), notification.unusable_recipient.is_some());
                assert!(notification.reference.to_string().len() <= 255);
            }
            Err(faults) => assert!(!faults.is_empty() && faults.to_string().len() < 10_000),
        }
    }
});

fn check_values(text: &str) {
    if let Ok(number) = PhoneNumber::parse_international_digits(text) {
        assert!((7..=15).contains(&number.digits().len()));
        assert_eq!(PhoneNumber::parse(number.e164()), Ok(number));
    }
    if let Ok(number) = OrderNumber::parse(text) {
        assert_eq!(OrderNumber::parse(number.as_str()), Ok(number));
    }
    if let Ok(key) = NotificationKey::parse(text) {
        assert_eq!(NotificationKey::parse(key.as_str()), Ok(key));
    }
    if let Some(reference) = Reference::parse(text) {
        assert_eq!(Reference::parse(&reference.to_string()), Some(reference));
    }
    if let Ok(text) = Text::parse_without_full_stop(text, 1024) {
        assert_eq!(Text::parse(text.as_str(), 1024), Ok(text));
    }
    assert!(redact(text).chars().count() <= 201);
}
