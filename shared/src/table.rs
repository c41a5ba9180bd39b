//! The DynamoDB table: notifications, messages, orders' progress, unfinished and invalid events.
//!
//! Every write is either conditional on what it was decided from, or commutes with every other write to its item.
//! `protocol` and `delivery` make the decisions.

mod answers;
mod due;
mod error;
mod events;
mod facts;
mod held_index;
mod invalid;
mod invalid_event_key;
mod item;
mod keys;
mod messages;
mod metric_names;
mod name;
mod notification_facts;
mod notifications;
mod progress;
mod record_attributes;
#[cfg(test)]
mod samples;
mod stream_image;
mod update;
mod warm_up;

use std::time::Duration;

use aws_sdk_dynamodb::Client;

pub use answers::ProviderAnswer;
pub use due::{Due, DuePage, DuePosition};
pub use error::TableError;
pub use events::{Awaited, MAX_EVENT_BYTES, UnfinishedEvent};
pub use held_index::Open;
pub use invalid::{InvalidEventRow, Recorded};
pub use invalid_event_key::InvalidEventKey;
pub use item::Item;
use keys::Key;
pub use keys::{UnreadableImage, event_buckets, message_buckets, notification_buckets};
pub use messages::{FactsStored, MessageFacts, MessageRow};
use name::{PK, SK};
pub use notification_facts::{NotificationFacts, NotificationFactsStored, Reports};
pub use notifications::{Adopted, Delivery, NotificationRow};
pub use stream_image::Image;
use update::Update;
pub use update::Written;

/// How long notifications and messages are kept. Longer than any allowed `max_age`, so that a replayed event
/// either finds its record or is too old to be sent.
const RETENTION: Duration = Duration::from_hours(90 * 24);

/// The application's table.
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

    /// Reads an item consistently, and parses it.
    async fn read<T>(
        &self,
        operation: &'static str,
        (pk, sk): Key,
        parse: impl FnOnce(&Item) -> serde_dynamo::Result<T>,
    ) -> Result<Option<T>, TableError> {
        let get = self.client.get_item().table_name(&self.name).key(PK, pk).key(SK, sk);
        let found = get.consistent_read(true).send().await;
        let found = found.map_err(|error| TableError::new(operation, &error))?.item;
        found.map(|item| parse(&item)).transpose().map_err(TableError::unreadable(operation))
    }

    /// An update of the item with this key.
    fn update(&self, key: Key) -> Update {
        Update::new(self, key)
    }
}
