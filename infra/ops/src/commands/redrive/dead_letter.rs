//! The data of a dead letter that the report shows. It contains no personal data.

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::catalogue::{Catalogue, OrderEvent, read_event, render};
use shared::message::{Reference, Sender};
use shared::providers::aws::events;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct DeadLetter {
    /// The event's id, if it has one.
    pub(super) event_id: Option<String>,
    pub(super) source: Option<String>,
    pub(super) detail_type: Option<String>,
    /// The order's sender, if it has a name and the event can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sender: Option<Sender>,
    /// The order's number, found by the catalogue.
    pub(super) order: Option<String>,
    /// When it was put on its original queue.
    pub(super) sent_at: Option<Timestamp>,
    /// The number of receives on both queues.
    pub(super) receives: Option<u32>,
    /// Why EventBridge could not deliver it.
    pub(super) error: Option<String>,
}

impl DeadLetter {
    /// A dead letter of order events.
    pub(super) fn parse(message: &Message, catalogue: &Catalogue) -> Self {
        let event: Value = read_event(message.body().unwrap_or_default().as_bytes()).unwrap_or_default();
        let (sender, order) = order(&event, catalogue);
        Self { sender, order, ..Self::new(message, &event) }
    }

    /// A dead letter of delivery events: its order is that of the first fact with our reference.
    pub(super) fn parse_delivery_event(message: &Message) -> Self {
        let body = message.body().unwrap_or_default().as_bytes();
        let letter = Self::new(message, &read_event(body).unwrap_or_default());
        let read = events::parse(body, Timestamp::now()).map(|event| event.callback.facts);
        let mut references = read.into_iter().flatten().filter_map(|fact| fact.reference);
        let Some(Reference { order, .. }) = references.next() else { return letter };
        Self { sender: order.sender.clone(), order: Some(order.to_string()), ..letter }
    }

    /// A dead letter with this event, without its order.
    fn new(message: &Message, event: &Value) -> Self {
        let attribute = |name: MessageSystemAttributeName| message.attributes()?.get(&name).cloned();
        let milliseconds =
            attribute(MessageSystemAttributeName::SentTimestamp).and_then(|text| text.parse().ok());
        let error = |name: &str| message.message_attributes()?.get(name)?.string_value().map(str::to_owned);
        let text = |name: &str| event.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            event_id: text("id"),
            source: text("source"),
            detail_type: text("detail-type"),
            sent_at: milliseconds.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()),
            receives: attribute(MessageSystemAttributeName::ApproximateReceiveCount)
                .and_then(|text| text.parse().ok()),
            error: error("ERROR_CODE"),
            sender: None,
            order: None,
        }
    }

    /// The event's detail type and source, or "no event".
    pub(super) fn kind(&self) -> String {
        match (&self.source, &self.detail_type) {
            (Some(source), Some(detail_type)) => format!("{detail_type} ({source})"),
            _ => "no event".to_owned(),
        }
    }
}

/// The order's sender and number: found by the catalogue if an entry matches, otherwise at the place of this project's samples.
fn order(event: &Value, catalogue: &Catalogue) -> (Option<Sender>, Option<String>) {
    let own = match event.pointer("/detail/order/number") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let found = OrderEvent::parse(event.clone()).ok().and_then(|event| {
        let entry = catalogue.entry_for(&event)?;
        render(entry, &event, None).ok().map(|notification| notification.reference.order)
    });
    match found {
        Some(order) => (order.sender.clone(), Some(order.to_string())),
        None => (None, own),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::types::MessageAttributeValue;

    use super::*;

    #[test]
    fn a_dead_letter_has_its_order_and_no_personal_data() {
        let catalogue =
            Catalogue::parse("shipped", include_str!("../../../../../tests/shop/notifications.toml"))
                .unwrap();
        let why = MessageAttributeValue::builder().data_type("String").string_value("NO_PERMISSIONS").build();
        let message = Message::builder()
            .body(include_str!("../../../../../tests/events/order-cancelled.json"))
            .attributes(MessageSystemAttributeName::SentTimestamp, "1795165200000")
            .attributes(MessageSystemAttributeName::ApproximateReceiveCount, "41")
            .message_attributes("ERROR_CODE", why.unwrap())
            .build();
        let letter = DeadLetter::parse(&message, &catalogue);
        assert_eq!((letter.order.as_deref(), letter.receives), (Some("10482"), Some(41)));
        assert_eq!(letter.sent_at.unwrap().to_string(), "2026-11-20T09:00:00Z");
        assert_eq!(
            (letter.kind().as_str(), letter.error.as_deref()),
            ("Order Cancelled (oms)", Some("NO_PERMISSIONS"))
        );
        let json = serde_json::to_string(&letter).unwrap();
        assert!(!json.contains("Alexey") && !json.contains("12025550100"), "{json}");

        let unsound = Message::builder().body(r#"{"id":"1","detail":{"order":{"number":7}}}"#).build();
        let unsound = DeadLetter::parse(&unsound, &catalogue);
        assert_eq!((unsound.order.as_deref(), unsound.kind().as_str()), (Some("7"), "no event"));
        let none = DeadLetter::parse(&Message::builder().body("{").build(), &catalogue);
        assert_eq!((none.order.as_ref(), none.kind().as_str()), (None, "no event"));
    }

    #[test]
    fn a_delivery_event_has_the_order_of_our_reference() {
        let letter = |body: &str| DeadLetter::parse_delivery_event(&Message::builder().body(body).build());
        let event = r#"{"id": "e", "source": "aws.sms-voice", "detail-type": "Text Message Delivery Status Updated",
            "detail": {"messageId": "m", "messageStatus": "DELIVERED", "isFinal": true,
            "destinationPhoneNumber": "+12025550100", "context": {"reference": "notification:acme/k-1:sms/10482"}}}"#;
        let known = letter(event);
        assert_eq!(known.kind(), "Text Message Delivery Status Updated (aws.sms-voice)");
        assert_eq!(
            (known.order.as_deref(), known.sender.as_ref().map(Sender::as_str)),
            (Some("10482"), Some("acme"))
        );
        assert!(!serde_json::to_string(&known).unwrap().contains("2025550"));
        let unreadable = letter("{");
        assert_eq!((unreadable.order.as_ref(), unreadable.kind().as_str()), (None, "no event"));
    }
}
