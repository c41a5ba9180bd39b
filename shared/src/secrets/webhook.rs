//! The webhook secrets: the JSON in the webhook secret.

use secrecy::SecretString;
use serde::Deserialize;

use crate::provider::Provider;

/// The secrets that authenticate callbacks. Calls from a provider without an entry are refused.
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
        }
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

/// `{"app_secret": "…", "verify_token": "…"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaWebhookSecret {
    /// The key of the signature in `X-Hub-Signature-256`.
    pub app_secret: SecretString,
    /// The token that Meta sends in the handshake.
    pub verify_token: SecretString,
}
