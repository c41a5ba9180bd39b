//! Makes one HTTP exchange with a provider.
//!
//! It reliably distinguishes three results: a reply, a request that definitely was not sent, and a request
//! that may have been read. This module never sends a request twice: no redirects, no retries, and no
//! connection that was idle for more than a second. (If such a connection turns out to be closed before it
//! took any of the request, hyper opens another one.)

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};
use tracing::debug;
use url::Url;

use super::aws_service::Service;
use super::compression::unzip;
use super::connections::Connections;
use super::http_status;
use super::request_body::{RequestBody, Taken};
use crate::protocol::{Answer, Reason, ReasonClass};
use crate::telemetry::milliseconds;

/// The timeout of one try. The providers document no limit. Meta allows 80 messages a second per number, so a
/// healthy reply comes far sooner than in ten seconds, and several tries fit into an invocation.
pub(super) const TRY_TIMEOUT: Duration = Duration::from_secs(10);
/// With less time than this, a try would only turn a possible reply into an unknown outcome.
const SHORTEST_TRY: Duration = Duration::from_secs(1);
/// Documented replies have a few hundred bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// The name of the error in a reply of AWS.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// The longest `Retry-After` that is respected.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// A POST with a JSON body, or a GET without one. `Debug` shows only the host: the rest is secret or the
/// customer's data.
pub(super) struct Request {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// AWS's service for which each try is signed; `None` if the provider needs no signature.
    pub(super) signed_for: Option<Service>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

impl Request {
    pub(super) fn json(url: Url, body: &impl Serialize) -> Result<Self, Reason> {
        let body = serde_json::to_vec(body).map_err(|_| {
            Reason::new(ReasonClass::Content, "request", "the message can't be written as JSON")
        })?;
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        Ok(Self { url, headers, body, signed_for: None })
    }

    pub(super) fn get(url: Url) -> Self {
        Self { url, headers: HeaderMap::new(), body: Vec::new(), signed_for: None }
    }

    /// Adds a header that logs never show.
    pub(super) fn with_secret_header(mut self, name: HeaderName, value: &str) -> Result<Self, Reason> {
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            Reason::new(
                ReasonClass::Credentials,
                "bad_header",
                "the token or key has characters that no HTTP header may have, such as a line break",
            )
        })?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }
}

/// A status, and as much of the body as arrived in time and fits the limit.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// AWS's header `x-amzn-errortype`.
    pub(super) error_type: Option<String>,
    pub(super) body: Vec<u8>,
}

/// Sends the request once and reads the reply, by `deadline` at the latest. Adds the duration to `calls`,
/// unless there was no time to start.
pub(super) async fn exchange(
    connections: &Connections,
    request: Request,
    deadline: Instant,
    calls: &mut Vec<Duration>,
) -> Result<Reply, Answer> {
    let started = Instant::now();
    if deadline.saturating_duration_since(started) < SHORTEST_TRY {
        // This concerns only this invocation, so no other provider is tried.
        let reason = Reason::new(ReasonClass::OurChoice, "no_time", "there was no time left for a try");
        return Err(Answer::NotSent { reason, retry_after: None });
    }
    let Ok(client) = connections.client() else {
        return Err(not_sent("client", "the HTTP client could not be built"));
    };
    let exchanged = begun(&client, request, deadline.min(started + TRY_TIMEOUT)).await;
    let took = started.elapsed();
    calls.push(took);
    debug!(
        status = exchanged.as_ref().map(|reply| reply.status).ok(),
        duration_ms = milliseconds(took),
        "a provider was called"
    );
    exchanged
}

async fn begun(client: &Client, request: Request, deadline: Instant) -> Result<Reply, Answer> {
    let (body, taken) = RequestBody::new(request.body);
    let requested = request.url.clone();
    let sending = client.post(request.url).headers(request.headers).body(reqwest::Body::wrap(body)).send();
    let response = match timeout_at(deadline, sending).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(classify(&error, &taken)),
        Err(_elapsed) if taken.is_taken() => {
            return Err(unknown("timeout", "the provider did not reply in time"));
        }
        Err(_elapsed) => return Err(not_sent("connect", "the provider could not be reached in time")),
    };
    let status = response.status().as_u16();
    if response.status().is_redirection() && has_moved(&requested, response.headers()) {
        return Err(http_status::moved(status));
    }
    let retry_after = retry_after(response.headers(), Timestamp::now());
    let error_type = response.headers().get(ERROR_TYPE);
    let error_type = error_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = read(response, deadline).await;
    Ok(Reply { status, retry_after, error_type, body })
}

/// Whether a redirect points to the same resource at another address: another scheme, host or port, or a
/// different trailing slash. If the POST had been processed, the redirect would point to its result instead.
fn has_moved(requested: &Url, headers: &HeaderMap) -> bool {
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
    let Some(mut to) = location.and_then(|location| requested.join(location).ok()) else { return false };
    to.set_fragment(None);
    let resource = |url: &Url| (url.path().trim_end_matches('/').to_owned(), url.query().map(str::to_owned));
    to != *requested && resource(&to) == resource(requested)
}

/// Sends one GET request, by `deadline` at the latest. It changes nothing at the provider, so the reason for
/// a missing reply does not matter.
pub(super) async fn fetch(connections: &Connections, request: Request, deadline: Instant) -> Option<Reply> {
    let client = connections.client().ok()?;
    let started = Instant::now();
    let deadline = deadline.min(started + TRY_TIMEOUT);
    let response = timeout_at(deadline, client.get(request.url).headers(request.headers).send());
    let response = response.await.ok()?.ok()?;
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers(), Timestamp::now());
    let body = read(response, deadline).await;
    debug!(status, duration_ms = milliseconds(started.elapsed()), "a provider was polled");
    Some(Reply { status, retry_after, error_type: None, body })
}

/// Classifies a failed exchange. The order matters: a request that was never sent is recognised first.
fn classify(error: &reqwest::Error, taken: &Taken) -> Answer {
    if error.is_builder() {
        Answer::Refused(Reason::new(
            ReasonClass::Account,
            "request",
            "the request could not be built: its address is not an HTTP URL",
        ))
    } else if error.is_connect() || !taken.is_taken() {
        not_sent("connect", "the provider could not be reached")
    } else if error.is_timeout() {
        unknown("timeout", "the provider did not reply in time")
    } else {
        unknown("reset", "the connection ended before a reply came")
    }
}

fn not_sent(code: &str, text: &str) -> Answer {
    Answer::NotSent { reason: Reason::new(ReasonClass::Unavailable, code, text), retry_after: None }
}

fn unknown(code: &str, text: &str) -> Answer {
    Answer::Unknown(Reason::new(ReasonClass::Unclear, code, text))
}

/// Reads as much of the body as arrives by the deadline and fits the limit. A truncated body is not valid
/// JSON, so then only the status counts.
async fn read(mut response: reqwest::Response, deadline: Instant) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Ok(Some(chunk))) = timeout_at(deadline, response.chunk()).await {
        let room = MAX_BODY_BYTES - body.len();
        body.extend(chunk.iter().take(room));
        if chunk.len() > room {
            break;
        }
    }
    // Requests do not accept compression, but a gateway may compress the reply anyway.
    unzip(&body, MAX_BODY_BYTES).unwrap_or(body)
}

/// Parses seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = value.parse() {
        Duration::from_secs(seconds)
    } else {
        let until = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
        Duration::try_from(until.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_parsed_in_both_forms() {
        let now: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        for (value, wait) in [
            ("1", Some(1)),
            (" 120 ", Some(120)),
            ("0", Some(0)),
            ("Fri, 20 Nov 2026 09:00:30 GMT", Some(30)),
            ("Fri, 20 Nov 2026 08:59:00 GMT", Some(0)),
            ("99999999999", Some(24 * 3600)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(retry_after(&headers, now), wait.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn only_a_redirect_to_the_same_resource_is_a_move() {
        let requested = Url::parse("http://api.example/v2/1/messages").unwrap();
        for (location, is_move) in [
            ("https://api.example/v2/1/messages", true),
            ("https://www.api.example/v2/1/messages", true),
            ("//api2.example/v2/1/messages#top", true),
            ("http://api.example:8080/v2/1/messages", true),
            ("/v2/1/messages/", true),
            ("messages/", true),
            ("/v2/1/messages", false),
            ("", false),
            ("/v2/1/messages/7", false),
            ("/login?next=/v2/1/messages", false),
            ("https://portal.example/?url=http://api.example/v2/1/messages", false),
            ("https://api.example/v2/1/messages?session=1", false),
            ("http://[", false),
        ] {
            let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static(location))]);
            assert_eq!(has_moved(&requested, &headers), is_move, "{location}");
        }
        assert!(!has_moved(&requested, &HeaderMap::new()));
    }

    #[test]
    fn debug_shows_only_the_host() {
        let url = Url::parse("https://api.1msg.io/VID1/sendTemplate").unwrap();
        let request = Request::json(url, &"12025550100")
            .unwrap()
            .with_secret_header(reqwest::header::AUTHORIZATION, "Bearer secret")
            .unwrap();
        assert_eq!(format!("{request:?}"), r#"Request { host: Some("api.1msg.io"), .. }"#);
        assert_eq!(format!("{:?}", request.headers.get("authorization").unwrap()), "Sensitive");
    }

    #[test]
    fn a_secret_with_a_line_break_is_reported() {
        let request = Request::json(Url::parse("https://h").unwrap(), &1).unwrap();
        let reason = request.with_secret_header(reqwest::header::AUTHORIZATION, "Bearer x\n").unwrap_err();
        assert_eq!((reason.class, reason.code.as_str()), (ReasonClass::Credentials, "bad_header"));
    }
}
