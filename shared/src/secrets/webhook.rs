//! The webhook secrets: the JSON in the webhook secret, `{"meta": {…}, "senders": {"acme": {"meta": {…}}}}`.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use super::Senders;
use super::senders::Readable;
use crate::provider::Provider;

/// One sender's secrets that authenticate callbacks. Calls from a provider without an entry are refused; a sender with
/// a name that has no entry for a provider shares the default sender's.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSecrets {
    /// For 1MSG.
    pub onemsg: Option<OneMsgWebhookSecret>,
    /// For Kaleyra.
    pub kaleyra: Option<KaleyraWebhookSecret>,
    /// For Meta.
    pub meta: Option<MetaWebhookSecret>,
}

impl WebhookSecrets {
    /// Whether the provider has an entry.
    pub const fn has(&self, provider: Provider) -> bool {
        match provider {
            Provider::OneMsg => self.onemsg.is_some(),
            Provider::Kaleyra => self.kaleyra.is_some(),
            Provider::Meta => self.meta.is_some(),
            // AWS calls no webhook.
            Provider::AwsWhatsApp | Provider::AwsSms | Provider::AwsEmail => false,
        }
    }
}

/// Reads the whole secret.
impl<'de> Deserialize<'de> for Senders<WebhookSecrets> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Secret {
            onemsg: Option<OneMsgWebhookSecret>,
            kaleyra: Option<KaleyraWebhookSecret>,
            meta: Option<MetaWebhookSecret>,
            #[serde(default)]
            senders: Option<BTreeMap<String, Readable<WebhookSecrets>>>,
        }
        let Secret { onemsg, kaleyra, meta, senders } = Secret::deserialize(deserializer)?;
        Ok(Self::new(WebhookSecrets { onemsg, kaleyra, meta }, senders.unwrap_or_default()))
    }
}

/// `{"url_secret": "…"}`: 1MSG signs nothing, so the URL itself contains the secret.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneMsgWebhookSecret {
    /// The last segment of the webhook's path.
    pub url_secret: SecretString,
}

/// The authentication chosen in the callback profile: `{"header": {"name": "…", "value": "…"}}`, `{"basic":
/// {"username": "…", "password": "…"}}` or `{"bearer": "…"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum KaleyraWebhookSecret {
    /// A custom header.
    Header {
        /// The header's name, in any case.
        name: String,
        /// The header's value.
        value: SecretString,
    },
    /// HTTP Basic authentication.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: SecretString,
    },
    /// A Bearer token.
    Bearer(SecretString),
}

/// `{"app_secret": "…", "verify_token": "…", "phone_number_id": "…"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaWebhookSecret {
    /// The key of the signature in `X-Hub-Signature-256`.
    pub app_secret: SecretString,
    /// The token that Meta sends in the handshake.
    pub verify_token: SecretString,
    /// The id of the sender's business number: reports about other numbers are not its own. Needed only where several
    /// senders share an app.
    pub phone_number_id: Option<String>,
}
