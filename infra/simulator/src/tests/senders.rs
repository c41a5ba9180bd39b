//! Accounts of senders with a name beside the default ones.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use reqwest::Method;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::desk::{Desk, Got, account, got};
use crate::{Account, KaleyraCallbackProfile, Provider};

const SENDERS: [Option<&str>; 3] = [None, Some("acme"), Some("beta")];

/// A desk with the default account, and those of acme and beta.
async fn desk() -> Desk {
    let named = ["acme", "beta"].map(|name| (name.to_owned(), account()));
    Desk::with_senders(account(), BTreeMap::from(named)).await
}

fn account_of(desk: &Desk, sender: Option<&str>) -> Account {
    sender.map_or_else(|| desk.simulator.account(), |name| desk.simulator.account_of(name))
}

/// Kaleyra answers 202.
fn is_accepted(got: &Got) -> bool {
    matches!(got.status, 200 | 202)
}

#[tokio::test]
async fn a_request_goes_to_the_account_that_it_addresses_and_callbacks_have_its_secret() {
    for provider in Provider::ALL {
        let desk = desk().await;
        for (count, sender) in (1..).zip(SENDERS) {
            let own = account_of(&desk, sender);
            assert!(is_accepted(&desk.send_to(&own, &own, provider).await), "{provider} {sender:?}");
            assert_eq!(desk.simulator.ledger().accepted_by(sender).len(), 1);
            assert_eq!(desk.simulator.ledger().accepted.len(), count);
            desk.simulator.callbacks_settled().await;
            let calls = desk.receiver.calls();
            let call = calls.last().unwrap();
            match provider {
                Provider::OneMsg => {
                    assert_eq!(call.path, format!("/webhooks/onemsg/{}", own.one_msg.url_secret));
                }
                Provider::Kaleyra => {
                    let KaleyraCallbackProfile::Header { name, value } = own.kaleyra.webhook else {
                        panic!()
                    };
                    assert_eq!(call.headers[name.as_str()], value.as_str());
                }
                Provider::Meta => {
                    let key = hmac::Key::new(hmac::HMAC_SHA256, own.meta.app_secret.as_bytes());
                    let header = call.headers["x-hub-signature-256"].to_str().unwrap();
                    let signature = hex::decode(header.trim_start_matches("sha256=")).unwrap();
                    assert!(hmac::verify(&key, &call.raw, &signature).is_ok());
                    let metadata = &call.body["entry"][0]["changes"][0]["value"]["metadata"];
                    assert_eq!(metadata["phone_number_id"], own.meta.phone_number_id.as_str());
                }
            }
        }
    }
}

#[tokio::test]
async fn the_credentials_of_one_account_open_no_other() {
    let desk = desk().await;
    let stranger = account();
    for provider in Provider::ALL {
        for (addressed, credentials) in [("acme", "beta"), ("beta", "acme")] {
            let account = |name: &str| desk.simulator.account_of(name);
            let crossed = desk.send_to(&account(addressed), &account(credentials), provider).await;
            let unknown = desk.send_to(&stranger, &account(credentials), provider).await;
            assert_eq!(crossed.status, unknown.status, "{provider}");
            assert!(!is_accepted(&crossed), "{provider}");
        }
    }
    // Meta knows the token, and says that it may not use the number.
    let (acme, beta) = (desk.simulator.account_of("acme"), desk.simulator.account_of("beta"));
    let crossed = desk.send_to(&beta, &acme, Provider::Meta).await;
    assert_eq!(
        (&crossed.body["error"]["code"], &crossed.body["error"]["error_subcode"]),
        (&100.into(), &33.into())
    );
    assert!(desk.simulator.ledger().accepted.is_empty());
}

#[tokio::test]
async fn rotated_credentials_of_one_sender_leave_the_others() {
    for provider in Provider::ALL {
        let desk = desk().await;
        let before = SENDERS.map(|sender| account_of(&desk, sender));
        desk.simulator.rotate_credentials_of("acme", provider);
        let mut statuses = Vec::new();
        for own in &before {
            statuses.push(is_accepted(&desk.send_to(own, own, provider).await));
        }
        assert_eq!(statuses, [true, false, true], "{provider}");
        let own = desk.simulator.account_of("acme");
        assert!(is_accepted(&desk.send_to(&own, &own, provider).await), "{provider}");
    }
}

#[tokio::test]
async fn a_channel_knows_only_its_own_messages() {
    let desk = desk().await;
    let acme = desk.simulator.account_of("acme");
    desk.send_to(&acme, &acme, Provider::OneMsg).await;
    desk.simulator.callbacks_settled().await;
    let id = desk.simulator.ledger().accepted[0].ids.wamid.clone();
    let id: String = byte_serialize(id.as_bytes()).collect();
    let mut hooks = Vec::new();
    for sender in SENDERS {
        let own = account_of(&desk, sender);
        let base = desk.simulator.base_url(Provider::OneMsg);
        let url = format!("{base}/{}/hookInfo?messageId={id}", own.one_msg.channel);
        let reply = got(desk.request_as(&own, Provider::OneMsg, Method::GET, &url)).await;
        hooks.push(reply.body["hooks"].as_array().unwrap().len());
    }
    assert_eq!(hooks, [0, 3, 0]);
}

#[tokio::test]
async fn the_secrets_have_senders_only_if_there_are_some() {
    let read = |json: String| -> Value { serde_json::from_str(&json).unwrap() };
    let alone = Desk::start().await.simulator;
    assert!(read(alone.credentials_json()).get("senders").is_none());
    assert!(read(alone.webhook_secrets_json()).get("senders").is_none());

    let several = desk().await.simulator;
    let (credentials, webhook) = (read(several.credentials_json()), read(several.webhook_secrets_json()));
    let acme = several.account_of("acme");
    assert_eq!(credentials["senders"]["acme"]["onemsg"]["channel"], acme.one_msg.channel.as_str());
    assert_eq!(webhook["senders"]["acme"]["onemsg"]["url_secret"], acme.one_msg.url_secret.as_str());
    assert_eq!(webhook["senders"]["acme"]["meta"].get("phone_number_id"), None);
    assert_ne!(credentials["senders"]["acme"], credentials["senders"]["beta"]);

    let (default, mut sharing) = (account(), account());
    sharing.share_app_of(&default);
    let number = sharing.meta.phone_number_id.clone();
    let one_app = Desk::with_senders(default, BTreeMap::from([("acme".to_owned(), sharing)])).await.simulator;
    let webhook = read(one_app.webhook_secrets_json());
    assert_eq!(webhook["senders"]["acme"]["meta"]["phone_number_id"], number.as_str());
    assert_eq!(webhook["senders"]["acme"]["meta"]["app_secret"], webhook["meta"]["app_secret"]);
}
