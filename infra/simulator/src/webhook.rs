//! The webhooks that callbacks are posted to.

use super::provider::Provider;

/// A callback's URL and authentication.
pub(super) struct Destination {
    pub url: String,
    pub headers: Vec<(String, String)>,
}

/// One call of the webhook.
#[derive(Clone)]
pub(super) enum Post {
    /// A POST with this body.
    Body(Vec<u8>),
    /// A GET with this query.
    Query(String),
}

/// The URL for a provider's callbacks.
pub(super) fn url(base: &str, provider: Provider) -> String {
    format!("{base}/webhooks/{provider}")
}
