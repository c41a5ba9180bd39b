//! Providers that deviate from their documents: the content stays correct.

use std::collections::BTreeSet;

use serde_json::Value;

use super::desk::{Desk, Got, account, body_message, got};
use crate::{Provider, Simulator, SimulatorOptions, Strangeness};

/// More messages than there are formats, each with a recipient of its own.
const MESSAGES: u32 = 60;

async fn desk(refuses: bool) -> Desk {
    let strange = |account| SimulatorOptions {
        timing: 0.001,
        open_world: Some(Strangeness { seed: 1, refuses }),
        ..SimulatorOptions::new(account)
    };
    let mut desk = Desk::start().await;
    desk.simulator = Simulator::start(strange(account())).await.unwrap();
    desk.simulator.set_webhook_url(&desk.receiver.base);
    desk
}

async fn send(desk: &Desk, provider: Provider, number: u32) -> Got {
    let text = body_message(provider, 0).to_string().replace("12025550100", &format!("12125550{number:03}"));
    got(desk.request(provider, reqwest::Method::POST, &desk.url(provider)).body(text)).await
}

#[tokio::test]
async fn every_reply_is_a_success_and_most_are_not_as_documented() {
    for provider in Provider::ALL {
        let desk = desk(false).await;
        let mut texts = BTreeSet::new();
        for number in 0..MESSAGES {
            let got = send(&desk, provider, number).await;
            assert!((200..300).contains(&got.status), "{provider} {}", got.text);
            let id = desk.simulator.ledger().accepted.last().unwrap().ids.reply.clone();
            texts.insert(got.text.replace(&id, "ID").replace(&format!("12125550{number:03}"), "PHONE"));
        }
        assert_eq!(desk.simulator.ledger().accepted.len(), MESSAGES as usize);
        assert!(texts.len() > 10, "{provider} {texts:?}");
        let readable = texts.iter().filter(|text| serde_json::from_str::<Value>(text).is_ok()).count();
        assert!(readable < texts.len(), "{provider}: some are no JSON");
    }
}

#[tokio::test]
async fn a_refusal_passes_and_a_seed_is_one_world() {
    let refusals = |desk: Desk| async move {
        let mut refused = Vec::new();
        for provider in Provider::ALL {
            for number in 0..MESSAGES {
                let before = desk.simulator.ledger().accepted.len();
                let mut tries = Vec::new();
                while desk.simulator.ledger().accepted.len() == before {
                    assert!(tries.len() < 4, "{provider} {number} {tries:?}");
                    tries.push(send(&desk, provider, number).await.status);
                }
                refused.push(tries);
            }
        }
        refused
    };
    let first = refusals(desk(true).await).await;
    let sent = 3 * MESSAGES as usize;
    let refused = first.iter().filter(|tries| tries.len() > 1).count();
    assert!(sent / 5 < refused && refused < sent * 3 / 5, "{refused} of {sent}");
    assert_eq!(first, refusals(desk(true).await).await);
}

#[tokio::test]
async fn every_fact_is_reported_in_many_shapes() {
    for provider in Provider::ALL {
        let desk = desk(false).await;
        for number in 0..MESSAGES {
            send(&desk, provider, number).await;
        }
        desk.simulator.callbacks_settled().await;
        let calls = desk.receiver.calls();
        assert!(calls.len() > 3 * MESSAGES as usize, "{provider}: some come twice");
        let has = |what: &[u8]| calls.iter().any(|call| call.raw.windows(what.len()).any(|it| it == what));
        for what in [&b"\xef\xbb\xbf"[..], b"\\ud83d", b"\xff", b",}", b"\"type\":\"payment\""] {
            assert!(has(what), "{provider} {what:?}");
        }
        let bare = calls.iter().any(|call| call.raw.starts_with(b"["));
        assert!(bare, "{provider}: some are bare arrays");
        if provider == Provider::Kaleyra {
            assert!(calls.iter().any(|call| call.raw.is_empty()), "some are queries");
        }
    }
}
