//! The faults of the connection: hanging, reset, cut off.

use std::time::Duration;

use super::desk::{Desk, body_message};
use crate::{Intake, Provider, Reply};

const PATIENCE: Duration = Duration::from_millis(400);

async fn send(desk: &Desk, provider: Provider, magic: u8) -> Result<reqwest::Response, reqwest::Error> {
    desk.request(provider, reqwest::Method::POST, &desk.url(provider))
        .timeout(PATIENCE)
        .body(body_message(provider, magic).to_string())
        .send()
        .await
}

#[tokio::test]
async fn number_20_hangs_and_is_not_accepted() {
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        assert!(send(&desk, provider, 20).await.unwrap_err().is_timeout(), "{provider}");
        assert!(desk.simulator.ledger().accepted.is_empty());
    }
}

#[tokio::test]
async fn number_21_hangs_and_is_accepted_all_the_same() {
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        assert!(send(&desk, provider, 21).await.unwrap_err().is_timeout(), "{provider}");
        assert_eq!(desk.simulator.ledger().accepted_for("+12025550121").len(), 1);
        desk.simulator.callbacks_settled().await;
        assert_eq!(desk.receiver.words(), ["sent", "delivered", "read"]);
    }
}

#[tokio::test]
async fn number_22_is_accepted_and_the_client_sees_a_reset() {
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        let error = send(&desk, provider, 22).await.unwrap_err();
        assert!(!error.is_timeout() && !error.is_connect(), "{provider}: {error:?}");
        assert!(format!("{error:?}").contains("ConnectionReset"), "{provider}: {error:?}");
        assert_eq!(desk.simulator.ledger().accepted_for("+12025550122").len(), 1);
        desk.simulator.callbacks_settled().await;
        assert_eq!(desk.receiver.words(), ["sent", "delivered", "read"]);
    }
}

#[tokio::test]
async fn number_24_is_accepted_and_its_reply_ends_in_the_middle() {
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        let response = send(&desk, provider, 24).await.unwrap();
        assert!(response.status().is_success(), "{provider}");
        assert!(response.content_length().unwrap() > 0);
        assert!(response.bytes().await.is_err(), "{provider}: the body was whole");
        assert_eq!(desk.simulator.ledger().accepted_for("+12025550124").len(), 1);
        desk.simulator.callbacks_settled().await;
        assert_eq!(desk.receiver.words(), ["sent", "delivered", "read"]);
    }
}

#[tokio::test]
async fn an_unreadable_reply_is_whole_for_http_and_broken_as_json() {
    for provider in Provider::ALL {
        let desk = Desk::start().await;
        desk.simulator.fail_next(provider, 1, Intake::Accept(Reply::Unreadable));
        let text = send(&desk, provider, 0).await.unwrap().text().await.unwrap();
        assert!(text.starts_with('{') && serde_json::from_str::<serde_json::Value>(&text).is_err());
        assert_eq!(desk.simulator.ledger().accepted.len(), 1);
    }
}
