//! The provider credentials, as the JSON of the credentials secret.

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// What it takes to send. A provider without an entry can't be used.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// 1MSG.
    pub onemsg: Option<OneMsgCredentials>,
    /// Kaleyra.
    pub kaleyra: Option<KaleyraCredentials>,
    /// Meta.
    pub meta: Option<MetaCredentials>,
}

/// `{"channel": "…", "token": "…"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneMsgCredentials {
    /// The channel id from the dashboard: letters, digits, `-` and `_`.
    pub channel: String,
    /// The channel's JWT, sent as Bearer.
    pub token: SecretString,
}

/// `{"base_url": "https://api.in.kaleyra.io", "sid": "…", "api_key": "…", "sender": "+91…", "waba_id": "…"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KaleyraCredentials {
    /// The pod: IN `https://api.in.kaleyra.io`, SG `https://api.ap.kaleyra.io`, EU `https://api.eu.kaleyra.io`
    /// (seed 003). The setting `KALEYRA_BASE_URL` wins over it.
    pub base_url: Option<Url>,
    /// The account's SID.
    pub sid: String,
    /// Sent as the header `api-key`.
    pub api_key: SecretString,
    /// The business number that sends, put into the path as it is written here. Hidden because it is a phone number.
    pub sender: SecretString,
    /// The id of the WhatsApp business account behind the number. Nothing that sends needs it: the operator's tool
    /// asks for the account's templates with it.
    pub waba_id: Option<String>,
}

/// `{"version": "v25.0", "phone_number_id": "…", "token": "…", "waba_id": "…"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaCredentials {
    /// The Graph API version.
    #[serde(default = "default_version")]
    pub version: String,
    /// The id of the business phone number.
    pub phone_number_id: String,
    /// Sent as Bearer.
    pub token: SecretString,
    /// The id of the WhatsApp business account. Nothing that sends needs it: the operator's tool manages the
    /// account's templates with it.
    pub waba_id: Option<String>,
}

/// It works until 2028-07-29. v20.0 expired on 2026-09-24; v27.0, of 2026-11-04, is the newest
/// (<https://developers.facebook.com/docs/graph-api/changelog/versions>).
fn default_version() -> String {
    "v25.0".to_owned()
}
