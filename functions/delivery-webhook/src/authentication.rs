//! Authenticates a call from the raw request, before anything in it is parsed.

use std::sync::Arc;
use std::time::Duration;

use lambda_http::http::{HeaderMap, HeaderValue};
use shared::provider::Provider;
use shared::providers::{Refused, kaleyra, meta, one_msg};
use shared::secrets::{SecretError, Versions, WebhookSecrets};

use crate::Webhook;
use crate::route::Route;

/// The header with Meta's signature over the raw body.
const META_SIGNATURE: &str = "x-hub-signature-256";
/// A refused call may carry a secret that was rotated after ours was read, so the secret is read again; at
/// most this often, or unauthenticated callers could run up our costs.
const REREAD_AFTER: Duration = Duration::from_secs(10);

/// The parts of a request that authenticate it.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) route: Route<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) query: &'a str,
    pub(crate) body: &'a [u8],
}

/// What to do with an authenticated call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Authentic {
    /// A callback: parse it.
    Callback(Provider),
    /// Meta's handshake or 1MSG's probe: reply with this text.
    Answer(String),
}

/// Authenticates a call. The outer error means that the webhook secrets could not be read.
pub(crate) async fn check(
    webhook: &Webhook,
    call: Call<'_>,
) -> Result<Result<Authentic, Refused>, SecretError> {
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

fn verify(secrets: &Arc<Versions<WebhookSecrets>>, call: Call<'_>) -> Result<Authentic, Refused> {
    let active: Vec<&WebhookSecrets> = std::iter::once(&secrets.current).chain(&secrets.previous).collect();
    let metas = || active.iter().filter_map(|it| it.meta.as_ref()).collect::<Vec<_>>();
    let one_msgs = || active.iter().filter_map(|it| it.onemsg.as_ref()).collect::<Vec<_>>();
    match call.route {
        Route::MetaHandshake => meta::handshake::challenge(call.query, &metas()).map(Authentic::Answer),
        Route::OneMsgProbe { path_secret } => one_msg::path_secret::verify(Some(path_secret), &one_msgs())
            .map(|()| Authentic::Answer(String::new())),
        Route::Callback { provider, path_secret } => {
            match provider {
                Provider::Meta => {
                    let signature = call.headers.get(META_SIGNATURE).map(HeaderValue::as_bytes);
                    meta::signature::verify(signature, call.body, &metas())?;
                }
                Provider::Kaleyra => {
                    let kaleyras: Vec<_> = active.iter().filter_map(|it| it.kaleyra.as_ref()).collect();
                    kaleyra::authentication::verify(call.headers, &kaleyras)?;
                }
                Provider::OneMsg => one_msg::path_secret::verify(path_secret, &one_msgs())?,
            }
            Ok(Authentic::Callback(provider))
        }
    }
}
