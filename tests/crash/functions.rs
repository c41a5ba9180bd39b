//! The functions, each as one cold invocation with the given settings and clock. A new function needs only a new
//! entry: it reaches all services through its settings, and so through a gate.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use delivery_events::DeliveryEvents;
use delivery_sweeper::Sweeper;
use delivery_webhook::Webhook;
use lambda_http::{Body, Request, Response};
use order_notifier::Notifier;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::settings::Environment;
use status_publisher::Publisher;

use crate::support::{invocation, queue_record};

#[derive(Debug, Clone)]
pub struct Record {
    pub id: String,
    pub body: String,
    /// The key of its notification, if the record is a requeued copy of a stored event.
    pub returned_as: Option<String>,
    /// How often the queue has delivered it.
    pub receives: u32,
}

impl Record {
    fn into_json(self, clock: &Clock) -> Value {
        let attribute = |text: String| json!({ "stringValue": text, "dataType": "String" });
        let attributes = self.returned_as.map(|key| {
            let first_receipt = clock.now().to_string();
            json!({ "notification-key": attribute(key), "first-receipt": attribute(first_receipt) })
        });
        json!({
            "messageId": self.id,
            "body": self.body,
            "attributes": { "ApproximateReceiveCount": self.receives.to_string() },
            "messageAttributes": attributes.unwrap_or_else(|| json!({})),
            "eventSource": "aws:sqs",
        })
    }
}

/// order-notifier processes a batch within `time`. Returns the ids of the records that must be delivered again.
pub async fn order_notifier(
    environment: Environment,
    clock: Clock,
    batch: Vec<Record>,
    time: Duration,
) -> anyhow::Result<BTreeSet<String>> {
    let records: Vec<Value> = batch.into_iter().map(|record| record.into_json(&clock)).collect();
    let event = invocation(json!({ "Records": records }), &clock, time);
    let notifier = Notifier::from_environment(&environment)?.with_clock(clock);
    let reply = order_notifier::handler::handle(Arc::new(notifier), event)
        .await
        .map_err(|error| anyhow!("order-notifier failed: {error}"))?;
    let failures = reply["batchItemFailures"].as_array().context("no partial batch response")?;
    Ok(failures.iter().filter_map(|it| it["itemIdentifier"].as_str()).map(str::to_owned).collect())
}

/// delivery-sweeper runs once, cold, within the template's timeout. Returns how many items were due.
pub async fn delivery_sweeper(environment: Environment, clock: Clock) -> anyhow::Result<u64> {
    let sweeper = Sweeper::from_environment(&environment)?.with_clock(clock.clone());
    sweep(Arc::new(sweeper), &clock).await
}

/// Runs a warm delivery-sweeper once, with this clock. Returns how many items were due.
pub async fn sweep(sweeper: Arc<Sweeper>, clock: &Clock) -> anyhow::Result<u64> {
    let event = invocation(json!({}), clock, Duration::from_mins(4));
    let summary = delivery_sweeper::handler::handle(sweeper, event)
        .await
        .map_err(|error| anyhow!("delivery-sweeper failed: {error}"))?;
    summary["due"].as_u64().context("no count of due items")
}

pub async fn delivery_webhook(
    environment: Environment,
    clock: Clock,
    call: Request,
) -> anyhow::Result<Response<Body>> {
    let webhook = Webhook::from_environment(&environment)?.with_clock(clock);
    delivery_webhook::handler::handle(&webhook, call)
        .await
        .map_err(|error| anyhow!("delivery-webhook failed: {error}"))
}

/// delivery-events processes a batch of AWS's events. Returns whether all facts are stored.
pub async fn delivery_events(
    environment: Environment,
    clock: Clock,
    batch: Vec<Value>,
) -> anyhow::Result<bool> {
    let records =
        (0..).zip(&batch).map(|(number, event)| queue_record(&number.to_string(), &event.to_string(), 1));
    let records: Vec<Value> = records.collect();
    let event = invocation(json!({ "Records": records }), &clock, Duration::from_secs(30));
    let events = DeliveryEvents::from_environment(&environment)?.with_clock(clock);
    let reply = delivery_events::handler::handle(Arc::new(events), event)
        .await
        .map_err(|error| anyhow!("delivery-events failed: {error}"))?;
    Ok(reply["batchItemFailures"].as_array().context("no partial batch response")?.is_empty())
}

/// status-publisher processes a batch of the stream. Returns whether the stream need not deliver any of it again.
pub async fn status_publisher(
    environment: Environment,
    clock: Clock,
    records: Vec<Value>,
) -> anyhow::Result<bool> {
    let event = invocation(json!({ "Records": records }), &clock, Duration::from_secs(30));
    let publisher = Publisher::from_environment(&environment)?.with_clock(clock);
    let reply = status_publisher::handler::handle(Arc::new(publisher), event)
        .await
        .map_err(|error| anyhow!("status-publisher failed: {error}"))?;
    Ok(reply["batchItemFailures"].as_array().context("no partial batch response")?.is_empty())
}
