//! Reading JSON whose shape is known only roughly: strings or numbers, one object or several.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::message::MessageId;

/// An object's members.
pub(super) type Object = Map<String, Value>;

/// The value as text: a string that isn't blank, or a number as it is written.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A status has fewer letters; of a longer word the beginning is enough to see that it is none.
const MAX_WORD_CHARS: usize = 64;

/// The value as a short word.
pub(super) fn word(value: Option<&Value>) -> Option<String> {
    let text = text(value)?;
    Some(text.chars().take(MAX_WORD_CHARS).collect())
}

/// The value as a message id, where it can be one.
pub(super) fn id(value: Option<&Value>) -> Option<MessageId> {
    MessageId::parse(&text(value)?).ok()
}

/// The value as a code: a number that isn't negative, or the digits of one.
pub(super) fn code(value: Option<&Value>) -> Option<u32> {
    match value? {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// An array's items, or the value itself where there is only one.
pub(super) fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items,
        Some(Value::Null) | None => &[],
        Some(one) => std::slice::from_ref(one),
    }
}

/// WhatsApp Business began in 2018; an earlier time is a placeholder or another unit.
const EARLIEST: i64 = 1_500_000_000;
/// Clocks differ, but not by more.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// Seconds reach this number in the year 5138: what is greater counts milliseconds.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// A time in unix seconds (or milliseconds), as a number or a string; `received_at` where there is none that can be.
pub(super) fn time(value: Option<&Value>, received_at: Timestamp) -> Timestamp {
    text(value)
        .and_then(|text| text.parse::<i64>().ok())
        .and_then(|number| match number {
            MILLISECONDS_FROM.. => Timestamp::from_millisecond(number).ok(),
            _ => Timestamp::from_second(number).ok(),
        })
        .filter(|at| at.as_second() >= EARLIEST && at.duration_since(received_at) <= MAX_AHEAD)
        .unwrap_or(received_at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_is_read_as_string_or_number_of_seconds_or_milliseconds() {
        let received_at: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        let at: Timestamp = "2025-06-15T23:01:13Z".parse().unwrap();
        for value in
            [json!("1750028473"), json!(1_750_028_473), json!(1_750_028_473_000_i64), json!(" 1750028473 ")]
        {
            assert_eq!(time(Some(&value), received_at), at, "{value}");
        }
        for value in [
            json!(null),
            json!(""),
            json!("now"),
            json!(0),
            json!("-5"),
            json!(1.5),
            json!([]),
            json!({}),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(1_863_000_000),
            json!(1_400_000_000),
        ] {
            assert_eq!(time(Some(&value), received_at), received_at, "{value}");
        }
        assert_eq!(time(None, received_at), received_at);
    }

    #[test]
    fn one_thing_is_a_list_of_one() {
        assert_eq!(items(Some(&json!([1, 2]))).len(), 2);
        assert_eq!(items(Some(&json!({"id": 1}))).len(), 1);
        assert_eq!(items(Some(&json!(null))).len(), 0);
        assert_eq!(items(None).len(), 0);
    }

    #[test]
    fn a_code_is_a_number_in_either_form() {
        assert_eq!(code(Some(&json!(131_026))), Some(131_026));
        assert_eq!(code(Some(&json!(" 131026 "))), Some(131_026));
        for other in [json!(-1), json!(1.5), json!("x"), json!(u64::MAX), json!(null), json!([131_026])] {
            assert_eq!(code(Some(&other)), None, "{other}");
        }
    }
}
