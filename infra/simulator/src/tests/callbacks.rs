//! Callbacks have the providers' authentication, format and retries.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::desk::{Desk, account};
use crate::{CallbackAnswer, Handshake, KaleyraCallbackProfile, Provider};

/// The reference's test vector for this signature scheme.
#[test]
fn the_signature_is_the_documented_one() {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"It's a Secret to Everybody");
    let expected = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let mut account = account();
    account.meta.app_secret = "It's a Secret to Everybody".to_owned();
    let headers = crate::meta::headers(&account.meta, b"Hello, World!");
    assert_eq!(headers, [("X-Hub-Signature-256".to_owned(), format!("sha256={expected}"))]);
    assert!(hmac::verify(&key, b"Hello, World!", &hex::decode(expected).unwrap()).is_ok());
}

#[tokio::test]
async fn meta_signs_the_raw_body_and_echoes_our_key() {
    let desk = Desk::start().await;
    let id = desk.send(Provider::Meta, 0).await.body["messages"][0]["id"].clone();
    desk.simulator.callbacks_settled().await;
    let account = desk.simulator.account().meta;
    let key = hmac::Key::new(hmac::HMAC_SHA256, account.app_secret.as_bytes());
    let calls = desk.receiver.calls();
    assert_eq!(calls.len(), 3);
    for call in calls {
        assert_eq!(call.path, "/webhooks/meta");
        let header = call.headers["x-hub-signature-256"].to_str().unwrap();
        let signature = hex::decode(header.strip_prefix("sha256=").unwrap()).unwrap();
        assert!(hmac::verify(&key, &call.raw, &signature).is_ok());

        assert_eq!(call.body["object"], "whatsapp_business_account");
        assert_eq!(call.body["entry"][0]["id"], json!(account.waba_id));
        let change = &call.body["entry"][0]["changes"][0];
        assert_eq!(change["field"], "messages");
        assert_eq!(change["value"]["metadata"]["phone_number_id"], json!(account.phone_number_id));
        let status = &change["value"]["statuses"][0];
        assert_eq!(status["id"], id);
        assert_eq!(status["biz_opaque_callback_data"], "our-key");
        assert!(status["timestamp"].as_str().unwrap().parse::<u64>().is_ok());
    }
}

#[tokio::test]
async fn kaleyra_authenticates_as_its_callback_profile_says() {
    let basic = KaleyraCallbackProfile::Basic { username: "shop".to_owned(), password: "word".to_owned() };
    let custom = KaleyraCallbackProfile::Header { name: "x-key".to_owned(), value: "a value".to_owned() };
    for (profile, header, value) in [
        (custom, "x-key", "a value"),
        // base64 of "shop:word".
        (basic, "authorization", "Basic c2hvcDp3b3Jk"),
        (KaleyraCallbackProfile::Bearer("a-token".to_owned()), "authorization", "Bearer a-token"),
    ] {
        let desk = Desk::start().await;
        desk.simulator.set_kaleyra_callback_profile(profile);
        desk.send(Provider::Kaleyra, 0).await;
        desk.simulator.callbacks_settled().await;
        let calls = desk.receiver.calls();
        assert_eq!(calls.len(), 3);
        assert!(calls.iter().all(|call| call.path == "/webhooks/kaleyra"));
        assert!(calls.iter().all(|call| call.headers[header] == value));
    }
}

#[tokio::test]
async fn one_msg_puts_the_secret_into_the_path_and_signs_nothing() {
    let desk = Desk::start().await;
    let id = desk.send(Provider::OneMsg, 0).await.body["id"].clone();
    desk.simulator.callbacks_settled().await;
    let secret = desk.simulator.account().one_msg.url_secret;
    let calls = desk.receiver.calls();
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|call| call.path == format!("/webhooks/onemsg/{secret}")));
    assert!(calls.iter().all(|call| !call.headers.contains_key("authorization")));
    assert_eq!(calls[0].body["hooks"][0]["id"], id);
    assert_eq!(calls[1].body["ack"][0]["id"], id);
    assert!(calls[1].body["ack"][0].get("timestamp").is_none());
}

#[tokio::test]
async fn a_callback_is_tried_again_until_it_is_taken() {
    let desk = Desk::start().await;
    desk.receiver.answer(&[500, 503]);
    desk.send(Provider::Meta, 1).await;
    desk.simulator.callbacks_settled().await;
    assert_eq!(desk.receiver.words(), ["sent", "sent", "sent", "delivered"]);
    let ledger = desk.simulator.ledger();
    let records = &ledger.accepted[0].callbacks;
    assert_eq!((records[0].tries, records[0].answer), (3, CallbackAnswer::Status(200)));
    assert_eq!((records[1].tries, records[1].answer), (1, CallbackAnswer::Status(200)));
}

#[tokio::test]
async fn a_callback_that_no_receiver_accepts_is_given_up() {
    let desk = Desk::start().await;
    desk.receiver.answer(&[500; 5]);
    desk.send(Provider::Kaleyra, 3).await;
    desk.simulator.callbacks_settled().await;
    let ledger = desk.simulator.ledger();
    assert_eq!(ledger.accepted[0].callbacks[0].answer, CallbackAnswer::Status(500));
    assert_eq!(ledger.accepted[0].callbacks[0].tries, 5);

    // The port of a closed listener refuses connections.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    desk.simulator.set_webhook_url(&format!("http://{gone}"));
    assert_eq!(desk.simulator.post_meta_statuses(Vec::new()).await, CallbackAnswer::Unreachable);
}

#[tokio::test]
async fn a_thousand_statuses_go_out_in_one_signed_call() {
    let desk = Desk::start().await;
    let statuses: Vec<Value> = (0..1000)
        .map(|n| json!({"id": format!("wamid.{n}"), "status": "sent", "timestamp": "1750030073"}))
        .collect();
    assert_eq!(desk.simulator.post_meta_statuses(statuses).await, CallbackAnswer::Status(200));
    let calls = desk.receiver.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].body["entry"][0]["changes"][0]["value"]["statuses"].as_array().unwrap().len(), 1000);
    let key = hmac::Key::new(hmac::HMAC_SHA256, desk.simulator.account().meta.app_secret.as_bytes());
    let header = calls[0].headers["x-hub-signature-256"].to_str().unwrap();
    let signature = hex::decode(header.strip_prefix("sha256=").unwrap()).unwrap();
    assert!(hmac::verify(&key, &calls[0].raw, &signature).is_ok());
}

#[tokio::test]
async fn any_body_can_be_posted_in_a_providers_name() {
    let desk = Desk::start().await;
    desk.receiver.answer(&[400]);
    let answer = desk.simulator.post_callback(Provider::Meta, b"not json").await;
    assert_eq!(answer, CallbackAnswer::Status(400));
    assert_eq!(desk.receiver.calls()[0].raw, b"not json");
}

#[tokio::test]
async fn the_handshake_tells_a_right_webhook_from_a_wrong_one() {
    let desk = Desk::start().await;
    assert_eq!(desk.simulator.verify_meta_webhook().await, Handshake::Refused(403));
    *desk.receiver.verify_token.lock().unwrap() = desk.simulator.account().meta.verify_token;
    assert_eq!(desk.simulator.verify_meta_webhook().await, Handshake::Verified);
}
