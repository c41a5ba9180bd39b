//! The provider credentials: the JSON in the credentials secret, `{"meta": {…}, "senders": {"acme": {"meta": {…}}}}`.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use url::Url;

use super::Senders;
use super::senders::Readable;
use crate::provider::Provider;

/// One sender's credentials. A provider without an entry cannot be used.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// For 1MSG.
    pub onemsg: Option<OneMsgCredentials>,
    /// For Kaleyra.
    pub kaleyra: Option<KaleyraCredentials>,
    /// For Meta.
    pub meta: Option<MetaCredentials>,
}

impl Credentials {
    /// Whether the provider has an entry.
    pub const fn has(&self, provider: Provider) -> bool {
        match provider {
            Provider::OneMsg => self.onemsg.is_some(),
            Provider::Kaleyra => self.kaleyra.is_some(),
            Provider::Meta => self.meta.is_some(),
        }
    }
}

/// Reads the whole secret.
impl<'de> Deserialize<'de> for Senders<Credentials> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Secret {
            onemsg: Option<OneMsgCredentials>,
            kaleyra: Option<KaleyraCredentials>,
            meta: Option<MetaCredentials>,
            #[serde(default)]
            senders: Option<BTreeMap<String, Readable<Credentials>>>,
        }
        let Secret { onemsg, kaleyra, meta, senders } = Secret::deserialize(deserializer)?;
        Ok(Self::new(Credentials { onemsg, kaleyra, meta }, senders.unwrap_or_default()))
    }
}

/// `{"channel": "…", "token": "…"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneMsgCredentials {
    /// The channel id from the dashboard: letters, digits, `-` and `_`.
    pub channel: String,
    /// The channel's JWT, sent as Bearer token.
    pub token: SecretString,
}

/// `{"base_url": "https://api.in.kaleyra.io", "sid": "…", "api_key": "…", "sender": "+91…", "waba_id": "…"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KaleyraCredentials {
    /// The region's address: IN `https://api.in.kaleyra.io`, SG `https://api.ap.kaleyra.io`, EU
    /// `https://api.eu.kaleyra.io` (seed 003). The setting `KALEYRA_BASE_URL` takes precedence.
    pub base_url: Option<Url>,
    /// The account's SID.
    pub sid: String,
    /// Sent as the header `api-key`.
    pub api_key: SecretString,
    /// The sending business number, put into the path as written here. A secret string because it is a phone
    /// number.
    pub sender: SecretString,
    /// The id of the WhatsApp business account of this number. Only `ops` needs it, to list the account's
    /// templates.
    pub waba_id: Option<String>,
}

/// `{"version": "v25.0", "phone_number_id": "…", "token": "…", "waba_id": "…", "app_id": "…"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaCredentials {
    /// The Graph API version; `v25.0` by default.
    #[serde(default = "default_version")]
    pub version: String,
    /// The id of the business phone number.
    pub phone_number_id: String,
    /// Sent as Bearer token.
    pub token: SecretString,
    /// The id of the WhatsApp business account. Only `ops` needs it, to manage the account's templates.
    pub waba_id: Option<String>,
    /// The id of the app that owns the token. Only `ops` needs it, to upload the samples of templates' headers.
    pub app_id: Option<String>,
}

/// Supported until 2028-07-29. v20.0 expired on 2026-09-24; the newest is v27.0 of 2026-11-04
/// (<https://developers.facebook.com/docs/graph-api/changelog/versions>).
fn default_version() -> String {
    "v25.0".to_owned()
}
