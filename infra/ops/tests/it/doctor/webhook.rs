//! Faults at our own webhook.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use local::server::{Ports, Server};
use local::{Functions, LocalOptions};

use super::examination::examine;
use crate::support::Rig;

/// A local run with another webhook URL.
async fn with_webhook(url: &str) -> Rig {
    let functions = Functions::Elsewhere {
        webhook_url: url.to_owned(),
        notifier_url: "http://127.0.0.1:1".to_owned(),
        events_url: "http://127.0.0.1:1".to_owned(),
        publisher_url: "http://127.0.0.1:1".to_owned(),
    };
    Rig::with(LocalOptions { functions, settings: BTreeMap::new(), ..LocalOptions::default() }).await
}

/// A webhook that gives every call the same answer.
async fn answering(status: StatusCode) -> Server {
    let listener = Ports::Any.listen(0, "a webhook").await.unwrap();
    Server::start(listener, axum::Router::new().fallback(move || async move { status })).unwrap()
}

#[tokio::test]
async fn a_webhook_that_accepts_every_call_is_found() {
    let webhook = answering(StatusCode::OK).await;
    let rig = with_webhook(&webhook.url()).await;
    let examined = examine(&rig, &["--only", "webhook"]).await;
    for said in [
        "1MSG: the probe with another secret is accepted",
        "Kaleyra: an empty call without credentials is accepted",
        "Meta: an empty call without a signature is accepted",
        "Meta: an empty call, signed with another secret is accepted",
        "Meta: the handshake with another verify token is accepted",
        "Meta: the handshake with the verify token is not answered with the challenge",
    ] {
        examined.assert_fault("webhook", said);
    }
    assert_eq!(examined.faults(), 6, "{examined:#?}");
}

#[tokio::test]
async fn a_webhook_with_other_secrets_is_found() {
    let webhook = answering(StatusCode::FORBIDDEN).await;
    let rig = with_webhook(&webhook.url()).await;
    let examined = examine(&rig, &["--only", "webhook"]).await;
    examined.assert_fault("webhook", "1MSG: the probe of the URL is refused, although");
    examined.assert_fault(
        "webhook",
        "Kaleyra: an empty call with the callback profile's credentials is refused, although",
    );
    examined.assert_fault("webhook", "Meta: an empty call, signed with the app secret is refused, although");
}

#[tokio::test]
async fn a_failing_or_missing_webhook_is_found() {
    let webhook = answering(StatusCode::SERVICE_UNAVAILABLE).await;
    let rig = with_webhook(&webhook.url()).await;
    let examined = examine(&rig, &["--only", "webhook"]).await;
    examined.assert_fault("webhook", "answered with HTTP 503");
    drop(webhook);
    let rig = with_webhook("http://127.0.0.1:1").await;
    let examined = examine(&rig, &["--only", "webhook"]).await;
    examined.assert_fault("webhook", "doesn't answer");
    assert_eq!(examined.faults(), 1, "{examined:#?}");
}

#[tokio::test]
async fn no_secret_is_sent_without_encryption() {
    let rig = with_webhook("http://hook.example").await;
    let examined = examine(&rig, &["--only", "webhook"]).await;
    examined.assert_fault("webhook", "is not https");
    assert_eq!(examined.faults(), 1, "{examined:#?}");
}
