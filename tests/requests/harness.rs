//! A shop whose functions each have a recorder and run one invocation at a time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use delivery_events::DeliveryEvents;
use delivery_sweeper::Sweeper;
use delivery_webhook::Webhook;
use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use local::aws::event_source_mapping::record;
use local::gateway;
use local::server::{Ports, Server};
use order_notifier::Notifier;
use serde_json::{Value, json};
use shared::settings::Environment;
use status_publisher::Publisher;
use tokio::sync::Mutex as Turn;

use crate::recorder::Recorder;
use crate::support::{Event, Item, Opening, Shop, invocation, queue_record, with};

/// A shop, and the recorded AWS requests of its functions.
pub struct Harness {
    pub shop: Shop,
    pub order_notifier: Recorder,
    pub delivery_webhook: Recorder,
    pub delivery_events: Recorder,
    pub delivery_sweeper: Recorder,
    pub status_publisher: Recorder,
    /// Serialises sender and webhook: a callback waits for the sender's settlement, so counts don't depend on timing.
    turn: Arc<Turn<()>>,
    /// The bodies of the callbacks since the last call of the method `callbacks`.
    callbacks: Arc<Mutex<Vec<Vec<u8>>>>,
    _gateway: Server,
}

impl Harness {
    pub async fn open(opening: Opening) -> Self {
        let shop = opening.open().await;
        let environment = with(&shop.local.variables().environment(), &[("EVENT_BUS_NAME", "default")]);
        let delivery_webhook = Recorder::open(&environment).await;
        let (turn, callbacks) = (Arc::new(Turn::new(())), Arc::new(Mutex::default()));
        let handler = webhook_function(delivery_webhook.environment(), &turn, &callbacks);
        let listener = Ports::Any.listen(0, "the gateway").await.unwrap();
        let gateway = Server::start(listener, gateway::router(gateway::function(handler))).unwrap();
        shop.simulator().set_webhook_url(&gateway.url());
        Self {
            order_notifier: Recorder::open(&environment).await,
            delivery_webhook,
            delivery_events: Recorder::open(&environment).await,
            delivery_sweeper: Recorder::open(&environment).await,
            status_publisher: Recorder::open(&environment).await,
            turn,
            callbacks,
            _gateway: gateway,
            shop,
        }
    }

    /// A new order-notifier processes these events as one batch. Returns the number of events to deliver again.
    pub async fn notify(&self, bodies: &[String], time: Duration) -> usize {
        let records = (0..).zip(bodies).map(|(number, body)| queue_record(&number.to_string(), body, 1));
        self.notify_records(records.collect(), time).await
    }

    /// Processes the copies that the sweep put on the queue. The shop's own order-notifier must not run.
    pub async fn notify_copies(&self, time: Duration) -> usize {
        let queue = self.shop.local.queue();
        let visible = queue.depth().visible;
        if visible == 0 {
            return 0;
        }
        let mut records = Vec::new();
        for received in queue.receive(visible, time).await {
            queue.delete(&received.receipt);
            records.push(record(&received));
        }
        self.notify_records(records, time).await
    }

    async fn notify_records(&self, records: Vec<Value>, time: Duration) -> usize {
        let _turn = self.turn.lock().await;
        let clock = self.shop.local.clock();
        let notifier = Notifier::from_environment(self.order_notifier.environment()).unwrap();
        let notifier = notifier.with_clock(clock.clone());
        let event = invocation(json!({ "Records": records }), clock, time);
        let reply = Box::pin(order_notifier::handler::handle(Arc::new(notifier), event)).await.unwrap();
        reply["batchItemFailures"].as_array().unwrap().len()
    }

    /// Like [`notify`](Self::notify), with one event and a time of 30 s.
    pub async fn notify_one(&self, event: &Event) -> usize {
        self.notify(&[event.0.to_string()], Duration::from_secs(30)).await
    }

    /// A new delivery-events, warmed up, processes these events of AWS as one batch.
    pub async fn receive(&self, bodies: &[String]) -> Value {
        DeliveryEvents::from_environment(self.delivery_events.environment()).unwrap().warm_up().await;
        self.receive_warm(bodies).await
    }

    /// Like [`receive`](Self::receive), without the warm-up.
    pub async fn receive_warm(&self, bodies: &[String]) -> Value {
        let records = (0..).zip(bodies).map(|(number, body)| queue_record(&number.to_string(), body, 1));
        let records: Vec<Value> = records.collect();
        let events = DeliveryEvents::from_environment(self.delivery_events.environment()).unwrap();
        let event = LambdaEvent::new(json!({ "Records": records }), Context::default());
        Box::pin(delivery_events::handler::handle(Arc::new(events), event)).await.unwrap()
    }

    /// Runs a new delivery-sweeper once, with these settings.
    pub async fn sweep(&self, settings: &[(&str, &str)]) -> Value {
        let _turn = self.turn.lock().await;
        let environment = with(self.delivery_sweeper.environment(), settings);
        let sweeper = Sweeper::from_environment(&environment).unwrap();
        let sweeper = Arc::new(sweeper.with_clock(self.shop.local.clock().clone()));
        let event = LambdaEvent::new(json!({}), Context::default());
        Box::pin(delivery_sweeper::handler::handle(sweeper, event)).await.unwrap()
    }

    /// Runs a new status-publisher with a stream record for each item of the table, as if each was just inserted.
    pub async fn publish(&self) -> Value {
        self.publish_items(self.shop.scan().await).await
    }

    /// Like [`publish`](Self::publish), with the items of one order.
    pub async fn publish_order(&self, order: &str) -> Value {
        let mut items = self.shop.scan().await;
        let pk = format!("ORDER#{order}");
        items.retain(|item| *item["pk"].as_s().unwrap() == pk);
        self.publish_items(items).await
    }

    async fn publish_items(&self, items: Vec<Item>) -> Value {
        let now = Timestamp::now().as_second();
        let records: Vec<Value> = items
            .into_iter()
            .enumerate()
            .map(|(number, item)| {
                let image = serde_json::to_value(serde_dynamo::Item::from(item)).unwrap();
                json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": number.to_string(),
                    "ApproximateCreationDateTime": now, "NewImage": image}})
            })
            .collect();
        let publisher = Publisher::from_environment(self.status_publisher.environment()).unwrap();
        let publisher = publisher.with_clock(self.shop.local.clock().clone());
        let event = LambdaEvent::new(json!({ "Records": records }), Context::default());
        Box::pin(status_publisher::handler::handle(Arc::new(publisher), event)).await.unwrap()
    }

    /// Advances the clock until every lease, wait and window has ended.
    pub async fn end_waits(&self) {
        let clock = self.shop.local.clock();
        let items = self.shop.scan().await;
        let times = items.iter().flat_map(|item| ["due_at", "lease_end"].map(|name| item.get(name)));
        let ends = times.flatten().filter_map(|time| time.as_s().ok()?.parse::<Timestamp>().ok());
        let left = ends.max().map(|end| end.duration_since(clock.now()));
        let left = left.and_then(|left| Duration::try_from(left).ok()).unwrap_or_default();
        clock.advance(left + Duration::from_millis(1));
    }

    /// Waits until all callbacks are posted, and returns the bodies since the last call.
    pub async fn callbacks(&self) -> Vec<Vec<u8>> {
        self.shop.simulator().callbacks_settled().await;
        std::mem::take(&mut *self.callbacks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A delivery-webhook that handles one call after the other and records the bodies.
fn webhook_function(
    environment: &Environment,
    turn: &Arc<Turn<()>>,
    callbacks: &Arc<Mutex<Vec<Vec<u8>>>>,
) -> gateway::Handler {
    let webhook = Arc::new(Webhook::from_environment(environment).unwrap());
    let (turn, callbacks) = (Arc::clone(turn), Arc::clone(callbacks));
    Arc::new(move |call| {
        let (webhook, turn, callbacks) = (Arc::clone(&webhook), Arc::clone(&turn), Arc::clone(&callbacks));
        Box::pin(async move {
            let _turn = turn.lock().await;
            callbacks.lock().unwrap_or_else(PoisonError::into_inner).push(call.body().to_vec());
            delivery_webhook::handler::handle(&webhook, call).await
        })
    })
}
