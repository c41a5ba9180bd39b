//! Each magic number, at each provider.

use serde_json::json;

use super::desk::{Desk, body_message};
use crate::{Endpoint, Provider};

/// The status words that the webhook receives after a provider got a send to this number, accepted or not.
async fn words(provider: Provider, magic: u8) -> Vec<String> {
    let desk = Desk::start().await;
    desk.send(provider, magic).await;
    desk.simulator.callbacks_settled().await;
    desk.receiver.words()
}

async fn accepted_with(magic: u8, expected: &[&str]) {
    for provider in Provider::ALL {
        assert_eq!(words(provider, magic).await, expected, "{provider}");
    }
}

#[tokio::test]
async fn accepted_messages_fare_as_their_number_says() {
    accepted_with(0, &["sent", "delivered", "read"]).await;
    accepted_with(1, &["sent", "delivered"]).await;
    accepted_with(2, &["sent", "failed"]).await;
    accepted_with(3, &["failed"]).await;
    accepted_with(4, &["read", "delivered", "sent", "read", "delivered", "sent"]).await;
    accepted_with(6, &[]).await;
    accepted_with(8, &["sent", "read"]).await;
    accepted_with(9, &["sent", "failed", "delivered"]).await;
    accepted_with(99, &["sent", "delivered", "read"]).await;
}

#[tokio::test]
async fn number_02_fails_with_131049() {
    let errors = failures(2).await;
    assert!(errors[0].contains("healthy ecosystem engagement"));
    assert!(!errors[0].contains("131049"), "1MSG tells a text and no code");
    assert!(errors[1].contains("131049"));
    assert!(errors[2].contains("131049"));
}

#[tokio::test]
async fn number_03_fails_with_130472() {
    let errors = failures(3).await;
    assert!(errors[0].contains("User's number is part of an experiment"));
    assert!(errors[1].contains(r#""code":"130472""#) && errors[1].contains(r#""reason":"#));
    assert!(errors[2].contains("130472"));
}

/// The last callback's body, by provider.
async fn failures(magic: u8) -> Vec<String> {
    let mut bodies = Vec::new();
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        desk.send(provider, magic).await;
        desk.simulator.callbacks_settled().await;
        bodies.push(desk.receiver.calls().last().unwrap().body.to_string());
    }
    bodies
}

#[tokio::test]
async fn number_05_has_its_callbacks_before_the_reply() {
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        desk.send(provider, 5).await;
        assert_eq!(desk.receiver.words(), ["sent", "delivered", "read"], "{provider}");
    }
}

#[tokio::test]
async fn number_07_has_its_callbacks_ten_times_later() {
    let desk = Desk::start().await;
    let start = std::time::Instant::now();
    desk.send(Provider::Meta, 7).await;
    desk.simulator.callbacks_settled().await;
    let calls = desk.receiver.calls();
    // 1.5 s, scaled by 0.02, ten times.
    assert!(calls[2].at.duration_since(start).as_millis() >= 300);
    assert_eq!(desk.receiver.words(), ["sent", "delivered", "read"]);
}

#[tokio::test]
async fn number_10_is_throttled_at_the_first_try_alone() {
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        assert_throttled(provider, &desk.send(provider, 10).await);
        assert!(desk.simulator.ledger().accepted.is_empty());
        assert!(desk.send(provider, 10).await.status < 300, "{provider}");
        assert_eq!(desk.simulator.ledger().accepted_for("+12025550110").len(), 1);
        desk.simulator.callbacks_settled().await;
        assert_eq!(desk.receiver.words(), ["sent", "delivered", "read"]);
    }
}

#[tokio::test]
async fn number_11_is_throttled_always() {
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        for _ in 0..3 {
            assert_throttled(provider, &desk.send(provider, 11).await);
        }
        assert!(desk.simulator.ledger().accepted.is_empty());
    }
}

fn assert_throttled(provider: Provider, got: &super::desk::Got) {
    match provider {
        Provider::OneMsg => {
            assert_eq!((got.status, &got.body), (429, &json!({"message": "rate limit"})));
            assert_eq!(got.headers["retry-after"], "1");
        }
        Provider::Kaleyra => assert_eq!((got.status, &got.body["code"]), (429, &json!("WA429"))),
        Provider::Meta => assert_eq!((got.status, &got.body["error"]["code"]), (403, &json!(130_429))),
    }
}

#[tokio::test]
async fn numbers_12_and_31_are_refused_at_once_or_reported_by_kaleyra() {
    for (magic, code) in [(12, 131_026), (31, 132_015)] {
        let desk = Desk::start().await;
        let got = desk.send(Provider::OneMsg, magic).await;
        assert_eq!((got.status, &got.body["sent"]), (200, &json!(false)));
        assert_eq!(got.body["error"]["code"], code);
        let got = desk.send(Provider::Meta, magic).await;
        assert_eq!((got.status, &got.body["error"]["code"]), (400, &json!(code)));
        assert!(desk.simulator.ledger().accepted.is_empty());

        assert_eq!(desk.send(Provider::Kaleyra, magic).await.status, 202);
        desk.simulator.callbacks_settled().await;
        assert_eq!(desk.receiver.words(), ["not sent"]);
        assert_eq!(desk.receiver.calls()[0].body["code"], json!(code.to_string()));
    }
}

#[tokio::test]
async fn number_23_is_a_500_without_a_body() {
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        let got = desk.send(provider, 23).await;
        assert_eq!((got.status, got.text.as_str()), (500, ""), "{provider}");
        assert!(desk.simulator.ledger().accepted.is_empty());
    }
}

#[tokio::test]
async fn number_25_has_no_id_in_its_reply() {
    let desk = Desk::start().await;
    let one_msg = desk.send(Provider::OneMsg, 25).await;
    assert_eq!(one_msg.body["sent"], json!(true));
    assert!(one_msg.body.get("id").is_none());
    let kaleyra = desk.send(Provider::Kaleyra, 25).await;
    assert_eq!((kaleyra.status, &kaleyra.body["data"]), (202, &json!([])));
    let meta = desk.send(Provider::Meta, 25).await;
    assert_eq!((meta.status, &meta.body["messages"]), (200, &json!([])));
    desk.simulator.callbacks_settled().await;
    assert_eq!(desk.receiver.calls().len(), 9);
}

#[tokio::test]
async fn number_26_is_queued_by_1msg_and_nothing_special_elsewhere() {
    let desk = Desk::start().await;
    let got = desk.send(Provider::OneMsg, 26).await;
    assert_eq!((got.status, &got.body["sent"]), (200, &json!(false)));
    assert!(got.body["jobId"].is_string() && got.body.get("id").is_none());
    desk.simulator.callbacks_settled().await;
    assert_eq!(desk.receiver.words(), ["sent", "delivered", "read"]);
    assert!(desk.send(Provider::Meta, 26).await.body["messages"][0]["id"].is_string());
    assert!(desk.send(Provider::Kaleyra, 26).await.body["data"]["message_id"].is_string());
}

#[tokio::test]
async fn number_30_is_the_accounts_trouble() {
    let desk = Desk::start().await;
    let one_msg = desk.send(Provider::OneMsg, 30).await;
    assert_eq!(one_msg.status, 403);
    assert!(one_msg.body.is_null() && !one_msg.text.is_empty(), "a text, not JSON");
    let kaleyra = desk.send(Provider::Kaleyra, 30).await;
    assert_eq!((kaleyra.status, &kaleyra.body["code"]), (400, &json!("E110")));
    assert!(kaleyra.body["error"]["balance"].is_string());
    assert_eq!(desk.send(Provider::Meta, 30).await.body["error"]["code"], 131_042);
    assert!(desk.simulator.ledger().accepted.is_empty());
}

#[tokio::test]
async fn number_32_has_its_credentials_refused_once_and_33_always() {
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        for magic in [32, 33, 33] {
            let got = desk.send(provider, magic).await;
            assert_eq!(got.status, 401, "{provider}");
            match provider {
                Provider::OneMsg => assert!(got.body["error"].as_str().unwrap().starts_with("Wrong token")),
                Provider::Kaleyra => assert_eq!(got.body["code"], "RBC001"),
                Provider::Meta => assert_eq!(got.body["error"]["code"], 190),
            }
        }
        assert!(desk.simulator.ledger().accepted.is_empty());
        assert!(desk.send(provider, 32).await.status < 300);
    }
}

#[tokio::test]
async fn number_34_redirects_and_whoever_follows_is_seen() {
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        let got = desk.send(provider, 34).await;
        assert_eq!(got.status, 302, "{provider}");
        assert_eq!(desk.simulator.ledger().requests_to(provider, Endpoint::RedirectTarget), 0);
        let target =
            format!("http://{}{}", desk.simulator.address(), got.headers["location"].to_str().unwrap());
        desk.client.post(target).send().await.unwrap();
        assert_eq!(desk.simulator.ledger().requests_to(provider, Endpoint::RedirectTarget), 1);
        assert!(desk.simulator.ledger().accepted.is_empty());
    }
}

#[tokio::test]
async fn another_try_of_the_same_message_may_carry_another_key() {
    let desk = Desk::start().await;
    let mut message = body_message(Provider::Meta, 10);
    assert_throttled(Provider::Meta, &desk.post(Provider::Meta, &message).await);
    message["biz_opaque_callback_data"] = json!("another-key");
    assert_eq!(desk.post(Provider::Meta, &message).await.status, 200);
    // Another message has a first try of its own.
    message["template"]["components"][0]["parameters"][1]["text"] = json!("10483");
    assert_throttled(Provider::Meta, &desk.post(Provider::Meta, &message).await);
}
