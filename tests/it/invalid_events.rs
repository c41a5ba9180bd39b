//! An event that can't become a message is recorded unchanged, with all its faults, and has no other effect.

use serde_json::{Value, json};
use shared::protocol::State;

use crate::support::{Event, Item, Opening, Shop, faults, variables};

fn text(item: &Item, name: &str) -> String {
    item[name].as_s().unwrap().clone()
}

/// The places of the faults, in order.
fn places(item: &Item) -> Vec<String> {
    faults(item).into_iter().map(|(place, _)| place).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_recorded_with_the_unchanged_event() {
    let shop = Shop::open().await;
    let event = Event::sample("order-cancelled-invalid");
    let id = shop.publish(&event).await;
    let item = shop.until_invalid(&id).await;
    assert_eq!(
        places(&item),
        ["recipient (detail.customer.phone)", "body[0] (detail.customer.name)", "body[3] (detail.next_step)"]
    );
    assert_eq!(text(&item, "notification"), "order-cancelled");
    let raw: Value = serde_json::from_str(&text(&item, "raw")).unwrap();
    assert_eq!((&raw["id"], &raw["detail"]), (&json!(id), &event.0["detail"]));
    let expires_at: i64 = item["expires_at"].as_n().unwrap().parse().unwrap();
    let days = (expires_at - jiff::Timestamp::now().as_second()) / (24 * 3600);
    assert!((13..=14).contains(&days), "it contains customer data: {days} days");

    shop.until_quiet().await;
    assert!(shop.ledger().requests.is_empty());
    assert_eq!(shop.scan().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_status_with_faults_is_recorded_too() {
    let shop = Shop::open().await;
    let event = Event::sample("order-status-shipped")
        .with("/detail/order/status", "pending")
        .without("/detail/order/reference_id");
    let item = shop.until_invalid(&shop.publish(&event).await).await;
    assert_eq!(places(&item), ["status (detail.order.status)", "reference_id (detail.order.reference_id)"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_members_and_long_optional_values_are_accepted() {
    let shop = Shop::open().await;
    let many = |order: &str| {
        Event::sample("order-cancelled")
            .order(order)
            .magic(6)
            .with("/resources", vec![json!({"": 0}); 30_000])
    };
    let long = Event::sample("order-status-shipped")
        .order("L1")
        .magic(6)
        .with("/detail/order/description", "Left the warehouse. ".repeat(7));
    for event in [many("M1"), many("M2"), long] {
        shop.redeliver(&event.0.to_string());
    }
    for order in ["M1", "M2", "L1"] {
        shop.until_state(order, State::Accepted).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_text_does_not_prevent_the_message() {
    let shop = Shop::open().await;
    let event = |order: &str| Event::sample("order-cancelled").order(order).magic(6).0;
    let with_text =
        |order: &str, broken: &str| event(order).to_string().replace("Wireless headphones", broken);
    let with_number = |digits: &str| event("ORDER").to_string().replace("\"ORDER\"", digits);
    for (order, body) in [
        ("E1", with_text("E1", "Mug with \\ud83c")),
        ("E2", with_text("E2", "Mug with a \u{1} bell\nand a line")),
        ("E3", format!("\u{feff}{}", event("E3"))),
        (
            "E4",
            event("E4").to_string().replace(
                "\"whatsapp_opt_in\"",
                "\"points\":1e999,\"note\":\"love \\ud83c\",\"whatsapp_opt_in\"",
            ),
        ),
        ("12345678901234567890123", with_number("12345678901234567890123")),
        ("10482.0", with_number("10482.0")),
    ] {
        shop.redeliver(&body);
        shop.until_state(order, State::Accepted).await;
    }
    // A superfluous comma doesn't make the text unreadable.
    let body = event("E5").to_string().replace("\"version\"", "\"more\":[1,],\"version\"");
    let item = shop.until_invalid(&shop.redeliver(&body)).await;
    assert_eq!(places(&item), ["event"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_no_event_is_recorded_under_the_queues_id() {
    let shop = Shop::open().await;
    for (body, faults) in [
        ("{\"id\": \"cut o", vec!["event"]),
        ("", vec!["event"]),
        ("[1]", vec!["event"]),
        ("{\"source\": \"oms\"}", vec!["detail-type", "detail"]),
    ] {
        let id = shop.redeliver(body);
        let item = shop.until_invalid(&id).await;
        assert_eq!(places(&item), faults, "{body}");
        assert_eq!(text(&item, "raw"), body);
    }
    shop.until_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reused_key_is_refused_for_other_content_and_recognised_for_the_same() {
    let shop = Opening::default()
        .catalogue(|catalogue| {
            let entry = catalogue["notifications"]["order-cancelled"].as_table_mut().unwrap();
            entry.insert("key".to_owned(), "detail.cancellation".into());
        })
        .open()
        .await;
    let event = Event::sample("order-cancelled").order("K1").with("/detail/cancellation", "c-7");
    shop.publish(&event).await;
    assert_eq!(shop.until_state("K1", State::Accepted).await.reference.key.as_str(), "c-7");

    let other = shop.publish(&event.clone().with("/detail/next_step", "Something else")).await;
    let item = shop.until_invalid(&other).await;
    assert_eq!(places(&item), ["key"]);
    let same = shop.publish(&event).await;
    shop.until_quiet().await;
    assert!(shop.invalid(&same).await.is_empty());
    assert_eq!(shop.notification("K1").await.record.state, State::Accepted);
    assert!(variables(&shop.the_send_about("K1"))[3].starts_with("Payment"), "the first content counts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_too_large_to_be_recorded_is_not_lost() {
    let shop = Shop::open().await;
    let event = Event::sample("order-cancelled").with("/detail/next_step", "x".repeat(400 * 1024));
    let refused = shop.invoke(event.0).await.unwrap_err().to_string();
    assert!(refused.contains("too large to be recorded") && refused.contains("body[3]"), "{refused}");
    assert!(shop.scan().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_events_with_one_id_are_both_recorded_and_a_repetition_once() {
    let shop = Shop::open().await;
    let event = Event::sample("order-cancelled-invalid").with("/id", "of-two");
    for body in [
        event.clone(),
        event.clone(),
        event.clone().with("/replay-name", "of-the-archive"),
        event.with("/detail/order/number", "another"),
    ] {
        shop.invoke(body.0).await.unwrap();
    }
    let raw: Vec<String> = shop.invalid("of-two").await.iter().map(|item| text(item, "raw")).collect();
    assert_eq!(raw.len(), 2, "{raw:?}");
    assert_eq!(raw.iter().filter(|raw| raw.contains("another")).count(), 1);
}
