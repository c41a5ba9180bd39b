//! Tests the JSON parsers: they parse valid JSON as `serde_json` does, and no result has more values than allowed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use shared::json::{parse, parse_members, parse_leniently};

const MAX_VALUES: usize = 1000;

fuzz_target!(|data: &[u8]| {
    let results = [parse(data, MAX_VALUES), parse_leniently(data, MAX_VALUES), parse_members(data, MAX_VALUES, &["entry", "id"])];
    for parsed in results.iter().flatten() {
        assert!(count(parsed) <= MAX_VALUES);
    }
    // A number longer than 64 bits becomes a string.
    let has_long_number = data.windows(20).any(|digits| digits.iter().all(u8::is_ascii_digit));
    if let (Ok(expected), false) = (serde_json::from_slice::<Value>(data), has_long_number) {
        for parsed in results.into_iter().take(2).flatten() {
            assert_eq!(parsed, expected);
        }
    }
});

fn count(json: &Value) -> usize {
    1 + match json {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}
