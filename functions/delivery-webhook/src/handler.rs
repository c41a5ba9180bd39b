//! Handles one request. The replies:
//!
//! - 200: every fact was stored, or there was nothing to store.
//! - 400: the body is neither JSON nor, from Kaleyra, a form.
//! - 401 or 403: the caller is not the provider; nothing was parsed or written.
//! - 404: there is no such route.
//! - 503: authentication or storage failed, so the provider has to repeat the call.

use jiff::Timestamp;
use lambda_http::http::header::CONTENT_TYPE;
use lambda_http::{Body, Error, Request, RequestExt, Response};
use shared::facts::store_all;
use shared::providers::{Authenticated, Call, Callback, Problem, Route, Unparsable, unzip};
use shared::sender_scope::SenderScope;
use shared::telemetry;
use tokio::time::Instant;
use tracing::Instrument;

use crate::authentication::{Checked, Secrets, check, newer_scope};
use crate::report::{End, Report};
use crate::{Webhook, log};

/// At most this many of a call's problems get a log line each; the call's own line has their number.
const MAX_PROBLEMS_LOGGED: usize = 20;

/// Lambda's limit for an event; a body that a relay compressed is not larger either.
const MAX_UNZIPPED_BYTES: usize = 6 * 1024 * 1024;

/// Authenticates a call, stores every fact in it and replies.
pub async fn handle(webhook: &Webhook, request: Request) -> Result<Response<Body>, Error> {
    let context = request.lambda_context_ref();
    let invocation = telemetry::invocation(context.map_or("", |context| &context.request_id));
    // Boxed, because the future is large and would make its caller's future as large.
    Box::pin(invoked(webhook, request)).instrument(invocation).await
}

async fn invoked(webhook: &Webhook, request: Request) -> Result<Response<Body>, Error> {
    let started = Instant::now();
    let path = request.raw_http_path().to_owned();
    let route = Route::parse(request.method(), &path);
    let mut report = Report::new(route, request.body().len());
    report.end = match route {
        Some(route) => answer(webhook, &request, route, &mut report).await,
        None => End::NoRoute,
    };
    report.took = started.elapsed();
    log::called(&report);
    webhook.metrics.write(report.metrics());
    let text = if let End::Answered(text) = &report.end { text.as_str() } else { "" };
    let body = if text.is_empty() { Body::Empty } else { Body::Text(text.to_owned()) };
    Ok(Response::builder().status(report.status()).header(CONTENT_TYPE, "text/plain").body(body)?)
}

async fn answer(webhook: &Webhook, request: &Request, route: Route<'_>, report: &mut Report<'_>) -> End {
    let started = Instant::now();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let call = Call { route, headers: request.headers(), query: &query, body: request.body() };
    let checked = check(webhook, call).await;
    report.check_took = started.elapsed();
    match checked {
        Ok(Checked { result: Ok(Authenticated::Answer(text)), .. }) => End::Answered(text),
        Ok(Checked { result: Ok(Authenticated::Callback(scope)), secrets }) => {
            report.sender = scope.only_named().map(ToString::to_string);
            take(webhook, call, (scope, secrets), report).await
        }
        // The caller may be a sender whose values can't be read.
        Ok(Checked { result: Err(refused), secrets }) => {
            report.is_doubtful = !secrets.current.problems().is_empty();
            End::Refused(refused)
        }
        Err(error) => End::Unchecked(error),
    }
}

async fn take(
    webhook: &Webhook,
    call: Call<'_>,
    (mut scope, mut secrets): (SenderScope, Secrets),
    report: &mut Report<'_>,
) -> End {
    let (provider, received_at) = (call.route.provider, webhook.clock.now());
    let mut callback = match parse(call, received_at) {
        Ok(callback) => callback,
        // An empty callback has no facts, and an error reply would make the provider repeat it.
        Err(Unparsable::Empty) => Callback::default(),
        Err(unparsable) => return End::Unreadable(unparsable),
    };
    report.reported = callback.facts.len();
    let mut outside = callback.take_outside(&scope);
    let mut is_doubtful = false;
    if !outside.is_empty() {
        match newer_scope(webhook, call, &secrets).await {
            Ok(Some(newer)) => {
                (scope, secrets) = newer;
                callback.facts.append(&mut outside);
                outside = callback.take_outside(&scope);
            }
            Ok(None) => {}
            Err(_) => is_doubtful = true,
        }
    }
    let is_account_error = |problem: &&Problem| matches!(problem, Problem::Account(_));
    // Account errors need the operator, so they are logged first.
    let (account_errors, others): (Vec<_>, Vec<_>) = callback.unusable.iter().partition(is_account_error);
    report.account_errors = account_errors.len();
    report.unread = others.iter().filter(|problem| problem.may_hide_fact()).count();
    for problem in account_errors.into_iter().chain(others).take(MAX_PROBLEMS_LOGGED) {
        tracing::warn!(provider = provider.name(), %problem, "a callback of {provider} contains {problem}");
    }
    report.unusable = callback.unusable.len();
    report.ignored = callback.ignored;
    let started = Instant::now();
    let mut stored = store_all(&webhook.table, callback.facts, &scope, received_at).await;
    if !stored.outside.is_empty() {
        match newer_scope(webhook, call, &secrets).await {
            Ok(Some((newer, read))) => {
                stored = stored.store_again(&webhook.table, &newer, received_at).await;
                secrets = read;
            }
            Ok(None) => {}
            Err(_) => is_doubtful = true,
        }
    }
    // A sender whose values can't be read may be the caller, so the provider has to repeat the reports. Which sender a
    // message without our reference belongs to, only the table knows.
    let problems = secrets.current.problems().join("; ");
    is_doubtful |= !problems.is_empty();
    let all_outside = outside.len() + stored.outside.len();
    if is_doubtful && all_outside > 0 {
        tracing::error!(
            outside = all_outside,
            problems,
            "reports that need webhook secrets that can't be read: {problems}"
        );
        stored.lost += all_outside;
    } else if all_outside > 0 {
        let provider = provider.name();
        tracing::warn!(
            provider,
            outside = all_outside,
            "a callback of {provider} reports about other senders' messages"
        );
        report.outside = all_outside;
        report.unusable += all_outside;
    }
    report.store_took = started.elapsed();
    End::Taken(stored)
}

fn parse(call: Call<'_>, received_at: Timestamp) -> Result<Callback, Unparsable> {
    // The signature covers the compressed bytes and was checked before.
    let unzipped = unzip(call.body, MAX_UNZIPPED_BYTES);
    Call { body: unzipped.as_deref().unwrap_or(call.body), ..call }.parse_callback(received_at)
}
