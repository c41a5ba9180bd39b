//! A shop: one fast local run, the events that a test publishes, and their outcomes.

use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::Error;
use local::Local;
use local::programs::FUNCTIONS;
use local::publisher::Publisher;
use local::records::Records;
use local::simulator::{AcceptedSend, Endpoint, Ledger, Simulator};
use order_notifier::{Notifier, handler};
use serde_json::Value;
use shared::clock::Clock;
use shared::delivery::DeliveryStatus;
use shared::message::Sender;
use shared::protocol::State;
use shared::provider::Provider;
use shared::settings::Environment;
use shared::table::NotificationRow;
use toml::Table;

use super::catalogue::CatalogueFile;
use super::{Event, SenderOrders, eventually, invocation, simulated, until_quiet, with_programs};

/// The time limit of a bare invocation: Lambda's timeout in the template.
const INVOCATION: Duration = Duration::from_secs(30);

/// An open shop. Everything ends when it is dropped.
pub struct Shop {
    pub local: Local,
    publisher: Publisher,
    records: Records,
    catalogue: CatalogueFile,
}

impl Shop {
    pub(super) fn new(local: Local, catalogue: CatalogueFile) -> Self {
        let (publisher, records) = (local.publisher().unwrap(), local.records());
        Self { local, publisher, records, catalogue }
    }

    /// Changes the catalogue, and restarts order-notifier with it.
    pub fn change_catalogue(&mut self, change: impl FnOnce(&mut Table)) {
        self.catalogue.change(change);
        self.local.crash_notifier();
        self.local.start_notifier().unwrap();
    }

    /// The clock of the functions. Programs have none that a test can advance.
    pub fn clock(&self) -> &Clock {
        assert!(!with_programs(), "this test advances the functions' clock: run it without {FUNCTIONS}");
        self.local.clock()
    }

    pub fn simulator(&self) -> &Simulator {
        self.local.simulator()
    }

    pub fn ledger(&self) -> Ledger {
        self.simulator().ledger()
    }

    /// The number of send requests to a provider.
    pub fn sends_asked_of(&self, provider: Provider) -> usize {
        self.ledger().requests_to(simulated(provider), Endpoint::Send)
    }

    /// Puts an event on the bus over HTTP, and returns the id that the bus assigned.
    pub async fn publish(&self, event: &Event) -> String {
        self.publisher.publish(&event.0).await.unwrap()
    }

    /// Puts an event on the queue unchanged, including its id, as a redelivery or a replay does. Returns the message
    /// id.
    pub fn redeliver(&self, body: &(impl ToString + ?Sized)) -> String {
        self.local.queue().send(body.to_string())
    }

    /// Invokes order-notifier once, cold, with this payload and without the queue.
    pub async fn invoke(&self, payload: Value) -> Result<Value, Error> {
        self.invoke_within(INVOCATION, payload).await
    }

    /// Like [`invoke`](Self::invoke), with another time limit.
    pub async fn invoke_within(&self, time: Duration, payload: Value) -> Result<Value, Error> {
        if with_programs() {
            let program = self.local.cold_notifier().unwrap();
            return program(invocation(payload, self.local.clock(), time)).await;
        }
        self.invoke_in(&self.local.variables().environment(), time, payload).await
    }

    /// Like [`invoke_within`](Self::invoke_within), with other settings, and always in this process.
    pub async fn invoke_in(
        &self,
        environment: &Environment,
        time: Duration,
        payload: Value,
    ) -> Result<Value, Error> {
        let clock = self.local.clock().clone();
        let notifier = Notifier::from_environment(environment).unwrap().with_clock(clock.clone());
        Box::pin(handler::handle(Arc::new(notifier), invocation(payload, &clock, time))).await
    }

    /// The orders of a sender with a name.
    pub fn orders_of(&self, sender: &str) -> SenderOrders<'_> {
        SenderOrders::new(&self.records, Some(Sender::parse(sender).unwrap()))
    }

    const fn default_orders(&self) -> SenderOrders<'_> {
        SenderOrders::new(&self.records, None)
    }

    /// All stored notifications of an order.
    pub async fn order(&self, number: &str) -> Vec<NotificationRow> {
        self.default_orders().order(number).await
    }

    /// The notification of an order that has exactly one.
    pub async fn notification(&self, order: &str) -> NotificationRow {
        self.default_orders().notification(order).await
    }

    /// Waits until all notifications of an order, at least one, meet the condition.
    pub async fn until(
        &self,
        order: &str,
        what: &str,
        is_it: impl Fn(&NotificationRow) -> bool,
    ) -> Vec<NotificationRow> {
        self.default_orders().until(order, what, is_it).await
    }

    /// Waits until an order's one notification is in this state.
    pub async fn until_state(&self, order: &str, state: State) -> NotificationRow {
        self.default_orders().until_state(order, state).await
    }

    /// Waits until an order's one notification was accepted and has this delivery status.
    pub async fn until_status(&self, order: &str, status: DeliveryStatus) -> NotificationRow {
        self.default_orders().until_status(order, status).await
    }

    /// Waits until the queue is empty: every event has its outcome.
    pub async fn until_quiet(&self) {
        until_quiet(&self.local).await;
    }

    /// Waits until messages were received this often; each receive is a try.
    pub async fn until_received(&self, receives: usize) {
        eventually("tries", async || {
            let received = self.local.queue().receives();
            if received >= receives { Ok(()) } else { Err(format!("{received} of {receives} receives")) }
        })
        .await;
    }

    /// The accepted sends about an order, through any provider.
    pub fn sends_about(&self, order: &str) -> Vec<AcceptedSend> {
        let ledger = self.ledger();
        let reference = format!("ref-{order}");
        let sends = [ledger.accepted_about(order), ledger.accepted_about(&reference)];
        sends.into_iter().flatten().cloned().collect()
    }

    /// The one accepted send about an order.
    pub fn the_send_about(&self, order: &str) -> AcceptedSend {
        let mut sends = self.sends_about(order);
        assert_eq!(sends.len(), 1, "accepted sends about order {order}: {sends:?}");
        sends.remove(0)
    }
}
