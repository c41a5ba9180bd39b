//! The three providers, by the names that the catalogue, the table and the logs use.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A company that hands our messages to WhatsApp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// 1MSG (`api.1msg.io`).
    OneMsg,
    /// Kaleyra, WhatsApp API V2.
    Kaleyra,
    /// Meta's own Cloud API.
    Meta,
}

impl Provider {
    /// Every provider, in the order in which they are listed everywhere.
    pub const ALL: [Self; 3] = [Self::OneMsg, Self::Kaleyra, Self::Meta];

    /// The name used in the catalogue, the table, the logs and the webhook routes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneMsg => "onemsg",
            Self::Kaleyra => "kaleyra",
            Self::Meta => "meta",
        }
    }

    /// Whether callbacks bring back the reference that we send along, so that a message whose reply was lost can
    /// still be recognised. Kaleyra: `extra_info.ref`; Meta: `biz_opaque_callback_data`; 1MSG has no such field.
    pub const fn echoes_reference(self) -> bool {
        !matches!(self, Self::OneMsg)
    }

    /// Whether it can be asked what became of a message. 1MSG: `hookInfo` (seeds 000 to 002); the others only call back.
    pub const fn can_be_asked(self) -> bool {
        matches!(self, Self::OneMsg)
    }

    /// Whether it sends to a business-scoped user id in place of a phone number. Meta: `recipient`.
    pub const fn takes_user_ids(self) -> bool {
        matches!(self, Self::Meta)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name is none of `onemsg`, `kaleyra`, `meta`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown provider {0:?}: it is one of onemsg, kaleyra, meta")]
pub struct UnknownProvider(pub String);

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(name: &str) -> Result<Self, UnknownProvider> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.name() == name)
            .ok_or_else(|| UnknownProvider(name.to_owned()))
    }
}
