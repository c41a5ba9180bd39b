//! The three secrets: what sends, what authenticates callbacks, and what makes the keys of notifications. Read from Secrets Manager, kept in the process for
//! five minutes, never shown: every value is a `SecretString`, and no error quotes any part of a secret.

mod credentials;
mod error;
mod secret;
mod webhook;

pub use credentials::{Credentials, KaleyraCredentials, MetaCredentials, OneMsgCredentials};
pub use domain::key_secret::{KeySecret, ShortKey};
pub use error::SecretError;
pub use secret::{Secret, Stages, Versions};
pub use webhook::{KaleyraWebhookSecret, MetaWebhookSecret, OneMsgWebhookSecret, WebhookSecrets};
