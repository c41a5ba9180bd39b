//! Parses a secret's JSON with the functions' own types, and reports all its faults.
//!
//! A function stops at the first fault. An operator needs all faults, so each one is repaired in a copy, and the copy is
//! parsed again. Messages never quote a value.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use shared::fault::Fault;
use shared::secrets::KeySecret;

/// The maximum of reported faults; it also ends the loop for any JSON.
const MAX_FAULTS: usize = 32;
/// A value that is valid for every field of the secrets: a text, and a URL where one is required.
const STAND_IN: &str = "https://stand-in.invalid";

#[derive(Debug, Clone)]
pub(in crate::commands::doctor) struct Reading<T> {
    /// The usable contents: the entries without a fault.
    pub(in crate::commands::doctor) sound: T,
    /// All faults of the secret.
    pub(in crate::commands::doctor) faults: Vec<Fault>,
}

/// Parses a secret whose top level has one entry per provider.
pub(super) fn read<T: DeserializeOwned + Default>(json: &str) -> Reading<T> {
    let unusable =
        |problem: String| Reading { sound: T::default(), faults: vec![Fault::new("the secret", problem)] };
    let mut root: Map<String, Value> = match serde_json::from_str(json) {
        Ok(Value::Object(root)) => root,
        Ok(_) => return unusable("is not a JSON object with an entry per provider".to_owned()),
        Err(error) => {
            return unusable(format!("is not JSON: line {}, column {}", error.line(), error.column()));
        }
    };
    let mut faults = Vec::new();
    let names: Vec<String> = root.keys().cloned().collect();
    for name in names {
        let Some(entry) = root.get(&name).cloned() else { continue };
        let found = faults_of_entry::<T>(&name, entry);
        if !found.is_empty() {
            root.remove(&name);
            faults.extend(found);
        }
    }
    let sound = serde_json::from_value(Value::Object(root)).unwrap_or_default();
    Reading { sound, faults }
}

/// Parses the key secret, `{"key": "…"}`, and discards its value.
pub(super) fn read_key(json: &str) -> Reading<()> {
    let fault =
        |place: &str, problem: String| Reading { sound: (), faults: vec![Fault::new(place, problem)] };
    let value: Value = match serde_json::from_str(json) {
        Ok(value) => value,
        Err(error) => {
            let problem = format!("is not JSON: line {}, column {}", error.line(), error.column());
            return fault("the secret", problem);
        }
    };
    let Some(key) = value.get("key").and_then(Value::as_str) else {
        return fault("key", "is missing or not a text".to_owned());
    };
    if let Err(short) = KeySecret::new(key.into()) {
        return fault("the secret", short.to_string());
    }
    match serde_json::from_value::<KeySecret>(value) {
        Ok(_) => Reading { sound: (), faults: Vec::new() },
        Err(_) => fault("the secret", "has members other than key".to_owned()),
    }
}

fn faults_of_entry<T: DeserializeOwned>(name: &str, entry: Value) -> Vec<Fault> {
    let mut root = Value::Object(Map::from_iter([(name.to_owned(), entry)]));
    let mut faults = Vec::new();
    while faults.len() < MAX_FAULTS {
        let Err(error) = serde_path_to_error::deserialize::<_, T>(&root) else { break };
        let path = error.path().to_string();
        let fault = SerdeFault::classify(&error.inner().to_string());
        let place = fault.place(&path, name);
        faults.push(Fault::new(place, fault.problem()));
        if !fault.repair(&mut root, &path) {
            break;
        }
    }
    faults
}

/// A serde error, without the values that it quotes.
enum SerdeFault {
    Missing(String),
    Unknown(String),
    OtherForm,
    WrongType,
}

impl SerdeFault {
    fn classify(text: &str) -> Self {
        let named = || text.split('`').nth(1).unwrap_or_default().to_owned();
        if text.starts_with("missing field") {
            Self::Missing(named())
        } else if text.starts_with("unknown field") {
            Self::Unknown(named())
        } else if text.starts_with("unknown variant") {
            Self::OtherForm
        } else {
            Self::WrongType
        }
    }

    /// The faulty field, such as `meta.token`.
    fn place(&self, path: &str, entry: &str) -> String {
        let inside = if matches!(path, "." | "?") { entry } else { path };
        match self {
            // An unknown entry is itself the field.
            Self::Unknown(field) if field == entry => entry.to_owned(),
            Self::Missing(field) | Self::Unknown(field) if !inside.ends_with(&format!(".{field}")) => {
                format!("{inside}.{field}")
            }
            _ => inside.to_owned(),
        }
    }

    fn problem(&self) -> &'static str {
        match self {
            Self::Missing(_) => "is missing",
            Self::Unknown(_) => "is unknown, and may be misspelt",
            Self::OtherForm => "has none of the documented formats",
            Self::WrongType => "has the wrong type, or is not a URL where one is required",
        }
    }

    /// Repairs the fault in the copy, so that later faults appear as well. Returns false if it can't.
    fn repair(&self, root: &mut Value, path: &str) -> bool {
        // serde_path_to_error's names for the top level and for an unknown path.
        let keys: Vec<&str> = path.split('.').filter(|key| !matches!(*key, "" | "?")).collect();
        match self {
            Self::Missing(field) => object_at(root, &keys, field)
                .is_some_and(|object| object.insert(field.clone(), STAND_IN.into()).is_none()),
            Self::Unknown(field) => {
                object_at(root, &keys, field).is_some_and(|object| object.remove(field).is_some())
            }
            Self::WrongType => value_at(root, &keys).is_some_and(|value| {
                let stand_in = Value::from(STAND_IN);
                *value != stand_in && !value.is_object() && {
                    *value = stand_in;
                    true
                }
            }),
            Self::OtherForm => false,
        }
    }
}

/// The object that has or lacks the field: at the path, or around it if the path names the field itself.
fn object_at<'a>(root: &'a mut Value, keys: &[&str], field: &str) -> Option<&'a mut Map<String, Value>> {
    let keys = match keys {
        [around @ .., last] if *last == field => around,
        all => all,
    };
    value_at(root, keys)?.as_object_mut()
}

fn value_at<'a>(root: &'a mut Value, keys: &[&str]) -> Option<&'a mut Value> {
    keys.iter().try_fold(root, |value, key| value.get_mut(key))
}

#[cfg(test)]
mod tests {
    use shared::secrets::{Credentials, WebhookSecrets};

    use super::*;

    fn faults<T: DeserializeOwned + Default>(json: &str) -> Vec<String> {
        read::<T>(json).faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_fault_is_reported_with_its_place_and_without_values() {
        let json = r#"{
            "onemsg": {"channel": 7123, "tocken": "hush"},
            "kaleyra": {"base_url": "hush", "sid": "s", "api_key": "hush"},
            "meta": {"phone_number_id": "1", "token": "t"},
            "metta": {}
        }"#;
        let found = faults::<Credentials>(json);
        for place in [
            "onemsg.channel: has the wrong type",
            "onemsg.tocken: is unknown",
            "onemsg.token: is missing",
            "kaleyra.base_url: has the wrong type, or is not a URL",
            "kaleyra.sender: is missing",
            "metta: is unknown",
        ] {
            assert!(found.iter().any(|fault| fault.starts_with(place)), "{place} in {found:#?}");
        }
        assert_eq!(found.len(), 6, "{found:#?}");
        assert!(!found.iter().any(|fault| fault.contains("hush") || fault.contains("7123")), "{found:#?}");
    }

    #[test]
    fn entries_without_a_fault_are_still_used() {
        let reading =
            read::<Credentials>(r#"{"onemsg": {}, "meta": {"phone_number_id": "1", "token": "t"}}"#);
        assert!(reading.sound.onemsg.is_none());
        assert_eq!(reading.sound.meta.unwrap().phone_number_id, "1");
        assert_eq!(reading.faults.len(), 2);
    }

    #[test]
    fn an_undocumented_format_is_reported() {
        assert_eq!(
            faults::<WebhookSecrets>(r#"{"kaleyra": {"digest": "hush"}}"#),
            ["kaleyra: has none of the documented formats"]
        );
        assert_eq!(
            faults::<WebhookSecrets>(r#"{"kaleyra": {"basic": {"username": "u"}}}"#),
            ["kaleyra.basic.password: is missing"]
        );
    }

    #[test]
    fn text_without_a_json_object_is_one_fault() {
        assert_eq!(faults::<Credentials>(r#"{"onemsg": "#), ["the secret: is not JSON: line 1, column 11"]);
        assert_eq!(
            faults::<Credentials>("[]"),
            ["the secret: is not a JSON object with an entry per provider"]
        );
        assert_eq!(faults::<Credentials>("{}"), Vec::<String>::new());
    }
}
