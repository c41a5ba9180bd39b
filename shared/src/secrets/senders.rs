//! The values of several senders in one secret.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::message::{InvalidSender, Sender};
use crate::metric_names::NameLimit;
use crate::protocol::{Reason, ReasonClass};

/// A secret's values: the default sender's at the top, and those of senders with a name under `senders`.
#[derive(Debug, Clone, Default)]
pub struct Senders<T> {
    /// The default sender's values.
    pub default: T,
    /// The values of the senders with a name.
    pub named: BTreeMap<Sender, Readable<T>>,
    /// Names under `senders` that no sender can have.
    invalid_names: Vec<String>,
}

/// A sender's values, or why they can't be read. A mistake in one sender's values stops no other sender.
#[derive(Debug, Clone)]
pub struct Readable<T>(pub Result<T, String>);

/// Why the secret has no values for a sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSender {
    /// The secret doesn't name the sender.
    #[error("the credentials secret has no sender {0:?}: add it under \"senders\"")]
    Unknown(String),
    /// The sender's values have the wrong form.
    #[error("sender {sender:?} of the credentials secret can't be read: {problem}")]
    Malformed {
        /// The sender's name.
        sender: String,
        /// What is wrong, and where; no value.
        problem: String,
    },
}

impl From<NoSender> for Reason {
    fn from(no_sender: NoSender) -> Self {
        let code = match &no_sender {
            NoSender::Unknown(_) => "unknown_sender",
            NoSender::Malformed { .. } => "malformed_secret",
        };
        Self::new(ReasonClass::Credentials, code, no_sender.to_string())
    }
}

impl<T> Senders<T> {
    /// A name that no sender can have stops no other sender.
    pub(super) fn new(default: T, senders: BTreeMap<String, Readable<T>>) -> Self {
        let (mut named, mut invalid_names) = (BTreeMap::new(), Vec::new());
        for (name, values) in senders {
            match Sender::parse(&name) {
                Ok(sender) => drop(named.insert(sender, values)),
                Err(_) => invalid_names.push(name),
            }
        }
        Self { default, named, invalid_names }
    }

    /// Why the values of some senders can't be used; no value.
    pub fn problems(&self) -> Vec<String> {
        let invalid = self.invalid_names.iter().map(|name| format!("senders.{name}: {InvalidSender}"));
        let unreadable = self.named.iter().filter_map(|(sender, values)| {
            values.0.as_ref().err().map(|problem| format!("senders.{sender}: {problem}"))
        });
        invalid.chain(unreadable).collect()
    }

    /// Whether the secret has this sender, but its values can't be read.
    pub fn is_unreadable(&self, sender: &Sender) -> bool {
        self.named.get(sender).is_some_and(|values| values.0.is_err())
    }

    /// The values of this sender; the default sender's for `None`. An unknown sender never gets the default's.
    pub fn get(&self, sender: Option<&Sender>) -> Result<&T, NoSender> {
        let Some(sender) = sender else { return Ok(&self.default) };
        match self.named.get(sender) {
            None => Err(NoSender::Unknown(sender.to_string())),
            Some(Readable(Ok(values))) => Ok(values),
            Some(Readable(Err(problem))) => {
                Err(NoSender::Malformed { sender: sender.to_string(), problem: problem.clone() })
            }
        }
    }

    /// The sender's name in the metrics, chosen among the names in the secret.
    pub fn metric_name(&self, sender: &Sender, limit: NameLimit) -> Option<String> {
        limit.choose(sender.as_str(), self.named.keys().map(Sender::as_str))
    }

    /// Every sender's values that can be read, the default sender's first.
    pub fn all(&self) -> impl Iterator<Item = (Option<&Sender>, &T)> {
        let named =
            self.named.iter().filter_map(|(sender, values)| Some((Some(sender), values.0.as_ref().ok()?)));
        std::iter::once((None, &self.default)).chain(named)
    }
}

impl<T> From<T> for Senders<T> {
    fn from(default: T) -> Self {
        Self::new(default, BTreeMap::new())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Readable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self(
            serde_path_to_error::deserialize(value).map_err(|error| super::error::place_and_problem(&error)),
        ))
    }
}
