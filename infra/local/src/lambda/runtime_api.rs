//! Lambda's Runtime API, for one process of one function: `GET …/invocation/next`, `POST …/response` and `…/error`.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>. Durations are measured here, as Lambda
//! would: an invocation lasts from its delivery until its complete response.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::StatusCode;
use lambda_runtime::Context;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::server::{Ports, Server};

/// The time limit of a start and of a response. Node.js under a small quota takes seconds.
const HANG_LIMIT: Duration = Duration::from_mins(1);

/// The API's server. Dropping it closes the server.
#[derive(Debug)]
pub struct RuntimeApi {
    address: String,
    polls: UnboundedReceiver<Instant>,
    invocations: UnboundedSender<Invocation>,
    answers: UnboundedReceiver<Answer>,
    _server: Server,
}

#[derive(Debug)]
struct Invocation {
    event: Bytes,
    context: Context,
}

#[derive(Debug)]
struct Answer {
    at: Instant,
    outcome: Outcome,
    body: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Response,
    Error,
}

/// A successful invocation.
#[derive(Debug)]
pub struct Invoked {
    /// The time from the event's delivery until the complete response.
    pub took: Duration,
    /// Its response; null if that is empty.
    pub answer: Value,
}

struct Shared {
    polls: UnboundedSender<Instant>,
    invocations: Mutex<UnboundedReceiver<Invocation>>,
    answers: UnboundedSender<Answer>,
}

impl RuntimeApi {
    /// Listens on a free port.
    pub async fn open() -> anyhow::Result<Self> {
        let listener = Ports::Any.listen(0, "the Runtime API").await?;
        let address = listener.local_addr().context("the address of a listening socket")?.to_string();
        let (polls, polled) = unbounded_channel();
        let (invocations, invoked) = unbounded_channel();
        let (answers, answered) = unbounded_channel();
        let shared = Arc::new(Shared { polls, invocations: Mutex::new(invoked), answers });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            // Lambda accepts responses of six megabytes; axum's own limit is two.
            .layer(DefaultBodyLimit::disable())
            .with_state(shared);
        let server = Server::start(listener, router)?;
        Ok(Self { address, polls: polled, invocations, answers: answered, _server: server })
    }

    /// `127.0.0.1:<port>`, the format of `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits until the function requests an invocation, and returns the time of the request.
    pub async fn wait_for_poll(&mut self) -> anyhow::Result<Instant> {
        let polled = async {
            tokio::select! {
                biased;
                at = self.polls.recv() => at.context("the Runtime API has closed"),
                Some(answer) = self.answers.recv() => bail!("the function didn't start: {}", text(&answer.body)),
            }
        };
        timeout(HANG_LIMIT, polled).await.context("the function doesn't request an invocation")?
    }

    /// Delivers an event to a waiting function, and returns after the function has requested the next event.
    pub async fn invoke(&mut self, event: &Value, context: Context) -> anyhow::Result<Invoked> {
        let event = Bytes::from(event.to_string());
        let started = Instant::now();
        self.invocations.send(Invocation { event, context }).context("the Runtime API has closed")?;
        let answer = timeout(HANG_LIMIT, self.answers.recv()).await.context("the function doesn't answer")?;
        let answer = answer.context("the Runtime API has closed")?;
        if answer.outcome == Outcome::Error {
            bail!("the invocation failed: {}", text(&answer.body));
        }
        let took = answer.at.duration_since(started);
        self.wait_for_poll().await?;
        let answer = if answer.body.is_empty() { Value::Null } else { serde_json::from_slice(&answer.body)? };
        Ok(Invoked { took, answer })
    }
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    // The channel is closed if the process outlives its API; then the process gets no invocation.
    let _closed = shared.polls.send(Instant::now());
    let Some(Invocation { event, context }) = shared.invocations.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", context.request_id),
        ("lambda-runtime-deadline-ms", context.deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", context.invoked_function_arn),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".to_owned(),
        ),
    ];
    (headers, event).into_response()
}

async fn response(State(shared): State<Arc<Shared>>, Path(_id): Path<String>, body: Bytes) -> StatusCode {
    answer(&shared, Outcome::Response, body)
}

async fn error(State(shared): State<Arc<Shared>>, Path(_id): Path<String>, body: Bytes) -> StatusCode {
    answer(&shared, Outcome::Error, body)
}

async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    answer(&shared, Outcome::Error, body)
}

fn answer(shared: &Shared, outcome: Outcome, body: Bytes) -> StatusCode {
    let _closed = shared.answers.send(Answer { at: Instant::now(), outcome, body });
    StatusCode::ACCEPTED
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::aws::event_source_mapping::context;

    /// Acts as a function that returns an object unchanged and fails for any other event.
    async fn function(address: String) {
        let (client, base) =
            (reqwest::Client::new(), format!("http://{address}/2018-06-01/runtime/invocation"));
        loop {
            let next = client.get(format!("{base}/next")).send().await.unwrap();
            assert!(next.headers().contains_key("lambda-runtime-deadline-ms"));
            let id = next.headers()["lambda-runtime-aws-request-id"].to_str().unwrap().to_owned();
            let event: Value = next.json().await.unwrap();
            let end = if event.is_object() { "response" } else { "error" };
            client.post(format!("{base}/{id}/{end}")).json(&event).send().await.unwrap();
        }
    }

    #[tokio::test]
    async fn invoke_delivers_the_event_and_returns_the_answer() {
        let mut api = RuntimeApi::open().await.unwrap();
        let function = tokio::spawn(function(api.address().to_owned()));
        api.wait_for_poll().await.unwrap();
        let context = || context("echo", Duration::from_secs(30), Timestamp::now());
        for number in 0..3 {
            let event = json!({ "number": number });
            assert_eq!(api.invoke(&event, context()).await.unwrap().answer, event);
        }
        let failed = api.invoke(&json!("no object"), context()).await.unwrap_err();
        assert!(failed.to_string().contains("no object"));
        function.abort();
    }

    #[tokio::test]
    async fn an_init_error_is_returned_with_its_text() {
        let mut api = RuntimeApi::open().await.unwrap();
        let url = format!("http://{}/2018-06-01/runtime/init/error", api.address());
        reqwest::Client::new().post(url).body("TABLE_NAME is not set").send().await.unwrap();
        assert!(api.wait_for_poll().await.unwrap_err().to_string().contains("TABLE_NAME is not set"));
    }
}
