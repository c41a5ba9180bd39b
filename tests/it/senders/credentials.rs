//! A sender whose credentials don't work waits alone.

use std::time::Duration;

use serde_json::json;
use shared::delivery::DeliveryStatus;
use shared::protocol::{ReasonClass, State};
use shared::provider::Provider;

use super::{cancelled, change_credentials, put_credentials, two_brands};
use crate::support::{Shop, simulated};

/// How long a busy machine may take for a message whose time has come, and how often one is put off again at most.
const SLOW: Duration = Duration::from_secs(10);
const SLOW_ROUNDS: usize = 3;

/// Publishes a brand's order, and waits until its message was read.
async fn arrives(shop: &Shop, sender: &str, order: &str) {
    shop.publish(&cancelled(sender, order)).await;
    shop.orders_of(sender).until_status(order, DeliveryStatus::Read).await;
}

/// Publishes a brand's order, and waits until it is put off for its credentials. Returns the reason's code.
async fn waits(shop: &Shop, sender: &str, order: &str) -> String {
    shop.publish(&cancelled(sender, order)).await;
    let view = shop.orders_of(sender).until_state(order, State::Waiting).await;
    let reason = view.record.reason.unwrap();
    assert_eq!(reason.class, ReasonClass::Credentials, "{reason}");
    reason.code
}

/// Advances the clock until the messages of these orders were read.
async fn arrive_later(shop: &Shop, sender: &str, orders: &[&str]) {
    // A secret that lacks something is read again at most once a second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for _ in 0..2 {
        shop.clock().advance(Duration::from_hours(1));
    }
    for order in orders {
        for _ in 0..SLOW_ROUNDS {
            let brand = shop.orders_of(sender);
            let read = brand.until_status(order, DeliveryStatus::Read);
            if tokio::time::timeout(SLOW, read).await.is_ok() {
                break;
            }
            // It was put off once more while the clock moved.
            shop.clock().advance(Duration::from_hours(1));
        }
        shop.orders_of(sender).until_status(order, DeliveryStatus::Read).await;
    }
    shop.until_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_one_brands_credentials_are_refused_the_other_brands_messages_arrive() {
    for provider in Provider::WITH_WEBHOOK {
        let shop = two_brands().preferring(provider).open().await;
        arrives(&shop, "acme", "A0").await;
        arrives(&shop, "beta", "B0").await;
        for provider in Provider::WITH_WEBHOOK {
            shop.simulator().rotate_credentials_of("acme", simulated(provider));
        }
        let orders = ["A1", "A2", "A3", "A4", "A5", "A6"];
        for order in orders {
            waits(&shop, "acme", order).await;
        }
        for order in ["B1", "B2", "B3", "B4", "B5", "B6"] {
            arrives(&shop, "beta", order).await;
            shop.clock().advance(Duration::from_mins(10));
        }
        assert_eq!(shop.ledger().accepted_by(Some("acme")).len(), 1);
        for view in shop.orders_of("beta").order("B6").await {
            assert_eq!((view.record.attempt, view.record.provider), (1, Some(provider)));
        }

        put_credentials(&shop);
        arrive_later(&shop, "acme", &orders).await;
        assert_eq!(shop.ledger().accepted_by(Some("acme")).len(), 1 + orders.len(), "{provider}");
        assert_eq!(shop.ledger().accepted_by(Some("beta")).len(), 7, "{provider}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_senders_message_waits_until_the_secret_has_the_sender() {
    let shop = two_brands().open().await;
    change_credentials(&shop, |senders| {
        senders.remove("beta").unwrap();
    });
    assert_eq!(waits(&shop, "beta", "1").await, "unknown_sender");
    assert!(shop.ledger().requests.is_empty(), "no other sender's account is used");
    arrives(&shop, "acme", "1").await;

    put_credentials(&shop);
    arrive_later(&shop, "beta", &["1"]).await;
    let ledger = shop.ledger();
    assert_eq!((ledger.accepted_by(Some("beta")).len(), ledger.accepted.len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_entry_stops_only_its_sender() {
    let shop = two_brands().open().await;
    change_credentials(&shop, |senders| senders["acme"]["onemsg"] = json!({"channel": "C1"}));
    assert_eq!(waits(&shop, "acme", "1").await, "malformed_secret");
    arrives(&shop, "beta", "1").await;
    assert!(shop.ledger().accepted_by(Some("acme")).is_empty());

    put_credentials(&shop);
    arrive_later(&shop, "acme", &["1"]).await;
    assert_eq!(shop.ledger().accepted_by(Some("acme")).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_without_a_provider_uses_its_next_one_and_never_the_default_senders() {
    let shop = two_brands().open().await;
    change_credentials(&shop, |senders| {
        senders["acme"].as_object_mut().unwrap().remove("onemsg").unwrap();
    });
    arrives(&shop, "acme", "1").await;
    let view = shop.orders_of("acme").notification("1").await;
    assert_eq!(view.record.provider, Some(Provider::Meta));
    assert_eq!(shop.ledger().accepted_by(Some("acme")).len(), 1);
    assert_eq!(shop.sends_asked_of(Provider::OneMsg), 0);
}
