//! The three simulated providers.

use std::fmt;

/// A company whose HTTP API is simulated here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Provider {
    /// 1MSG.
    OneMsg,
    /// Kaleyra, WhatsApp API V2.
    Kaleyra,
    /// Meta's Cloud API.
    Meta,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 3] = [Self::OneMsg, Self::Kaleyra, Self::Meta];

    /// The first segment of the simulator's paths and the last fixed one of the webhook's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneMsg => "onemsg",
            Self::Kaleyra => "kaleyra",
            Self::Meta => "meta",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
