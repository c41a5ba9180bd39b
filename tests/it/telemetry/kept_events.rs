//! The metrics of the events that the table keeps.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use delivery_sweeper::{Sweeper, handler};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Context, LambdaEvent};
use local::environment::TABLE;
use serde_json::json;
use shared::protocol::State;
use shared::telemetry::Metrics;

use super::capture::Capture;
use super::vocabulary::NAMESPACE;
use crate::support::{Event, Opening, Shop};

/// How many kept events a run found due, and for how long the oldest has been.
async fn swept(shop: &Shop) -> (u64, Duration) {
    let out = Capture::default();
    let metrics = Metrics::to(NAMESPACE.parse().unwrap(), out.clone());
    let environment = shop.local.variables().environment();
    let patient = environment.iter().chain([("STUCK_AFTER", "10000d")]).collect();
    let sweeper = Sweeper::from_environment(&patient).unwrap().with_metrics(metrics);
    let mut context = Context::default();
    let deadline = Timestamp::now().checked_add(Duration::from_mins(4)).unwrap();
    context.deadline = deadline.as_millisecond().unsigned_abs();
    handler::handle(Arc::new(sweeper), LambdaEvent::new(json!({}), context)).await.unwrap();
    let lines = out.lines();
    let value = |name: &str| {
        let values: Vec<u64> = lines.iter().filter_map(|line| line.get(name)?.as_u64()).collect();
        assert_eq!(values.len(), 1, "{name}: {lines:?}");
        values[0]
    };
    (value("DueEvents"), Duration::from_millis(value("DueEventAge")))
}

/// Makes the order's event due since then, whatever became of its copies.
async fn make_due(shop: &Shop, order: &str, since: Timestamp) {
    let key = shop.notification(order).await.key;
    let text = |text: String| AttributeValue::S(text);
    let update = shop.local.dynamodb().client().update_item().table_name(TABLE);
    update
        .key("pk", text(format!("EVENT#{order}#{key}")))
        .key("sk", text("EVENT".to_owned()))
        .update_expression("SET due_at = :since")
        .condition_expression("attribute_exists(due_at)")
        .expression_attribute_values(":since", text(format!("{since:.3}")))
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oldest_due_event_is_measured_from_when_it_was_due_first() {
    let mut shop = Opening::default().paced().unknown_outcome("hold", "1h").open().await;
    assert_eq!(swept(&shop).await, (0, Duration::ZERO), "somebody has looked");
    for order in ["K1", "K2"] {
        // 1MSG has queued it and never says more.
        shop.publish(&Event::sample("stock-arrived").order(order).magic(26)).await;
        shop.until_state(order, State::Unknown).await;
    }
    shop.until_quiet().await;
    assert_eq!(swept(&shop).await, (0, Duration::ZERO), "none is due yet");

    // Nobody makes anything of the copies.
    shop.local.crash_notifier();
    let ago = |minutes| Timestamp::now() - SignedDuration::from_mins(minutes);
    make_due(&shop, "K1", ago(180)).await;
    make_due(&shop, "K2", ago(10)).await;
    let hours = |hours| Duration::from_hours(hours)..Duration::from_hours(hours) + Duration::from_mins(5);
    let (due, age) = swept(&shop).await;
    assert!(due == 2 && hours(3).contains(&age), "{due} {age:?}");
    assert_eq!(swept(&shop).await, (0, Duration::ZERO), "their copies are on the way");

    make_due(&shop, "K1", ago(1)).await;
    let (due, age) = swept(&shop).await;
    assert!(due == 1 && hours(3).contains(&age), "its first copy came to nothing: {due} {age:?}");
}
