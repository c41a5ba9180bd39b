//! Single values of a megabyte.

use shared::message::{
    Language, MessageId, MessageKey, NotificationKey, OrderNumber, OrderStatus, PhoneNumber, Reference, Text,
};
use shared::provider::Provider;
use shared::redaction::redact;

use crate::measure::{check_memory, check_work};

const MB: usize = 1024 * 1024;
/// A beginning, and a unit that is repeated to the requested size.
const VALUES: [(&str, &str); 26] = [
    ("", "1"),
    ("", " "),
    ("", "a"),
    ("", "("),
    ("", "a "),
    ("", "1 "),
    ("", "a1b2-"),
    ("", "\u{661}"),
    ("", "\u{feff}"),
    ("", "\0"),
    ("", "#"),
    ("", "é"),
    ("", "+1 (202) 555-0100 "),
    ("+", "+"),
    ("+", "1"),
    ("+1", "-"),
    ("+1202", " "),
    ("+1202", "."),
    ("notification/", "a"),
    ("notification/", "/"),
    ("notification/k-1/", "1"),
    ("notification/k-1/", " "),
    ("notification~/k-1/", "~41"),
    ("notification~/k-1/", "~"),
    ("meta#wamid.", "A"),
    ("meta#", "#"),
];

fn value(beginning: &str, unit: &str, bytes: usize) -> String {
    beginning.to_owned() + &unit.repeat(bytes / unit.len())
}

/// Parses the text as every kind of value, and returns the maximum accepted length in bytes.
fn parsed(value: &str) -> usize {
    let lengths = [
        OrderNumber::parse(value).map_or(0, |number| number.as_str().len()),
        NotificationKey::parse(value).map_or(0, |key| key.as_str().len()),
        MessageId::parse(value).map_or(0, |id| id.as_str().len()),
        MessageKey::try_from(value.to_owned()).map_or(0, |key| key.to_string().len()),
        Reference::parse(value).map_or(0, |reference| reference.to_string().len()),
        PhoneNumber::parse(value).map_or(0, |number| number.e164().len()),
        PhoneNumber::parse_international_digits(value).map_or(0, |number| number.e164().len()),
        Text::parse(value, 1024).map_or(0, |text| text.as_str().len()),
        Text::parse_without_full_stop(value, 1024).map_or(0, |text| text.as_str().len()),
        OrderStatus::parse(value).map_or(0, |status| status.as_str().len()),
        value.parse::<Provider>().map_or(0, |provider| provider.name().len()),
        Language::find(&[Language::new("en")], value).map_or(0, |language| language.as_str().len()),
        redact(value).len(),
    ];
    lengths.into_iter().max().unwrap_or_default()
}

#[test]
fn long_values_are_refused_within_the_memory() {
    for (beginning, unit) in VALUES {
        let what = format!("{beginning}{unit:?}");
        let longest = check_memory(&what, || value(beginning, unit, MB), |value| parsed(value));
        // A redacted text has at most 201 characters, the other values fewer than 520 bytes.
        assert!(longest <= 201 * 4, "{what}: {longest} bytes");
    }
}

#[test]
fn the_work_is_linear_in_the_values_size() {
    for (beginning, unit) in VALUES {
        let what = format!("{beginning}{unit:?}");
        check_work(
            &what,
            MB / 16,
            |bytes| value(beginning, unit, bytes),
            |value| {
                parsed(value);
            },
        );
    }
}
