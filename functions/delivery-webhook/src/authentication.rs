//! Authenticates a call from the raw request, before anything in it is parsed.

use std::time::Duration;

use shared::providers::{Authenticated, Call, Refused};
use shared::secrets::{SecretError, Senders, Versions, WebhookSecrets};

use crate::Webhook;

/// A refused call may carry a secret that was rotated after ours was read, so the secret is read again; at
/// most this often, or unauthenticated callers could run up our costs.
const REREAD_AFTER: Duration = Duration::from_secs(10);

/// Authenticates a call. The outer error means that the webhook secrets could not be read.
pub(crate) async fn check(
    webhook: &Webhook,
    call: Call<'_>,
) -> Result<Result<Authenticated, Refused>, SecretError> {
    let secrets = webhook.secrets.get().await?;
    match verify(&secrets, call) {
        // Also after a missing header: under the old secret, Kaleyra's profile may have used another kind of
        // authentication with another header.
        Err(refused) => match webhook.secrets.newer_than(&secrets, REREAD_AFTER).await {
            Some(newer) => Ok(verify(&newer, call)),
            None => Ok(Err(refused)),
        },
        decided => Ok(decided),
    }
}

fn verify(secrets: &Versions<Senders<WebhookSecrets>>, call: Call<'_>) -> Result<Authenticated, Refused> {
    let active: Vec<_> = std::iter::once(&secrets.current).chain(&secrets.previous).collect();
    call.authenticate(&active)
}
