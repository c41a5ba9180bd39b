//! Converts an API Gateway event into one that `lambda_http` accepts.
//!
//! `lambda_http` rejects an event that has a header with a control character. It panics on a path, query or
//! host that `http::Uri` or `url::Url` cannot parse, and on a body marked as base64 that is not base64.
//! Unauthenticated callers can send all of these, and a failed invocation raises an alarm and rolls a
//! deployment back. So this module drops the parts that the webhook never uses, and percent-encodes the rest
//! without changing its meaning.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_PAD_INDIFFERENT};
use lambda_http::Request;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::http::header::HOST;
use lambda_http::http::{HeaderName, HeaderValue};
use lambda_http::request::LambdaRequest;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use shared::json;

/// API Gateway's limit for request line and headers together.
const MAX_URI_BYTES: usize = 10 * 1024;
/// An event has at most a few hundred headers and parameters.
const MAX_VALUES: usize = 10_000;

/// An API Gateway event that `lambda_http` can convert without an error or a panic.
#[derive(Debug)]
pub struct Incoming(ApiGatewayV2httpRequest);

impl<'de> Deserialize<'de> for Incoming {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(Box::<RawValue>::deserialize(deserializer)?.get()))
    }
}

impl Incoming {
    /// Reads an event. Anything that is not an API Gateway event becomes a call to a route that does not
    /// exist.
    pub fn parse(event: &str) -> Self {
        let read = serde_json::from_str(event)
            .ok()
            .or_else(|| serde_json::from_value(without_invalid_headers(event)?).ok());
        let mut call: ApiGatewayV2httpRequest = read.unwrap_or_default();
        // `lambda_http` uses these only to build the request's absolute URI, which this function ignores.
        call.headers.remove(HOST);
        call.headers.remove("x-forwarded-proto");
        call.request_context.domain_name = None;
        let path = call.raw_path.unwrap_or_default();
        let is_valid = path.starts_with('/') && path.len() <= MAX_URI_BYTES;
        call.raw_path = Some(if is_valid { path } else { "/".to_owned() });
        let query = call.raw_query_string.filter(|query| query.len() <= MAX_URI_BYTES);
        call.raw_query_string = query.map(|query| encoded(&query).into_owned());
        if call.is_base64_encoded
            && let Some(body) = &call.body
            && STANDARD.decode(body).is_err()
        {
            match standard_base64(body) {
                Some(body) => call.body = Some(body),
                None => call.is_base64_encoded = false,
            }
        }
        Self(call)
    }

    /// The form that `lambda_http`'s adapter takes.
    pub fn into_lambda_request(self) -> LambdaRequest {
        LambdaRequest::ApiGatewayV2(self.0)
    }

    /// The form that [`handle`](crate::handler::handle) takes.
    pub fn into_request(self) -> Request {
        self.into_lambda_request().into()
    }
}

/// The event without the headers that are not valid in HTTP.
fn without_invalid_headers(event: &str) -> Option<Value> {
    let mut event = json::parse(event.as_bytes(), MAX_VALUES).ok()?;
    if let Some(headers) = event.get_mut("headers").and_then(Value::as_object_mut) {
        headers.retain(|name, value| {
            let value = value.as_str().map(HeaderValue::from_str);
            HeaderName::from_bytes(name.as_bytes()).is_ok() && value.is_some_and(|value| value.is_ok())
        });
    }
    Some(event)
}

/// Converts base64 without padding, with line breaks or in the URL-safe alphabet into the standard form that
/// `lambda_http` takes. `None` if the body is not base64 at all.
fn standard_base64(body: &str) -> Option<String> {
    let letters = body.chars().filter(|c| !c.is_whitespace()).map(|c| match c {
        '-' => '+',
        '_' => '/',
        other => other,
    });
    let bytes = STANDARD_PAD_INDIFFERENT.decode(letters.collect::<String>()).ok()?;
    Some(STANDARD.encode(bytes))
}

/// Percent-encodes every byte that a URI cannot hold.
fn encoded(query: &str) -> Cow<'_, str> {
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"\"<>#\\^`{|}".contains(&byte);
    if query.bytes().all(fits) {
        return Cow::Borrowed(query);
    }
    let mut encoded = String::with_capacity(3 * query.len());
    for byte in query.bytes() {
        if fits(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _infallible = write!(encoded, "%{byte:02X}");
        }
    }
    Cow::Owned(encoded)
}

#[cfg(test)]
mod tests {
    use lambda_http::RequestExt as _;
    use serde_json::json;

    use super::*;

    fn event(path: &str, query: &str, headers: &Value) -> Value {
        json!({"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
            "requestContext": {"accountId": "111122223333", "apiId": "abc123", "stage": "$default",
                "domainName": headers.get("host").unwrap_or(&json!("abc123.example")), "requestId": "r",
                "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7"}},
            "body": "{}", "isBase64Encoded": false})
    }

    fn request(path: &str, query: &str, headers: &Value) -> Request {
        Incoming::parse(&event(path, query, headers).to_string()).into_request()
    }

    #[test]
    fn any_query_keeps_its_meaning() {
        for (query, fits) in [
            ("a=\"b\"", "a=%22b%22"),
            ("a=<x>", "a=%3Cx%3E"),
            ("a=b c", "a=b%20c"),
            ("a=\u{7f}\u{1}\n", "a=%7F%01%0A"),
            ("a=\u{e9}", "a=%C3%A9"),
            ("a=#b&c=%", "a=%23b&c=%"),
            ("a={b}|c^`\\", "a=%7Bb%7D%7Cc%5E%60%5C"),
            ("status=read&ref=notification/k-1/1+0%2F", "status=read&ref=notification/k-1/1+0%2F"),
        ] {
            let request = request("/webhooks/kaleyra", query, &json!({}));
            assert_eq!(request.uri().query(), Some(fits), "{query}");
        }
        let long = request("/webhooks/kaleyra", &"\"".repeat(100_000), &json!({}));
        assert_eq!((long.raw_http_path(), long.uri().query()), ("/webhooks/kaleyra", None));
    }

    #[test]
    fn any_host_path_and_header_is_accepted() {
        for host in ["a b", "[", "h:99999999", "h<>", "", "\u{e9}", "%"] {
            for scheme in ["https", "", "x y", ":", "1http"] {
                let request = request(
                    "/webhooks/meta",
                    "",
                    &json!({"host": host, "x-forwarded-proto": scheme, "x-key": "k"}),
                );
                assert_eq!(
                    (request.raw_http_path(), &request.headers()["x-key"]),
                    ("/webhooks/meta", &HeaderValue::from_static("k"))
                );
            }
        }
        for (path, read_as) in [
            ("/webhooks/onemsg/a\u{e9} <b>", "/webhooks/onemsg/a\u{e9} <b>"),
            ("//x:99999999/", "//x:99999999/"),
            ("", "/"),
            (":99999999", "/"),
            ("/\\\u{0}\n", "/\\\u{0}\n"),
            (format!("/{}", "\u{e9}".repeat(100_000)).as_str(), "/"),
        ] {
            assert_eq!(request(path, "", &json!({})).raw_http_path(), read_as);
        }
        let odd = request(
            "/webhooks/meta",
            "",
            &json!({"x-name": "Jos\u{e9}", "x y": "1", "x-bell": "\u{7}", "x-key": "k"}),
        );
        let mut names: Vec<&str> = odd.headers().keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["x-key", "x-name"]);
        assert_eq!(odd.body().as_ref(), b"{}");
    }

    #[test]
    fn any_body_marked_as_base64_is_accepted() {
        for (body, bytes) in [
            ("Pz8_", &b"???"[..]),
            ("e30=", b"{}"),
            ("e30", b"{}"),
            ("e3\r\n0=\n", b"{}"),
            ("Pz8-Pz8_", b"??>???"),
            ("{}", b"{}"),
            ("e", b"e"),
            ("", b""),
        ] {
            let mut event = event("/webhooks/meta", "", &json!({}));
            (event["body"], event["isBase64Encoded"]) = (json!(body), json!(true));
            let request = Incoming::parse(&event.to_string()).into_request();
            assert_eq!(request.body().as_ref(), bytes, "{body}");
        }
    }

    #[test]
    fn an_event_that_is_not_a_call_has_no_route() {
        for event in ["{}", "null", "[]", "7", "{\"requestContext\":{\"http\":{\"method\":\"A B\"}}}"] {
            assert_eq!(Incoming::parse(event).into_request().raw_http_path(), "/", "{event}");
        }
        let half = event("/webhooks/meta", "", &json!({})).to_string().replace("192.0.2.7", "\\ud83d");
        assert_eq!(Incoming::parse(&half).into_request().raw_http_path(), "/webhooks/meta");
    }
}
