//! The AWS account with its resources.

use serde_json::{Map, Value, json};

use crate::random;

/// An account with one access key, one sender per service, and their configuration sets.
#[derive(Clone)]
pub struct AwsAccount {
    /// The region whose services are simulated.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`, of a role's credentials.
    pub session_token: Option<String>,
    /// Whether requests need this key's signature; without it every request is accepted.
    pub checks_signatures: bool,
    /// The pool of phone numbers for text messages.
    pub pool: String,
    /// The verified address for e-mail.
    pub from: String,
    /// The name of both configuration sets.
    pub configuration_set: String,
    /// The id of the WhatsApp business number at AWS.
    pub phone_number_id: String,
    /// The SNS topic that is the event destination of the WhatsApp business account, if it has one.
    pub topic: Option<AwsTopic>,
}

/// Whether the notifications of a topic return the caller's key (`biz_opaque_callback_data`). Meta returns it, and AWS documents
/// that it relays Meta's notifications, but no example shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsTopic {
    /// They return it.
    WithKey,
    /// They don't.
    WithoutKey,
}

impl AwsAccount {
    /// An account with this access key and random ids.
    pub fn new(region: &str, access_key_id: &str, secret_access_key: &str) -> Self {
        Self {
            region: region.to_owned(),
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.to_owned(),
            session_token: None,
            checks_signatures: true,
            pool: format!("pool-{}", random::hexadecimal::<16>()),
            from: "Shop <orders@shop.example>".to_owned(),
            configuration_set: "order-notifications".to_owned(),
            phone_number_id: format!("phone-number-id-{}", random::hexadecimal::<16>()),
            topic: None,
        }
    }

    /// The entries of the credentials secret.
    pub(crate) fn credentials(&self) -> Map<String, Value> {
        let entries = [
            ("aws-whatsapp", json!({"phone_number_id": self.phone_number_id})),
            ("aws-sms", json!({"origination": self.pool, "configuration_set": self.configuration_set})),
            ("aws-email", json!({"from": self.from, "configuration_set": self.configuration_set})),
        ];
        entries.into_iter().map(|(name, entry)| (name.to_owned(), entry)).collect()
    }
}
