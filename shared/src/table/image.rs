//! Parses an item of the table, as in the images of a stream record.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::InvalidEventKey;
use super::facts;
use super::keys::{INVALID_PREFIX, MESSAGE_PREFIX, NOTIFICATION_PREFIX, ORDER_PREFIX};
use crate::delivery::{DeliveryFacts, FactKind};
use crate::fault::Fault;
use crate::message::{MessageKey, NotificationKey, OrderNumber, Reference};
use crate::protocol::Record;

/// An item of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// A notification's item.
    Notification(Box<NotificationImage>),
    /// A message's item, for one of the message's ids.
    Message(Box<MessageImage>),
    /// An invalid event's item.
    InvalidEvent(InvalidEventImage),
    /// The progress of an order, an unfinished event, or an item of another version.
    Other,
}

/// The item of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationImage {
    /// The order and the notification's key.
    pub reference: Reference,
    /// The notification's name in the catalogue.
    pub notification: String,
    /// When the sender last wrote the record.
    pub updated_at: Timestamp,
    /// The notification's record.
    pub record: Record,
    /// The facts that were reported with our reference, by the message id in the report.
    pub messages: BTreeMap<MessageKey, DeliveryFacts>,
}

/// The item of a message, for one of its ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageImage {
    /// The provider and the message id.
    pub message: MessageKey,
    /// The message's notification; `None` until a writer links them.
    pub reference: Option<Reference>,
    /// The notification's name in the catalogue, if known.
    pub notification: Option<String>,
    /// When the sender stored the message; `None` if only callbacks named this id.
    pub accepted_at: Option<Timestamp>,
    /// When polling ended without a final fact.
    pub unconfirmed_at: Option<Timestamp>,
    /// The facts reported for this id.
    pub facts: DeliveryFacts,
    /// The facts that are also stored under another id of the same message, and published from there.
    pub aliased: BTreeSet<FactKind>,
}

/// The item of an invalid event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidEventImage {
    /// Identifies the item among the invalid events.
    pub key: InvalidEventKey,
    /// The notification that it would have become, if it matched a catalogue entry.
    pub notification: Option<String>,
    /// When it was recorded.
    pub received_at: Timestamp,
    /// Every fault found in the event.
    pub faults: Vec<Fault>,
}

/// The item has a form that this version does not write. It quotes nothing from the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an item that can't be read as a {0}")]
pub struct UnreadableImage(&'static str);

#[derive(Deserialize)]
struct Keys {
    pk: String,
    sk: String,
}

#[derive(Deserialize)]
struct NotificationAttributes {
    notification: String,
    updated_at: Timestamp,
}

#[derive(Deserialize)]
struct MessageAttributes {
    order_number: Option<OrderNumber>,
    notification_key: Option<NotificationKey>,
    notification: Option<String>,
    accepted_at: Option<Timestamp>,
    unconfirmed_at: Option<Timestamp>,
    #[serde(default)]
    aliased: BTreeSet<FactKind>,
    #[serde(flatten)]
    facts: DeliveryFacts,
}

#[derive(Deserialize)]
struct InvalidEventAttributes {
    notification: Option<String>,
    received_at: Timestamp,
    faults: Vec<Fault>,
}

impl Image {
    /// Parses an item by the form of its keys.
    pub fn read(item: &serde_dynamo::Item) -> Result<Self, UnreadableImage> {
        let Keys { pk, sk } = read(item, "table item")?;
        if let (Some(order), Some(key)) =
            (pk.strip_prefix(ORDER_PREFIX), sk.strip_prefix(NOTIFICATION_PREFIX))
        {
            return notification(order, key, item).map(|image| Self::Notification(Box::new(image)));
        }
        if let Some(message) = pk.strip_prefix(MESSAGE_PREFIX) {
            return self::message(message, item).map(|image| Self::Message(Box::new(image)));
        }
        if pk.starts_with(INVALID_PREFIX) {
            let key = InvalidEventKey::read(&pk, &sk).ok_or(UnreadableImage("invalid event"))?;
            return invalid_event(key, item).map(Self::InvalidEvent);
        }
        Ok(Self::Other)
    }
}

fn notification(
    order: &str,
    key: &str,
    item: &serde_dynamo::Item,
) -> Result<NotificationImage, UnreadableImage> {
    let unreadable = UnreadableImage("notification");
    let NotificationAttributes { notification, updated_at } = read(item, "notification")?;
    let reference = Reference {
        order: OrderNumber::recorded(order).map_err(|_| unreadable)?,
        key: NotificationKey::parse(key).map_err(|_| unreadable)?,
    };
    let record: Record = read(item, "notification")?;
    let mut messages = BTreeMap::new();
    for message in &record.message_ids {
        let facts =
            facts::of_message("read a notification", item.inner(), message).map_err(|_| unreadable)?;
        if facts != DeliveryFacts::default() {
            messages.insert(message.clone(), facts);
        }
    }
    Ok(NotificationImage { reference, notification, updated_at, record, messages })
}

fn message(key: &str, item: &serde_dynamo::Item) -> Result<MessageImage, UnreadableImage> {
    let MessageAttributes {
        order_number,
        notification_key,
        notification,
        accepted_at,
        unconfirmed_at,
        aliased,
        facts,
    } = read(item, "message")?;
    Ok(MessageImage {
        message: MessageKey::try_from(key.to_owned()).map_err(|_| UnreadableImage("message"))?,
        reference: order_number.zip(notification_key).map(|(order, key)| Reference { order, key }),
        notification,
        accepted_at,
        unconfirmed_at,
        facts,
        aliased,
    })
}

fn invalid_event(
    key: InvalidEventKey,
    item: &serde_dynamo::Item,
) -> Result<InvalidEventImage, UnreadableImage> {
    let InvalidEventAttributes { notification, received_at, faults } = read(item, "invalid event")?;
    Ok(InvalidEventImage { key, notification, received_at, faults })
}

fn read<T: DeserializeOwned>(item: &serde_dynamo::Item, what: &'static str) -> Result<T, UnreadableImage> {
    serde_dynamo::from_item(item.clone()).map_err(|_| UnreadableImage(what))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::protocol::State;

    fn image(item: &Value) -> Result<Image, UnreadableImage> {
        Image::read(&serde_json::from_value(item.clone()).unwrap())
    }

    fn message() -> Value {
        json!({
            "pk": {"S": "MESSAGE#kaleyra#wamid.A=="}, "sk": {"S": "MESSAGE"}, "provider": {"S": "kaleyra"},
            "order_number": {"S": "10482"}, "notification_key": {"S": "k"},
            "delivered_at": {"S": "2026-11-20T09:00:01.000Z"}, "aliased": {"SS": ["delivered"]},
            "expires_at": {"N": "1800000000"},
        })
    }

    #[test]
    fn every_item_that_is_written_can_be_read() {
        let notification = json!({
            "pk": {"S": "ORDER#10482"}, "sk": {"S": "NOTIFICATION#k"}, "notification": {"S": "order-cancelled"},
            "state": {"S": "rejected"}, "attempt": {"N": "1"}, "provider": {"S": "onemsg"},
            "fingerprint": {"S": "f"}, "updated_at": {"S": "2026-11-20T09:00:00.000Z"},
            "reason": {"M": {"class": {"S": "recipient"}, "code": {"S": "131026"}, "text": {"S": "t"}}},
            "message_ids": {"SS": ["onemsg#wamid.B==", "onemsg#wamid.C=="]},
            "sent_at:667565c5": {"S": "2026-11-20T09:00:01.000Z"}, "failed_at:667565c5": {"S": "2026-11-20T09:00:02.000Z"},
            "failure:667565c5": {"M": {"code": {"S": "131049"}, "text": {"S": "t"}}},
            "requests": {"N": "4"}, "answer:onemsg": {"S": "what a later version keeps"},
        });
        let Image::Notification(read) = image(&notification).unwrap() else { panic!("a notification") };
        assert_eq!((read.record.state, read.reference.order.as_str()), (State::Rejected, "10482"));
        let [(told, facts)] = &Vec::from_iter(&read.messages)[..] else { panic!("{:?}", read.messages) };
        assert_eq!((told.id.as_str(), facts.sent_at.is_some(), facts.read_at), ("wamid.B==", true, None));
        assert_eq!(facts.failure.as_ref().unwrap().code.as_deref(), Some("131049"));

        let Image::Message(read) = image(&message()).unwrap() else { panic!("a message") };
        assert!(read.facts.delivered_at.is_some() && read.aliased.contains(&FactKind::Delivered));
        assert_eq!((read.message.id.as_str(), read.reference.unwrap().key.as_str()), ("wamid.A==", "k"));

        let invalid = json!({
            "pk": {"S": "INVALID#e#1"}, "sk": {"S": "EVENT"}, "raw": {"S": "{"},
            "received_at": {"S": "2026-11-20T09:00:00.000Z"},
            "faults": {"L": [{"M": {"place": {"S": "detail"}, "problem": {"S": "is missing"}}}]},
        });
        let Image::InvalidEvent(read) = image(&invalid).unwrap() else { panic!("an invalid event") };
        assert_eq!((read.key.event_id.as_str(), read.faults.len()), ("e#1", 1));

        let progress = json!({"pk": {"S": "ORDER#10482"}, "sk": {"S": "PROGRESS"}, "version": {"N": "1"}});
        assert_eq!(image(&progress), Ok(Image::Other));
    }

    #[test]
    fn what_cannot_be_read_is_told_without_a_word_of_it() {
        let mut broken = message();
        broken["delivered_at"] = json!({"S": "yesterday, +12025550100"});
        let text = image(&broken).unwrap_err().to_string();
        assert_eq!(text, "an item that can't be read as a message");
        assert!(image(&json!({})).is_err());
    }
}
