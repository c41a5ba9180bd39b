//! Parses an item of the table, as in the images of a stream record.

use super::item::Item;
use super::keys::{Subject, UnreadableImage};
use super::{InvalidEventRow, MessageRow, NotificationRow};
use crate::message::Reference;

/// An item of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// A notification's item.
    Notification(Box<NotificationRow>),
    /// A message's item, for one of the message's ids.
    Message(Box<MessageRow>),
    /// An invalid event's item.
    InvalidEvent(InvalidEventRow),
    /// The item with the unfinished event of this notification, which
    /// [`UnfinishedEvent::read`](super::UnfinishedEvent::read) parses.
    UnfinishedEvent(Reference),
    /// The progress of an order, or an item of another version.
    Other,
}

impl Image {
    /// Parses an item by the form of its keys.
    pub fn read(item: &Item) -> Result<Self, UnreadableImage> {
        Ok(match Subject::of_item(item)? {
            Subject::Notification(reference) => {
                let row =
                    NotificationRow::read(reference, item).map_err(|_| UnreadableImage("notification"))?;
                Self::Notification(Box::new(row))
            }
            Subject::Message(message) => {
                let row = MessageRow::read(message, item).map_err(|_| UnreadableImage("message"))?;
                Self::Message(Box::new(row))
            }
            Subject::InvalidEvent(key) => {
                let event = InvalidEventRow::read(key, item).map_err(|_| UnreadableImage("invalid event"))?;
                Self::InvalidEvent(event)
            }
            Subject::UnfinishedEvent(reference) => Self::UnfinishedEvent(reference),
            Subject::Other => Self::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::delivery::{DeliveryFacts, FactKind};
    use crate::protocol::State;

    fn image(item: &Value) -> Result<Image, UnreadableImage> {
        let item: serde_dynamo::Item = serde_json::from_value(item.clone()).unwrap();
        Image::read(&item.into())
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
        let [told, other] = &read.messages[..] else { panic!("{:?}", read.messages) };
        let facts = &told.facts;
        assert_eq!(
            (told.message.id.as_str(), facts.sent_at.is_some(), facts.read_at),
            ("wamid.B==", true, None)
        );
        assert_eq!(other.facts, DeliveryFacts::default());
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
