//! Converts the flat variables of a form or a query into an envelope.

use std::borrow::Cow;

use form_urlencoded::parse;
use jiff::Timestamp;
use serde_json::Value;

use super::envelope;
use crate::providers::callback::Callback;
use crate::providers::kaleyra::multipart;
use crate::providers::lenient::{self, Object};

/// The operator chooses which of about a dozen variables a profile sends.
const MAX_VARIABLES: usize = 100;
/// `meta_object[value][statuses][0][errors][0][error_data][details]` has eight names.
const MAX_NAMES: usize = 10;
/// The variables of a form whose values are used as they are. The value of any other variable may be a whole
/// envelope.
const VARIABLES: [&str; 13] = [
    "code",
    "error",
    "error_code",
    "extra_info",
    "id",
    "message_id",
    "meta_object",
    "reason",
    "ref",
    "ref1",
    "ref2",
    "status",
    "timestamp",
];

/// The body as a form, if it is neither JSON (even truncated) nor markup, and either has a `=` after a name
/// or is a multipart form.
pub(super) fn form(body: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut form = body.trim_ascii();
    while let Some(rest) = form.strip_prefix(b"\xef\xbb\xbf") {
        form = rest.trim_ascii();
    }
    if form.starts_with(b"--") {
        return multipart::as_urlencoded(form).map(Cow::Owned);
    }
    let name = form.get(..form.iter().position(|byte| *byte == b'=')?)?;
    // In other formats, such as a function call or PHP's serialisation, values may contain a `=`.
    let is_name = !name.starts_with(b"[") && !name.iter().any(|byte| b"{}()<>:;,".contains(byte));
    is_name.then_some(Cow::Borrowed(form))
}

/// Parses the variables. If a name occurs twice, the first value counts; at most a hundred variables are read.
/// Kaleyra's documented examples put every value in quotes. A space in an id is an unencoded `+`, because ids have no
/// spaces. `amp;` before a name is the rest of an `&` that was escaped for HTML.
pub(super) fn parse_pairs(pairs: &[u8], received_at: Timestamp) -> Callback {
    let mut callback = Callback::default();
    let mut variables = Object::new();
    for (name, value) in parse(&encode_pluses(pairs)).take(MAX_VARIABLES) {
        let (name, mut value) = (unquote(&name), unquote(&value));
        let lower = name.trim_start_matches("amp;").to_lowercase();
        let names: Vec<&str> = lower
            .split(['[', ']', '.'])
            .map(|name| name.trim_matches(['"', '\'', ' ']))
            .filter(|name| !name.is_empty())
            .take(MAX_NAMES)
            .collect();
        if names.last().is_some_and(|name| ["id", "message_id"].contains(name)) {
            value = value.replace(' ', "+");
        }
        // A whole envelope as the value of an unknown variable, or instead of a name.
        let has_no_meaning = names.first().is_none_or(|name| !VARIABLES.contains(name));
        let texts = [Some(&name), Some(&value).filter(|_| has_no_meaning)]
            .map(|text| text.map(|it| Value::from(it.as_str())));
        let inside: Vec<_> = texts.iter().flat_map(|text| lenient::objects(text.as_ref())).collect();
        if inside.is_empty() {
            insert(&mut variables, &names, value);
        }
        for object in inside {
            envelope(&object, received_at, &mut callback);
        }
    }
    if !variables.is_empty() {
        variables.values_mut().for_each(make_lists);
        envelope(&variables, received_at, &mut callback);
    }
    callback
}

/// Replaces every `+` by `%2B` in pairs that contain a `/`. A form encoder encodes both, so a value with a
/// plain `/` was not encoded, and its `+` is not a space. References of older releases contain such order
/// numbers.
fn encode_pluses(pairs: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(pairs.len());
    for (index, pair) in pairs.split(|byte| *byte == b'&').enumerate() {
        encoded.extend((index > 0).then_some(b'&'));
        let is_bare = pair.contains(&b'/');
        for byte in pair {
            match byte {
                b'+' if is_bare => encoded.extend(b"%2B"),
                byte => encoded.push(*byte),
            }
        }
    }
    encoded
}

/// Inserts a value at the place given by its name: `extra_info[ref]` and `extra_info.ref` are members of an
/// object.
fn insert(object: &mut Object, names: &[&str], value: String) {
    match names {
        [] => {}
        [name] => {
            object.entry(*name).or_insert(Value::String(value));
        }
        [name, inside @ ..] => {
            if let Value::Object(object) = object.entry(*name).or_insert_with(|| Object::new().into()) {
                insert(object, inside, value);
            }
        }
    }
}

/// Converts objects with numbered members into lists, as for `statuses[0]`.
fn make_lists(value: &mut Value) {
    let Value::Object(members) = value else { return };
    members.values_mut().for_each(make_lists);
    if members.keys().all(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
        *value = std::mem::take(members).into_iter().map(|(_, item)| item).collect();
    }
}

fn unquote(text: &str) -> String {
    let text = text.trim();
    let inside = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    inside.unwrap_or(text).trim().to_owned()
}
