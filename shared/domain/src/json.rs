//! Parses JSON from external sources into a tree whose size is checked before it is built.
//!
//! An object with one member takes eight bytes of JSON (`{"":0},`) and some 650 bytes of memory, so a body of
//! 6 MB, which Lambda allows, could fill a function's memory several times over. Strings take no more memory
//! than their length.
//!
//! JSON is parsed strictly first. Only if that fails is it [mended](mend) and parsed again, so that one
//! broken string in an unused field does not lose the order or the report around it.

mod members;
mod mend;

use serde_json::Value;

use mend::Commas;

/// Why JSON could not be parsed. It quotes nothing from the JSON.
#[derive(Debug, thiserror::Error)]
pub enum InvalidJson {
    /// It has more values than the caller allows.
    #[error("holds more than {0} values")]
    TooManyValues(usize),
    /// It is not JSON, is truncated, or is nested more than 128 levels deep (the limit of `serde_json`).
    #[error("is not JSON: line {}, column {}", .0.line(), .0.column())]
    Syntax(serde_json::Error),
}

/// Parses JSON with at most `most` values; objects and arrays count as well as their members and items.
/// Invalid strings and numbers are mended; the structure must be valid.
pub fn parse(json: &[u8], most: usize) -> Result<Value, InvalidJson> {
    strictly_or_mended(json, Commas::Strict, |json| parse_strictly(json, most))
}

/// Like [`parse`], but also accepts missing and extra commas, comments, and JSON in the notation of Python or
/// JavaScript.
pub fn parse_leniently(json: &[u8], most: usize) -> Result<Value, InvalidJson> {
    strictly_or_mended(json, Commas::Mended, |json| parse_strictly(json, most))
}

/// Like [`parse_leniently`], but keeps only the object members with these names. The others do not
/// count as values and take no memory.
pub fn parse_members(json: &[u8], most: usize, names: &[&str]) -> Result<Value, InvalidJson> {
    strictly_or_mended(json, Commas::Mended, |json| members::parse(json, most, names))
}

/// Whether the text is in UTF-8 or UTF-16. In any other encoding, the parsers replace letters beyond ASCII by U+FFFD.
pub fn is_decodable(json: &[u8]) -> bool {
    mend::is_decodable(json)
}

fn strictly_or_mended(
    json: &[u8],
    commas: Commas,
    parse: impl Fn(&[u8]) -> Result<Value, InvalidJson>,
) -> Result<Value, InvalidJson> {
    let mut fault = None;
    // `serde_json` would silently round a long number.
    if !has_long_number(json) {
        match parse(json) {
            Err(InvalidJson::Syntax(error)) => fault = Some(error),
            decided => return decided,
        }
    }
    match parse(mend::mend(json, commas).as_bytes()) {
        // The sender can find the first fault at this place in the original text.
        Err(InvalidJson::Syntax(error)) => Err(InvalidJson::Syntax(fault.unwrap_or(error))),
        decided => decided,
    }
}

/// Whether there may be a number with more digits than 64 bits hold. A string with as many digits matches
/// too: it only makes parsing slower.
fn has_long_number(json: &[u8]) -> bool {
    let mut digits = 0;
    json.iter().any(|byte| {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        digits >= LONG_NUMBER
    })
}

/// The number of digits of `u64::MAX`.
const LONG_NUMBER: usize = 20;

fn parse_strictly(json: &[u8], most: usize) -> Result<Value, InvalidJson> {
    // Every value takes at least one byte, so a short text needs no count.
    if json.len() > most && has_more_values_than(most, json) {
        return Err(InvalidJson::TooManyValues(most));
    }
    serde_json::from_slice(json).map_err(InvalidJson::Syntax)
}

/// Every value but the first follows a comma or an opening bracket. After a syntax error the count may be
/// wrong, but nothing after that is parsed anyway.
fn has_more_values_than(most: usize, json: &[u8]) -> bool {
    let mut values = 1;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b',' | b'[' | b'{' => values += 1,
            _ => {}
        }
        if values > most {
            return true;
        }
    }
    false
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use hostile_json::any_json;
    use proptest::{prelude::*, sample};
    use serde_json::json;

    use super::*;

    fn values(json: &Value) -> usize {
        1 + match json {
            Value::Array(items) => items.iter().map(values).sum(),
            Value::Object(members) => members.values().map(values).sum(),
            _ => 0,
        }
    }

    #[test]
    fn values_are_counted_but_not_the_characters_of_strings() {
        let text = format!("\"{}\"", r#"[{,\"\\"#.repeat(100));
        assert!(parse(text.as_bytes(), 1).is_ok());
        let padded = format!(r#"{{"a":[1,2,{{}}],"b":{text}}}"#);
        assert!(matches!(parse(padded.as_bytes(), 5), Err(InvalidJson::TooManyValues(5))));
        assert_eq!(values(&parse(padded.as_bytes(), 8).unwrap()), 6);
        assert_eq!(InvalidJson::TooManyValues(5).to_string(), "holds more than 5 values");
        assert_eq!(parse(b"{\n\"a\" 1", 9).unwrap_err().to_string(), "is not JSON: line 2, column 5");
    }

    #[test]
    fn invalid_strings_and_numbers_are_mended() {
        for (json, read) in [
            (&b"\xef\xbb\xbf{\"a\":1}"[..], json!({"a": 1})),
            (b"\xff\xfe{\0\"\0a\0\"\0:\x001\0}\0", json!({"a": 1})),
            (b"\xfe\xff\0{\0\"\0a\0\"\0:\x001\0}", json!({"a": 1})),
            (b"{\0\"\0a\0\"\0:\x001\0}\0", json!({"a": 1})),
            (b"\0[\0\"\0a\0\"\0]", json!(["a"])),
            (br#"{"a":"half \ud83d"}"#, json!({"a": "half \u{fffd}"})),
            (
                br#"{"a":"\udc4d half","b":"\ud83d\u0041","c":"\ud83d\ud83d\udc4d"}"#,
                json!({"a": "\u{fffd} half", "b": "\u{fffd}A", "c": "\u{fffd}\u{1f44d}"}),
            ),
            (b"{\"a\":\"\xff\",\"b\":\"Jos\xe9\"}", json!({"a": "\u{fffd}", "b": "Jos\u{fffd}"})),
            (b"{\"a\":\"one\ntwo\tthree\x01\"}", json!({"a": "one\ntwo\tthree\u{fffd}"})),
            (
                br#"{"a":"it\'s","b":"C:\data","c":"\u12"}"#,
                json!({"a": "it\\'s", "b": "C:\\data", "c": "\\u12"}),
            ),
            (b"{\"a\":1e999,\"b\":-1E+999}", json!({"a": "1e999", "b": "-1E+999"})),
            (
                b"{\"a\":12345678901234567890123,\"b\":18446744073709551615,\"c\":-9223372036854775809}",
                json!({"a": "12345678901234567890123", "b": u64::MAX, "c": "-9223372036854775809"}),
            ),
            (b"{\"a\":007,\"b\":+1,\"c\":.5}", json!({"a": "007", "b": "+1", "c": ".5"})),
            (b"{\"a\":NaN,\"b\":[Infinity,-Infinity]}", json!({"a": null, "b": [null, null]})),
            (b"\0{\"a\"\xc2\xa0:\x0b1}\0", json!({"a": 1})),
            (b"\xef\xbb\xbf \xef\xbb\xbf{\"a\"\xe2\x80\x8b:\xe2\x81\xa01}", json!({"a": 1})),
        ] {
            let text = String::from_utf8_lossy(json);
            assert_eq!(parse(json, 99).ok(), Some(read.clone()), "{text}");
            assert_eq!(parse_leniently(json, 99).ok(), Some(read), "{text}");
        }
        // Valid numbers stay numbers, and strings of digits stay strings.
        let sound =
            json!({"a": 10482.0, "b": -1, "c": 1.5e10, "d": "12345678901234567890123", "e": u64::MAX});
        assert_eq!(parse(sound.to_string().as_bytes(), 99).unwrap(), sound);
        assert_eq!(parse(b"10482.0", 9).unwrap().to_string(), "10482.0");
    }

    #[test]
    fn commas_are_mended_only_on_request() {
        for (json, read) in [
            (r#"{"a":1,}"#, json!({"a": 1})),
            (r#"{"a":[1,2,],"b":{"c":1,},}"#, json!({"a": [1, 2], "b": {"c": 1}})),
            (
                "{\n\"a\":\"x\"\n\"b\":{\"c\":1}\n\"d\":[] \"e\":null}",
                json!({"a": "x", "b": {"c": 1}, "d": [], "e": null}),
            ),
            (r#"[1 2,,3,{"a":true "b":-0.5}{}]"#, json!([1, 2, 3, {"a": true, "b": -0.5}, {}])),
            (r#"{,"a":1}"#, json!({"a": 1})),
            ("// a\n{/*{*/\"a\":/**/\"//b\"/*/ */,//\n\"c\":1}//", json!({"a": "//b", "c": 1})),
            (
                r#"{'a':'it\'s "b"','c':True,'d':[False,None,undefined,nan],"e":"it's"}"#,
                json!({"a": "it's \"b\"", "c": true, "d": [false, null, null, null], "e": "it's"}),
            ),
        ] {
            assert!(parse(json.as_bytes(), 99).is_err(), "{json}");
            assert_eq!(parse_leniently(json.as_bytes(), 99).ok(), Some(read), "{json}");
        }
    }

    #[test]
    fn truncated_json_is_never_completed() {
        let whole = r#"{"code":"WA202" "data":{"message_id":"A1",} "error":[] "more":[1 2]}"#;
        assert!(parse_leniently(whole.as_bytes(), 99).is_ok());
        for end in 0..whole.len() {
            assert!(parse_leniently(&whole.as_bytes()[..end], 99).is_err(), "{end}");
        }
        for other in [
            r#"{"a":}"#,
            r#"{"a" 1}"#,
            r#"{"a":1]"#,
            "{}{}",
            "{a:1}",
            r#"{"a":"b}"#,
            "",
            ",",
            "tru",
            "<html>",
            r#""a" x"#,
        ] {
            assert!(parse_leniently(other.as_bytes(), 99).is_err(), "{other}");
        }
    }

    #[test]
    fn members_with_other_names_do_not_count() {
        let history =
            format!(r#"{{"field":"history","value":{{"history":[{}{{}}]}}}}"#, "{\"a\":[1]},".repeat(1000));
        let json = format!(
            r#"{{"entry":[{{"changes":[{history},{{"field":"messages","value":{{"statuses":[{{"id":"a\ud83d"}}],}}}}]}}]}}"#
        );
        assert!(matches!(parse_leniently(json.as_bytes(), 50), Err(InvalidJson::TooManyValues(50))));
        let names = ["entry", "changes", "field", "value", "statuses", "id"];
        assert_eq!(
            parse_members(json.as_bytes(), 50, &names).unwrap(),
            json!({"entry": [{"changes": [
                {"field": "history", "value": {}},
                {"field": "messages", "value": {"statuses": [{"id": "a\u{fffd}"}]}}]}]})
        );
        let many = format!(r#"{{"entry":[{}7]}}"#, "7,".repeat(100));
        assert!(matches!(parse_members(many.as_bytes(), 50, &names), Err(InvalidJson::TooManyValues(50))));
        assert_eq!(
            parse_members(b"[null,true,-1,1.5,\"x\",{\"y\":[1]}]", 50, &names).unwrap(),
            json!([null, true, -1, 1.5, "x", {}])
        );
    }

    proptest! {
        #[test]
        fn valid_json_is_parsed_unchanged(json in any_json()) {
            let text = json.to_string();
            let strictly: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&parse(text.as_bytes(), 99_999).unwrap(), &strictly);
            prop_assert_eq!(&parse_leniently(text.as_bytes(), 99_999).unwrap(), &strictly);
            for commas in [Commas::Strict, Commas::Mended] {
                let mended: Value = serde_json::from_str(&mend::mend(text.as_bytes(), commas)).unwrap();
                prop_assert_eq!(&mended, &strictly);
            }
        }

        #[test]
        fn no_bytes_cause_a_panic(bytes: Vec<u8>, most in 0usize..40) {
            for read in [parse(&bytes, most), parse_leniently(&bytes, most), parse_members(&bytes, most, &["a"])] {
                prop_assert!(read.is_err() || values(&read.unwrap_or_default()) <= most);
            }
        }

        #[test]
        fn a_broken_value_does_not_change_its_neighbours(
            json in any_json(),
            broken in sample::select(vec![&br#""\ud83d""#[..], br#""\udfff\u12""#, b"\"\x00\x1f\"", b"\"\xff\xc3\"", b"1e999", b"NaN", b"123456789012345678901234"]),
        ) {
            let text = [br#"{"broken":"#, broken, br#","sound":"#, json.to_string().as_bytes(), b"}"].concat();
            let strictly: Value = serde_json::from_str(&json.to_string()).unwrap();
            prop_assert_eq!(&parse(&text, 99_999).unwrap()["sound"], &strictly);
        }

        #[test]
        fn json_with_too_many_values_is_refused(json in any_json(), most in 0usize..40) {
            let text = json.to_string();
            if let Ok(read) = parse(text.as_bytes(), most) {
                prop_assert!(values(&read) <= most);
            }
            // Each value counts as at most two: the opening bracket of an empty list counts too.
            prop_assert!(parse(text.as_bytes(), 2 * values(&json)).is_ok());
        }
    }
}
