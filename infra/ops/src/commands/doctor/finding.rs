//! One thing that doctor has found.

use std::fmt;

use serde::Serialize;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something doesn't work, or isn't safe.
    Fault,
    /// It works, but not as it should, or not for ever.
    Warning,
    /// Good to know, or can't be told from here.
    Note,
    /// As it should be.
    Fine,
}

impl Severity {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Fine => "fine",
        }
    }
}

/// What is so, why it matters, and how to mend it. Never holds a secret, a phone number or a URL with a secret in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What is so.
    pub what: String,
    /// Why it matters; none where all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How to mend it; none where there is nothing to mend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Finding {
    /// Something that doesn't work or isn't safe.
    pub fn fault(what: impl fmt::Display, why: impl fmt::Display, mend: impl fmt::Display) -> Self {
        Self::to_mend(Severity::Fault, &what, &why, &mend)
    }

    /// Something that isn't as it should be.
    pub fn warning(what: impl fmt::Display, why: impl fmt::Display, mend: impl fmt::Display) -> Self {
        Self::to_mend(Severity::Warning, &what, &why, &mend)
    }

    /// Something to know, with nothing to mend.
    pub fn note(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        let (what, why) = (what.to_string(), Some(why.to_string()));
        Self { severity: Severity::Note, what, why, mend: None }
    }

    /// Something that is as it should be.
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
