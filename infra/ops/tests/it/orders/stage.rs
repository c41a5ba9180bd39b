//! A local run whose notifications come to need an operator.

use std::time::{Duration, Instant};

use jiff::{Timestamp, Unit};
use local::simulator::{AcceptedSend, Intake, Provider};
use local::{LocalOptions, samples};
use serde_json::Value;
use shared::message::OrderNumber;
use shared::protocol::State;
use shared::table::NotificationRow;

use crate::support::Rig;

/// The machine may be busy.
const PATIENCE: Duration = Duration::from_secs(45);
const PAUSE: Duration = Duration::from_millis(50);

/// A local run without a wait for callbacks.
pub async fn open() -> Rig {
    let mut options = LocalOptions { timing: 0.1, ..LocalOptions::default() };
    options.mapping.retry_after = Duration::from_millis(200);
    // With the URL set, a waiting record would stay invisible until its wait ends.
    options.settings.insert("ORDER_EVENTS_QUEUE_URL".to_owned(), String::new());
    options.settings.insert("CONFIRMATION_WINDOW".to_owned(), "1ms".to_owned());
    Rig::with(options).await
}

/// A sample of `tests/events` about another order, with the current time.
pub fn event(sample: &str, order: &str) -> Value {
    let path = samples::shipped().join(format!("{sample}.json"));
    let mut event = samples::read(&[path]).unwrap().remove(0).event;
    event["detail"]["order"]["number"] = order.into();
    event["time"] = Timestamp::now().round(Unit::Second).unwrap().to_string().into();
    event
}

/// The event for the customer with the magic number +1 202 555 01NN.
pub fn with_magic(mut event: Value, number: u8) -> Value {
    event["detail"]["customer"]["phone"] = format!("+120255501{number:02}").into();
    event
}

impl Rig {
    /// Puts an event on the bus, and returns the id that the bus assigned.
    pub async fn publish(&self, event: &Value) -> String {
        self.local.publisher().unwrap().publish(event).await.unwrap()
    }

    /// All stored notifications of an order.
    pub async fn order(&self, number: &str) -> Vec<NotificationRow> {
        self.local.records().order(&OrderNumber::parse(number).unwrap()).await.unwrap()
    }

    /// Waits until the order's one notification is in this state.
    pub async fn until(&self, order: &str, state: State) -> NotificationRow {
        self.until_it(order, state.name(), |view| view.record.state == state).await
    }

    /// Waits until the order's one notification meets the condition.
    pub async fn until_it(
        &self,
        order: &str,
        what: &str,
        is_it: impl Fn(&NotificationRow) -> bool,
    ) -> NotificationRow {
        let view = self.until_one(order, what, is_it).await;
        assert_eq!(self.order(order).await.len(), 1, "order {order}");
        view
    }

    /// Waits until one of the order's notifications meets the condition.
    pub async fn until_one(
        &self,
        order: &str,
        what: &str,
        is_it: impl Fn(&NotificationRow) -> bool,
    ) -> NotificationRow {
        let started = Instant::now();
        loop {
            let views = self.order(order).await;
            match views.iter().find(|view| is_it(view)) {
                Some(view) => return view.clone(),
                None => assert!(started.elapsed() < PATIENCE, "order {order} is not {what}: {views:?}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the queue is empty.
    pub async fn until_quiet(&self) {
        let started = Instant::now();
        loop {
            let depth = self.local.queue().depth();
            if depth.visible + depth.in_flight == 0 {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{depth:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// An order whose notification is held because 1MSG gave no readable answer, and its event.
    pub async fn hold(&self, order: &str) -> (NotificationRow, Value) {
        let event = with_magic(event("order-cancelled", order), 0);
        self.local.simulator().fail_next(Provider::OneMsg, 1, Intake::ServerError);
        self.publish(&event).await;
        (self.until(order, State::Held).await, event)
    }

    /// The accepted sends about an order.
    pub fn sends_about(&self, order: &str) -> Vec<AcceptedSend> {
        let ledger = self.local.simulator().ledger();
        ledger.accepted_about(order).into_iter().cloned().collect()
    }

    /// The detail types of the status events about an order, in their order.
    pub async fn told_of(&self, order: &str) -> Vec<String> {
        self.local.published().await;
        let events = self.local.status_events().into_iter();
        events
            .filter(|it| it.envelope["detail"]["order"]["number"] == order)
            .map(|it| it.detail_type)
            .collect()
    }
}
