//! API Gateway in front of delivery-webhook: the template's routes over HTTP, payload format 2.0.
//!
//! The function itself deserialises the event's JSON, exactly as in Lambda, and answers with JSON.

pub mod event;
pub mod routes;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use delivery_webhook::incoming::Incoming;
use http::StatusCode;
use jiff::Timestamp;
use lambda_http::{Adapter, Body as FunctionBody, Service as _, service_fn};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::Value;

use self::routes::Route;
use crate::aws::event_source_mapping::{self, Function};

/// The integration timeout of an HTTP API:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest request, 10 MB (same page).
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// A handler for HTTP requests.
pub type Handler = Arc<
    dyn Fn(
            lambda_http::Request,
        )
            -> Pin<Box<dyn Future<Output = Result<http::Response<FunctionBody>, lambda_http::Error>> + Send>>
        + Send
        + Sync,
>;

/// The handler as a function, as delivery-webhook's program wraps it.
pub fn function(handler: Handler) -> Function {
    Arc::new(move |LambdaEvent { payload, context }: LambdaEvent<Value>| {
        let handler = Arc::clone(&handler);
        Box::pin(async move {
            let request = Incoming::parse(&payload.to_string()).into_lambda_request();
            let mut adapter = Adapter::from(service_fn(|request| handler(request)));
            let answer = adapter.call(LambdaEvent::new(request, context)).await?;
            Ok(serde_json::to_value(answer)?)
        })
    })
}

/// The HTTP API's routes to this function.
pub fn router(function: Function) -> Router {
    Router::new().fallback(forward).with_state(function)
}

/// The context of an invocation by the gateway.
pub(crate) fn context() -> Context {
    event_source_mapping::context("delivery-webhook", INTEGRATION_TIMEOUT, Timestamp::now())
}

async fn forward(State(function): State<Function>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(route) = Route::find(&parts.method, parts.uri.path()) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let event = LambdaEvent::new(event::payload(&route, &parts, &body), context());
    match tokio::time::timeout(INTEGRATION_TIMEOUT, tokio::spawn(function(event))).await {
        Ok(Ok(Ok(answer))) => response(&answer).unwrap_or_else(|| {
            tracing::error!("the webhook function's answer has no valid response format");
            message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }),
        Ok(Ok(Err(error))) => {
            tracing::error!(%error, "the webhook function returned an error");
            message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
        Ok(Err(_)) => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        Err(_) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

/// The function's answer over HTTP; none if its format isn't 2.0's. Answers without a `statusCode` are not supported.
fn response(answer: &Value) -> Option<Response> {
    let mut response =
        http::Response::builder().status(u16::try_from(answer.get("statusCode")?.as_u64()?).ok()?);
    for (name, value) in answer.get("headers").and_then(Value::as_object).into_iter().flatten() {
        response = response.header(name, value.as_str()?);
    }
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    let is_base64_encoded = answer.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default();
    let body = if is_base64_encoded { STANDARD.decode(body).ok()? } else { body.as_bytes().to_vec() };
    response.body(Body::from(body)).ok()
}

/// A response of API Gateway itself.
fn message(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(serde_json::json!({ "message": text }))).into_response()
}

#[cfg(test)]
mod tests {
    use lambda_http::RequestExt as _;
    use reqwest::{Client, Method, RequestBuilder};

    use super::*;
    use crate::server::{Ports, Server};

    /// A server whose function returns its view of the request.
    async fn echo() -> Server {
        let handler: Handler = Arc::new(|request: lambda_http::Request| {
            let path = request.raw_http_path().to_owned();
            let query = request.uri().query().unwrap_or_default().to_owned();
            let secret = request.path_parameters().first("secret").unwrap_or("none").to_owned();
            let header = request.headers().get("x-test").map_or("none", |v| v.to_str().unwrap()).to_owned();
            let kind = match request.body() {
                FunctionBody::Text(_) => "text",
                FunctionBody::Binary(_) => "binary",
                _ => "empty",
            };
            let body = format!("{:?}", request.body().as_ref());
            let seen = [request.method().as_str(), &path, &query, &secret, &header, kind, &body].join("|");
            Box::pin(async move {
                Ok(http::Response::builder().status(201).header("x-answer", "yes").body(seen.into()).unwrap())
            })
        });
        let router = router(function(handler));
        Server::start(Ports::Any.listen(0, "the gateway").await.unwrap(), router).unwrap()
    }

    async fn send(request: RequestBuilder) -> (u16, String) {
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    #[tokio::test]
    async fn a_request_arrives_as_it_was_sent() {
        let gateway = echo().await;
        let url = format!("{}/webhooks/meta?hub.mode=subscribe&hub.challenge=a%20b", gateway.url());
        let (status, seen) = send(Client::new().get(url).header("X-Test", "one")).await;
        assert_eq!(status, 201);
        assert_eq!(seen, "GET|/webhooks/meta|hub.mode=subscribe&hub.challenge=a%20b|none|one|empty|[]");
    }

    #[tokio::test]
    async fn bytes_reach_the_function_unchanged_as_text_and_as_base64() {
        let gateway = echo().await;
        for (content_type, body, kind) in [
            ("application/json", &b"{\"a\": 1}"[..], "text"),
            ("application/json; charset=utf-8", "\u{e9}".as_bytes(), "text"),
            ("application/json", &[0xff, 0x00], "binary"),
            ("application/x-www-form-urlencoded", b"a=1", "binary"),
        ] {
            let url = format!("{}/webhooks/kaleyra", gateway.url());
            let request = Client::new().post(url).header("content-type", content_type).body(body);
            let (_, seen) = send(request).await;
            assert_eq!(seen, format!("POST|/webhooks/kaleyra||none|none|{kind}|{body:?}"));
        }
    }

    #[tokio::test]
    async fn the_paths_secret_is_a_parameter() {
        let gateway = echo().await;
        let (_, seen) = send(Client::new().get(format!("{}/webhooks/onemsg/s3cret", gateway.url()))).await;
        assert_eq!(seen, "GET|/webhooks/onemsg/s3cret||s3cret|none|empty|[]");
    }

    #[tokio::test]
    async fn other_routes_do_not_exist() {
        let gateway = echo().await;
        for (method, path) in [
            (Method::GET, "/"),
            (Method::PUT, "/webhooks/meta"),
            (Method::POST, "/webhooks/meta/"),
            (Method::POST, "/webhooks/onemsg"),
            (Method::POST, "/webhooks/onemsg/"),
            (Method::POST, "/webhooks/onemsg/a/b"),
        ] {
            let request = Client::new().request(method.clone(), format!("{}{path}", gateway.url()));
            let answer = send(request).await;
            assert_eq!(answer, (404, "{\"message\":\"Not Found\"}".to_owned()), "{method} {path}");
        }
    }

    #[tokio::test]
    async fn a_failing_function_is_an_internal_server_error() {
        let failing: Function = Arc::new(|_event| Box::pin(async { Err("no".into()) }));
        let panicking: Function = Arc::new(|_event| Box::pin(async { panic!("as a bug would") }));
        let of_no_status: Function = Arc::new(|_event| Box::pin(async { Ok(Value::Null) }));
        for function in [failing, panicking, of_no_status] {
            let listener = Ports::Any.listen(0, "the gateway").await.unwrap();
            let gateway = Server::start(listener, router(function)).unwrap();
            let answer = send(Client::new().post(format!("{}/webhooks/meta", gateway.url()))).await;
            assert_eq!(answer, (500, "{\"message\":\"Internal Server Error\"}".to_owned()));
        }
    }
}
