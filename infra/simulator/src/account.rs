//! The shop's accounts with the providers: credentials, senders, templates and webhook secrets.
//!
//! All secrets are random, so that a test can search the logs for them. The types have no `Debug`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::message::FilledTemplate;
use super::provider::Provider;
use super::random;
use super::shown::ShownText;
use super::templates::{Template, Templates};

/// The app that owns the token.
pub(super) const APP: &str = "The shop's notifications";

/// The accounts with all three providers.
#[derive(Clone)]
pub struct Account {
    /// The account with 1MSG.
    pub one_msg: OneMsgAccount,
    /// The account with Kaleyra.
    pub kaleyra: KaleyraAccount,
    /// The account with Meta.
    pub meta: MetaAccount,
}

/// A 1MSG channel.
#[derive(Clone)]
pub struct OneMsgAccount {
    /// The channel's id in URLs.
    pub channel: String,
    /// The channel's JWT.
    pub token: String,
    /// The last segment of the webhook URL: 1MSG signs nothing.
    pub url_secret: String,
    /// The namespace of the templates.
    pub namespace: String,
    /// The channel's templates.
    pub templates: Vec<Template>,
}

/// A Kaleyra account.
#[derive(Clone)]
pub struct KaleyraAccount {
    /// The account's SID.
    pub sid: String,
    /// The value of the header `api-key`.
    pub api_key: String,
    /// The business phone number.
    pub sender: String,
    /// The id of the WhatsApp business account behind it.
    pub waba_id: String,
    /// The id of the business number in the WhatsApp business account.
    pub phone_number_id: String,
    /// The callback profile's credentials.
    pub webhook: KaleyraCallbackProfile,
    /// The account's templates.
    pub templates: Vec<Template>,
}

/// The authentication of a Kaleyra callback profile.
#[derive(Clone)]
pub enum KaleyraCallbackProfile {
    /// A custom header.
    Header {
        /// The header's name.
        name: String,
        /// The header's value.
        value: String,
    },
    /// HTTP Basic.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: String,
    },
    /// A Bearer token.
    Bearer(String),
}

/// The WhatsApp business account with Meta.
#[derive(Clone)]
pub struct MetaAccount {
    /// The access token of a system user.
    pub token: String,
    /// The id of the app that owns the token.
    pub app_id: String,
    /// The id of the business phone number.
    pub phone_number_id: String,
    /// The business phone number, as callbacks show it.
    pub display_phone_number: String,
    /// The id of the WhatsApp business account.
    pub waba_id: String,
    /// The key of the webhook's signatures.
    pub app_secret: String,
    /// The token in the webhook's handshake.
    pub verify_token: String,
    /// The apps that are subscribed to the account's webhooks: without one, no callbacks are posted.
    pub subscribed_apps: Vec<String>,
    /// The account's templates.
    pub templates: Vec<Template>,
}

impl Account {
    /// Accounts with these templates and random credentials.
    pub fn with_templates(templates: Templates) -> Self {
        Self {
            one_msg: OneMsgAccount {
                channel: format!("ODI{}", random::decimal::<9>()),
                token: jwt(),
                url_secret: random::hexadecimal::<24>(),
                namespace: templates.namespace,
                templates: templates.onemsg,
            },
            kaleyra: KaleyraAccount {
                // Seed 003: HXAP16XXXXXX97IN.
                sid: format!("HXAP16{}97IN", random::decimal::<6>()),
                api_key: kaleyra_key(),
                sender: "+12025550199".to_owned(),
                waba_id: random::decimal::<15>(),
                phone_number_id: random::decimal::<15>(),
                webhook: kaleyra_header(),
                templates: templates.kaleyra,
            },
            meta: MetaAccount {
                token: meta_token(),
                app_id: random::decimal::<15>(),
                phone_number_id: random::decimal::<15>(),
                display_phone_number: "12025550198".to_owned(),
                waba_id: random::decimal::<15>(),
                app_secret: random::hexadecimal::<16>(),
                verify_token: random::hexadecimal::<16>(),
                subscribed_apps: vec![APP.to_owned()],
                templates: templates.meta,
            },
        }
    }

    /// Accounts with these templates, and with random credentials and business numbers.
    pub fn of_sender(templates: Templates) -> Self {
        let mut account = Self::with_templates(templates);
        let digits = format!("120255502{}", random::decimal::<2>());
        account.kaleyra.sender = format!("+{digits}");
        account.meta.display_phone_number = digits;
        account
    }

    /// The message that the customer sees; empty if the account no longer has the template.
    pub(super) fn show(&self, provider: Provider, filled: &FilledTemplate) -> ShownText {
        let templates = match provider {
            Provider::OneMsg => &self.one_msg.templates,
            Provider::Kaleyra => &self.kaleyra.templates,
            Provider::Meta => &self.meta.templates,
        };
        let found = templates.iter().find(|it| it.name == filled.name && it.language == filled.language);
        found.map(|template| template.show(filled)).unwrap_or_default()
    }

    pub(super) const fn templates_mut(&mut self, provider: Provider) -> &mut Vec<Template> {
        match provider {
            Provider::OneMsg => &mut self.one_msg.templates,
            Provider::Kaleyra => &mut self.kaleyra.templates,
            Provider::Meta => &mut self.meta.templates,
        }
    }

    /// Replaces the credentials for sends; the old ones stop working at once.
    pub(super) fn rotate_credentials(&mut self, provider: Provider) {
        match provider {
            Provider::OneMsg => self.one_msg.token = jwt(),
            Provider::Kaleyra => self.kaleyra.api_key = kaleyra_key(),
            Provider::Meta => self.meta.token = meta_token(),
        }
    }

    /// Replaces the secret that authenticates callbacks, from the next callback on. Kaleyra's profile keeps its kind.
    pub(super) fn rotate_webhook_secret(&mut self, provider: Provider) {
        match provider {
            Provider::OneMsg => self.one_msg.url_secret = random::hexadecimal::<24>(),
            Provider::Kaleyra => match &mut self.kaleyra.webhook {
                KaleyraCallbackProfile::Header { value, .. } => *value = random::hexadecimal::<20>(),
                KaleyraCallbackProfile::Basic { password, .. } => *password = random::hexadecimal::<20>(),
                KaleyraCallbackProfile::Bearer(token) => *token = random::hexadecimal::<20>(),
            },
            Provider::Meta => self.meta.app_secret = random::hexadecimal::<16>(),
        }
    }

    /// Makes the business number one of another account's app at Meta: one secret signs the callbacks about both.
    pub fn share_app_of(&mut self, other: &Self) {
        self.meta.app_id.clone_from(&other.meta.app_id);
        self.meta.app_secret.clone_from(&other.meta.app_secret);
        self.meta.verify_token.clone_from(&other.meta.verify_token);
    }

    /// The JSON of one sender's part of the credentials secret.
    pub(super) fn credentials(&self, kaleyra_base_url: &str) -> Value {
        json!({
            "onemsg": {"channel": self.one_msg.channel, "token": self.one_msg.token},
            "kaleyra": {
                "base_url": kaleyra_base_url,
                "sid": self.kaleyra.sid,
                "api_key": self.kaleyra.api_key,
                "sender": self.kaleyra.sender,
                "waba_id": self.kaleyra.waba_id,
            },
            "meta": {
                "version": "v25.0",
                "phone_number_id": self.meta.phone_number_id,
                "token": self.meta.token,
                "waba_id": self.meta.waba_id,
                "app_id": self.meta.app_id,
            },
        })
    }

    /// The JSON of one sender's part of the webhook secret. If accounts share their app, it names the business number.
    pub(super) fn webhook_secrets(&self, shares_app: bool) -> Value {
        let kaleyra = match &self.kaleyra.webhook {
            KaleyraCallbackProfile::Header { name, value } => {
                json!({"header": {"name": name, "value": value}})
            }
            KaleyraCallbackProfile::Basic { username, password } => {
                json!({"basic": {"username": username, "password": password}})
            }
            KaleyraCallbackProfile::Bearer(token) => json!({"bearer": token}),
        };
        let mut meta = json!({"app_secret": self.meta.app_secret, "verify_token": self.meta.verify_token});
        if shares_app && let Some(meta) = meta.as_object_mut() {
            meta.insert("phone_number_id".to_owned(), json!(self.meta.phone_number_id));
        }
        json!({"onemsg": {"url_secret": self.one_msg.url_secret}, "kaleyra": kaleyra, "meta": meta})
    }
}

fn jwt() -> String {
    let part = |text: &[u8]| URL_SAFE_NO_PAD.encode(text);
    let header = part(br#"{"alg":"HS256","typ":"JWT"}"#);
    let claims = part(format!(r#"{{"id":"{}"}}"#, random::hexadecimal::<16>()).as_bytes());
    format!("{header}.{claims}.{}", part(&random::bytes::<32>()))
}

/// Seed 003: an A and 32 further characters.
fn kaleyra_key() -> String {
    format!("A{}", random::hexadecimal::<16>())
}

fn kaleyra_header() -> KaleyraCallbackProfile {
    KaleyraCallbackProfile::Header { name: "X-Callback-Key".to_owned(), value: random::hexadecimal::<20>() }
}

fn meta_token() -> String {
    format!("EAA{}", random::hexadecimal::<48>())
}
