//! The three secrets: the provider credentials, the webhook secrets and the key secret for notification keys.
//! They are read from Secrets Manager and cached in the process for five minutes. They are never shown: every
//! value is a `SecretString`, and no error quotes any part of a secret.

mod credentials;
mod error;
mod secret;
mod senders;
mod webhook;

pub use credentials::{
    AwsEmail, AwsSms, AwsWhatsApp, Credentials, KaleyraCredentials, MetaCredentials, OneMsgCredentials,
};
pub use domain::key_secret::{KeySecret, ShortKey};
pub use error::SecretError;
pub use secret::{Secret, Stages, Versions};
pub use senders::{NoSender, Readable, Senders};
pub use webhook::{KaleyraWebhookSecret, MetaWebhookSecret, OneMsgWebhookSecret, WebhookSecrets};
