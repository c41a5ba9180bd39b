//! The three secrets: what sends, what authenticates callbacks, and what makes the keys of notifications. Read from Secrets Manager, kept in the process for
//! five minutes, never shown: every value is a `SecretString`, and no error quotes any part of a secret.

mod credentials;
mod error;
mod key;
mod secret;
mod webhook;

pub use credentials::{Credentials, KaleyraCredentials, MetaCredentials, OneMsgCredentials};
pub use error::SecretError;
pub use key::{KeySecret, ShortKey};
pub use secret::{Secret, Stages, Versions};
pub use webhook::{KaleyraWebhookSecret, MetaWebhookSecret, OneMsgWebhookSecret, WebhookSecrets};
