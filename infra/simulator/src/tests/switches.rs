//! The changes that a test can make to a running simulator, and the events that it can observe.

use std::collections::BTreeSet;
use std::time::Duration;

use super::desk::{Desk, body_message};
use crate::{CallbackAnswer, Endpoint, Intake, Provider, SimulatorEvent};

#[tokio::test]
async fn old_credentials_stop_working_when_they_are_rotated() {
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        let before = desk.simulator.credentials_json();
        let old = desk.request(provider, reqwest::Method::POST, &desk.url(provider));
        desk.simulator.rotate_credentials(provider);
        let old = old.body(body_message(provider, 0).to_string()).send().await.unwrap();
        assert_eq!(old.status(), 401, "{provider}");
        assert!(desk.send(provider, 0).await.status < 300, "{provider}");
        assert_ne!(desk.simulator.credentials_json(), before);
    }
}

#[tokio::test]
async fn the_next_callback_carries_the_rotated_secret() {
    let desk = Desk::start().await;
    for provider in Provider::ALL {
        let before = desk.simulator.webhook_secrets_json();
        desk.simulator.rotate_webhook_secret(provider);
        assert_ne!(desk.simulator.webhook_secrets_json(), before, "{provider}");
    }
    desk.send(Provider::OneMsg, 3).await;
    desk.simulator.callbacks_settled().await;
    let secret = desk.simulator.account().one_msg.url_secret;
    assert_eq!(desk.receiver.calls().len(), 1);
    assert_eq!(desk.receiver.calls()[0].path, format!("/webhooks/onemsg/{secret}"));
}

#[tokio::test]
async fn only_the_next_requests_fail() {
    let desk = Desk::start().await;
    desk.simulator.fail_next(Provider::Meta, 2, Intake::ServerError);
    assert_eq!(desk.send(Provider::Meta, 0).await.status, 500);
    assert_eq!(desk.send(Provider::OneMsg, 0).await.status, 200);
    assert_eq!(desk.send(Provider::Meta, 0).await.status, 500);
    assert_eq!(desk.send(Provider::Meta, 0).await.status, 200);
    assert_eq!(desk.simulator.ledger().accepted.len(), 2);
}

#[tokio::test]
async fn a_trouble_lasts_until_it_is_over() {
    let desk = Desk::start().await;
    desk.simulator.set_trouble(Provider::Kaleyra, Some(Intake::AccountTrouble));
    for _ in 0..3 {
        assert_eq!(desk.send(Provider::Kaleyra, 0).await.body["code"], "E110");
        assert_eq!(desk.send(Provider::Meta, 0).await.status, 200);
    }
    desk.simulator.set_trouble(Provider::Kaleyra, None);
    assert_eq!(desk.send(Provider::Kaleyra, 0).await.status, 202);
}

#[tokio::test]
async fn callbacks_can_be_stopped_and_resumed() {
    let desk = Desk::start().await;
    desk.simulator.stop_callbacks();
    desk.send(Provider::Meta, 3).await;
    desk.simulator.callbacks_settled().await;
    assert!(desk.receiver.calls().is_empty());
    assert_eq!(desk.simulator.ledger().accepted[0].callbacks[0].answer, CallbackAnswer::NotPosted);
    desk.simulator.resume_callbacks();
    desk.send(Provider::Meta, 3).await;
    desk.simulator.callbacks_settled().await;
    assert_eq!(desk.receiver.words(), ["failed"]);
}

#[tokio::test]
async fn the_timing_is_scaled() {
    let desk = Desk::start().await;
    // Its first callback is due in minutes, and the test doesn't wait for it.
    desk.simulator.set_timing(1000.0);
    desk.send(Provider::Meta, 7).await;
    desk.simulator.set_timing(0.0);
    desk.send(Provider::Meta, 7).await;
    let all = async {
        while desk.receiver.words().len() < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), all).await.unwrap();
    let words = desk.receiver.words();
    assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), 3, "{words:?}");
}

#[tokio::test]
async fn events_show_each_step_without_the_phone_number() {
    let desk = Desk::start().await;
    let mut events = desk.simulator.events();
    desk.send(Provider::Kaleyra, 3).await;
    desk.send(Provider::Meta, 33).await;
    desk.simulator.callbacks_settled().await;
    let mut seen = Vec::new();
    while let Ok(event) = events.try_recv() {
        seen.push(event);
    }
    let (provider, endpoint) = (Provider::Kaleyra, Endpoint::Send);
    assert_eq!(seen[0], SimulatorEvent::RequestSeen { provider, endpoint });
    assert!(matches!(&seen[1], SimulatorEvent::Accepted { recipient, .. } if recipient.to_string() == "03"));
    assert!(seen.iter().any(|event| matches!(event,
        SimulatorEvent::Refused { recipient: Some(tail), reason, .. } if tail.to_string() == "33" && reason == "credentials")));
    assert!(seen.iter().any(|event| matches!(
        event,
        SimulatorEvent::CallbackPosted { status: "failed", answer: CallbackAnswer::Status(200), .. }
    )));
    assert!(!format!("{seen:?}").contains("1202555"));
    assert!(!format!("{:?}", desk.simulator.ledger()).contains("1202555"));
}

#[tokio::test]
async fn the_secrets_have_the_shape_of_the_applications_secrets() {
    let desk = Desk::start().await;
    let keys = |json: &str, provider: &str| {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let mut keys: Vec<_> = value[provider].as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    let credentials = desk.simulator.credentials_json();
    assert_eq!(keys(&credentials, "onemsg"), ["channel", "token"]);
    assert_eq!(keys(&credentials, "kaleyra"), ["api_key", "base_url", "sender", "sid", "waba_id"]);
    assert_eq!(keys(&credentials, "meta"), ["app_id", "phone_number_id", "token", "version", "waba_id"]);
    let webhook = desk.simulator.webhook_secrets_json();
    assert_eq!(keys(&webhook, "onemsg"), ["url_secret"]);
    assert_eq!(keys(&webhook, "kaleyra"), ["header"]);
    assert_eq!(keys(&webhook, "meta"), ["app_secret", "verify_token"]);
}
