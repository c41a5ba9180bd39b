//! The providers, their channels, and their names in the catalogue, the table and the logs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The way a message reaches the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A template message on WhatsApp.
    WhatsApp,
    /// A text message to a phone number.
    Sms,
    /// An e-mail.
    Email,
}

impl Channel {
    /// The name in the catalogue, the table and the logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WhatsApp => "whatsapp",
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A company or service that delivers our messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// 1MSG (`api.1msg.io`).
    OneMsg,
    /// Kaleyra, WhatsApp API V2.
    Kaleyra,
    /// Meta's Cloud API.
    Meta,
    /// WhatsApp by AWS End User Messaging Social.
    #[serde(rename = "aws-whatsapp")]
    AwsWhatsApp,
    /// Text messages by AWS End User Messaging SMS.
    #[serde(rename = "aws-sms")]
    AwsSms,
    /// E-mail by Amazon SES.
    #[serde(rename = "aws-email")]
    AwsEmail,
}

impl Provider {
    /// In the order of every list of providers.
    pub const ALL: [Self; 6] =
        [Self::OneMsg, Self::Kaleyra, Self::Meta, Self::AwsWhatsApp, Self::AwsSms, Self::AwsEmail];
    /// The providers that call delivery-webhook; the others report through AWS events.
    pub const WITH_WEBHOOK: [Self; 3] = [Self::OneMsg, Self::Kaleyra, Self::Meta];
    /// The providers that a notification may name in `providers`.
    pub const FOR_WHATSAPP: [Self; 4] = [Self::OneMsg, Self::Kaleyra, Self::Meta, Self::AwsWhatsApp];

    /// The name in the catalogue, the table, the logs and the webhook routes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneMsg => "onemsg",
            Self::Kaleyra => "kaleyra",
            Self::Meta => "meta",
            Self::AwsWhatsApp => "aws-whatsapp",
            Self::AwsSms => "aws-sms",
            Self::AwsEmail => "aws-email",
        }
    }

    /// The name in messages to people, as the company spells it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::OneMsg => "1MSG",
            Self::Kaleyra => "Kaleyra",
            Self::Meta => "Meta",
            Self::AwsWhatsApp => "AWS End User Messaging Social",
            Self::AwsSms => "AWS End User Messaging SMS",
            Self::AwsEmail => "Amazon SES",
        }
    }

    /// The channel of its messages.
    pub const fn channel(self) -> Channel {
        match self {
            Self::OneMsg | Self::Kaleyra | Self::Meta | Self::AwsWhatsApp => Channel::WhatsApp,
            Self::AwsSms => Channel::Sms,
            Self::AwsEmail => Channel::Email,
        }
    }

    /// Whether its requests are signed with the function's own AWS credentials (Signature Version 4), and its reports come
    /// as AWS events.
    pub const fn is_aws(self) -> bool {
        match self {
            Self::AwsWhatsApp | Self::AwsSms | Self::AwsEmail => true,
            Self::OneMsg | Self::Kaleyra | Self::Meta => false,
        }
    }

    // Each of these functions names every provider, so that the compiler demands a decision for a new one.

    /// Whether callbacks return our reference, so that a message whose reply was lost can still be
    /// recognised. Kaleyra: `extra_info.ref`; Meta: `biz_opaque_callback_data`; AWS: the `Context` of a text message and
    /// the tags of an e-mail. 1MSG has no such field. AWS's WhatsApp events on the bus don't have Meta's; whether those of a
    /// topic do is not documented.
    pub const fn echoes_reference(self) -> bool {
        match self {
            Self::Kaleyra | Self::Meta | Self::AwsSms | Self::AwsEmail => true,
            Self::OneMsg | Self::AwsWhatsApp => false,
        }
    }

    /// Whether it can be polled for the status of a message. 1MSG: `hookInfo` (seeds 000 to 002); the others
    /// only send callbacks.
    pub const fn supports_polling(self) -> bool {
        match self {
            Self::OneMsg => true,
            Self::Kaleyra | Self::Meta | Self::AwsWhatsApp | Self::AwsSms | Self::AwsEmail => false,
        }
    }

    /// Whether it accepts a business-scoped user id instead of a phone number. Meta: `recipient`; AWS passes Meta's JSON on.
    pub const fn accepts_user_ids(self) -> bool {
        match self {
            Self::Meta | Self::AwsWhatsApp => true,
            Self::OneMsg | Self::Kaleyra | Self::AwsSms | Self::AwsEmail => false,
        }
    }

    /// Whether it documents templates for an order's status. 1MSG documents none.
    pub const fn has_order_status(self) -> bool {
        match self {
            Self::Kaleyra | Self::Meta | Self::AwsWhatsApp => true,
            Self::OneMsg | Self::AwsSms | Self::AwsEmail => false,
        }
    }

    /// Whether it documents named variables, location headers, payloads and codes of buttons. 1MSG documents numbered
    /// texts, media headers and URL buttons alone (<https://help.1msg.io>, "Sending a template via API").
    pub const fn has_all_components(self) -> bool {
        match self {
            Self::Kaleyra | Self::Meta | Self::AwsWhatsApp => true,
            Self::OneMsg | Self::AwsSms | Self::AwsEmail => false,
        }
    }

    /// Whether its templates have a namespace. 1MSG returns 422 without one (seeds 000 to 002).
    pub const fn has_namespaces(self) -> bool {
        match self {
            Self::OneMsg => true,
            Self::Kaleyra | Self::Meta | Self::AwsWhatsApp | Self::AwsSms | Self::AwsEmail => false,
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
