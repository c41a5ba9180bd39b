//! The examples in the seeds, for the tests.

use std::fmt::Write as _;

use super::http::Request;
use crate::message::{
    Button, ButtonKind, Components, Content, Header, Language, Link, NotificationKey, OrderNumber,
    OrderStatus, OrderStatusUpdate, Recipient, Reference, Template, TemplateMessage, Text,
};

/// The next steps in the filled-in examples of seeds 000, 001 and 002.
const RETURNED: &str =
    "Return the item to the drop-off point by July 5. Refund within 5–7 business days after inspection.";
const UPDATED: &str = "The item arrived at our warehouse. Refund within 2 business days";
const CANCELLED: &str = "Payment will be refunded within 3–5 business days to the card used for the order.";
const ARRIVED: &str = "We can start picking today — confirm shipment using the link below.";

fn message(notification: &str, template: &str, content: Content) -> TemplateMessage {
    TemplateMessage {
        recipient: Recipient::parse("+12025550100", None, false).unwrap(),
        template: Template { name: template.to_owned(), namespace: None },
        language: Language::new("en_US"),
        content,
        notification: notification.to_owned(),
        reference: Reference {
            order: OrderNumber::parse("10482").unwrap().into(),
            key: NotificationKey::parse("k-1").unwrap(),
        },
    }
}

pub(super) fn body_of(variables: [&str; 4]) -> TemplateMessage {
    let variables = variables.map(|value| Text::parse_without_full_stop(value, 1024).unwrap());
    message("order-cancelled", "order_cancelled", Content::Template(Components::body(variables.into())))
}

fn body(notification: &str, template: &str, next_step: &str) -> TemplateMessage {
    let variables = ["Alexey", "10482", "Wireless headphones", next_step]
        .map(|value| Text::parse_without_full_stop(value, 1024).unwrap());
    message(notification, template, Content::Template(Components::body(variables.into())))
}

/// A shipped order with a picture of the product and a button that leads to the parcel.
pub(super) fn with_picture_and_tracking() -> TemplateMessage {
    let text = |value| Text::parse(value, 1024).unwrap();
    let components = Components {
        header: Some(Header::Image(Link::parse("https://cdn.shop.example/headphones.jpg").unwrap())),
        buttons: vec![Button { index: 0, kind: ButtonKind::Url, value: text("1Z999AA10123456784") }],
        ..Components::body(vec![text("Alexey"), text("10482")])
    };
    message("order-shipped", "order_shipped", Content::Template(components))
}

pub(super) fn return_registered() -> TemplateMessage {
    body("return-registered", "order_return", RETURNED)
}

pub(super) fn return_updated() -> TemplateMessage {
    body("return-updated", "order_return", UPDATED)
}

pub(super) fn order_cancelled() -> TemplateMessage {
    body("order-cancelled", "order_cancelled", CANCELLED)
}

pub(super) fn stock_arrived() -> TemplateMessage {
    body("stock-arrived", "stock_arrived", ARRIVED)
}

pub(super) fn order_status(description: Option<&str>) -> TemplateMessage {
    let update = OrderStatusUpdate {
        reference_id: Text::parse("395XXXXX ", 255).unwrap(),
        status: OrderStatus::Shipped,
        description: description.map(|text| Text::parse(text, 120).unwrap()),
    };
    message("order-status-changed", "order_confirmation", Content::OrderStatus(update))
}

/// The message in 1MSG's form: with a namespace, and with 1MSG's language code.
pub(super) fn for_one_msg(mut message: TemplateMessage) -> TemplateMessage {
    message.template.namespace = Some("5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61".to_owned());
    message.language = Language::new("en");
    message
}

/// Method, address, headers (including secret ones) and body, as sent.
pub(super) fn on_the_wire(request: &Request) -> String {
    let mut wire = format!("POST {}\n", request.url);
    for (name, value) in &request.headers {
        let secret = if value.is_sensitive() { " (sensitive)" } else { "" };
        writeln!(wire, "{name}: {}{secret}", value.to_str().unwrap()).unwrap();
    }
    wire + "\n" + std::str::from_utf8(&request.body).unwrap()
}
