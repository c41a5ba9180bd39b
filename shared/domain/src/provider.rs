//! The three providers and their names in the catalogue, the table and the logs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A company that delivers our messages to WhatsApp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// 1MSG (`api.1msg.io`).
    OneMsg,
    /// Kaleyra, WhatsApp API V2.
    Kaleyra,
    /// Meta's Cloud API.
    Meta,
}

impl Provider {
    /// In the order of every list of providers.
    pub const ALL: [Self; 3] = [Self::OneMsg, Self::Kaleyra, Self::Meta];

    /// The name in the catalogue, the table, the logs and the webhook routes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneMsg => "onemsg",
            Self::Kaleyra => "kaleyra",
            Self::Meta => "meta",
        }
    }

    /// The name in messages to people, as the company spells it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::OneMsg => "1MSG",
            Self::Kaleyra => "Kaleyra",
            Self::Meta => "Meta",
        }
    }

    // Each of these functions names every provider, so that the compiler demands a decision for a new one.

    /// Whether callbacks return our reference, so that a message whose reply was lost can still be
    /// recognised. Kaleyra: `extra_info.ref`; Meta: `biz_opaque_callback_data`; 1MSG has no such field.
    pub const fn echoes_reference(self) -> bool {
        match self {
            Self::Kaleyra | Self::Meta => true,
            Self::OneMsg => false,
        }
    }

    /// Whether it can be polled for the status of a message. 1MSG: `hookInfo` (seeds 000 to 002); the others
    /// only send callbacks.
    pub const fn supports_polling(self) -> bool {
        match self {
            Self::OneMsg => true,
            Self::Kaleyra | Self::Meta => false,
        }
    }

    /// Whether it accepts a business-scoped user id instead of a phone number. Meta: `recipient`.
    pub const fn accepts_user_ids(self) -> bool {
        match self {
            Self::Meta => true,
            Self::OneMsg | Self::Kaleyra => false,
        }
    }

    /// Whether it documents templates for an order's status. 1MSG documents none.
    pub const fn has_order_status(self) -> bool {
        match self {
            Self::Kaleyra | Self::Meta => true,
            Self::OneMsg => false,
        }
    }

    /// Whether it documents named variables, location headers, payloads and codes of buttons. 1MSG documents numbered
    /// texts, media headers and URL buttons alone (<https://help.1msg.io>, "Sending a template via API").
    pub const fn has_all_components(self) -> bool {
        match self {
            Self::Kaleyra | Self::Meta => true,
            Self::OneMsg => false,
        }
    }

    /// Whether its templates have a namespace. 1MSG returns 422 without one (seeds 000 to 002).
    pub const fn has_namespaces(self) -> bool {
        match self {
            Self::OneMsg => true,
            Self::Kaleyra | Self::Meta => false,
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No provider has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown provider {0:?}: it is one of {known}", known = Provider::ALL.map(Provider::name).join(", "))]
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
