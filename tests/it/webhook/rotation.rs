//! A rotation of the webhook secrets loses no callback: the previous value stays valid, and a function that has
//! cached the old value accepts the new one at once.

use std::time::Duration;

use delivery_webhook::Webhook;
use local::simulator::KaleyraCallbackProfile;
use serde_json::json;
use shared::provider::Provider;

use super::call::{BodyForm, Call, Reply};
use super::{authentic, cold, message, put_secret, report};
use crate::support::{Shop, advance, simulated};

/// A refused call makes the function read the secrets again, at most every ten seconds.
pub const REREAD: Duration = Duration::from_secs(10);

async fn status(webhook: &Webhook, call: &Call) -> u16 {
    let Reply { status, body } = call.to(webhook, "$default", BodyForm::Text).await;
    assert_eq!(body, "");
    status
}

fn rotate(shop: &Shop) {
    for provider in Provider::WITH_WEBHOOK {
        shop.simulator().rotate_webhook_secret(simulated(provider));
    }
    put_secret(shop, &shop.simulator().webhook_secrets_json());
}

#[tokio::test]
async fn the_previous_secret_is_valid_until_the_next_rotation() {
    let shop = Shop::open().await;
    let calls =
        |id: &str| Provider::WITH_WEBHOOK.map(|provider| authentic(&shop, provider, &report(provider, id)));
    let with_first = calls("first");
    rotate(&shop);
    let with_second = calls("second");
    let webhook = cold(shop.local.variables());
    for call in with_first.iter().chain(&with_second) {
        assert_eq!(status(&webhook, call).await, 200, "{call:?}");
    }
    rotate(&shop);
    let before = shop.scan().await;
    let webhook = cold(shop.local.variables());
    for call in &with_first {
        assert_eq!(status(&webhook, call).await, 401, "{call:?}");
    }
    for call in &with_second {
        assert_eq!(status(&webhook, call).await, 200, "{call:?}");
    }
    assert_eq!(shop.scan().await, before);
}

#[tokio::test]
async fn a_new_secret_is_valid_for_a_function_with_the_old_one() {
    let shop = Shop::open().await;
    let call = |provider, id: &str| authentic(&shop, provider, &report(provider, id));
    // One function per provider, because the first refused call makes a function read the secrets for all of them.
    let functions = Provider::WITH_WEBHOOK.map(|provider| (provider, cold(shop.local.variables())));
    for (provider, webhook) in &functions {
        assert_eq!(status(webhook, &call(*provider, "before")).await, 200, "{provider}");
    }
    let old = Provider::WITH_WEBHOOK.map(|provider| call(provider, "old"));
    rotate(&shop);
    let before = shop.scan().await;
    // Too early: not every unauthenticated call may cause a request for the secrets.
    for (provider, webhook) in &functions {
        assert_eq!(status(webhook, &call(*provider, "new")).await, 401, "{provider}");
    }
    assert_eq!(shop.scan().await, before);

    advance(REREAD).await;
    for ((provider, webhook), old) in functions.iter().zip(&old) {
        assert_eq!(status(webhook, &call(*provider, "new")).await, 200, "{provider}");
        assert!(message(&shop, *provider, "new").await.is_some(), "{provider}");
        assert_eq!(status(webhook, old).await, 200, "{provider}");
        assert!(message(&shop, *provider, "old").await.is_some(), "{provider}");
    }
}

#[tokio::test]
async fn another_kaleyra_profile_is_valid_for_a_function_with_the_old_one() {
    let shop = Shop::open().await;
    let kinds = [
        KaleyraCallbackProfile::Header { name: "x-one".to_owned(), value: "one".to_owned() },
        KaleyraCallbackProfile::Header { name: "x-two".to_owned(), value: "two".to_owned() },
        KaleyraCallbackProfile::Basic { username: "three".to_owned(), password: "three".to_owned() },
        KaleyraCallbackProfile::Bearer("four".to_owned()),
    ];
    let call = |profile: &KaleyraCallbackProfile| {
        let body = report(Provider::Kaleyra, "wamid.A").to_string();
        super::authenticated(profile, Call::post("/webhooks/kaleyra", body))
    };
    let put = |profile: &KaleyraCallbackProfile| {
        shop.simulator().set_kaleyra_callback_profile(profile.clone());
        put_secret(&shop, &shop.simulator().webhook_secrets_json());
    };
    let mut functions = Vec::new();
    for pair in kinds.windows(2) {
        put(&pair[0]);
        let webhook = cold(shop.local.variables());
        assert_eq!(status(&webhook, &call(&pair[0])).await, 200);
        functions.push(webhook);
    }
    advance(REREAD).await;
    for (webhook, pair) in functions.iter().zip(kinds.windows(2)) {
        put(&pair[0]);
        put(&pair[1]);
        assert_eq!(status(webhook, &call(&pair[1])).await, 200);
        assert_eq!(status(webhook, &call(&pair[0])).await, 200);
    }
}

#[tokio::test]
async fn a_provider_that_is_configured_later_is_accepted() {
    let shop = Shop::open().await;
    let all = shop.simulator().webhook_secrets_json();
    put_secret(&shop, &json!({}));
    let functions = Provider::WITH_WEBHOOK.map(|provider| (provider, cold(shop.local.variables())));
    for (provider, webhook) in &functions {
        let call = authentic(&shop, *provider, &report(*provider, "wamid.A"));
        // The previous value of the secret still has the provider's entry.
        assert_eq!(status(webhook, &call).await, 200, "{provider}");
    }
    put_secret(&shop, &json!({}));
    let functions = Provider::WITH_WEBHOOK.map(|provider| (provider, cold(shop.local.variables())));
    for (provider, webhook) in &functions {
        let call = authentic(&shop, *provider, &report(*provider, "wamid.B"));
        assert_eq!(status(webhook, &call).await, 401, "{provider}");
    }
    put_secret(&shop, &all);
    advance(REREAD).await;
    for (provider, webhook) in &functions {
        let call = authentic(&shop, *provider, &report(*provider, "wamid.B"));
        assert_eq!(status(webhook, &call).await, 200, "{provider}");
        assert!(message(&shop, *provider, "wamid.B").await.is_some(), "{provider}");
    }
}
