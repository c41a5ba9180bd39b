//! One shop whose functions each work behind a recorder of their own, one invocation at a time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use delivery_sweeper::Sweeper;
use delivery_webhook::Webhook;
use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use local::aws::queue::Received;
use local::gateway;
use local::server::{Ports, Server};
use order_notifier::Notifier;
use serde_json::{Value, json};
use shared::settings::Environment;
use status_publisher::Publisher;
use tokio::sync::Mutex as Turn;

use crate::recorder::Recorder;
use crate::support::{Event, Opening, Shop};

/// A shop, and the recorded AWS requests of its functions.
pub struct Rig {
    pub shop: Shop,
    pub order_notifier: Recorder,
    pub delivery_webhook: Recorder,
    pub delivery_sweeper: Recorder,
    pub status_publisher: Recorder,
    /// Serialises sender and webhook: a callback waits until the sender has settled, so that counts don't depend on
    /// timing.
    turn: Arc<Turn<()>>,
    /// The body of each callback since the last call of `callbacks`.
    callbacks: Arc<Mutex<Vec<Vec<u8>>>>,
    _gateway: Server,
}

impl Rig {
    pub async fn open(opening: Opening) -> Self {
        let shop = opening.open().await;
        let environment = with(&shop.local.variables().environment(), &[("EVENT_BUS_NAME", "default")]);
        let delivery_webhook = Recorder::open(&environment).await;
        let (turn, callbacks) = (Arc::new(Turn::new(())), Arc::new(Mutex::default()));
        let handler = door(delivery_webhook.environment(), &turn, &callbacks);
        let listener = Ports::Any.listen(0, "the gateway").await.unwrap();
        let gateway = Server::start(listener, gateway::router(gateway::function(handler))).unwrap();
        shop.simulator().set_webhook_url(&gateway.url());
        Self {
            order_notifier: Recorder::open(&environment).await,
            delivery_webhook,
            delivery_sweeper: Recorder::open(&environment).await,
            status_publisher: Recorder::open(&environment).await,
            turn,
            callbacks,
            _gateway: gateway,
            shop,
        }
    }

    /// order-notifier processes these events as one batch, cold. Returns how many must be delivered again.
    pub async fn notify(&self, bodies: &[String], time: Duration) -> usize {
        let records = bodies.iter().enumerate().map(|(number, body)| {
            json!({"messageId": number.to_string(), "receiptHandle": "of-no-queue", "body": body,
                "eventSource": "aws:sqs"})
        });
        self.notify_records(records.collect(), time).await
    }

    /// order-notifier processes the copies that the sweep put on the queue; the shop's own order-notifier must not run.
    pub async fn notify_of_copies(&self, time: Duration) -> usize {
        let queue = self.shop.local.queue();
        let visible = queue.depth().visible;
        if visible == 0 {
            return 0;
        }
        let mut records = Vec::new();
        for Received { message, receipt } in queue.receive(visible, time).await {
            queue.delete(&receipt);
            let attribute = |text: &String| json!({"stringValue": text, "dataType": "String"});
            let attributes: Value =
                message.attributes.iter().map(|(name, text)| (name.clone(), attribute(text))).collect();
            records.push(json!({"messageId": message.id, "receiptHandle": receipt, "body": message.body,
                "messageAttributes": attributes, "eventSource": "aws:sqs"}));
        }
        self.notify_records(records, time).await
    }

    async fn notify_records(&self, records: Vec<Value>, time: Duration) -> usize {
        let _turn = self.turn.lock().await;
        let mut context = Context::default();
        let deadline = self.shop.local.clock().now().checked_add(time).unwrap();
        context.deadline = deadline.as_millisecond().unsigned_abs();
        let notifier = Notifier::from_environment(self.order_notifier.environment()).unwrap();
        let notifier = notifier.with_clock(self.shop.local.clock().clone());
        let event = LambdaEvent::new(json!({ "Records": records }), context);
        let reply = Box::pin(order_notifier::handler::handle(Arc::new(notifier), event)).await.unwrap();
        reply["batchItemFailures"].as_array().unwrap().len()
    }

    /// Like [`notify`](Self::notify), with one event and 30 seconds.
    pub async fn notify_of(&self, event: &Event) -> usize {
        self.notify(&[event.0.to_string()], Duration::from_secs(30)).await
    }

    /// delivery-sweeper runs once, cold, with these settings.
    pub async fn sweep(&self, settings: &[(&str, &str)]) -> Value {
        let _turn = self.turn.lock().await;
        let environment = with(self.delivery_sweeper.environment(), settings);
        let sweeper = Sweeper::from_environment(&environment).unwrap();
        let sweeper = Arc::new(sweeper.with_clock(self.shop.local.clock().clone()));
        let event = LambdaEvent::new(json!({}), Context::default());
        Box::pin(delivery_sweeper::handler::handle(sweeper, event)).await.unwrap()
    }

    /// status-publisher runs cold, with a stream record that inserts every item of the table.
    pub async fn publish(&self) -> Value {
        let now = Timestamp::now().as_second();
        let records: Vec<Value> = self
            .shop
            .scan()
            .await
            .into_iter()
            .enumerate()
            .map(|(number, item)| {
                let image = serde_json::to_value(serde_dynamo::Item::from(item)).unwrap();
                json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": number.to_string(),
                    "ApproximateCreationDateTime": now, "NewImage": image}})
            })
            .collect();
        let publisher = Publisher::from_environment(self.status_publisher.environment()).unwrap();
        let event = LambdaEvent::new(json!({ "Records": records }), Context::default());
        Box::pin(status_publisher::handler::handle(Arc::new(publisher), event)).await.unwrap()
    }

    /// Ends every lease, wait and window by advancing the clock.
    pub async fn time_passes(&self) {
        let clock = self.shop.local.clock();
        let items = self.shop.scan().await;
        let times = items.iter().flat_map(|item| ["due_at", "lease_end"].map(|name| item.get(name)));
        let ends = times.flatten().filter_map(|time| time.as_s().ok()?.parse::<Timestamp>().ok());
        let left = ends.max().map(|end| end.duration_since(clock.now()));
        let left = left.and_then(|left| Duration::try_from(left).ok()).unwrap_or_default();
        clock.put_forward(left + Duration::from_millis(1));
    }

    /// Waits until all callbacks are posted, and takes those since the last call.
    pub async fn callbacks(&self) -> Vec<Vec<u8>> {
        self.shop.simulator().callbacks_settled().await;
        std::mem::take(&mut *self.callbacks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The settings with some values replaced.
pub fn with(environment: &Environment, settings: &[(&str, &str)]) -> Environment {
    let kept = environment.iter().filter(|(name, _)| settings.iter().all(|(other, _)| other != name));
    kept.chain(settings.iter().copied()).collect()
}

/// A warm delivery-webhook that handles one call after the other.
fn door(
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
