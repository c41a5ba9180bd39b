//! JSON from outside: valid JSON is parsed as `serde_json` does, and no result has more values than allowed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use shared::json::{parse, parse_members, parse_with_any_commas};

const MOST: usize = 1000;

fuzz_target!(|data: &[u8]| {
    let readers = [parse(data, MOST), parse_with_any_commas(data, MOST), parse_members(data, MOST, &["entry", "id"])];
    for read in readers.iter().flatten() {
        assert!(values(read) <= MOST);
    }
    // A number longer than 64 bits becomes a text.
    let has_long_number = data.windows(20).any(|digits| digits.iter().all(u8::is_ascii_digit));
    if let (Ok(sound), false) = (serde_json::from_slice::<Value>(data), has_long_number) {
        for read in readers.into_iter().take(2).flatten() {
            assert_eq!(read, sound);
        }
    }
});

fn values(json: &Value) -> usize {
    1 + match json {
        Value::Array(items) => items.iter().map(values).sum(),
        Value::Object(members) => members.values().map(values).sum(),
        _ => 0,
    }
}
