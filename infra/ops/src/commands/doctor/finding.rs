//! A finding of doctor.

use std::fmt;

use serde::Serialize;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A part doesn't work, or isn't safe.
    Fault,
    /// A part works, but not correctly or not permanently.
    Warning,
    /// Information, or a part that can't be checked from here.
    Note,
    /// A part is correct.
    Fine,
}

impl Severity {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Fine => "fine",
        }
    }
}

/// Never contains a secret, a phone number or a URL with a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// The state, as a sentence.
    pub what: String,
    /// The effect; none for [`Severity::Fine`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The remedy, if one is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Finding {
    pub fn fault(what: impl fmt::Display, why: impl fmt::Display, fix: impl fmt::Display) -> Self {
        Self::with_fix(Severity::Fault, &what, &why, &fix)
    }

    pub fn warning(what: impl fmt::Display, why: impl fmt::Display, fix: impl fmt::Display) -> Self {
        Self::with_fix(Severity::Warning, &what, &why, &fix)
    }

    pub fn note(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        let (what, why) = (what.to_string(), Some(why.to_string()));
        Self { severity: Severity::Note, what, why, fix: None }
    }

    pub fn fine(what: impl fmt::Display) -> Self {
        Self { severity: Severity::Fine, what: what.to_string(), why: None, fix: None }
    }

    fn with_fix(
        severity: Severity,
        what: &dyn fmt::Display,
        why: &dyn fmt::Display,
        fix: &dyn fmt::Display,
    ) -> Self {
        Self { severity, what: what.to_string(), why: Some(why.to_string()), fix: Some(fix.to_string()) }
    }
}
