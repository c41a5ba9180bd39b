//! The webhook secrets, as the JSON of the webhook secret.

use secrecy::SecretString;
use serde::Deserialize;

/// What authenticates callbacks. A provider without an entry is refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSecrets {
    /// 1MSG.
    pub onemsg: Option<OneMsgWebhookSecret>,
    /// Kaleyra.
    pub kaleyra: Option<KaleyraWebhookSecret>,
    /// Meta.
    pub meta: Option<MetaWebhookSecret>,
}

/// `{"url_secret": "…"}`: 1MSG signs nothing, so the URL itself carries the secret.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneMsgWebhookSecret {
    /// The last segment of the webhook's path.
    pub url_secret: SecretString,
}

/// What the callback profile sends: `{"header": {"name": "…", "value": "…"}}`,
/// `{"basic": {"username": "…", "password": "…"}}` or `{"bearer": "…"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum KaleyraWebhookSecret {
    /// A custom header.
    Header {
        /// Its name, in any case.
        name: String,
        /// Its value.
        value: SecretString,
    },
    /// HTTP Basic.
    Basic {
        /// The user.
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
    /// The key of `X-Hub-Signature-256`.
    pub app_secret: SecretString,
    /// What Meta repeats in the handshake.
    pub verify_token: SecretString,
}
