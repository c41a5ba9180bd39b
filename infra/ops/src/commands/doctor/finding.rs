//! A finding of doctor.

use std::fmt;

use serde::Serialize;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A part doesn't work, or isn't safe.
    Fault,
    /// A part works, but not as it should, or not for ever.
    Warning,
    /// Information, or a part that can't be checked from here.
    Note,
    /// A part is as it should be.
    Fine,
}

impl Severity {
    /// The severity's name in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Fine => "fine",
        }
    }
}

/// A state, its effect, and its remedy. Never contains a secret, a phone number or a URL with a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The state that was found.
    pub what: String,
    /// Its effect; none if all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The remedy; none if there is nothing to repair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Finding {
    /// A part that doesn't work or isn't safe.
    pub fn fault(what: impl fmt::Display, why: impl fmt::Display, mend: impl fmt::Display) -> Self {
        Self::to_mend(Severity::Fault, &what, &why, &mend)
    }

    /// A part that isn't as it should be.
    pub fn warning(what: impl fmt::Display, why: impl fmt::Display, mend: impl fmt::Display) -> Self {
        Self::to_mend(Severity::Warning, &what, &why, &mend)
    }

    /// Information without a remedy.
    pub fn note(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        let (what, why) = (what.to_string(), Some(why.to_string()));
        Self { severity: Severity::Note, what, why, mend: None }
    }

    /// A part that is as it should be.
    pub fn fine(what: impl fmt::Display) -> Self {
        Self { severity: Severity::Fine, what: what.to_string(), why: None, mend: None }
    }

    fn to_mend(
        severity: Severity,
        what: &dyn fmt::Display,
        why: &dyn fmt::Display,
        mend: &dyn fmt::Display,
    ) -> Self {
        Self { severity, what: what.to_string(), why: Some(why.to_string()), mend: Some(mend.to_string()) }
    }
}
