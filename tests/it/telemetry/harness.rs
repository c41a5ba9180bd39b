//! A shop whose functions the test invokes, and whose output it reads.

use std::sync::Arc;
use std::time::Duration;

use delivery_events::DeliveryEvents;
use delivery_sweeper::Sweeper;
use delivery_webhook::Webhook;
use lambda_runtime::LambdaEvent;
use order_notifier::Notifier;
use serde_json::{Value, json};
use shared::message::MessageKey;
use shared::provider::Provider;
use shared::settings::Environment;
use shared::telemetry::Metrics;
use status_publisher::Publisher;

use super::capture::Capture;
use super::vocabulary::NAMESPACE;
use crate::support::{Event, Opening, Shop, invocation, queue_record, with};
use crate::webhook::call::{BodyForm, Call, Reply};

/// The functions' timeouts in the template.
const TIMEOUT: Duration = Duration::from_secs(30);
const SWEEPER_TIMEOUT: Duration = Duration::from_mins(4);

pub struct Harness {
    pub shop: Shop,
    /// The functions' output besides their log.
    pub out: Capture,
}

impl Harness {
    /// Like [`open_with`](Self::open_with), without metrics by template and sender.
    pub async fn open(provider: Provider) -> Self {
        Self::open_with(Opening::default().setting("METRICS_NAMES", "0"), provider).await
    }

    /// Prefers this provider, disables its own callbacks, and holds unknown outcomes at once.
    pub async fn open_with(opening: Opening, provider: Provider) -> Self {
        let opening =
            opening.preferring(provider).unknown_outcome("onemsg=hold,kaleyra=hold,meta=hold", "1ms");
        let shop = opening.setting("SILENT_AFTER", "1ms").open().await;
        shop.simulator().stop_callbacks();
        Self { shop, out: Capture::default() }
    }

    fn environment(&self, settings: &[(&str, &str)]) -> Environment {
        with(&self.shop.local.variables().environment(), settings)
    }

    fn metrics(&self) -> Metrics {
        Metrics::to(NAMESPACE.parse().unwrap(), self.out.clone())
    }

    /// Delivers one event to order-notifier as the queue does, with this receive count.
    pub async fn receive(&self, body: &(impl ToString + ?Sized), receive_count: u32) -> Value {
        self.receive_with(body, receive_count, &[]).await
    }

    pub async fn receive_with(
        &self,
        body: &(impl ToString + ?Sized),
        receive_count: u32,
        settings: &[(&str, &str)],
    ) -> Value {
        let notifier = Notifier::from_environment(&self.environment(settings))
            .unwrap()
            .with_metrics(self.metrics())
            .with_clock(self.shop.local.clock().clone());
        let record = queue_record("sqs-message-1", body, receive_count);
        let event = self.invocation(json!({"Records": [record]}), TIMEOUT);
        order_notifier::handler::handle(Arc::new(notifier), event).await.unwrap()
    }

    pub async fn call(&self, call: &Call) -> Reply {
        self.call_with(call, &[]).await
    }

    pub async fn call_with(&self, call: &Call, settings: &[(&str, &str)]) -> Reply {
        let webhook = Webhook::from_environment(&self.environment(settings))
            .unwrap()
            .with_metrics(self.metrics())
            .with_clock(self.shop.local.clock().clone());
        call.to(&webhook, "$default", BodyForm::Text).await
    }

    /// Delivers events of AWS to delivery-events as one batch.
    pub async fn deliver(&self, bodies: &[String], settings: &[(&str, &str)]) -> Value {
        let events = DeliveryEvents::from_environment(&self.environment(settings))
            .unwrap()
            .with_metrics(self.metrics())
            .with_clock(self.shop.local.clock().clone());
        let records =
            (0..).zip(bodies).map(|(number, body)| queue_record(&format!("event-{number}"), body, 1));
        let event = self.invocation(json!({ "Records": records.collect::<Vec<_>>() }), TIMEOUT);
        delivery_events::handler::handle(Arc::new(events), event).await.unwrap()
    }

    pub async fn sweep(&self, settings: &[(&str, &str)]) -> Value {
        let sweeper = Sweeper::from_environment(&self.environment(settings))
            .unwrap()
            .with_metrics(self.metrics())
            .with_clock(self.shop.local.clock().clone());
        let event = self.invocation(json!({}), SWEEPER_TIMEOUT);
        delivery_sweeper::handler::handle(Arc::new(sweeper), event).await.unwrap()
    }

    /// Passes status-publisher one batch of the table's stream: every item as if it had just been inserted, and one
    /// empty record.
    pub async fn publish(&self, settings: &[(&str, &str)]) -> Value {
        let publisher = Publisher::from_environment(&self.environment(settings))
            .unwrap()
            .with_metrics(self.metrics())
            .with_clock(self.shop.local.clock().clone());
        let items = self.shop.scan().await;
        let images = items.into_iter().map(serde_dynamo::Item::from);
        let record = |(number, image): (usize, Value)| {
            json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": number.to_string(),
                "ApproximateCreationDateTime": 1_795_165_200.0, "NewImage": image}})
        };
        let images =
            images.map(|image| serde_json::to_value(image).unwrap()).chain([json!({"pk": "nothing"})]);
        let records: Vec<Value> = (1..).zip(images).map(record).collect();
        let event = self.invocation(json!({ "Records": records }), TIMEOUT);
        status_publisher::handler::handle(Arc::new(publisher), event).await.unwrap()
    }

    /// Ends the lease of an order's one notification.
    pub async fn lease_is_over(&self, order: &str) {
        self.shop.end_the_wait(order).await;
    }

    /// Has an order's notification accepted, and discards its metrics. Returns its message's key.
    pub async fn accepted(&self, order: &str) -> MessageKey {
        self.receive(&Event::sample("stock-arrived").order(order).0, 1).await;
        self.out.lines();
        self.shop.notification(order).await.messages[0].message.clone()
    }

    fn invocation(&self, event: Value, timeout: Duration) -> LambdaEvent<Value> {
        invocation(event, self.shop.local.clock(), timeout)
    }
}
