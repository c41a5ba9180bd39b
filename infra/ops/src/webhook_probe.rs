//! Calls delivery-webhook as the providers do: it must accept authentic calls and refuse all others.
//!
//! The calls report no delivery facts, so the webhook stores nothing.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, redirect};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use shared::secrets::{KaleyraWebhookSecret, MetaWebhookSecret};
use url::Url;

use crate::failure::Failure;
use crate::providers::is_loopback;

/// The webhook answers within milliseconds, or within seconds after a cold start.
const TIMEOUT: Duration = Duration::from_secs(20);
/// A secret that is certainly wrong.
const WRONG: &str = "not-the-secret-of-this-webhook";

/// A client for delivery-webhook.
#[derive(Debug)]
pub struct WebhookProbe {
    client: Client,
    base: Url,
}

/// One call with its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The call, such as "the probe of the URL".
    pub tried: &'static str,
    /// The correct result.
    pub expected: Expected,
    /// The actual result.
    pub found: Found,
}

/// The expected result of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// HTTP 200.
    LetIn,
    /// HTTP 200 with the challenge and nothing else.
    Challenge,
    /// HTTP 401 or 403.
    Refused,
}

/// The actual result of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// An answer with this HTTP status.
    Status(u16),
    /// HTTP 200 with the challenge.
    Challenge,
    /// The connection failed.
    Unreachable,
    /// No answer in time.
    NoAnswer,
}

impl Check {
    /// Whether the webhook behaved correctly.
    pub const fn is_passed(&self) -> bool {
        matches!(
            (self.expected, &self.found),
            (Expected::LetIn, Found::Status(200))
                | (Expected::Challenge, Found::Challenge)
                | (Expected::Refused, Found::Status(401 | 403))
        )
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "HTTP {status}"),
            Self::Challenge => f.write_str("HTTP 200 with the challenge"),
            Self::Unreachable => f.write_str("the connection failed"),
            Self::NoAnswer => f.write_str("no answer in time"),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LetIn => "HTTP 200",
            Self::Challenge => "HTTP 200 with the challenge",
            Self::Refused => "HTTP 401 or 403",
        })
    }
}

impl WebhookProbe {
    /// `base` is the URL without `/webhooks/…`.
    pub fn new(base: &Url) -> Result<Self, Failure> {
        let builder = Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none());
        let built = if is_loopback(base) { builder.no_proxy().build() } else { builder.build() };
        let client =
            built.map_err(|error| Failure::unavailable(format!("no HTTP client can be built: {error}")))?;
        Ok(Self { client, base: base.clone() })
    }

    /// The URL of a provider's calls, with these segments after `/webhooks/`.
    pub fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        // Only http and https URLs have been accepted, and those have paths.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("webhooks").extend(segments);
        }
        url
    }

    /// Meta: the handshake with the correct and a wrong verify token, and a call with a correct and a wrong signature.
    pub async fn as_meta(&self, secret: &MetaWebhookSecret) -> Vec<Check> {
        let body = r#"{"object":"whatsapp_business_account","entry":[]}"#;
        let signature = |key: &str| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
            format!("sha256={}", hex::encode(hmac::sign(&key, body.as_bytes())))
        };
        let signed = |key: &str| {
            let request = self.client.post(self.url(&["meta"])).header("x-hub-signature-256", signature(key));
            request.header(CONTENT_TYPE, "application/json").body(body)
        };
        vec![
            Check {
                tried: "the handshake with the verify token",
                expected: Expected::Challenge,
                found: self.handshake(secret.verify_token.expose_secret()).await,
            },
            Check {
                tried: "the handshake with another verify token",
                expected: Expected::Refused,
                found: self.handshake(WRONG).await,
            },
            Check {
                tried: "an empty call, signed with the app secret",
                expected: Expected::LetIn,
                found: call(signed(secret.app_secret.expose_secret())).await,
            },
            Check {
                tried: "an empty call, signed with another secret",
                expected: Expected::Refused,
                found: call(signed(WRONG)).await,
            },
        ]
    }

    /// Meta: a call without a signature.
    pub async fn without_a_signature(&self) -> Check {
        let request = self.client.post(self.url(&["meta"])).header(CONTENT_TYPE, "application/json");
        Check {
            tried: "an empty call without a signature",
            expected: Expected::Refused,
            found: call(request.body("{}")).await,
        }
    }

    /// Kaleyra: an empty call with its callback profile's credentials, and one without them.
    pub async fn as_kaleyra(&self, secret: &KaleyraWebhookSecret) -> Vec<Check> {
        let unauthenticated =
            || self.client.post(self.url(&["kaleyra"])).header(CONTENT_TYPE, "application/json").body("{}");
        let authenticated = match secret {
            KaleyraWebhookSecret::Header { name, value } => {
                with_header(unauthenticated(), name, value.expose_secret())
            }
            KaleyraWebhookSecret::Basic { username, password } => {
                let pair = STANDARD.encode(format!("{username}:{}", password.expose_secret()));
                with_header(unauthenticated(), AUTHORIZATION.as_str(), &format!("Basic {pair}"))
            }
            KaleyraWebhookSecret::Bearer(token) => with_header(
                unauthenticated(),
                AUTHORIZATION.as_str(),
                &format!("Bearer {}", token.expose_secret()),
            ),
        };
        vec![
            Check {
                tried: "an empty call with the callback profile's credentials",
                expected: Expected::LetIn,
                found: call(authenticated).await,
            },
            Check {
                tried: "an empty call without credentials",
                expected: Expected::Refused,
                found: call(unauthenticated()).await,
            },
        ]
    }

    /// 1MSG: the probe of a registered URL, and one with a wrong secret.
    pub async fn as_one_msg(&self, url_secret: &str) -> Vec<Check> {
        vec![
            self.probe(&self.url(&["onemsg", url_secret])).await,
            Check {
                tried: "the probe with another secret",
                expected: Expected::Refused,
                found: call(self.client.get(self.url(&["onemsg", WRONG]))).await,
            },
        ]
    }

    /// 1MSG's probe of a URL.
    pub async fn probe(&self, url: &Url) -> Check {
        let found = call(self.client.get(url.clone())).await;
        Check { tried: "the probe of the URL", expected: Expected::LetIn, found }
    }

    async fn handshake(&self, verify_token: &str) -> Found {
        let challenge = Timestamp::now().as_nanosecond().to_string();
        let mut url = self.url(&["meta"]);
        url.query_pairs_mut()
            .append_pair("hub.mode", "subscribe")
            .append_pair("hub.challenge", &challenge)
            .append_pair("hub.verify_token", verify_token);
        let response = match self.client.get(url).send().await {
            Ok(response) => response,
            Err(error) => return classify_failure(&error),
        };
        let status = response.status().as_u16();
        match response.text().await {
            Ok(text) if status == 200 && text == challenge => Found::Challenge,
            _ => Found::Status(status),
        }
    }
}

/// An invalid header name or value is left out: the webhook then refuses the call, as it would refuse the provider's.
fn with_header(request: RequestBuilder, name: &str, value: &str) -> RequestBuilder {
    match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        (Ok(name), Ok(value)) => request.header(name, value),
        _ => request,
    }
}

async fn call(request: RequestBuilder) -> Found {
    match request.send().await {
        Ok(response) => Found::Status(response.status().as_u16()),
        Err(error) => classify_failure(&error),
    }
}

/// The error itself is discarded, because it shows the URL, which contains secrets.
fn classify_failure(error: &reqwest::Error) -> Found {
    if error.is_timeout() { Found::NoAnswer } else { Found::Unreachable }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: Expected, found: Found) -> Check {
        Check { tried: "x", expected, found }
    }

    #[test]
    fn only_the_expected_result_passes() {
        for (expected, found, passed) in [
            (Expected::LetIn, Found::Status(200), true),
            (Expected::LetIn, Found::Status(403), false),
            (Expected::LetIn, Found::Status(302), false),
            (Expected::Challenge, Found::Challenge, true),
            (Expected::Challenge, Found::Status(200), false),
            (Expected::Refused, Found::Status(401), true),
            (Expected::Refused, Found::Status(403), true),
            (Expected::Refused, Found::Status(200), false),
            (Expected::Refused, Found::Status(404), false),
            (Expected::Refused, Found::Challenge, false),
            (Expected::Refused, Found::Unreachable, false),
            (Expected::LetIn, Found::NoAnswer, false),
        ] {
            assert_eq!(check(expected, found.clone()).is_passed(), passed, "{expected:?} {found:?}");
        }
    }

    #[test]
    fn a_url_extends_the_path_of_the_base_url() {
        for base in ["https://api.example", "https://api.example/", "https://api.example/prod/"] {
            let webhook = WebhookProbe::new(&base.parse().unwrap()).unwrap();
            let expected = format!("{}/webhooks/onemsg/a%2Fb", base.trim_end_matches('/'));
            assert_eq!(webhook.url(&["onemsg", "a/b"]).as_str(), expected);
        }
    }
}
