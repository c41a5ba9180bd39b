//! The areas of doctor.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

/// A part of the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum Area {
    /// The functions' variables.
    Settings,
    /// The provider credentials, the webhook secrets and the key of the notifications.
    Secrets,
    /// The catalogue and the definitions of the message templates.
    Catalogue,
    /// The DynamoDB table.
    Table,
    /// The rule of the order events; with a channel of AWS also that of its delivery events.
    Bus,
    /// The queue of order events and the dead-letter queues.
    Queues,
    /// 1MSG's channel.
    OneMsg,
    /// Kaleyra's account.
    Kaleyra,
    /// Meta's account and templates.
    Meta,
    /// The deployment's webhook, with test calls.
    Webhook,
}

impl Area {
    /// In the order of the report: areas on which others depend come first.
    pub const ALL: [Self; 10] = [
        Self::Settings,
        Self::Secrets,
        Self::Catalogue,
        Self::Table,
        Self::Bus,
        Self::Queues,
        Self::OneMsg,
        Self::Kaleyra,
        Self::Meta,
        Self::Webhook,
    ];

    /// Whether its check reads the secrets.
    pub const fn needs_secrets(self) -> bool {
        matches!(self, Self::Secrets | Self::OneMsg | Self::Kaleyra | Self::Meta | Self::Webhook)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Secrets => "secrets",
            Self::Catalogue => "catalogue",
            Self::Table => "table",
            Self::Bus => "bus",
            Self::Queues => "queues",
            Self::OneMsg => "onemsg",
            Self::Kaleyra => "kaleyra",
            Self::Meta => "meta",
            Self::Webhook => "webhook",
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_has_the_same_name_in_the_command_line_and_the_json() {
        for area in Area::ALL {
            assert_eq!(area.to_possible_value().unwrap().get_name(), area.name());
            assert_eq!(serde_json::to_value(area).unwrap(), area.name());
        }
    }
}
