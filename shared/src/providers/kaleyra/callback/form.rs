//! The flat variables of a form or a query, as the envelope that they stand for.

use std::borrow::Cow;

use form_urlencoded::parse;
use jiff::Timestamp;
use serde_json::Value;

use super::envelope;
use crate::providers::callback::Callback;
use crate::providers::kaleyra::multipart;
use crate::providers::lenient::{self, Object};

/// The operator chooses which of a dozen variables a profile sends.
const MAX_VARIABLES: usize = 100;
/// `meta_object[value][statuses][0][errors][0][error_data][details]` has eight.
const MAX_NAMES: usize = 10;
/// The variables of a form whose values are read as they are: the value of any other one may be a whole envelope.
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

/// What is no JSON, and not even the beginning of it, nor markup, is a form where a `=` stands behind a name, or where it is
/// in several parts.
pub(super) fn form(body: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut form = body.trim_ascii();
    while let Some(rest) = form.strip_prefix(b"\xef\xbb\xbf") {
        form = rest.trim_ascii();
    }
    if form.starts_with(b"--") {
        return multipart::as_urlencoded(form).map(Cow::Owned);
    }
    let name = form.get(..form.iter().position(|byte| *byte == b'=')?)?;
    // Anything else's values may have a `=` in them: a function call's, PHP's.
    let is_name = !name.starts_with(b"[") && !name.iter().any(|byte| b"{}()<>:;,".contains(byte));
    is_name.then_some(Cow::Borrowed(form))
}

/// Of a variable that comes twice, the first counts, and of too many variables the first hundred. The page's recipes put
/// every value in quotes. A blank in an id is a `+` that wasn't encoded: an id has none. `amp;` before a name is left of an `&`
/// that was escaped for a web page.
pub(super) fn read_pairs(pairs: &[u8], received_at: Timestamp) -> Callback {
    let mut callback = Callback::default();
    let mut variables = Object::new();
    for (name, value) in parse(&with_pluses(pairs)).take(MAX_VARIABLES) {
        let (name, mut value) = (unquoted(&name), unquoted(&value));
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
        // A whole envelope as the value of a variable that has no other meaning, or in the place of a name.
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

/// The pairs with `%2B` for every `+` beside a `/`. What encodes forms encodes both, so that a value with a bare `/` was not
/// encoded, and its `+` is no blank: references of older releases have such order numbers.
fn with_pluses(pairs: &[u8]) -> Vec<u8> {
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

/// Puts a value where its name says: `extra_info[ref]` and `extra_info.ref` are members of an object.
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

/// Makes lists of objects whose members are numbered, as in `statuses[0]`.
fn make_lists(value: &mut Value) {
    let Value::Object(members) = value else { return };
    members.values_mut().for_each(make_lists);
    if members.keys().all(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
        *value = std::mem::take(members).into_iter().map(|(_, item)| item).collect();
    }
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inside = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    inside.unwrap_or(text).trim().to_owned()
}
