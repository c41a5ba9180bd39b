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
    /// For WhatsApp by AWS.
    #[serde(rename = "aws-whatsapp")]
    pub aws_whatsapp: Option<AwsWhatsApp>,
    /// For text messages by AWS.
    #[serde(rename = "aws-sms")]
    pub aws_sms: Option<AwsSms>,
    /// For e-mail by AWS.
    #[serde(rename = "aws-email")]
    pub aws_email: Option<AwsEmail>,
}

impl Credentials {
    /// Whether the provider has an entry.
    pub const fn has(&self, provider: Provider) -> bool {
        match provider {
            Provider::OneMsg => self.onemsg.is_some(),
            Provider::Kaleyra => self.kaleyra.is_some(),
            Provider::Meta => self.meta.is_some(),
            Provider::AwsWhatsApp => self.aws_whatsapp.is_some(),
            Provider::AwsSms => self.aws_sms.is_some(),
            Provider::AwsEmail => self.aws_email.is_some(),
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
            #[serde(rename = "aws-whatsapp")]
            aws_whatsapp: Option<AwsWhatsApp>,
            #[serde(rename = "aws-sms")]
            aws_sms: Option<AwsSms>,
            #[serde(rename = "aws-email")]
            aws_email: Option<AwsEmail>,
            #[serde(default)]
            senders: Option<BTreeMap<String, Readable<Credentials>>>,
        }
        let Secret { onemsg, kaleyra, meta, aws_whatsapp, aws_sms, aws_email, senders } =
            Secret::deserialize(deserializer)?;
        let own = Credentials { onemsg, kaleyra, meta, aws_whatsapp, aws_sms, aws_email };
        Ok(Self::new(own, senders.unwrap_or_default()))
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

/// `{"version": "v25.0", "phone_number_id": "phone-number-id-0123456789abcdef0123456789abcdef"}`. There is no token: the
/// function's role signs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsWhatsApp {
    /// The version of Meta's API that AWS calls; `v25.0` by default. AWS takes version 20 and later
    /// (<https://docs.aws.amazon.com/general/latest/gr/end-user-messaging.html>).
    #[serde(default = "default_version")]
    pub version: String,
    /// The id of the business number at AWS End User Messaging Social, or its ARN.
    pub phone_number_id: String,
}

/// `{"origination": "pool-0123456789abcdef0123456789abcdef", "configuration_set": "order-notifications"}`. There is no
/// token: the function's role signs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsSms {
    /// The id or ARN of a pool, of a phone number or of a sender id; `None` lets AWS choose.
    pub origination: Option<String>,
    /// The configuration set with the event destination that reports deliveries.
    pub configuration_set: Option<String>,
    /// Whether AWS only checks the request and sends nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// `{"from": "My Shop <orders@example.com>", "configuration_set": "order-notifications"}`. There is no token: the
/// function's role signs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsEmail {
    /// The address of a verified identity, with or without a name.
    pub from: String,
    /// Where customers' answers go; `from` if absent.
    pub reply_to: Option<String>,
    /// The configuration set with the event destination that reports deliveries.
    pub configuration_set: Option<String>,
}
