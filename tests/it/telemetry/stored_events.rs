//! The metrics of the events that the table stores.

use std::sync::Arc;
use std::time::Duration;

use delivery_sweeper::{Sweeper, handler};
use serde_json::json;
use shared::protocol::State;
use shared::telemetry::Metrics;

use super::capture::Capture;
use super::vocabulary::NAMESPACE;
use crate::support::{Event, Opening, Shop, invocation, with};

/// The number of due events that a run found, and how long the oldest has been due.
async fn swept(shop: &Shop) -> (u64, Duration) {
    let out = Capture::default();
    let metrics = Metrics::to(NAMESPACE.parse().unwrap(), out.clone());
    let patient = with(&shop.local.variables().environment(), &[("STUCK_AFTER", "10000d")]);
    let clock = shop.local.clock().clone();
    let event = invocation(json!({}), &clock, Duration::from_mins(4));
    let sweeper = Sweeper::from_environment(&patient).unwrap().with_metrics(metrics).with_clock(clock);
    handler::handle(Arc::new(sweeper), event).await.unwrap();
    let lines = out.lines();
    let value = |name: &str| {
        let values: Vec<u64> = lines.iter().filter_map(|line| line.get(name)?.as_u64()).collect();
        assert_eq!(values.len(), 1, "{name}: {lines:?}");
        values[0]
    };
    (value("DueEvents"), Duration::from_millis(value("DueEventAge")))
}

/// Publishes an event that the table stores for an hour.
async fn keep(shop: &Shop, order: &str) {
    // 1MSG has queued it and never reports more.
    let event = Event::sample("stock-arrived").order(order).at(shop.clock().now());
    shop.publish(&event.magic(26)).await;
    shop.until_state(order, State::Unknown).await;
    shop.until_quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_age_of_the_oldest_due_event_counts_from_its_first_due_time() {
    let mut shop = Opening::default().paced().unknown_outcome("hold", "1h").open().await;
    assert_eq!(swept(&shop).await, (0, Duration::ZERO), "a run without stored events");
    let clock = shop.clock().clone();
    let passes = |minutes| clock.advance(Duration::from_mins(minutes));
    keep(&shop, "K1").await;
    passes(170);
    keep(&shop, "K2").await;
    // No function processes the copies.
    shop.local.crash_notifier();
    let about = |minutes| Duration::from_mins(minutes)..Duration::from_mins(minutes + 5);
    passes(50);
    let (due, age) = swept(&shop).await;
    assert!(due == 1 && about(160).contains(&age), "K2 isn't due yet: {due} {age:?}");
    assert_eq!(swept(&shop).await, (0, Duration::ZERO), "its copy is on the queue");

    passes(121);
    let (due, age) = swept(&shop).await;
    assert!(due == 2 && about(281).contains(&age), "K1's first copy was lost: {due} {age:?}");
}
