//! Converts a request into an event of payload format 2.0.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::routes::Route;
use crate::aws::ACCOUNT;

/// The event with which the function is invoked.
pub fn payload(route: &Route, parts: &Parts, body: &Bytes) -> Value {
    let now = Timestamp::now();
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    let (body, is_base64_encoded) = encode(&parts.headers, body);
    let mut event = json!({
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers(&parts.headers),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": text(&parts.headers, &HOST),
            "domainPrefix": "local",
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": text(&parts.headers, &http::header::USER_AGENT),
            },
            "requestId": crate::aws::uuid(),
            "routeKey": route.key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S %z").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "isBase64Encoded": is_base64_encoded,
    });
    if let Some(fields) = event.as_object_mut() {
        fields.extend(optional_fields(route, parts, body));
    }
    event
}

/// The event's fields that are present only if the request has them.
fn optional_fields(
    route: &Route,
    parts: &Parts,
    body: Option<String>,
) -> impl Iterator<Item = (String, Value)> {
    let parameters = route.parameter.as_ref().map(|(name, value)| json!({ *name: value }));
    let cookies = parts
        .headers
        .contains_key(COOKIE)
        .then(|| text(&parts.headers, &COOKIE).split("; ").map(Value::from).collect());
    [("pathParameters", parameters), ("cookies", cookies), ("body", body.map(Value::String))]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
}

/// Header names in lower case, repeated headers joined by commas, cookies separate.
fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let mut joined: Map<String, Value> = headers
        .keys()
        .filter(|name| **name != COOKIE)
        .map(|name| (name.as_str().to_owned(), text(headers, name).into()))
        .collect();
    joined.insert("x-forwarded-for".to_owned(), "127.0.0.1".into());
    joined.insert("x-forwarded-proto".to_owned(), "http".into());
    joined
}

fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<_> =
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    values.join(",")
}

/// HTTP APIs pass text on unchanged and every other body in base64, including forms.
fn encode(headers: &HeaderMap, body: &Bytes) -> (Option<String>, bool) {
    if body.is_empty() {
        return (None, false);
    }
    let content_type = text(headers, &CONTENT_TYPE).to_ascii_lowercase();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let is_text = media_type.starts_with("text/")
        || ["json", "xml", "javascript"].iter().any(|suffix| media_type.ends_with(suffix));
    match std::str::from_utf8(body) {
        Ok(text) if is_text => (Some(text.to_owned()), false),
        _ => (Some(STANDARD.encode(body)), true),
    }
}
