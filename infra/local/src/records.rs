//! Reads orders and events from the table with the real SDK.

use aws_sdk_dynamodb::Client;
use shared::message::{MessageKey, OrderId, OrderNumber, Reference};
use shared::table::{NotificationRow, Table};

use crate::environment::TABLE;

/// Reads one table.
#[derive(Debug, Clone)]
pub struct Records {
    table: Table,
}

impl Records {
    /// Reads the local run's table with this client.
    pub fn new(client: Client) -> Self {
        Self::of_table(client, TABLE)
    }

    /// Reads the table of this name.
    pub fn of_table(client: Client, name: &str) -> Self {
        Self { table: Table::new(client, name) }
    }

    /// All notifications of the default sender's order with this number.
    pub async fn order(&self, number: &OrderNumber) -> anyhow::Result<Vec<NotificationRow>> {
        self.order_by_id(&number.clone().into()).await
    }

    /// All notifications of an order.
    pub async fn order_by_id(&self, order: &OrderId) -> anyhow::Result<Vec<NotificationRow>> {
        Ok(self.table.order(order).await?)
    }

    /// One notification, if it is recorded.
    pub async fn notification(&self, reference: &Reference) -> anyhow::Result<Option<NotificationRow>> {
        Ok(self.table.notification_row(reference).await?)
    }

    /// The order of a message, if order-notifier has stored the message.
    pub async fn order_of_message(&self, message: &MessageKey) -> anyhow::Result<Option<OrderId>> {
        let row = self.table.message(message).await?;
        Ok(row.and_then(|row| row.reference).map(|reference| reference.order))
    }

    /// Whether an event is recorded as invalid.
    pub async fn is_invalid(&self, event_id: &str) -> anyhow::Result<bool> {
        Ok(!self.table.invalid_events_with_id(event_id).await?.is_empty())
    }
}
