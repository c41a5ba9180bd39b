//! The orders of one sender.

use local::records::Records;
use shared::delivery::DeliveryStatus;
use shared::message::{OrderId, OrderNumber, Sender};
use shared::protocol::State;
use shared::provider::Provider;
use shared::table::NotificationRow;

use super::eventually;

/// A shop's orders of one sender.
pub struct SenderOrders<'shop> {
    records: &'shop Records,
    sender: Option<Sender>,
}

impl<'shop> SenderOrders<'shop> {
    pub(super) const fn new(records: &'shop Records, sender: Option<Sender>) -> Self {
        Self { records, sender }
    }

    /// All stored notifications of an order.
    pub async fn order(&self, number: &str) -> Vec<NotificationRow> {
        let order = OrderId { sender: self.sender.clone(), number: OrderNumber::parse(number).unwrap() };
        self.records.order_by_id(&order).await.unwrap()
    }

    /// The notification of an order that has exactly one.
    pub async fn notification(&self, order: &str) -> NotificationRow {
        only(order, self.order(order).await)
    }

    /// Waits until all notifications of an order, at least one, meet the condition.
    pub async fn until(
        &self,
        order: &str,
        what: &str,
        is_it: impl Fn(&NotificationRow) -> bool,
    ) -> Vec<NotificationRow> {
        let sender = self.sender.as_ref().map(|sender| format!(" of {sender}")).unwrap_or_default();
        eventually(&format!("order {order}{sender}: {what}"), async || {
            let views = self.order(order).await;
            if !views.is_empty() && views.iter().all(&is_it) { Ok(views) } else { Err(described(&views)) }
        })
        .await
    }

    /// Waits until an order's one notification is in this state.
    pub async fn until_state(&self, order: &str, state: State) -> NotificationRow {
        only(order, self.until(order, state.name(), |view| view.record.state == state).await)
    }

    /// Waits until an order's one notification was accepted and has this delivery status.
    pub async fn until_status(&self, order: &str, status: DeliveryStatus) -> NotificationRow {
        let is_it = |view: &NotificationRow| view.delivery_status() == Some(status);
        only(order, self.until(order, &status.to_string(), is_it).await)
    }
}

#[track_caller]
fn only(order: &str, mut views: Vec<NotificationRow>) -> NotificationRow {
    assert_eq!(views.len(), 1, "order {order} has {}", described(&views));
    views.remove(0)
}

fn described(views: &[NotificationRow]) -> String {
    if views.is_empty() {
        return "nothing".to_owned();
    }
    let one = |view: &NotificationRow| {
        let record = &view.record;
        let provider = record.provider.map_or("no provider", Provider::name);
        let delivery = view.delivery_status().map(|status| format!(", {status}")).unwrap_or_default();
        let reason = record.reason.as_ref().map(|reason| format!(", {reason}")).unwrap_or_default();
        format!(
            "{} {}{delivery} at attempt {} by {provider}{reason}",
            view.notification, record.state, record.attempt
        )
    };
    views.iter().map(one).collect::<Vec<_>>().join("; ")
}
