//! A proxy for DynamoDB that counts requests and their consumed request units.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use local::server::{Ports, Server};
use serde_json::{Value, json};

/// The counts since the last [`Meter::take`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Count {
    pub requests: u64,
    /// Read and write request units together.
    pub units: f64,
}

/// The proxy. Dropping it closes the server.
pub struct Meter {
    counter: Arc<Counter>,
    server: Server,
}

struct Counter {
    client: reqwest::Client,
    upstream: OnceLock<String>,
    count: Mutex<Count>,
}

impl Meter {
    /// Opens the proxy. `set_upstream` must follow before the first request.
    pub async fn open() -> anyhow::Result<Self> {
        let counter = Arc::new(Counter {
            client: reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?,
            upstream: OnceLock::new(),
            count: Mutex::default(),
        });
        let router = Router::new().fallback(forward).with_state(Arc::clone(&counter));
        let server = Server::start(Ports::Any.listen(0, "a meter").await?, router)?;
        Ok(Self { counter, server })
    }

    /// Sets the upstream URL. Fails if it is already set.
    pub fn set_upstream(&self, url: String) -> anyhow::Result<()> {
        self.counter.upstream.set(url).ok().context("the meter already has an upstream")
    }

    /// The proxy's own URL.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Returns the counts since the last call, and resets them.
    pub fn take(&self) -> Count {
        std::mem::take(&mut *self.counter.count.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn forward(State(counter): State<Arc<Counter>>, headers: HeaderMap, body: Bytes) -> Response {
    match counter.forward(headers, &body).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

impl Counter {
    async fn forward(&self, headers: HeaderMap, body: &Bytes) -> anyhow::Result<Response> {
        let mut request: Value = serde_json::from_slice(body)?;
        if let Some(fields) = request.as_object_mut() {
            fields.insert("ReturnConsumedCapacity".to_owned(), json!("TOTAL"));
        }
        let upstream = self.upstream.get().context("the meter has no upstream yet")?;
        let request = self.client.post(upstream).headers(without_framing(headers)).body(request.to_string());
        let reply = request.send().await?;
        let (status, headers) = (reply.status(), without_framing(reply.headers().clone()));
        let bytes = reply.bytes().await?;
        self.add(units(&bytes));
        let mut answer = Response::new(Body::from(bytes));
        (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
        Ok(answer)
    }

    fn add(&self, units: f64) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        count.requests += 1;
        count.units += units;
    }
}

/// The request units of a reply. A failed condition is charged as one write, which the reply doesn't report.
fn units(reply: &[u8]) -> f64 {
    let reply: Value = serde_json::from_slice(reply).unwrap_or_default();
    let Some(consumed) = reply.get("ConsumedCapacity") else { return 1.0 };
    let all = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
    all.iter().filter_map(|one| one.get("CapacityUnits")?.as_f64()).sum()
}

/// The headers without those that belong to one connection or to the body's length.
fn without_framing(mut headers: HeaderMap) -> HeaderMap {
    for name in ["host", "content-length", "transfer-encoding", "connection"] {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_come_from_the_reply_and_a_failed_condition_counts_as_one_write() {
        for (reply, expected) in [
            (r#"{"ConsumedCapacity": {"CapacityUnits": 2.5}}"#, 2.5),
            (r#"{"ConsumedCapacity": [{"CapacityUnits": 1}, {"CapacityUnits": 3.0}]}"#, 4.0),
            (r#"{"__type": "ConditionalCheckFailedException"}"#, 1.0),
        ] {
            assert!((units(reply.as_bytes()) - expected).abs() < f64::EPSILON, "{reply}");
        }
    }
}
