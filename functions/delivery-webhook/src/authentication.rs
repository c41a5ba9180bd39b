//! Authenticates a call from the raw request, before anything in it is parsed.

use std::sync::Arc;
use std::time::Duration;

use shared::providers::{Authenticated, Call, Refused};
use shared::secrets::{SecretError, Senders, Versions, WebhookSecrets};
use shared::sender_scope::SenderScope;

use crate::Webhook;

/// A call may carry a secret that was changed after ours was read, so the secret is read again; at most this often, or
/// unauthenticated callers could run up our costs.
const REREAD_AFTER: Duration = Duration::from_secs(10);

/// The active versions of the webhook secret.
pub(crate) type Secrets = Arc<Versions<Senders<WebhookSecrets>>>;

/// A call that was compared with these secrets.
pub(crate) struct Checked {
    pub(crate) result: Result<Authenticated, Refused>,
    pub(crate) secrets: Secrets,
}

/// Authenticates a call. The error means that the webhook secrets could not be read.
pub(crate) async fn check(webhook: &Webhook, call: Call<'_>) -> Result<Checked, SecretError> {
    let secrets = webhook.secrets.get().await?;
    let result = verify(&secrets, call);
    // Also after a missing header: under the old secret, Kaleyra's profile may have used another kind of authentication
    // with another header.
    if result.is_err()
        && let Some(newer) = webhook.secrets.newer_than(&secrets, REREAD_AFTER).await
    {
        return Ok(Checked { result: verify(&newer, call), secrets: newer });
    }
    Ok(Checked { result, secrets })
}

/// The scope of an authenticated callback under newer secrets than these; `None` if there are none, or if they refuse the
/// call. A sender may have moved from one secret to another. An error if newer secrets may exist but can't be read.
pub(crate) async fn newer_scope(
    webhook: &Webhook,
    call: Call<'_>,
    seen: &Secrets,
) -> Result<Option<(SenderScope, Secrets)>, SecretError> {
    let Some(newer) = webhook.secrets.reread(seen, REREAD_AFTER).await? else { return Ok(None) };
    Ok(match verify(&newer, call) {
        Ok(Authenticated::Callback(scope)) => Some((scope, newer)),
        _ => None,
    })
}

fn verify(secrets: &Versions<Senders<WebhookSecrets>>, call: Call<'_>) -> Result<Authenticated, Refused> {
    let active: Vec<_> = std::iter::once(&secrets.current).chain(&secrets.previous).collect();
    call.authenticate(&active)
}
