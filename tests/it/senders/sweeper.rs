//! delivery-sweeper polls with each sender's own credentials, and requeues each sender's events.

use std::time::Duration;

use jiff::Timestamp;
use local::simulator::{Endpoint, Intake};
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider::{Meta, OneMsg};

use super::{cancelled, change_credentials, two_brands};
use crate::support::{Event, Item, Shop, simulated};
use crate::sweeper::{run_within, sweep_with};

/// A shop with an accepted 1MSG message of each of these orders, about which no callback comes.
async fn silent(orders: &[(&str, &str)]) -> Shop {
    let shop = two_brands().preferring(OneMsg).setting("SILENT_AFTER", "1ms").open().await;
    shop.simulator().stop_callbacks();
    for (sender, order) in orders {
        shop.publish(&cancelled(sender, order)).await;
        shop.orders_of(sender).until_state(order, State::Accepted).await;
    }
    shop.until_quiet().await;
    // Long enough for the simulated messages to be read.
    tokio::time::sleep(Duration::from_millis(300)).await;
    shop
}

fn polls(shop: &Shop) -> usize {
    shop.ledger().requests_to(simulated(OneMsg), Endpoint::HookInfo)
}

async fn status(shop: &Shop, sender: &str, order: &str) -> Option<DeliveryStatus> {
    shop.orders_of(sender).notification(order).await.delivery_status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_message_is_polled_with_its_senders_credentials() {
    let shop = silent(&[("acme", "1"), ("beta", "1")]).await;
    let summary = sweep_with(&shop, &[]).await;
    assert_eq!((polls(&shop), &summary["new_facts"]), (2, &6.into()), "{summary}");
    for sender in ["acme", "beta"] {
        assert_eq!(status(&shop, sender, "1").await, Some(DeliveryStatus::Read));
    }
    let events = shop.published().await;
    for sender in ["acme", "beta"] {
        assert_eq!(events.iter().filter(|event| event["detail"]["sender"] == sender).count(), 4, "{sender}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_sender_stops_no_other_senders_polls() {
    let orders = ["1", "2", "3", "4", "5", "6"];
    let both: Vec<_> = orders.iter().flat_map(|order| [("acme", *order), ("beta", *order)]).collect();
    let shop = silent(&both).await;
    shop.simulator().rotate_credentials_of("acme", simulated(OneMsg));
    let summary = sweep_with(&shop, &[]).await;
    assert_eq!((&summary["due"], &summary["failed"]), (&12.into(), &0.into()), "{summary}");
    for order in orders {
        assert_eq!(status(&shop, "acme", order).await, Some(DeliveryStatus::Accepted));
        assert_eq!(status(&shop, "beta", order).await, Some(DeliveryStatus::Read), "{summary}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_senders_message_is_not_polled() {
    let shop = silent(&[("acme", "1"), ("beta", "1")]).await;
    change_credentials(&shop, |senders| {
        senders.remove("acme").unwrap();
    });
    sweep_with(&shop, &[]).await;
    assert_eq!(polls(&shop), 1);
    assert_eq!(status(&shop, "acme", "1").await, Some(DeliveryStatus::Accepted));
    assert_eq!(status(&shop, "beta", "1").await, Some(DeliveryStatus::Read));
}

async fn stored_event(shop: &Shop, sender: &str, order: &str) -> Option<Item> {
    let key = shop.orders_of(sender).notification(order).await.reference.key;
    shop.item(&format!("EVENT#{sender}#{order}#{key}"), &format!("EVENT#{sender}")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stored_event_of_a_brand_is_requeued_under_its_key_and_then_deleted() {
    let opening = two_brands().paced().preferring(Meta).unknown_outcome("resend", "1s");
    let shop = opening.open().await;
    shop.simulator().fail_next(simulated(Meta), 1, Intake::ServerError);
    // The number looks like a part of a key.
    let order = "U1#beta";
    shop.publish(&Event::sample("stock-arrived").sender("acme").order(order)).await;
    let unknown = shop.orders_of("acme").until_state(order, State::Unknown).await;
    shop.until_quiet().await;
    assert!(stored_event(&shop, "acme", order).await.is_some());
    let left = unknown.record.due_at.unwrap().duration_since(Timestamp::now());
    tokio::time::sleep(Duration::try_from(left).unwrap_or_default() + Duration::from_millis(10)).await;

    sweep_with(&shop, &[]).await;
    let view = shop.orders_of("acme").until_status(order, DeliveryStatus::Read).await;
    shop.until_quiet().await;
    assert_eq!(view.reference, unknown.reference);
    assert_eq!(shop.ledger().accepted_by(Some("acme")).len(), 1);
    assert_eq!(stored_event(&shop, "acme", order).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_fails_if_a_senders_credentials_cannot_be_read() {
    let shop = two_brands().open().await;
    change_credentials(&shop, |senders| senders["acme"]["onemsg"] = serde_json::json!({"channel": 7}));
    let error = run_within(&shop, &[], Duration::from_mins(4)).await.unwrap_err().to_string();
    assert!(error.contains("senders.acme: at onemsg.channel: the value is of the wrong type"), "{error}");
}
