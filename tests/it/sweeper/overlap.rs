//! Concurrent runs, runs with much due work, and runs without time.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde_json::json;
use shared::protocol::State;

use super::{accepted, counts, message_item, opening, polls, sweep, sweep_with, sweep_within};
use crate::support::{Event, Shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_overlapping_runs_one_polls_and_one_updates() {
    let mut shop = opening().open().await;
    shop.simulator().stop_callbacks();
    accepted(&shop, "O1").await;
    shop.publish(&Event::sample("stock-arrived").order("O2").magic(11)).await;
    shop.until_state("O2", State::Waiting).await;
    shop.local.crash_notifier();
    shop.end_the_wait("O2").await;

    let settings = [("STUCK_AFTER", "0s"), ("SILENT_AFTER", "1h")];
    let runs = futures_util::future::join_all((0..6).map(|_| sweep_with(&shop, &settings))).await;
    let total = |name: &str| runs.iter().map(|summary| summary[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((total("polled"), total("held"), total("failed")), (1, 1, 0), "{runs:?}");
    assert_eq!(polls(&shop), 1);
}

/// Stores a notification as a former version wrote it: every kind in the partitions `DUE#…`.
async fn put_former(shop: &Shop, order: &str, state: State, due_at: Timestamp) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = shop.local.dynamodb().client().put_item().table_name(local::environment::TABLE);
    let put = put
        .item("pk", text(&format!("ORDER#{order}")))
        .item("sk", text("NOTIFICATION#k"))
        .item("notification", text("order-cancelled"))
        .item("state", text(state.name()))
        .item("attempt", AttributeValue::N("1".to_owned()))
        .item("provider", text("meta"))
        .item("fingerprint", text("f"))
        .item("event_time", text("2026-11-20T09:00:00.000Z"))
        .item("updated_at", text("2026-11-20T09:00:00.000Z"))
        .item("due_bucket", text("DUE#0"))
        .item("due_at", text(&format!("{due_at:.3}")));
    put.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn skipped_items_do_not_block_the_items_behind_them() {
    let shop = opening().open().await;
    let before = |seconds: u64| Timestamp::now().checked_sub(Duration::from_secs(seconds)).unwrap();
    // Their events may still be delivered again, so a run skips them.
    for number in 0..600 {
        put_former(&shop, &format!("W{number}"), State::Waiting, before(1000)).await;
    }
    put_former(&shop, "L1", State::Sending, before(10)).await;
    let summary = sweep(&shop).await;
    assert_eq!(counts(&summary), json!({"due": 601, "skipped": 600, "unknown": 1}));
    assert_eq!(shop.notification("L1").await.record.state, State::Unknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_messages_are_found_in_their_own_and_in_the_former_partition() {
    let shop = opening().open().await;
    shop.simulator().stop_callbacks();
    let message = accepted(&shop, "P1").await;
    let bucket = || async { message_item(&shop, &message).await["due_bucket"].as_s().unwrap().clone() };
    assert!(bucket().await.starts_with("POLL#"));
    let update = shop.local.dynamodb().client().update_item().table_name(local::environment::TABLE);
    update
        .key("pk", AttributeValue::S(format!("MESSAGE#{message}")))
        .key("sk", AttributeValue::S("MESSAGE".to_owned()))
        .update_expression("SET due_bucket = :former")
        .expression_attribute_values(":former", AttributeValue::S("DUE#3".to_owned()))
        .send()
        .await
        .unwrap();
    // The provider has no final status yet, so the message stays in the index.
    let unreachable_one_msg = [("ONEMSG_BASE_URL", "http://127.0.0.1:9/onemsg"), ("SILENT_AFTER", "1h")];
    assert_eq!(counts(&sweep_with(&shop, &unreachable_one_msg).await), json!({"due": 1, "polled": 1}));
    assert!(bucket().await.starts_with("POLL#"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_due_message_is_polled_in_one_run() {
    let shop = opening().open().await;
    shop.simulator().stop_callbacks();
    let orders: BTreeSet<String> = (0..12).map(|number| format!("B{number}")).collect();
    for order in &orders {
        accepted(&shop, order).await;
    }
    let settings = [("SILENT_AFTER", "1h")];
    let summary = sweep_with(&shop, &settings).await;
    assert_eq!((&summary["due"], &summary["polled"]), (&json!(12), &json!(12)), "{summary}");
    assert_eq!(counts(&sweep_with(&shop, &settings).await), json!({}));
    assert_eq!(polls(&shop), 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_without_time_starts_nothing_and_reports_the_remaining_items() {
    let shop = opening().open().await;
    shop.simulator().stop_callbacks();
    accepted(&shop, "T1").await;
    let summary = sweep_within(&shop, &[], Duration::from_secs(20)).await;
    assert_eq!(counts(&summary), json!({"due": 1, "not_reached": 1}));
    assert_eq!(polls(&shop), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_with_nothing_to_do_does_nothing() {
    let shop = opening().open().await;
    let summary = sweep(&shop).await;
    assert_eq!(counts(&summary), json!({}));
    assert_eq!(summary.as_object().unwrap().len(), 12, "every count is in the summary: {summary}");
}
