//! A call to the webhook by a provider or an attacker: over HTTP through the gateway, or passed to the function as API
//! Gateway's event.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use delivery_webhook::incoming::Incoming;
use delivery_webhook::{Webhook, handler};
use http::Method;
use lambda_http::RequestExt as _;
use reqwest::Client;
use serde_json::{Map, Value, json};

use crate::Shop;

/// Shared by all tests. It keeps no connection, because a connection ends with the runtime of its test.
static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    Client::builder().no_proxy().tls_certs_only([]).pool_max_idle_per_host(0).build().unwrap()
});

#[derive(Debug, Clone)]
pub struct Call {
    method: Method,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// The response that the caller sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

/// API Gateway's encoding of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyForm {
    Text,
    Base64,
}

impl Call {
    pub fn post(path: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { method: Method::POST, ..Self::get(path) }.body(body)
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Sets the query, encoded as in the URL.
    pub fn query(self, query: impl Into<String>) -> Self {
        Self { query: query.into(), ..self }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Adds Meta's signature of the body.
    pub fn signed(self, app_secret: &str) -> Self {
        let signature = signature(app_secret, &self.body);
        self.header("X-Hub-Signature-256", signature)
    }

    pub async fn over_http(&self, shop: &Shop) -> Reply {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        let url = format!("{}{}{query}", shop.local.webhook_url(), self.path);
        let mut request = CLIENT.request(self.method.clone(), url).body(self.body.clone());
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        Reply { status: answer.status().as_u16(), body: answer.text().await.unwrap() }
    }

    /// Invokes the shop's function with API Gateway's event for the call, because an HTTP client would change the query.
    pub async fn as_event(&self, shop: &Shop) -> Reply {
        let answer = shop.local.invoke_webhook(self.event("$default", BodyForm::Text)).await.unwrap();
        let status = answer["statusCode"].as_u64().unwrap().try_into().unwrap();
        Reply { status, body: answer["body"].as_str().unwrap_or_default().to_owned() }
    }

    /// Invokes the function with the event that API Gateway creates for the call under this stage.
    pub async fn to(&self, webhook: &Webhook, stage: &str, form: BodyForm) -> Reply {
        let mut context = lambda_http::Context::default();
        "request-2".clone_into(&mut context.request_id);
        let request = Incoming::parse(&self.event(stage, form).to_string()).into_request();
        let request = request.with_lambda_context(context);
        let answer = handler::handle(webhook, request).await.unwrap();
        let status = answer.status().as_u16();
        Reply { status, body: String::from_utf8(answer.into_body().to_vec()).unwrap() }
    }

    /// Payload format 2.0:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>. A
    /// stage other than `$default` precedes the path.
    fn event(&self, stage: &str, form: BodyForm) -> Value {
        let path = if stage == "$default" { self.path.clone() } else { format!("/{stage}{}", self.path) };
        let headers: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone().into()))
            .collect();
        let body = match form {
            BodyForm::Text => String::from_utf8(self.body.clone()).unwrap(),
            BodyForm::Base64 => STANDARD.encode(&self.body),
        };
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": self.query,
            "headers": headers,
            "requestContext": {
                "accountId": "111122223333",
                "apiId": "api",
                "domainName": "api.execute-api.eu-central-1.amazonaws.com",
                "domainPrefix": "api",
                "http": {"method": self.method.as_str(), "path": path, "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1", "userAgent": "test"},
                "requestId": "request",
                "routeKey": "$default",
                "stage": stage,
                "time": "20/Nov/2026:09:00:00 +0000",
                "timeEpoch": 1_795_165_200_000_u64,
            },
            "body": body,
            "isBase64Encoded": form == BodyForm::Base64,
        })
    }
}

/// The value of Meta's header `X-Hub-Signature-256`.
pub fn signature(app_secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, app_secret.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body)))
}
