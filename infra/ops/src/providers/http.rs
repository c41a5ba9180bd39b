//! HTTP client of the providers' administrative APIs.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, redirect, retry};
use serde_json::Value;
use shared::provider::Provider;
use url::{Host, Url};

use super::CallError;

/// The operator's connection may be slow.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The limit for a whole call. Meta needs some seconds to create a template, and the operator waits for it.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The limit for a file of a hundred megabytes, over a slow connection.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(10);
/// A page of a hundred templates has some hundred kilobytes.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// A provider's API with its credentials. `Debug` shows neither.
pub(super) struct Api {
    provider: Provider,
    client: Client,
    base: Url,
    credential: (HeaderName, HeaderValue),
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("host", &self.base.host_str()).finish_non_exhaustive()
    }
}

/// A status and a body.
pub(super) struct Reply {
    pub(super) status: u16,
    body: Vec<u8>,
}

impl Reply {
    #[cfg(test)]
    pub(super) fn new(status: u16, body: &str) -> Self {
        Self { status, body: body.as_bytes().to_vec() }
    }

    /// The body as JSON; null if it is invalid.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(super) const fn is_success(&self) -> bool {
        200 <= self.status && self.status < 300
    }
}

impl Api {
    /// The API at a base URL, with a header that authenticates every call.
    pub(super) fn new(
        provider: Provider,
        base: &Url,
        header: HeaderName,
        credential: &str,
    ) -> Result<Self, CallError> {
        let unusable = |problem| CallError::Unusable { provider, problem };
        let mut value = HeaderValue::from_str(credential)
            .map_err(|_| unusable("the token or key has characters that no HTTP header may have"))?;
        value.set_sensitive(true);
        let client = client(base).map_err(|_| unusable("the HTTP client can't be built"))?;
        Ok(Self { provider, client, base: base.clone(), credential: (header, value) })
    }

    pub(super) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Reply, CallError> {
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.exchange(self.client.get(url)).await
    }

    pub(super) async fn post(&self, path: &[&str], body: &Value) -> Result<Reply, CallError> {
        let url = self.url(path)?;
        self.exchange(self.client.post(url).header(CONTENT_TYPE, "application/json").body(body.to_string()))
            .await
    }

    /// Posts without a body: the query has everything.
    pub(super) async fn post_query(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Reply, CallError> {
        let mut url = self.url(path)?;
        url.query_pairs_mut().extend_pairs(query);
        self.exchange(self.client.post(url)).await
    }

    /// Posts a file's bytes. `query` is appended as it is.
    pub(super) async fn post_file(
        &self,
        path: &[&str],
        query: Option<&str>,
        header: (&'static str, &'static str),
        file: Vec<u8>,
    ) -> Result<Reply, CallError> {
        let mut url = self.url(path)?;
        url.set_query(query);
        let request = self.client.post(url).timeout(UPLOAD_TIMEOUT).header(header.0, header.1);
        self.exchange(request.header(CONTENT_TYPE, "application/octet-stream").body(file)).await
    }

    fn url(&self, path: &[&str]) -> Result<Url, CallError> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| CallError::Unusable {
                provider: self.provider,
                problem: "its base URL has no path",
            })?
            .pop_if_empty()
            .extend(path);
        Ok(url)
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<Reply, CallError> {
        let (name, value) = &self.credential;
        // reqwest's own errors show the URL, so they are discarded.
        let failed = |error: reqwest::Error| {
            if error.is_connect() {
                CallError::Unreachable(self.provider)
            } else {
                CallError::NoAnswer(self.provider)
            }
        };
        let mut response = request.header(name, value).send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY_BYTES {
                let expected = "a body of at most 8 MiB";
                return Err(CallError::Unreadable { provider: self.provider, status, expected });
            }
        }
        Ok(Reply { status, body })
    }
}

fn client(base: &Url) -> Result<Client, reqwest::Error> {
    let builder = Client::builder()
        .user_agent(concat!("order-notifications-ops/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        // Following a redirect would disclose the credentials to another host.
        .redirect(redirect::Policy::none())
        .retry(retry::never());
    // A proxy can't reach servers on this machine.
    if is_loopback(base) { builder.no_proxy().build() } else { builder.build() }
}

/// Whether the URL's host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(base: &str) -> Api {
        let header = HeaderName::from_static("api-key");
        Api::new(Provider::Kaleyra, &base.parse().unwrap(), header, "k-hidden").unwrap()
    }

    #[test]
    fn segments_are_added_to_the_base_urls_path() {
        for base in ["https://h/kaleyra", "https://h/kaleyra/"] {
            assert_eq!(api(base).url(&["v2", "a/b"]).unwrap().as_str(), "https://h/kaleyra/v2/a%2Fb");
        }
    }

    #[test]
    fn debug_shows_only_the_host() {
        assert_eq!(format!("{:?}", api("https://h/s3cret")), r#"Api { host: Some("h"), .. }"#);
    }

    #[test]
    fn an_invalid_key_is_reported_without_its_value() {
        let header = HeaderName::from_static("api-key");
        let base = "https://h".parse().unwrap();
        let error = Api::new(Provider::Kaleyra, &base, header, "k-hidden\n").unwrap_err();
        assert!(matches!(error, CallError::Unusable { .. }));
        assert!(!error.to_string().contains("k-hidden"), "{error}");
    }

    #[tokio::test]
    async fn a_failed_connection_differs_from_a_missing_answer() {
        let refused = api("http://127.0.0.1:1").get(&["x"], &[]).await.err();
        assert_eq!(refused, Some(CallError::Unreachable(Provider::Kaleyra)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            // Accepts the request, and disconnects.
            let (stream, _) = listener.accept().await.unwrap();
            stream.readable().await.unwrap();
        });
        let cut_off = api(&base).post(&["x"], &Value::Null).await.err();
        assert_eq!(cut_off, Some(CallError::NoAnswer(Provider::Kaleyra)));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (url, here) in [
            ("http://127.0.0.1:4603/meta", true),
            ("http://localhost:1", true),
            ("http://[::1]:1", true),
            ("https://graph.facebook.com", false),
            ("https://localhost.example", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), here, "{url}");
        }
    }
}
