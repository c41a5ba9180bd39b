//! Lists the items that the sweeper has to process, from the index `due`. The index contains only its own
//! keys and those of the items.

use jiff::Timestamp;
use serde::Deserialize;

use super::keys::{Item, MESSAGE_PREFIX, NOTIFICATION_PREFIX, ORDER_PREFIX, event_reference, s};
use super::{Table, TableError, text_time};
use crate::message::{MessageKey, NotificationKey, OrderNumber, Reference};

/// A due item. The index is eventually consistent, so read the item before acting on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// A notification whose lease, wait or confirmation window has ended.
    Notification(Reference),
    /// A message to poll its provider about.
    Message(MessageKey),
    /// A stored event to put back on the queue.
    Event {
        /// The event's notification.
        reference: Reference,
        /// Since when it is due.
        since: Timestamp,
    },
}

/// A page of due items from one partition of the index.
#[derive(Debug)]
pub struct DuePage {
    /// The longest due first.
    pub due: Vec<Due>,
    /// Where the next page begins; `None` after the last page.
    pub next: Option<DuePosition>,
}

/// A position in a partition of the index.
#[derive(Debug)]
pub struct DuePosition(Item);

#[derive(Deserialize)]
struct Keys {
    pk: String,
    sk: String,
    due_at: Timestamp,
}

impl Table {
    /// The due items of one partition: at most `limit`, from `position` or from the beginning.
    pub async fn due(
        &self,
        bucket: &str,
        now: Timestamp,
        position: Option<DuePosition>,
        limit: u16,
    ) -> Result<DuePage, TableError> {
        let operation = "list what is due";
        let found = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("due")
            .key_condition_expression("due_bucket = :bucket AND due_at <= :now")
            .expression_attribute_values(":bucket", s(bucket))
            .expression_attribute_values(":now", s(text_time(now)))
            .set_exclusive_start_key(position.map(|DuePosition(key)| key))
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| TableError::new(operation, &error))?;
        let items = found.items.unwrap_or_default().into_iter();
        let due = items.map(|item| read(item).map_err(|error| TableError::unreadable(operation, &error)));
        let due: Vec<Due> = due.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        Ok(DuePage { due, next: found.last_evaluated_key.map(DuePosition) })
    }
}

/// `None` for an item of another kind, which a later version may have written.
fn read(item: Item) -> serde_dynamo::Result<Option<Due>> {
    let Keys { pk, sk, due_at: since } = serde_dynamo::from_item(item)?;
    Ok(notification(&pk, &sk)
        .map(Due::Notification)
        .or_else(|| message(&pk).map(Due::Message))
        .or_else(|| event_reference(&pk).map(|reference| Due::Event { reference, since })))
}

pub(super) fn notification(pk: &str, sk: &str) -> Option<Reference> {
    let (order, key) = (pk.strip_prefix(ORDER_PREFIX)?, sk.strip_prefix(NOTIFICATION_PREFIX)?);
    Some(Reference { order: OrderNumber::recorded(order).ok()?, key: NotificationKey::parse(key).ok()? })
}

fn message(pk: &str) -> Option<MessageKey> {
    MessageKey::try_from(pk.strip_prefix(MESSAGE_PREFIX)?.to_owned()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUE_AT: Timestamp = Timestamp::constant(1_780_000_000, 0);

    fn item(pk: &str, sk: &str) -> Item {
        let due_at = ("due_at".to_owned(), s(text_time(DUE_AT)));
        Item::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk)), due_at])
    }

    #[test]
    fn keys_name_a_notification_or_a_message_or_nothing_that_is_known() {
        let reference = Reference {
            order: OrderNumber::parse("1#2").unwrap(),
            key: NotificationKey::parse("k").unwrap(),
        };
        let key = MessageKey::try_from("onemsg#wamid.A#B=".to_owned()).unwrap();
        for (pk, sk, due) in [
            ("ORDER#1#2", "NOTIFICATION#k", Some(Due::Notification(reference.clone()))),
            ("EVENT#1#2#k", "EVENT", Some(Due::Event { reference, since: DUE_AT })),
            ("MESSAGE#onemsg#wamid.A#B=", "MESSAGE", Some(Due::Message(key))),
            ("MESSAGE#sms#1", "MESSAGE", None),
            ("ORDER#1", "PROGRESS", None),
            ("OTHER#1", "OTHER", None),
        ] {
            assert_eq!(read(item(pk, sk)).unwrap(), due, "{pk} {sk}");
        }
    }
}
