//! Orders in reports: the number, and the sender's name if it has one.

use serde::{Serialize, Serializer};
use shared::message::{OrderId, OrderNumber, Sender};

use crate::output::style;

/// The order's number, highlighted, with its sender: `10482 of acme`.
pub fn shown(order: &OrderId) -> String {
    format!("{}{}", style::strong(order), of_sender(order.sender.as_ref()))
}

/// The order's number with its sender, without escapes.
pub fn plain(order: &OrderId) -> String {
    format!("{order}{}", of_sender(order.sender.as_ref()))
}

/// ` of acme`; nothing for the default sender.
pub fn of_sender(sender: Option<&Sender>) -> String {
    sender.map(|sender| format!(" of {sender}")).unwrap_or_default()
}

/// An order that may be unknown, as the members `sender` and `order` of its report. `order` is never left out.
#[expect(clippy::ref_option, reason = "serde passes a reference to the member")]
pub fn serialize_known<S: Serializer>(order: &Option<OrderId>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Members<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        sender: Option<&'a Sender>,
        order: Option<&'a OrderNumber>,
    }
    let sender = order.as_ref().and_then(|order| order.sender.as_ref());
    Members { sender, order: order.as_ref().map(|order| &order.number) }.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    struct Known {
        #[serde(flatten, serialize_with = "serialize_known")]
        about: Option<OrderId>,
    }

    fn order(sender: Option<&str>) -> OrderId {
        let number = OrderNumber::parse("10482").unwrap();
        OrderId { sender: sender.map(|name| Sender::parse(name).unwrap()), number }
    }

    #[test]
    fn an_unknown_order_is_null_and_only_a_named_sender_is_shown() {
        let json = |about| serde_json::to_value(Known { about }).unwrap();
        assert_eq!(json(None), json!({"order": null}));
        assert_eq!(json(Some(order(None))), json!({"order": "10482"}));
        assert_eq!(json(Some(order(Some("acme")))), json!({"sender": "acme", "order": "10482"}));
        assert_eq!(
            (plain(&order(None)), plain(&order(Some("acme")))),
            ("10482".into(), "10482 of acme".into())
        );
    }
}
