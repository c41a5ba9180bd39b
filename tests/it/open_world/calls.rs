//! Calls to a public URL: API Gateway forwards every query, path, host and header, including those that no HTTP
//! library accepts. Each call is answered, and no invocation fails, because a failure would raise an alarm and roll
//! back a deployment.

use serde_json::{Value, json};

use crate::support::Shop;

/// API Gateway's event of a call, in payload format 2.0.
fn event(method: &str, path: &str) -> Value {
    let host = "h1.execute-api.eu-central-1.amazonaws.com";
    json!({"version": "2.0", "routeKey": format!("{method} {path}"), "rawPath": path, "rawQueryString": "",
        "headers": {"host": host, "content-type": "application/json", "content-length": "2", "user-agent": "scanner",
            "x-forwarded-for": "192.0.2.73", "x-forwarded-port": "443", "x-forwarded-proto": "https"},
        "requestContext": {"accountId": "111122223333", "apiId": "h1", "domainName": host, "domainPrefix": "h1",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.73", "userAgent": "scanner"},
            "requestId": "r-73", "routeKey": "$default", "stage": "$default", "time": "20/Nov/2026:09:00:00 +0000",
            "timeEpoch": 1_795_165_200_000_u64},
        "body": "{}", "isBase64Encoded": false})
}

/// The event with other values, each at a JSON pointer.
fn with(event: &Value, values: &[(&str, Value)]) -> Value {
    let mut event = event.clone();
    for (pointer, value) in values {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        event.pointer_mut(parent).unwrap()[name] = value.clone();
    }
    event
}

/// The call's description, the status of its answer, and its event.
type Call = (String, u16, Value);

/// Odd queries and hosts, for a handshake, a callback and a path that doesn't exist.
fn odd_addresses() -> Vec<Call> {
    let (handshake, callback) = (event("GET", "/webhooks/meta"), event("POST", "/webhooks/meta"));
    let nowhere = event("GET", "/wp-login.php");
    let mut calls = Vec::new();
    for query in [
        "a=\"b\"",
        "a=<x>",
        "a=b c",
        "\"\"\"",
        "%",
        "%zz=%",
        "a=\u{1}\u{7f}",
        "a=\u{e9}\u{1f4e6}",
        "a=[]{}|^`\\",
        "?#?",
        "&&&===",
        "hub.mode=subscribe&hub.verify_token=\"\"&hub.challenge=<script>",
    ] {
        for (base, status) in [(&handshake, 403), (&callback, 401), (&nowhere, 404)] {
            calls.push((format!("query {query}"), status, with(base, &[("/rawQueryString", query.into())])));
        }
    }
    for host in [
        "evil.example:99999",
        "evil.example:",
        "a b",
        "[::1",
        "user@evil.example",
        "http://evil.example/",
        "\u{e9}.example",
        "%00",
        "",
        "..",
        "a,b",
    ] {
        for (base, status) in [(&handshake, 403), (&callback, 401), (&nowhere, 404)] {
            let values = [("/headers/host", host.into()), ("/requestContext/domainName", host.into())];
            calls.push((format!("host {host}"), status, with(base, &values)));
        }
    }
    for path in [
        "",
        "//",
        "/\\",
        "/%2e%2e/%2e%2e",
        "/webhooks/meta/../kaleyra",
        "/.env",
        "/\u{0}",
        "*",
        "http://h/webhooks/meta",
    ] {
        calls.push((format!("path {path}"), 404, event("GET", path)));
    }
    calls
}

/// Odd headers and bodies of a callback, and odd secrets in its path.
fn odd_headers() -> Vec<Call> {
    let callback = event("POST", "/webhooks/meta");
    let mut calls = Vec::new();
    for protocol in ["http,https", "https, http", "", "gopher", "x y", "://", "\u{1}"] {
        let changed = with(&callback, &[("/headers/x-forwarded-proto", protocol.into())]);
        calls.push((format!("protocol {protocol}"), 401, changed));
    }
    for (name, value) in [
        ("x-name", json!("Jos\u{e9}")),
        ("x-bell", json!("\u{7}")),
        ("x-line", json!("a\r\nx-hub-signature-256: sha256=0")),
        ("x name", json!("1")),
        ("", json!("1")),
        ("x-number", json!(7)),
        ("x-list", json!(["a"])),
        ("content-length", json!("-1")),
        ("content-type", json!("multipart/form-data; boundary=")),
        ("cookie", json!(";;=")),
        ("x-hub-signature-256", json!("sha256=\u{fffd}")),
        ("authorization", json!("Basic %%%")),
    ] {
        let changed = with(&callback, &[(&format!("/headers/{name}"), value)]);
        calls.push((format!("header {name}"), 401, changed));
    }
    for body in ["{}", "e30", "e3 0=", "Pz8_", "\u{e9}"] {
        let values = [("/isBase64Encoded", true.into()), ("/body", body.into())];
        calls.push((format!("body {body}"), 401, with(&callback, &values)));
    }
    for path in
        ["/webhooks/onemsg/\"", "/webhooks/onemsg/a b<c>", "/webhooks/onemsg/%", "/webhooks/onemsg/\u{1f4e6}"]
    {
        calls.push((format!("path {path}"), 401, with(&event("POST", path), &[("/body", Value::Null)])));
    }
    calls
}

/// Events that API Gateway should never create.
fn odd_events() -> Vec<Call> {
    let nowhere = event("GET", "/wp-login.php");
    let bare = json!({"version": "2.0", "requestContext": {"http": {"method": "POST"}}});
    let calls = [
        ("no headers", with(&nowhere, &[("/headers", Value::Null)])),
        ("no query", with(&nowhere, &[("/rawQueryString", Value::Null)])),
        ("an unheard-of method", event("BREW", "/webhooks/meta")),
        ("no method", with(&nowhere, &[("/requestContext/http/method", "A B".into())])),
        ("cookies", with(&nowhere, &[("/cookies", json!(["a=\"b\"", "\u{1}"]))])),
        ("a bare event", bare),
        ("another service's event", json!({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]})),
        ("nothing", json!(null)),
    ];
    calls.into_iter().map(|(what, odd)| (what.to_owned(), 404, odd)).collect()
}

#[tokio::test]
async fn every_unauthenticated_call_is_answered() {
    let shop = Shop::open().await;
    for (what, status, event) in [odd_addresses(), odd_headers(), odd_events()].concat() {
        let answer = shop.local.invoke_webhook(event).await;
        let answer = answer.unwrap_or_else(|error| panic!("{what}: {error:#}"));
        assert_eq!(answer["statusCode"], status, "{what}: {answer}");
        assert!(answer["body"].is_null() || answer["body"] == "", "{what}: {answer}");
    }
    assert_eq!(shop.scan().await, []);
}
