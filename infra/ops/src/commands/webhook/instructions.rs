//! Settings for a provider's dashboard, with the results of test calls in the provider's format.

use serde::Serialize;

use super::checks;
use crate::exit::Exit;
use crate::output::{Report, style};
use crate::webhook_probe::Check;

#[derive(Debug, Serialize)]
pub(super) struct Instructions {
    /// The page of the dashboard.
    pub(super) place: &'static str,
    /// The fields to enter there.
    pub(super) entries: Vec<Entry>,
    /// Further steps.
    pub(super) then: Vec<String>,
    /// The results of the test calls.
    pub(super) checks: Vec<Check>,
}

/// A field of the dashboard.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    field: &'static str,
    value: String,
}

/// Whether secrets are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrets {
    Hidden,
    Shown,
}

impl Secrets {
    /// From `--show-secrets`.
    pub(super) const fn from_flag(show: bool) -> Self {
        if show { Self::Shown } else { Self::Hidden }
    }

    /// The secret, or the name of the field in which it is stored.
    pub(super) fn value(self, secret: &str, field: &str, id: &str) -> String {
        match self {
            Self::Shown => secret.to_owned(),
            Self::Hidden => format!("the value of {field} in the secret {id}"),
        }
    }
}

impl Entry {
    pub(super) fn new(field: &'static str, value: impl Into<String>) -> Self {
        Self { field, value: value.into() }
    }
}

impl Instructions {
    /// With the exit code, which a failed check changes.
    pub(super) fn with_exit(self) -> (Self, Exit) {
        let exit = if checks::passed(&self.checks) { Exit::Fine } else { Exit::Attention };
        (self, exit)
    }
}

impl Report for Instructions {
    fn text(&self) -> String {
        let width = self.entries.iter().map(|entry| entry.field.chars().count()).max().unwrap_or_default();
        let entries: Vec<String> = self
            .entries
            .iter()
            .map(|entry| format!("  {:width$}  {}", entry.field, style::strong(&entry.value)))
            .collect();
        let then: Vec<String> = self.then.iter().map(|line| format!("  {line}")).collect();
        format!(
            "{}\n{}\n\nThen\n{}\n\nTest calls to the webhook\n{}\n",
            self.place,
            entries.join("\n"),
            then.join("\n"),
            checks::text(&self.checks)
        )
    }
}
