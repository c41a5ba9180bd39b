//! Settings, read from the environment's variables.

use std::collections::BTreeMap;

/// The variables that a function is started with: the process's own, or those that a test or the local run chose.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The process's variables.
    pub fn of_the_process() -> Self {
        Self(std::env::vars().collect())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
