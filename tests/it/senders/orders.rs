//! Two brands with the same order numbers.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta};

use super::{cancelled, two_brands};
use crate::support::{Event, Shop, keys, kind, simulated};

const READ: u8 = 0;
const FAILED: u8 = 2;
/// Its callbacks arrive before the reply.
const EARLY: u8 = 5;

/// The kinds of the status events of each sender, in order.
fn by_sender(events: &[Value]) -> BTreeMap<&str, Vec<&str>> {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in events {
        kinds.entry(event["detail"]["sender"].as_str().unwrap()).or_default().push(kind(event));
    }
    kinds
}

async fn published(shop: &Shop) -> Vec<Value> {
    shop.simulator().callbacks_settled().await;
    shop.until_quiet().await;
    shop.published().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_order_number_of_two_brands_is_two_orders_with_every_provider() {
    for provider in Provider::WITH_WEBHOOK {
        let shop = two_brands().preferring(provider).open().await;
        shop.publish(&cancelled("acme", "10482").magic(READ)).await;
        shop.publish(&cancelled("beta", "10482").magic(FAILED)).await;
        let of_acme = shop.orders_of("acme").until_status("10482", DeliveryStatus::Read).await;
        let of_beta = shop.orders_of("beta").until_status("10482", DeliveryStatus::Failed).await;
        let events = published(&shop).await;

        for (sender, view) in [("acme", &of_acme), ("beta", &of_beta)] {
            let ledger = shop.ledger();
            let sends = ledger.accepted_by(Some(sender));
            assert_eq!((sends.len(), view.record.provider), (1, Some(provider)), "{sender}");
            assert_eq!(sends[0].message.provider, simulated(provider));
            assert_eq!(view.reference.order.sender.as_ref().unwrap().as_str(), sender);
            if let Some(key) = sends[0].message.echo.key() {
                assert_eq!(key, view.reference.to_wire());
            }
            assert!(sends[0].callbacks.iter().all(|callback| callback.answer.is_success()));
        }
        assert!(shop.ledger().accepted_by(None).is_empty());
        assert!(shop.order("10482").await.is_empty(), "the default sender has no such order");
        assert!(of_acme.facts().failed_at.is_none() && of_beta.facts().read_at.is_none());

        let expected = BTreeMap::from([
            ("acme", vec!["Accepted", "Sent", "Delivered", "Read"]),
            ("beta", vec!["Accepted", "Sent", "Failed"]),
        ]);
        let sorted = |kinds: &BTreeMap<&str, Vec<&str>>| {
            let mut kinds: Vec<String> = kinds
                .iter()
                .flat_map(|(sender, kinds)| kinds.iter().map(move |it| format!("{sender} {it}")))
                .collect();
            kinds.sort();
            kinds
        };
        assert_eq!(sorted(&by_sender(&events)), sorted(&expected), "{provider}");
        assert_eq!(keys(&events).len(), events.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_before_the_reply_are_the_senders_too() {
    for provider in Provider::WITH_WEBHOOK {
        let shop = two_brands().preferring(provider).open().await;
        for sender in ["acme", "beta"] {
            shop.publish(&cancelled(sender, "9").magic(EARLY)).await;
            shop.orders_of(sender).until_status("9", DeliveryStatus::Read).await;
        }
        let events = published(&shop).await;
        for (sender, mut kinds) in by_sender(&events) {
            kinds.sort_unstable();
            assert_eq!(kinds, ["Accepted", "Delivered", "Read", "Sent"], "{provider} {sender}");
        }
        assert_eq!(events.len(), 8, "{provider}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_final_status_of_one_brands_order_ends_no_other_brands() {
    for provider in [Kaleyra, Meta] {
        let shop = two_brands().preferring(provider).open().await;
        let status = |sample: &str, sender: &str| Event::sample(sample).sender(sender).order("7");
        shop.publish(&status("order-status-completed", "acme")).await;
        shop.orders_of("acme").until_status("7", DeliveryStatus::Read).await;
        shop.publish(&status("order-status-shipped", "beta")).await;
        shop.orders_of("beta").until_status("7", DeliveryStatus::Read).await;
        assert_eq!(shop.ledger().accepted.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_event_of_a_brand_is_sent_once() {
    let shop = two_brands().open().await;
    let event = cancelled("acme", "#8");
    for _ in 0..3 {
        shop.publish(&event).await;
    }
    shop.orders_of("acme").until_status("#8", DeliveryStatus::Read).await;
    shop.until_quiet().await;
    assert_eq!(shop.ledger().accepted.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_recipients_none_no_brands_provider_is_asked() {
    let shop = two_brands().setting("RECIPIENTS", "none").open().await;
    for sender in ["acme", "beta", "unknown"] {
        shop.publish(&cancelled(sender, "1")).await;
        let view = shop.orders_of(sender).until_state("1", State::Suppressed).await;
        assert_eq!(view.record.reason.unwrap().code, "not_allowed");
    }
    assert!(shop.ledger().requests.is_empty());
}
