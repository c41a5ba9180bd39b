//! Parses a secret's JSON with the functions' own types, and reports all its faults.
//!
//! A function stops at the first fault, because it can't use the secret anyway. An operator needs all of them, so each
//! fault is repaired in a copy, and the copy is parsed again. Messages never quote a value.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use shared::fault::Fault;
use shared::secrets::KeySecret;

/// More faults than an operator reads; the limit also ends the loop for any JSON.
const MAX_FAULTS: usize = 32;
/// A value that is valid for every field of the secrets: a text, and a URL where one is required.
const STAND_IN: &str = "https://stand-in.invalid";

/// The contents of a secret.
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
        Ok(_) => return unusable("is no JSON object with an entry per provider".to_owned()),
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
        return fault("key", "is missing or no text".to_owned());
    };
    if let Err(short) = KeySecret::new(key.into()) {
        return fault("the secret", short.to_string());
    }
    match serde_json::from_value::<KeySecret>(value) {
        Ok(_) => Reading { sound: (), faults: Vec::new() },
        Err(_) => fault("the secret", "holds more than the one member, key".to_owned()),
    }
}

/// The faults of one entry, parsed by itself.
fn faults_of_entry<T: DeserializeOwned>(name: &str, entry: Value) -> Vec<Fault> {
    let mut root = Value::Object(Map::from_iter([(name.to_owned(), entry)]));
    let mut faults = Vec::new();
    while faults.len() < MAX_FAULTS {
        let Err(error) = serde_path_to_error::deserialize::<_, T>(&root) else { break };
        let path = error.path().to_string();
        let said = Said::of(&error.inner().to_string());
        let place = said.place(&path, name);
        faults.push(Fault::new(place, said.problem()));
        if !said.mend(&mut root, &path) {
            break;
        }
    }
    faults
}

/// A serde error, without the values that it quotes.
enum Said {
    Missing(String),
    Unknown(String),
    OtherForm,
    WrongType,
}

impl Said {
    fn of(said: &str) -> Self {
        let named = || said.split('`').nth(1).unwrap_or_default().to_owned();
        if said.starts_with("missing field") {
            Self::Missing(named())
        } else if said.starts_with("unknown field") {
            Self::Unknown(named())
        } else if said.starts_with("unknown variant") {
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
            Self::Unknown(_) => "is not known, and may be misspelt",
            Self::OtherForm => "has none of the documented forms",
            Self::WrongType => "is of the wrong type, or no URL where one is needed",
        }
    }

    /// Repairs the fault in the copy, so that later faults appear as well. Returns false if it can't.
    fn mend(&self, root: &mut Value, path: &str) -> bool {
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
    fn every_fault_is_named_with_its_place_and_no_value_is_quoted() {
        let json = r#"{
            "onemsg": {"channel": 7123, "tocken": "hush"},
            "kaleyra": {"base_url": "hush", "sid": "s", "api_key": "hush"},
            "meta": {"phone_number_id": "1", "token": "t"},
            "metta": {}
        }"#;
        let found = faults::<Credentials>(json);
        for place in [
            "onemsg.channel: is of the wrong type",
            "onemsg.tocken: is not known",
            "onemsg.token: is missing",
            "kaleyra.base_url: is of the wrong type, or no URL",
            "kaleyra.sender: is missing",
            "metta: is not known",
        ] {
            assert!(found.iter().any(|fault| fault.starts_with(place)), "{place} in {found:#?}");
        }
        assert_eq!(found.len(), 6, "{found:#?}");
        assert!(!found.iter().any(|fault| fault.contains("hush") || fault.contains("7123")), "{found:#?}");
    }

    #[test]
    fn what_is_sound_beside_a_fault_can_still_be_used() {
        let reading =
            read::<Credentials>(r#"{"onemsg": {}, "meta": {"phone_number_id": "1", "token": "t"}}"#);
        assert!(reading.sound.onemsg.is_none());
        assert_eq!(reading.sound.meta.unwrap().phone_number_id, "1");
        assert_eq!(reading.faults.len(), 2);
    }

    #[test]
    fn a_form_that_is_none_of_the_documented_ones_is_named() {
        assert_eq!(
            faults::<WebhookSecrets>(r#"{"kaleyra": {"digest": "hush"}}"#),
            ["kaleyra: has none of the documented forms"]
        );
        assert_eq!(
            faults::<WebhookSecrets>(r#"{"kaleyra": {"basic": {"username": "u"}}}"#),
            ["kaleyra.basic.password: is missing"]
        );
    }

    #[test]
    fn what_is_no_json_object_is_said_once() {
        assert_eq!(faults::<Credentials>(r#"{"onemsg": "#), ["the secret: is not JSON: line 1, column 11"]);
        assert_eq!(faults::<Credentials>("[]"), ["the secret: is no JSON object with an entry per provider"]);
        assert_eq!(faults::<Credentials>("{}"), Vec::<String>::new());
    }
}
