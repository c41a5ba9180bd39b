//! A proxy between one function and AWS, which forwards every request and reply and records the requests.
//!
//! It adds `ReturnConsumedCapacity` to requests to DynamoDB, so that each reply states its cost. It records requests to
//! AWS only, because requests to providers need no permission.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::HeaderMap;
use local::server::{Ports, Server};
use serde_json::{Value, json};
use shared::settings::Environment;

use crate::call::{Call, RawRequest};

/// The setting with each service's endpoint, and the service's path in the proxy.
const SERVICES: [(&str, &str); 4] = [
    ("AWS_ENDPOINT_URL_DYNAMODB", "dynamodb"),
    ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "secrets-manager"),
    ("AWS_ENDPOINT_URL_SQS", "sqs"),
    ("AWS_ENDPOINT_URL_EVENTBRIDGE", "event-bridge"),
];
/// The maximum body size, above that of any request or reply.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The proxy's server and its records. Dropping it stops the server.
pub struct Recorder {
    environment: Environment,
    recording: Arc<Recording>,
    _server: Server,
}

struct Recording {
    client: reqwest::Client,
    /// Each service's path in the proxy, and its real endpoint.
    upstreams: Vec<(&'static str, String)>,
    calls: Mutex<Vec<Call>>,
}

impl Recorder {
    /// Starts a recorder for every AWS endpoint in these settings.
    pub async fn open(environment: &Environment) -> Self {
        let listener = Ports::Any.listen(0, "a recorder").await.unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let service = |name: &str| SERVICES.iter().find(|(variable, _)| *variable == name).map(|it| it.1);
        let upstreams = environment.iter().filter_map(|(name, url)| Some((service(name)?, url.to_owned())));
        let recording = Arc::new(Recording {
            client: reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap(),
            upstreams: upstreams.collect(),
            calls: Mutex::default(),
        });
        let environment = environment
            .iter()
            .map(|(name, value)| match service(name) {
                Some(path) => (name.to_owned(), format!("{own}/{path}")),
                None => (name.to_owned(), value.to_owned()),
            })
            .collect();
        let router = Router::new().fallback(forward).with_state(Arc::clone(&recording));
        Self { environment, recording, _server: Server::start(listener, router).unwrap() }
    }

    /// The settings for the function, with the recorder's endpoints.
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Removes and returns the recorded calls, in the order of their answers.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.recording.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn forward(State(recording): State<Arc<Recording>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_BYTES).await.unwrap();
    let mut body: Value = serde_json::from_slice(&bytes).unwrap();
    let service = parts.uri.path().trim_matches('/');
    let (_, url) = recording.upstreams.iter().find(|(path, _)| *path == service).unwrap();
    let header = |name: &str| parts.headers.get(name).map_or("", |value| value.to_str().unwrap());
    if service == "dynamodb" {
        body["ReturnConsumedCapacity"] = json!("INDEXES");
    }
    let reply = recording
        .client
        .post(url)
        .headers(without_framing(&parts.headers))
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    let (status, headers) = (reply.status(), without_framing(reply.headers()));
    let bytes = reply.bytes().await.unwrap();
    let request =
        RawRequest { target: header("x-amz-target"), attempt: header("amz-sdk-request"), body: &body };
    let call = Call::from_exchange(request, &serde_json::from_slice(&bytes).unwrap());
    recording.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    let mut answer = Response::new(Body::from(bytes));
    (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
    answer
}

/// The headers without those that belong to one connection or to the body's length.
fn without_framing(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for name in ["host", "content-length", "transfer-encoding", "connection"] {
        kept.remove(name);
    }
    kept
}
