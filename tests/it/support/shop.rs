//! A shop: one local run with fast timing, what it puts on the bus, and what has become of it.

use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::{Context, Error, LambdaEvent};
use local::Local;
use local::publisher::Publisher;
use local::records::Records;
use local::simulator::{AcceptedSend, Endpoint, Ledger, Simulator};
use order_notifier::{Notifier, handler};
use serde_json::Value;
use shared::delivery::DeliveryStatus;
use shared::message::OrderNumber;
use shared::protocol::State;
use shared::provider::Provider;
use shared::settings::Environment;
use shared::table::NotificationView;
use toml::Table;

use super::catalogue::CatalogueFile;
use super::{Event, Opening, eventually, simulated};

/// How long a bare invocation may take: Lambda's timeout in the template.
const INVOCATION: Duration = Duration::from_secs(30);

/// A shop that is open. Everything ends when it is dropped.
pub struct Shop {
    /// AWS, the providers and the functions.
    pub local: Local,
    publisher: Publisher,
    records: Records,
    catalogue: CatalogueFile,
}

impl Shop {
    /// A shop with the suites' catalogue.
    pub async fn open() -> Self {
        Opening::default().open().await
    }

    pub(super) fn new(local: Local, catalogue: CatalogueFile) -> Self {
        let (publisher, records) = (local.publisher().unwrap(), local.records());
        Self { local, publisher, records, catalogue }
    }

    /// Changes the catalogue, and starts order-notifier anew with it.
    pub fn change_catalogue(&mut self, change: impl FnOnce(&mut Table)) {
        self.catalogue.change(change);
        self.local.crash_notifier();
        self.local.start_notifier().unwrap();
    }

    /// The providers.
    pub fn simulator(&self) -> &Simulator {
        self.local.simulator()
    }

    /// What the providers have seen until now.
    pub fn ledger(&self) -> Ledger {
        self.simulator().ledger()
    }

    /// How many sends a provider was asked for.
    pub fn sends_asked_of(&self, provider: Provider) -> usize {
        self.ledger().requests_to(simulated(provider), Endpoint::Send)
    }

    /// Puts an event on the bus over HTTP, and gives the id that the bus gave it.
    pub async fn publish(&self, event: &Event) -> String {
        self.publisher.publish(&event.0).await.unwrap()
    }

    /// Puts an event on the queue as it is, id and all, as a redelivery or a replay does, and gives the queue's id.
    pub fn redeliver(&self, body: &(impl ToString + ?Sized)) -> String {
        self.local.queue().send(body.to_string())
    }

    /// Invokes order-notifier once, cold, with this payload and nothing of the queue.
    pub async fn invoke(&self, payload: Value) -> Result<Value, Error> {
        self.invoke_within(INVOCATION, payload).await
    }

    /// The same, with another time for the invocation.
    pub async fn invoke_within(&self, time: Duration, payload: Value) -> Result<Value, Error> {
        self.invoke_in(&self.local.variables().environment(), time, payload).await
    }

    /// The same, with other settings.
    pub async fn invoke_in(
        &self,
        environment: &Environment,
        time: Duration,
        payload: Value,
    ) -> Result<Value, Error> {
        let clock = self.local.clock().clone();
        let notifier = Notifier::from_environment(environment).unwrap().with_clock(clock.clone());
        let deadline = clock.now().checked_add(time).unwrap();
        let mut context = Context::default();
        context.request_id = "a-direct-invocation".to_owned();
        context.deadline = deadline.as_millisecond().unsigned_abs();
        Box::pin(handler::handle(Arc::new(notifier), LambdaEvent::new(payload, context))).await
    }

    /// All that the table says about an order.
    pub async fn order(&self, number: &str) -> Vec<NotificationView> {
        self.records.order(&OrderNumber::parse(number).unwrap()).await.unwrap()
    }

    /// The notification of an order that has one.
    pub async fn notification(&self, order: &str) -> NotificationView {
        let mut views = self.order(order).await;
        assert_eq!(views.len(), 1, "order {order} has {}", described(&views));
        views.remove(0)
    }

    /// Waits until all that an order has, at least one notification, is as it should be.
    pub async fn until(
        &self,
        order: &str,
        what: &str,
        is_it: impl Fn(&NotificationView) -> bool,
    ) -> Vec<NotificationView> {
        eventually(&format!("order {order}: {what}"), async || {
            let views = self.order(order).await;
            if !views.is_empty() && views.iter().all(&is_it) { Ok(views) } else { Err(described(&views)) }
        })
        .await
    }

    /// Waits until an order's one notification is in this state.
    pub async fn until_state(&self, order: &str, state: State) -> NotificationView {
        let mut views = self.until(order, state.name(), |view| view.record.state == state).await;
        assert_eq!(views.len(), 1, "order {order} has {}", described(&views));
        views.remove(0)
    }

    /// Waits until an order's one notification was accepted and has this delivery status.
    pub async fn until_status(&self, order: &str, status: DeliveryStatus) -> NotificationView {
        let mut views =
            self.until(order, &status.to_string(), |view| view.delivery_status() == Some(status)).await;
        assert_eq!(views.len(), 1, "order {order} has {}", described(&views));
        views.remove(0)
    }

    /// Waits until nothing is on the queue any more: every event has its outcome.
    pub async fn until_quiet(&self) {
        eventually("an empty queue", async || {
            let depth = self.local.queue().depth();
            if depth.visible + depth.in_flight == 0 { Ok(()) } else { Err(format!("{depth:?}")) }
        })
        .await;
    }

    /// Waits until there were so many receives of messages, each of which is a try.
    pub async fn until_received(&self, receives: usize) {
        eventually("tries", async || {
            let received = self.local.queue().receives();
            if received >= receives { Ok(()) } else { Err(format!("{received} of {receives} receives")) }
        })
        .await;
    }

    /// The sends that were accepted about an order, by whichever provider.
    pub fn sends_about(&self, order: &str) -> Vec<AcceptedSend> {
        let ledger = self.ledger();
        let reference = format!("ref-{order}");
        let sends = [ledger.accepted_about(order), ledger.accepted_about(&reference)];
        sends.into_iter().flatten().cloned().collect()
    }

    /// The one send that was accepted about an order.
    pub fn the_send_about(&self, order: &str) -> AcceptedSend {
        let mut sends = self.sends_about(order);
        assert_eq!(sends.len(), 1, "accepted sends about order {order}: {sends:?}");
        sends.remove(0)
    }
}

fn described(views: &[NotificationView]) -> String {
    if views.is_empty() {
        return "nothing".to_owned();
    }
    let one = |view: &NotificationView| {
        let record = &view.record;
        let provider = record.provider.map_or("nobody", Provider::name);
        let delivery = view.delivery_status().map(|status| format!(", {status}")).unwrap_or_default();
        let reason = record.reason.as_ref().map(|reason| format!(", {reason}")).unwrap_or_default();
        format!(
            "{} {}{delivery} at attempt {} by {provider}{reason}",
            view.notification, record.state, record.attempt
        )
    };
    views.iter().map(one).collect::<Vec<_>>().join("; ")
}
