//! Reads JSON whose form varies: strings or numbers, one object or several.

use std::borrow::Cow;

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::json;
use crate::message::MessageId;

/// The members of a JSON object.
pub(super) type Object = Map<String, Value>;

/// A reply has at most 64 KiB, far more than any documented one.
const MAX_REPLY_VALUES: usize = 10_000;

/// Parses a reply's body as an object. Also accepts an array with one object, and either of them as a string
/// with JSON.
pub(super) fn object(body: &[u8]) -> Option<Object> {
    let read = json::parse_leniently(body, MAX_REPLY_VALUES).ok()?;
    let read = if read.is_string() { opened(&read).into_owned() } else { read };
    match read {
        Value::Object(object) => Some(object),
        Value::Array(items) => match <[Value; 1]>::try_from(items).ok()? {
            [Value::Object(object)] => Some(object),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a value means nothing: null, false, zero, a blank string, or an array or object of only such
/// values.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
    }
}

/// The member, unless its value means nothing.
pub(super) fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !is_empty(value))
}

/// Values that mean that there was no error.
const NO_ERROR: [&str; 14] = [
    "0",
    "null",
    "none",
    "undefined",
    "false",
    "no error",
    "no errors",
    "no_error",
    "ok",
    "success",
    "n/a",
    "nil",
    "{}",
    "[]",
];

/// The member with an error, unless its value means that there was none.
pub(super) fn error<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    member(object, name).filter(|error| !is_no_error(error))
}

fn is_no_error(error: &Value) -> bool {
    match error {
        Value::String(text) => {
            let text = text.trim();
            text.is_empty() || NO_ERROR.iter().any(|words| text.eq_ignore_ascii_case(words))
        }
        Value::Array(items) => items.iter().all(is_no_error),
        Value::Object(members) => members.values().all(is_no_error),
        other => is_empty(other),
    }
}

/// The id of an accepted message, from the first item of `messages` or `data` (arrays, single objects, or
/// either as a string), from the upstream's reply inside, or from the top level.
pub(super) fn accepted_id(body: &Object) -> Option<MessageId> {
    named_id(body).or_else(|| id(member(body, "id")))
}

/// Whether a reply contains a message id. A bare `id` may identify a request, unless it has the form of a WhatsApp id.
pub(super) fn names_a_message(body: &Object) -> bool {
    named_id(body).is_some() || id(member(body, "id")).is_some_and(|id| is_whatsapp_id(&id))
}

fn is_whatsapp_id(id: &MessageId) -> bool {
    ["wamid.", "gBGG", "true_"].iter().any(|form| id.as_str().starts_with(form))
}

/// The id in a member that names a message.
fn named_id(body: &Object) -> Option<MessageId> {
    const NAMES: [&str; 3] = ["message_id", "messageId", "id"];
    let named = |object: &Object, names: &[&str]| names.iter().find_map(|name| id(member(object, name)));
    let inside = |object: &Object, name: &str| named(objects(object.get(name)).first()?, &NAMES);
    let of_messages = |name: &&str| inside(objects(body.get(*name)).first()?, "messages");
    ["data", "messages"]
        .iter()
        .find_map(|name| inside(body, name))
        .or_else(|| ["data", "response", "result"].iter().find_map(of_messages))
        // The `id` in these members may not be that of a message.
        .or_else(|| ["message", "result"].iter().find_map(|name| inside(body, name).filter(is_whatsapp_id)))
        .or_else(|| named(body, &["message_id", "messageId"]))
}

/// The deepest nesting of errors that any provider uses for its upstream's error.
const MAX_ERROR_DEPTH: usize = 4;
/// The maximum number of texts that are read; no known error has as many.
const MAX_ERROR_TEXTS: usize = 50;

/// The objects that describe an error, outermost first: `error` and `errors`, also inside `response`, and the
/// objects inside these.
pub(super) fn error_objects(body: &Object) -> Vec<&Object> {
    let mut found = Vec::new();
    let mut level: Vec<&Value> = with_response(body)
        .flat_map(|object| [object.get("error"), object.get("errors")])
        .flatten()
        .collect();
    for _depth in 0..MAX_ERROR_DEPTH {
        let mut inside = Vec::new();
        for value in level {
            match value {
                Value::Array(items) => inside.extend(items),
                Value::Object(object) => {
                    found.push(object);
                    inside.extend(object.values());
                }
                _ => {}
            }
        }
        level = inside;
    }
    found
}

/// The texts of a reply, those of its errors first. URLs are left out.
pub(super) fn error_texts(body: &Object) -> Vec<String> {
    const NAMES: [&str; 12] = [
        "error",
        "errors",
        "error_data",
        "error_user_title",
        "error_user_msg",
        "error_description",
        "detail",
        "details",
        "reason",
        "title",
        "description",
        "message",
    ];
    let mut texts = Vec::new();
    for value in with_response(body).flat_map(|object| NAMES.map(|name| object.get(name))).flatten() {
        match value {
            // A code on its own.
            Value::Number(number) => texts.push(number.to_string()),
            value => add_texts(value, &mut texts),
        }
    }
    texts
}

fn with_response(body: &Object) -> impl Iterator<Item = &Object> {
    std::iter::once(body).chain(body.get("response").and_then(Value::as_object))
}

fn add_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if texts.len() < MAX_ERROR_TEXTS && !text.starts_with("http") => {
            texts.push(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| add_texts(item, texts)),
        Value::Object(members) => {
            // Stack traces: the numbers in them are line numbers.
            let said =
                members.iter().filter(|(name, _)| !["stack", "trace", "config"].contains(&name.as_str()));
            said.for_each(|(_, member)| add_texts(member, texts));
        }
        _ => {}
    }
}

/// The text of a body that is not JSON; empty for an HTML page.
pub(super) fn plain_text(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.starts_with(['<', '{', '[']) { String::new() } else { text.to_owned() }
}

/// The value, or the parsed content of a string with JSON.
pub(super) fn opened(value: &Value) -> Cow<'_, Value> {
    let json = value.as_str().map(str::trim).filter(|text| text.starts_with(['{', '[']));
    let read = json.and_then(|json| json::parse_leniently(json.as_bytes(), MAX_REPLY_VALUES).ok());
    read.map_or(Cow::Borrowed(value), Cow::Owned)
}

/// Flattens nested lists at every depth.
pub(super) fn flatten(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(flatten);
            if items.iter().any(Value::is_array) {
                let flat = std::mem::take(items).into_iter().flat_map(|item| match item {
                    Value::Array(inside) => inside,
                    other => vec![other],
                });
                *items = flat.collect();
            }
        }
        Value::Object(members) => members.values_mut().for_each(flatten),
        _ => {}
    }
}

/// The maximum number of objects parsed from a list of strings, because each takes as much memory as a reply.
const MAX_WRITTEN: usize = 10;

/// Parses the members with these names, at every depth, if they are strings with JSON.
pub(super) fn open_members(value: &mut Value, names: &[&str]) {
    fn open(value: &mut Value, names: &[&str], left: &mut usize) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| open(item, names, left)),
            Value::Object(members) => {
                for (name, member) in members {
                    if *left > 0 && member.is_string() && names.contains(&name.as_str()) {
                        *left -= 1;
                        *member = opened(member).into_owned();
                    }
                    open(member, names, left);
                }
            }
            _ => {}
        }
    }
    let mut left = MAX_WRITTEN;
    open(value, names, &mut left);
}

/// The objects in a member: one, several in an array, or either as a string with JSON.
pub(super) fn objects(value: Option<&Value>) -> Vec<Cow<'_, Object>> {
    let mut objects = Vec::new();
    let mut written = 0;
    for item in items(value) {
        match item {
            Value::Object(object) => objects.push(Cow::Borrowed(object)),
            Value::String(_) if written < MAX_WRITTEN => {
                written += 1;
                objects.extend(parse_objects(item));
            }
            _ => {}
        }
    }
    objects
}

fn parse_objects<'a>(text: &Value) -> Vec<Cow<'a, Object>> {
    let items = match opened(text).into_owned() {
        Value::Array(items) => items,
        one => vec![one],
    };
    items
        .into_iter()
        .filter_map(|item| if let Value::Object(object) = item { Some(Cow::Owned(object)) } else { None })
        .collect()
}

/// The value as text: a non-blank string, or a number as its JSON text.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Longer than every status, so a truncated word never equals a status.
const MAX_WORD_CHARS: usize = 64;

/// The value as text of limited length.
pub(super) fn word(value: Option<&Value>) -> Option<String> {
    let text = text(value)?;
    Some(text.chars().take(MAX_WORD_CHARS).collect())
}

/// Values that mean that there is no id. As ids they would be the same for messages of all orders.
const NO_IDS: [&str; 11] =
    ["null", "undefined", "none", "nil", "nan", "n/a", "unknown", "false", "true", "0", "-"];

/// The value as a message id; `None` for a missing value such as `undefined` and for an unfilled placeholder such as
/// `<message_id>`, `%message_id%` or `$message_id`.
pub(super) fn id(value: Option<&Value>) -> Option<MessageId> {
    let text = text(value)?;
    let is_none = NO_IDS.iter().any(|none| text.eq_ignore_ascii_case(none));
    // An id that is still encoded has a `%` inside.
    let is_variable = text.starts_with('$') || text.starts_with('%') && text.ends_with('%');
    if is_none || is_variable || text.contains(['<', '>', '{', '}', '[', ']', '"']) {
        None
    } else {
        MessageId::parse(&text).ok()
    }
}

/// The value as a code: a non-negative number, or a string of digits.
pub(super) fn code(value: Option<&Value>) -> Option<u32> {
    match value? {
        Value::Number(number) => integer(&number.to_string()).and_then(|number| u32::try_from(number).ok()),
        Value::String(text) => integer(text.trim()).and_then(|number| u32::try_from(number).ok()),
        _ => None,
    }
}

/// The items of an array, or a single value as one item.
pub(super) fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items,
        Some(Value::Null) | None => &[],
        Some(one) => std::slice::from_ref(one),
    }
}

/// WhatsApp Business started in 2018; an earlier time is a placeholder or has another unit.
const EARLIEST: i64 = 1_500_000_000;
/// The largest assumed difference between clocks.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// Seconds reach this number in the year 5138, so larger numbers are milliseconds.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// Larger numbers are microseconds.
const MICROSECONDS_FROM: i64 = 1_000 * MILLISECONDS_FROM;
/// Larger numbers are nanoseconds.
const NANOSECONDS_FROM: i64 = 1_000 * MICROSECONDS_FROM;

/// Parses an integer, which may have decimal places of zeros.
fn integer(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    decimals.bytes().all(|byte| byte == b'0').then(|| whole.parse().ok()).flatten()
}

/// Parses a time: Unix seconds, milliseconds, microseconds or nanoseconds as a number or string, or a text
/// with a zone. `received_at` if there is no plausible time. Decimal places are ignored.
pub(super) fn time(value: Option<&Value>, received_at: Timestamp) -> Timestamp {
    let unix = |text: &str| {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let number =
            decimals.bytes().all(|byte| byte.is_ascii_digit()).then(|| whole.parse::<i64>().ok())??;
        match number {
            NANOSECONDS_FROM.. => Timestamp::from_nanosecond(number.into()).ok(),
            MICROSECONDS_FROM.. => Timestamp::from_microsecond(number).ok(),
            MILLISECONDS_FROM.. => Timestamp::from_millisecond(number).ok(),
            _ => Timestamp::from_second(number).ok(),
        }
    };
    word(value)
        .and_then(|text| unix(&text).or_else(|| written_time(&text)))
        .filter(|at| at.as_second() >= EARLIEST && at.duration_since(received_at) <= MAX_AHEAD)
        .unwrap_or(received_at)
}

/// Parses a time in ISO 8601 (RFC 9557) or RFC 2822, with a zone as offset, name or both.
fn written_time(text: &str) -> Option<Timestamp> {
    let offset = || {
        let (time, zone) = text.rsplit_once(' ').filter(|(time, _)| time.contains(':'))?;
        let parsed = |text: String| text.parse().ok();
        match zone {
            "UTC" | "GMT" => parsed(format!("{time}Z")).or_else(|| written_time(time)),
            name if name.bytes().all(|byte| byte.is_ascii_alphabetic()) => written_time(time),
            signed if signed.starts_with(['+', '-']) => parsed(format!("{time}{signed}")),
            // The space is a `+` that was not encoded.
            digits => parsed(format!("{time}+{digits}")),
        }
    };
    let of_mails = || rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
    text.parse().ok().or_else(of_mails).or_else(offset)
}

#[cfg(test)]
mod tests;
