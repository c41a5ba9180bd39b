//! Generators of arbitrary JSON, and of valid JSON with faults, for the property tests of every parser of
//! external input.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "only tests link it")]

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::{collection, sample};
use serde_json::{Value, json};

/// A number that tests search for in places where it must never appear.
pub const PHONE: &str = "12025550100";

/// A change that makes a value faulty.
#[derive(Debug, Clone)]
enum Mutation {
    /// Replaced by this value.
    Replaced(Value),
    /// Removed from its object; null in a list.
    Removed,
    /// Replaced by a list that contains the value twice.
    Doubled,
    /// Replaced by an object that contains the value.
    Wrapped,
    /// A number becomes a string, or a string becomes a list of its characters.
    Rewritten,
}

fn any_value() -> impl Strategy<Value = Value> {
    let texts = [
        "",
        " ",
        "0",
        "-1",
        "131049",
        "sent",
        "+12025550100",
        PHONE,
        "\u{0}",
        "\u{202e}x",
        "wamid.HBgLMTIwMjU1NTAxMDA=",
    ];
    let numbers =
        [json!(0), json!(-1), json!(1.5), json!(1e308), json!(i64::MIN), json!(u64::MAX), json!(131_049)];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        sample::select(numbers.to_vec()),
        sample::select(texts.to_vec()).prop_map(Value::from),
        ".*".prop_map(Value::from),
        (sample::select(vec!["x", "1", " ", "[", "\u{1f4e6}", "a1-"]), 1usize..3000)
            .prop_map(|(unit, count)| unit.repeat(count).into()),
        sample::select(vec![
            json!([]),
            json!({}),
            json!([[]]),
            json!([null]),
            json!([{}]),
            json!({"id": {}}),
            json!({"0": 0})
        ]),
        // Four of these nested in a documented body stay below the 128 levels that `serde_json` allows.
        (1usize..25).prop_map(|depth| (0..depth).fold(json!(1), |inner, _| json!([inner]))),
    ]
}

fn any_mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        6 => any_value().prop_map(Mutation::Replaced),
        2 => Just(Mutation::Removed),
        1 => Just(Mutation::Doubled),
        1 => Just(Mutation::Wrapped),
        2 => Just(Mutation::Rewritten),
    ]
}

/// One of these values, with up to four faults.
pub fn broken(valid: Vec<Value>) -> impl Strategy<Value = Value> {
    (sample::select(valid), collection::vec((any::<Index>(), any_mutation()), 0..5)).prop_map(
        |(mut value, mutations)| {
            for (place, mutation) in mutations {
                let places = places(&value, String::new());
                let place = place.get(&places).clone();
                apply(&mut value, &place, mutation);
            }
            value
        },
    )
}

/// Like [`broken`], as text, which may also have a duplicate member, a changed byte or a missing end.
pub fn broken_text(valid: Vec<Value>) -> impl Strategy<Value = Vec<u8>> {
    let twice = any::<Option<(Index, bool)>>();
    (broken(valid), twice, any::<Option<(Index, u8)>>(), any::<Option<Index>>()).prop_map(
        |(value, twice, byte, end)| {
            let mut text = value.to_string();
            if let Some((which, is_null)) = twice {
                let names: Vec<usize> = text.match_indices("\":").map(|(at, _)| at).collect();
                if !names.is_empty() {
                    let end = *which.get(&names);
                    let name =
                        text[..end].rfind('"').map_or_else(String::new, |start| text[start..=end].to_owned());
                    text.insert_str(
                        end + 2,
                        &format!("{},{name}:", if is_null { "null" } else { "[\"x\"]" }),
                    );
                }
            }
            let mut bytes = text.into_bytes();
            if let Some((place, new)) = byte {
                let place = place.index(bytes.len());
                bytes[place] = new;
            }
            if let Some(end) = end {
                bytes.truncate(end.index(bytes.len()));
            }
            bytes
        },
    )
}

/// Every place in a value, as a JSON pointer.
fn places(value: &Value, here: String) -> Vec<String> {
    let inner: Vec<String> = match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| places(item, format!("{here}/{index}")))
            .collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, member)| {
                places(member, format!("{here}/{}", name.replace('~', "~0").replace('/', "~1")))
            })
            .collect(),
        _ => Vec::new(),
    };
    std::iter::once(here).chain(inner).collect()
}

fn apply(value: &mut Value, place: &str, mutation: Mutation) {
    let target = value.pointer_mut(place).unwrap();
    let old = target.take();
    *target = match mutation {
        Mutation::Replaced(new) => new,
        Mutation::Removed => Value::Null,
        Mutation::Doubled => json!([old, old]),
        Mutation::Wrapped => json!({"value": old}),
        Mutation::Rewritten => match old {
            Value::Number(number) => number.to_string().into(),
            Value::String(text) => text.chars().map(String::from).collect(),
            other => other.to_string().into(),
        },
    };
    if matches!(target, Value::Null)
        && let Some((parent, name)) = place.rsplit_once('/')
        && let Some(Value::Object(parent)) = value.pointer_mut(parent)
    {
        parent.remove(name);
    }
}

/// Arbitrary JSON made of words that the providers use, so that it is often nearly valid.
pub fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        sample::select(vec![0, 1, 131_026, 130_429, 1_750_028_473]).prop_map(Value::from),
        sample::select(vec!["sent", "failed", "0", "NOT-SENT", "wamid.A", "WA202", "1750028473", ""])
            .prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let key = sample::select(vec![
            "ack",
            "acks",
            "changes",
            "code",
            "data",
            "entry",
            "error",
            "error_code",
            "error_data",
            "errors",
            "extra_info",
            "field",
            "hooks",
            "id",
            "message",
            "message_id",
            "messages",
            "meta_object",
            "reason",
            "ref",
            "response",
            "sent",
            "status",
            "statuses",
            "timestamp",
            "value",
        ]);
        prop_oneof![
            collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            collection::vec((key, inner), 0..6).prop_map(|members| {
                Value::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}
