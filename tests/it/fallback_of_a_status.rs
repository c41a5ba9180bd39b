//! What follows the message of an order status, once the order has left the status.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local::environment::TABLE;
use serde_json::json;
use shared::message::Reference;
use shared::protocol::{Held, State};
use shared::provider::Provider;
use shared::table::{NotificationRow, Table, UnfinishedEvent};

use crate::support::{Event, Opening, Shop};
use crate::sweeper::sweep_with;

const CALLBACKS_LOST: u8 = 6;
const NOT_ON_WHATSAPP: u8 = 12;
/// The mobile number at which the service fails, so that the outcome is unknown.
const SERVICE_FAILS: &str = "+12025550149";
const ARRIVES: &str = "+12025550199";

async fn open() -> Shop {
    let add = |catalogue: &mut toml::Table| {
        let fallback: toml::Table = toml::from_str(
            r#"
            after = "4h"
            [[channels]]
            provider = "aws-sms"
            recipient = "detail.customer.mobile"
            consent = "detail.customer.sms_opt_in"
            body = ["detail.order.number"]
            text = { en = "News about order {{1}}." }
            "#,
        )
        .unwrap();
        let entry = catalogue["notifications"]["order-status-changed"].as_table_mut().unwrap();
        entry.insert("fallback".to_owned(), fallback.into());
    };
    Opening::default().preferring(Provider::Meta).catalogue(add).paced().open().await
}

fn status(order: &str, status: &str, magic: u8, mobile: &str) -> Event {
    let seconds = if status == "shipped" { -10 } else { -5 };
    Event::sample("order-status-shipped")
        .order(order)
        .magic(magic)
        .with("/detail/order/status", status)
        .with("/detail/customer/sms_opt_in", json!(true))
        .with("/detail/customer/mobile", mobile)
        .at(Timestamp::now() + SignedDuration::from_secs(seconds))
}

/// Publishes a status whose message doesn't arrive on WhatsApp, and then the final one, which does.
async fn leave(shop: &Shop, order: &str, magic: u8, mobile: &str) -> Reference {
    shop.publish(&status(order, "shipped", magic, mobile)).await;
    let is_tried = |row: &NotificationRow| row.record.state != State::Sending;
    shop.until(order, "tried", is_tried).await;
    shop.until_quiet().await;
    let left = shop.order(order).await.into_iter().next().unwrap().reference.first();
    shop.publish(&status(order, "completed", 0, mobile)).await;
    shop.until(order, "tried", is_tried).await;
    shop.until_quiet().await;
    let rows = shop.order(order).await;
    let last = rows.iter().find(|row| row.reference.first() != left).unwrap();
    assert_eq!(last.record.state, State::Accepted);
    left
}

async fn after(shop: &Shop, time: Duration) {
    shop.local.clock().advance(time);
    sweep_with(shop, &[]).await;
    shop.until_quiet().await;
}

async fn text_message(shop: &Shop, first: &Reference) -> Option<NotificationRow> {
    let text = first.derived("sms");
    shop.order(first.order.as_str()).await.into_iter().find(|row| row.reference == text)
}

async fn event(shop: &Shop, first: &Reference) -> Option<UnfinishedEvent> {
    let table = Table::new(shop.local.dynamodb().client(), TABLE);
    table.unfinished_event(first).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_text_message_is_held_after_its_window_and_keeps_its_event() {
    let shop = open().await;
    let first = leave(&shop, "L1", NOT_ON_WHATSAPP, SERVICE_FAILS).await;
    let unknown = text_message(&shop, &first).await.unwrap();
    assert_eq!(unknown.record.state, State::Unknown);
    after(&shop, Duration::from_mins(5)).await;
    assert!(event(&shop, &first).await.unwrap().due_at.is_some());
    after(&shop, Duration::from_mins(20)).await;
    let held = text_message(&shop, &first).await.unwrap().record;
    assert_eq!(held.held_as(), Some(Held::Unclear));
    assert_eq!(held.reason, unknown.record.reason);
    assert!(event(&shop, &first).await.unwrap().for_a_person);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_message_whose_turn_comes_later_is_not_begun() {
    let shop = open().await;
    let first = leave(&shop, "L3", CALLBACKS_LOST, ARRIVES).await;
    assert!(event(&shop, &first).await.is_some());
    after(&shop, Duration::from_mins(4 * 60 + 1)).await;
    assert!(text_message(&shop, &first).await.is_none());
    assert!(event(&shop, &first).await.is_none());
}
