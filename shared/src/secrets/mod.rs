//! The two secrets: what sends, and what authenticates callbacks.

mod credentials;
mod webhook;

pub use credentials::{Credentials, KaleyraCredentials, MetaCredentials, OneMsgCredentials};
pub use webhook::{KaleyraWebhookSecret, MetaWebhookSecret, OneMsgWebhookSecret, WebhookSecrets};
