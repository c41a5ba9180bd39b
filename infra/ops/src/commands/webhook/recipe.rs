//! Instructions for a provider's dashboard, and the results of test calls in the provider's format.

use serde::Serialize;

use super::checks;
use crate::exit::Exit;
use crate::our_webhook::Check;
use crate::output::{Output, Report, style};

/// A recipe with its checks.
#[derive(Debug, Serialize)]
pub(super) struct Recipe {
    /// The place in the dashboard.
    pub(super) place: &'static str,
    /// The fields to enter there.
    pub(super) entries: Vec<Entry>,
    /// Further steps.
    pub(super) then: Vec<String>,
    /// The results of our webhook's test calls.
    pub(super) checks: Vec<Check>,
}

/// One field of the dashboard.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    field: &'static str,
    value: String,
}

/// Whether secrets are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrets {
    /// Only the names of their fields are shown.
    Named,
    /// Their values are shown.
    Shown,
}

impl Secrets {
    /// From the flag `--show-secrets`.
    pub(super) const fn of(show: bool) -> Self {
        if show { Self::Shown } else { Self::Named }
    }

    /// A secret, or the field in which it is stored.
    pub(super) fn value(self, secret: &str, field: &str, id: &str) -> String {
        match self {
            Self::Shown => secret.to_owned(),
            Self::Named => format!("the value of {field} in the secret {id}"),
        }
    }
}

impl Entry {
    pub(super) fn new(field: &'static str, value: impl Into<String>) -> Self {
        Self { field, value: value.into() }
    }
}

impl Recipe {
    /// Shows the recipe; a failed check changes the exit code.
    pub(super) fn show(&self, output: Output) -> Exit {
        output.show(self);
        if checks::passed(&self.checks) { Exit::Fine } else { Exit::Attention }
    }
}

impl Report for Recipe {
    fn text(&self) -> String {
        let width = self.entries.iter().map(|entry| entry.field.chars().count()).max().unwrap_or_default();
        let entries: Vec<String> = self
            .entries
            .iter()
            .map(|entry| format!("  {:width$}  {}", entry.field, style::strong(&entry.value)))
            .collect();
        let then: Vec<String> = self.then.iter().map(|line| format!("  {line}")).collect();
        format!(
            "{}\n{}\n\nThen\n{}\n\nOur webhook, called from here\n{}\n",
            self.place,
            entries.join("\n"),
            then.join("\n"),
            checks::text(&self.checks)
        )
    }
}
