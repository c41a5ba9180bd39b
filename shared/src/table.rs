//! The DynamoDB table: notifications, messages, orders' progress, unfinished and invalid events.
//!
//! Every write is either conditional on what it was decided from, or commutes with every other write to its
//! item. The operations here decide nothing; decisions are made in `protocol` and `delivery`.

mod accepted;
mod answers;
mod attention;
mod due;
mod error;
mod events;
mod facts;
mod image;
mod invalid;
mod keys;
mod messages;
mod notification_facts;
mod notifications;
mod orders;
mod polls;
mod progress;
#[cfg(test)]
mod samples;
mod warm_up;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

pub use accepted::Adopted;
pub use answers::ProviderAnswer;
pub use attention::Open;
pub use due::{Due, DuePage, DuePosition};
pub use error::TableError;
pub use events::{MAX_EVENT_BYTES, UnfinishedEvent};
pub use image::{Image, InvalidEventImage, MessageImage, NotificationImage, UnreadableImage};
pub use invalid::{InvalidEvent, InvalidEventKey, KeptEvent, Recorded};
use keys::Item;
pub use keys::{event_buckets, message_buckets, notification_buckets};
pub use messages::{FactsStored, MessageFacts};
pub use notification_facts::{NotificationFacts, NotificationFactsStored, Reports};
pub use notifications::Written;
pub use orders::{MessageView, NotificationView};
pub use polls::SilentMessage;

/// How long notifications and messages are kept. Longer than any allowed `max_age`, so that a replayed event
/// either finds its record or is too old to be sent.
const RETENTION: Duration = Duration::from_hours(90 * 24);

/// A client for the application's table.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// The table `name`, accessed through `client`.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Reads an item consistently.
    async fn item(
        &self,
        operation: &'static str,
        pk: AttributeValue,
        sk: AttributeValue,
    ) -> Result<Option<Item>, TableError> {
        let read = self.client.get_item().table_name(&self.name).key("pk", pk).key("sk", sk);
        let found = read.consistent_read(true).send().await;
        found.map(|found| found.item).map_err(|error| TableError::new(operation, &error))
    }

    /// An update of the item with this key, without an expression.
    fn update(&self, pk: AttributeValue, sk: AttributeValue) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).key("pk", pk).key("sk", sk)
    }
}

/// Deserialises an item.
fn parse_item<T: DeserializeOwned>(operation: &'static str, item: Item) -> Result<T, TableError> {
    serde_dynamo::from_item(item).map_err(|error| TableError::unreadable(operation, &error))
}

/// The expiry for DynamoDB's time to live, in whole seconds since 1970. Items may outlive it by up to two
/// days; nothing relies on it.
fn expires_at(from: Timestamp, after: Duration) -> i64 {
    from.saturating_add(after).unwrap_or(Timestamp::MAX).as_second()
}

/// Formats a time with a fixed width, so that times sort as text.
fn text_time(at: Timestamp) -> String {
    format!("{at:.3}")
}
