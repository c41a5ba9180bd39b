//! JSON that others wrote, read into a tree whose size is bounded before it is built.
//!
//! An object with one member is eight bytes of JSON (`{"":0},`) and some 650 bytes of memory, so that a body of the 6 MB
//! that Lambda allows could fill several times the memory of a function. Texts cost no more than they are long.

use serde_json::Value;

/// Why there is no tree. It quotes nothing of the JSON.
#[derive(Debug, thiserror::Error)]
pub enum InvalidJson {
    /// It holds more values than the reader allows.
    #[error("holds more than {0} values")]
    TooManyValues(usize),
    /// It isn't JSON, breaks off, or nests more deeply than `serde_json` follows (128 levels).
    #[error("is not JSON: line {}, column {}", .0.line(), .0.column())]
    Syntax(serde_json::Error),
}

/// Reads JSON that holds at most `most` values; members of objects and items of lists count, and so do these themselves.
pub fn parse(json: &[u8], most: usize) -> Result<Value, InvalidJson> {
    // Every value takes a byte at least, so that what is short needs no counting.
    if json.len() > most && has_more_values_than(most, json) {
        return Err(InvalidJson::TooManyValues(most));
    }
    serde_json::from_slice(json).map_err(InvalidJson::Syntax)
}

/// Every value but the first stands behind a comma or an opening bracket. What is no JSON any more behind some byte may
/// be counted wrongly behind it, where nothing will be read.
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
    use proptest::prelude::*;

    use super::*;
    use crate::hostile::any_json;

    fn values(json: &Value) -> usize {
        1 + match json {
            Value::Array(items) => items.iter().map(values).sum(),
            Value::Object(members) => members.values().map(values).sum(),
            _ => 0,
        }
    }

    #[test]
    fn values_are_counted_and_texts_are_not() {
        let text = format!("\"{}\"", r#"[{,\"\\"#.repeat(100));
        assert!(parse(text.as_bytes(), 1).is_ok());
        let padded = format!(r#"{{"a":[1,2,{{}}],"b":{text}}}"#);
        assert!(matches!(parse(padded.as_bytes(), 5), Err(InvalidJson::TooManyValues(5))));
        assert_eq!(values(&parse(padded.as_bytes(), 8).unwrap()), 6);
        assert_eq!(InvalidJson::TooManyValues(5).to_string(), "holds more than 5 values");
        assert_eq!(parse(b"{\n\"a\" 1", 9).unwrap_err().to_string(), "is not JSON: line 2, column 5");
    }

    proptest! {
        #[test]
        fn nothing_with_more_values_is_read(json in any_json(), most in 0usize..40) {
            let text = json.to_string();
            if let Ok(read) = parse(text.as_bytes(), most) {
                prop_assert!(values(&read) <= most);
            }
            // Whatever is one value is counted as at most two: an empty list's bracket counts.
            prop_assert!(parse(text.as_bytes(), 2 * values(&json)).is_ok());
        }
    }
}
