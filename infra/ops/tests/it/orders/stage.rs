//! A local run whose notifications need an operator.

use std::time::Duration;

use local::LocalOptions;
use local::simulator::{AcceptedSend, Intake, Provider};
use serde_json::Value;
use shared::message::OrderNumber;
use shared::protocol::State;
use shared::table::NotificationRow;
use testkit::{Event, eventually, until_quiet};

use crate::support::Rig;

/// A local run that stores events in the table, with a short wait for callbacks.
pub async fn with_stored_events() -> Rig {
    let mut options = LocalOptions {
        timing: 0.1,
        sweep_every: Some(Duration::from_millis(300)),
        ..LocalOptions::default()
    };
    options.settings.insert("CONFIRMATION_WINDOW".to_owned(), "10ms".to_owned());
    Rig::with(options).await
}

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
    Event::sample(sample).order(order).0
}

/// The event for the customer with the magic number +1 202 555 01NN.
pub fn with_magic(event: Value, number: u8) -> Value {
    Event(event).magic(number).0
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
        eventually(&format!("order {order}: {what}"), async || {
            let views = self.order(order).await;
            views.iter().find(|view| is_it(view)).cloned().ok_or_else(|| format!("{views:?}"))
        })
        .await
    }

    /// Waits until the queue is empty.
    pub async fn until_quiet(&self) {
        until_quiet(&self.local).await;
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

    /// The detail types of the status events about an order, in the order of publication.
    pub async fn status_events_about(&self, order: &str) -> Vec<String> {
        self.local.published().await;
        let events = self.local.status_events().into_iter();
        events
            .filter(|it| it.envelope["detail"]["order"]["number"] == order)
            .map(|it| it.detail_type)
            .collect()
    }
}
