//! Parses an invocation's payload as leniently as an order event, because it may be a single event.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use shared::json;

/// The payload. Lambda itself limits its size.
#[derive(Debug)]
pub struct Payload(pub Value);

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        json::parse(raw.get().as_bytes(), usize::MAX).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unpaired_surrogates_and_long_numbers_are_parsed() {
        let payload: Payload = serde_json::from_slice(
            br#"{"detail":{"title":"Mug \ud83c","number":12345678901234567890123,"n":1e999}}"#,
        )
        .unwrap();
        assert_eq!(
            payload.0,
            json!({"detail": {"title": "Mug \u{fffd}", "number": "12345678901234567890123", "n": "1e999"}})
        );
        assert!(serde_json::from_str::<Payload>("{").is_err());
    }
}
