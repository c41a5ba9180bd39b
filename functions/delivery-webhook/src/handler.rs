//! One request.
//!
//! Answers: 200 where everything was stored or there was nothing to store; 400 where the body is not what it says it
//! is; 401 or 403 where the caller isn't the provider, and then nothing was read and nothing written; 404 where there
//! is no such route; 503 where we could not check or store, so that the provider tries again.

use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::http::header::CONTENT_TYPE;
use lambda_http::{Body, Error, Request, RequestExt, Response};
use shared::provider::Provider;
use shared::providers::{Callback, Unparsable, kaleyra, meta, one_msg};
use tokio::time::Instant;

use crate::Webhook;
use crate::authentication::{Authentic, Call, check};
use crate::route::Route;
use crate::storage;

/// The most of a call's problems that are logged one by one; the call's own line counts them all.
const MAX_PROBLEMS_LOGGED: usize = 20;

/// Authenticates a call, stores every fact in it, answers.
pub async fn handle(webhook: &Webhook, request: Request) -> Result<Response<Body>, Error> {
    let started = Instant::now();
    let path = request.raw_http_path().to_owned();
    let Some(route) = Route::of(request.method(), &path) else { return respond(StatusCode::NOT_FOUND, "") };
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body: &[u8] = request.body();
    let call = Call { route, headers: request.headers(), query: &query, body };
    let provider = route.provider();
    let authentic = match check(webhook, call).await {
        Ok(Ok(authentic)) => authentic,
        Ok(Err(refused)) => {
            tracing::warn!(provider = provider.name(), %refused, "a call to {provider}'s webhook was refused");
            // Meta documents 403 for a handshake with the wrong token.
            let status =
                if route == Route::MetaHandshake { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
            return respond(status, "");
        }
        Err(error) => {
            tracing::error!(provider = provider.name(), %error, "a call to {provider}'s webhook could not be checked");
            return respond(StatusCode::SERVICE_UNAVAILABLE, "");
        }
    };
    match authentic {
        Authentic::Answer(text) => respond(StatusCode::OK, &text),
        Authentic::Callback(provider) => {
            let status = take(webhook, provider, &request, &query, started).await;
            respond(status, "")
        }
    }
}

async fn take(
    webhook: &Webhook,
    provider: Provider,
    request: &Request,
    query: &str,
    started: Instant,
) -> StatusCode {
    let received_at = Timestamp::now();
    let callback = match read(provider, request, query, received_at) {
        Ok(callback) => callback,
        Err(unparsable) => {
            tracing::warn!(provider = provider.name(), %unparsable, "a callback of {provider} can't be read");
            return StatusCode::BAD_REQUEST;
        }
    };
    for problem in callback.unusable.iter().take(MAX_PROBLEMS_LOGGED) {
        tracing::warn!(provider = provider.name(), %problem, "a callback of {provider} holds {problem}");
    }
    let reported = callback.facts.len();
    let stored = storage::store(&webhook.table, callback.facts, received_at).await;
    tracing::info!(
        provider = provider.name(),
        reported,
        messages = stored.messages,
        new_facts = stored.new_facts,
        unmatched = stored.unmatched,
        lost = stored.lost,
        unusable = callback.unusable.len(),
        ignored = callback.ignored,
        duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "{provider} reported {reported} facts"
    );
    if stored.lost > 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

fn read(
    provider: Provider,
    request: &Request,
    query: &str,
    received_at: Timestamp,
) -> Result<Callback, Unparsable> {
    let body: &[u8] = request.body();
    match provider {
        Provider::Meta => meta::callback::read(body, received_at),
        Provider::OneMsg => one_msg::callback::read(body, received_at),
        Provider::Kaleyra if request.method() == lambda_http::http::Method::GET => {
            Ok(kaleyra::callback::read_query(query, received_at))
        }
        Provider::Kaleyra => kaleyra::callback::read(body, received_at),
    }
}

fn respond(status: StatusCode, text: &str) -> Result<Response<Body>, Error> {
    let body = if text.is_empty() { Body::Empty } else { Body::Text(text.to_owned()) };
    Ok(Response::builder().status(status).header(CONTENT_TYPE, "text/plain").body(body)?)
}
