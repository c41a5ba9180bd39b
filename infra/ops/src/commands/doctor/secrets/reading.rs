//! Parses a secret's JSON with the functions' own types, and reports all its faults.
//!
//! A function stops at the first fault. An operator needs all faults, so each one is repaired in a copy, and the copy is
//! parsed again. Messages never quote a value.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use shared::fault::Fault;
use shared::message::Sender;
use shared::secrets::{KeySecret, Readable, Senders};

/// The maximum of reported faults; it also ends the loop for any JSON.
const MAX_FAULTS: usize = 32;
/// A value that is valid for every field of the secrets: a text, and a URL where one is required.
const STAND_IN: &str = "https://stand-in.invalid";

#[derive(Debug, Clone)]
pub(in crate::commands::doctor) struct Reading<T> {
    /// The usable contents: the entries without a fault.
    pub(in crate::commands::doctor) sound: T,
    /// The faults that make the whole secret unusable.
    pub(in crate::commands::doctor) faults: Vec<Fault>,
    /// The faults that stop only one sender with a name.
    pub(in crate::commands::doctor) of_senders: Vec<(Sender, Fault)>,
}

/// Parses a secret whose top level has one entry per provider, and under `senders` the same for each sender with a name.
pub(super) fn read<T: DeserializeOwned + Default>(json: &str) -> Reading<Senders<T>> {
    let unusable = |problem: String| Reading {
        sound: Senders::default(),
        faults: vec![Fault::new("the secret", problem)],
        of_senders: Vec::new(),
    };
    let mut root: Map<String, Value> = match serde_json::from_str(json) {
        Ok(Value::Object(root)) => root,
        Ok(_) => return unusable("is not a JSON object with an entry per provider".to_owned()),
        Err(error) => {
            return unusable(format!("is not JSON: line {}, column {}", error.line(), error.column()));
        }
    };
    let senders = root.remove("senders");
    let (default, faults) = sound_entries::<T>(root);
    let mut reading = Reading { sound: Senders::from(default), faults, of_senders: Vec::new() };
    match senders {
        None => {}
        Some(Value::Object(senders)) => {
            for (name, entries) in senders {
                add_sender(&mut reading, &name, entries);
            }
        }
        Some(_) => {
            reading.faults.push(Fault::new("senders", "is not a JSON object with an entry per sender"));
        }
    }
    reading
}

/// The entries of one sender without a fault, and the faults of the others.
fn sound_entries<T: DeserializeOwned + Default>(mut entries: Map<String, Value>) -> (T, Vec<Fault>) {
    let mut faults = Vec::new();
    let names: Vec<String> = entries.keys().cloned().collect();
    for name in names {
        let Some(entry) = entries.get(&name).cloned() else { continue };
        let found = faults_of_entry::<T>(&name, entry);
        if !found.is_empty() {
            entries.remove(&name);
            faults.extend(found);
        }
    }
    (serde_json::from_value(Value::Object(entries)).unwrap_or_default(), faults)
}

fn add_sender<T: DeserializeOwned + Default>(reading: &mut Reading<Senders<T>>, name: &str, entries: Value) {
    let place = format!("senders.{name}");
    let sender = match Sender::parse(name) {
        Ok(sender) if reading.sound.named.contains_key(&sender) => {
            let problem = format!("is the sender {sender} a second time");
            return reading.faults.push(Fault::new(place, problem));
        }
        Ok(sender) => sender,
        Err(error) => return reading.faults.push(Fault::new(place, format!("can't be a sender: {error}"))),
    };
    let (sound, faults) = if let Value::Object(entries) = entries {
        sound_entries::<T>(entries)
    } else {
        (T::default(), vec![Fault::new("", "is not a JSON object with an entry per provider")])
    };
    let inside = |fault: &Fault| match fault.place.as_str() {
        "" => place.clone(),
        below => format!("{place}.{below}"),
    };
    let faults = faults.iter().map(|fault| (sender.clone(), Fault::new(inside(fault), &*fault.problem)));
    reading.of_senders.extend(faults);
    reading.sound.named.insert(sender, Readable(Ok(sound)));
}

/// Parses the key secret, `{"key": "…"}`, and discards its value.
pub(super) fn read_key(json: &str) -> Reading<()> {
    let fault =
        |place: &str, problem: String| Reading { faults: vec![Fault::new(place, problem)], ..no_fault() };
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
        Ok(_) => no_fault(),
        Err(_) => fault("the secret", "has members other than key".to_owned()),
    }
}

const fn no_fault() -> Reading<()> {
    Reading { sound: (), faults: Vec::new(), of_senders: Vec::new() }
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
        assert!(reading.sound.default.onemsg.is_none());
        assert_eq!(reading.sound.default.meta.unwrap().phone_number_id, "1");
        assert_eq!(reading.faults.len(), 2);
    }

    #[test]
    fn a_senders_faults_have_its_place_and_hide_no_other_sender() {
        let reading = read::<Credentials>(
            r#"{"senders": {
                "acme": {"meta": {"phone_number_id": "1", "token": 7}, "onemsg": {"channel": "c", "token": "t"}},
                "beta": "hush", "Gamma": {"meta": {"phone_number_id": "1", "token": "t"}},
                "gamma": {}, "a b": {}}}"#,
        );
        let of_senders: Vec<String> =
            reading.of_senders.iter().map(|(sender, fault)| format!("{sender} {fault}")).collect();
        assert_eq!(
            of_senders,
            [
                "acme senders.acme.meta.token: has the wrong type, or is not a URL where one is required",
                "beta senders.beta: is not a JSON object with an entry per provider",
            ]
        );
        let whole: Vec<String> = reading.faults.iter().map(ToString::to_string).collect();
        assert!(whole.len() == 2 && whole[0].starts_with("senders.Gamma: can't be a sender"), "{whole:?}");
        assert!(whole[1].starts_with("senders.a b: can't be a sender"), "{whole:?}");
        let sound = |name: &str| reading.sound.get(Some(&Sender::parse(name).unwrap())).cloned();
        assert!(sound("acme").is_ok_and(|acme| acme.onemsg.is_some() && acme.meta.is_none()));
        assert!(sound("gamma").is_ok_and(|gamma| gamma.meta.is_none()));
        assert_eq!(
            faults::<WebhookSecrets>(r#"{"senders": []}"#),
            ["senders: is not a JSON object with an entry per sender"]
        );
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
