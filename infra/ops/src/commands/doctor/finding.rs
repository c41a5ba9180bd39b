//! A finding of doctor.

use std::fmt;

use serde::Serialize;
use shared::message::Sender;

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
    /// The sender that it is about; none for the default sender, and for what all senders share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
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
        Self { severity: Severity::Note, sender: None, what, why, fix: None }
    }

    /// The finding about this sender.
    #[must_use]
    pub fn of_sender(self, sender: Option<&Sender>) -> Self {
        Self { sender: sender.cloned(), ..self }
    }

    pub fn fine(what: impl fmt::Display) -> Self {
        Self { severity: Severity::Fine, sender: None, what: what.to_string(), why: None, fix: None }
    }

    fn with_fix(
        severity: Severity,
        what: &dyn fmt::Display,
        why: &dyn fmt::Display,
        fix: &dyn fmt::Display,
    ) -> Self {
        let (why, fix) = (Some(why.to_string()), Some(fix.to_string()));
        Self { severity, sender: None, what: what.to_string(), why, fix }
    }
}
