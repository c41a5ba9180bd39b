//! Without a configured secret no call is accepted. An unreadable secret is a fault of ours, so the provider must try
//! again.

use local::environment::WEBHOOK_SECRET;
use serde_json::{Value, json};
use shared::provider::Provider;

use super::call::{BodyForm, Call, Reply};
use super::{authentic, cold, message, put_secret, report};
use crate::support::{Opening, Shop};

#[tokio::test]
async fn a_provider_without_a_secret_is_refused_and_the_others_are_not() {
    let shop = Shop::open().await;
    let all: Value = serde_json::from_str(&shop.simulator().webhook_secrets_json()).unwrap();
    for missing in Provider::WITH_WEBHOOK {
        let mut secrets = all.clone();
        secrets.as_object_mut().unwrap().remove(missing.name()).unwrap();
        put_secret(&shop, &secrets);
        // Twice, so that the previous version lacks it too.
        put_secret(&shop, &secrets);
        let webhook = cold(shop.local.variables());
        for provider in Provider::WITH_WEBHOOK {
            let id = format!("{provider}-without-{missing}");
            let call = authentic(&shop, provider, &report(provider, &id));
            let status = if provider == missing { 401 } else { 200 };
            let reply = call.to(&webhook, "$default", BodyForm::Text).await;
            assert_eq!(reply, Reply { status, body: String::new() }, "{id}");
            assert_eq!(message(&shop, provider, &id).await.is_some(), provider != missing, "{id}");
        }
    }
}

#[tokio::test]
async fn an_empty_secret_authenticates_no_call() {
    let shop = Shop::open().await;
    let body = |provider| report(provider, "wamid.forged").to_string();
    let onemsg = Call::post("/webhooks/onemsg/%20", body(Provider::OneMsg));
    let kaleyra = || Call::post("/webhooks/kaleyra", body(Provider::Kaleyra));
    for (secrets, calls) in [
        (
            json!({}),
            vec![onemsg.clone(), kaleyra(), Call::post("/webhooks/meta", body(Provider::Meta)).signed("")],
        ),
        (
            json!({"onemsg": {"url_secret": ""}, "meta": {"app_secret": "", "verify_token": ""},
                "kaleyra": {"header": {"name": "x-key", "value": ""}}}),
            vec![
                onemsg,
                kaleyra(),
                kaleyra().header("x-key", ""),
                Call::post("/webhooks/meta", body(Provider::Meta)).signed(""),
            ],
        ),
        (json!({"kaleyra": {"bearer": ""}}), vec![kaleyra().header("authorization", "Bearer ")]),
        (
            json!({"kaleyra": {"basic": {"username": "", "password": ""}}}),
            vec![kaleyra().header("authorization", "Basic Og==")],
        ),
    ] {
        put_secret(&shop, &secrets);
        put_secret(&shop, &secrets);
        let webhook = cold(shop.local.variables());
        for call in calls {
            let reply = call.to(&webhook, "$default", BodyForm::Text).await;
            assert_eq!(reply.status, 401, "{secrets} {call:?}");
        }
        let handshake =
            Call::get("/webhooks/meta").query("hub.mode=subscribe&hub.challenge=1&hub.verify_token=");
        assert_eq!(handshake.to(&webhook, "$default", BodyForm::Text).await.status, 403, "{secrets}");
    }
    assert_eq!(shop.scan().await, []);
}

#[tokio::test]
async fn without_the_webhook_secret_every_call_must_be_repeated_and_nothing_is_written() {
    let shop = Opening::default().setting("WEBHOOK_SECRET_ID", "nowhere").open().await;
    assert_no_call_can_be_checked(&shop).await;
    // An operator creates the secret: repeated calls are now accepted.
    shop.local.secrets().put("nowhere", shop.simulator().webhook_secrets_json());
    for provider in Provider::WITH_WEBHOOK {
        let call = authentic(&shop, provider, &report(provider, "wamid.A"));
        assert_eq!(call.over_http(&shop).await.status, 200, "{provider}");
        assert!(message(&shop, provider, "wamid.A").await.is_some(), "{provider}");
    }
}

#[tokio::test]
async fn a_webhook_secret_that_cant_be_read_is_our_failure_and_nothing_is_written() {
    for value in ["", "hush", "{\"meta\": \"hush\"}", "{\"metta\": {}}", "{\"onemsg\": {\"url_secret\": 7}}"]
    {
        let shop = Shop::open().await;
        shop.local.secrets().put(WEBHOOK_SECRET, value);
        assert_no_call_can_be_checked(&shop).await;
    }
}

async fn assert_no_call_can_be_checked(shop: &Shop) {
    let mut calls: Vec<Call> =
        Provider::WITH_WEBHOOK.map(|provider| authentic(shop, provider, &report(provider, "wamid.A"))).into();
    calls.push(Call::post("/webhooks/meta", "{"));
    calls.push(Call::get("/webhooks/meta").query("hub.mode=subscribe&hub.challenge=1&hub.verify_token=1"));
    for call in calls {
        let reply = call.over_http(shop).await;
        assert_eq!(reply, Reply { status: 503, body: String::new() }, "{call:?}");
    }
    assert_eq!(shop.scan().await, []);
}
