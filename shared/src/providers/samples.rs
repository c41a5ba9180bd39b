//! The examples in the seeds, for the tests.

use std::fmt::Write as _;

use super::http::Request;
use crate::message::{
    Beneficiary, Button, ButtonKind, Components, Content, EmailAddress, Goods, Header, Language, Link,
    NotificationKey, OrderCurrency, OrderDetails, OrderItem, OrderNumber, OrderStatus, OrderStatusUpdate,
    Payment, PaymentSetting, PlainText, Recipient, Reference, ReferenceId, Template, TemplateMessage, Text,
    Verbatim,
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
        reference_id: Some(Text::parse("395XXXXX ", 255).unwrap()),
        status: OrderStatus::Shipped,
        description: description.map(|text| Text::parse(text, 120).unwrap()),
    };
    message("order-status-changed", "order_confirmation", Content::OrderStatus(update))
}

/// An order of goods that are shipped within India, with a sale, a discount and a payment gateway: the amounts of Meta's own
/// example.
pub(super) fn order_details() -> TemplateMessage {
    let text = |value| Text::parse(value, 200).unwrap();
    let item = OrderItem {
        name: text("Blue Elf Aloe"),
        amount: 200_000,
        sale_amount: Some(150_000),
        quantity: 1,
        retailer_id: Some(text("1234567")),
    };
    let gateway = PaymentSetting::Gateway {
        gateway: "razorpay".to_owned(),
        configuration_name: "prod-razor-pay-config-05".to_owned(),
    };
    let details = OrderDetails {
        reference_id: ReferenceId::parse("abc.123_xyz-1", 35).unwrap(),
        goods: Goods::Physical,
        currency: OrderCurrency::Inr,
        catalog_id: Some("195827435762".to_owned()),
        items: vec![item],
        subtotal: 150_000,
        tax: 10_000,
        shipping: Some(20_000),
        discount: Some(15_000),
        total: 165_000,
        beneficiary: Some(Box::new(Beneficiary {
            name: text("Nidhi Tripathi"),
            address_line1: text("Bandra Kurla Complex"),
            address_line2: None,
            city: text("Mumbai"),
            state: text("Maharashtra"),
            postal_code: text("400051"),
        })),
        payment: Payment { payment_type: None, configuration: None, settings: vec![gateway] },
    };
    with_details(details)
}

/// An order of a digital good in Brazil, paid with a Pix code or on a page.
pub(super) fn order_details_in_brazil() -> TemplateMessage {
    let pix = PaymentSetting::PixDynamicCode {
        code: Verbatim::parse("00020101021226700014br.gov.bcb.pix5911Minha  Loja").unwrap(),
        merchant_name: "Minha Loja".to_owned(),
        key: "39580525000189".to_owned(),
        key_type: "CNPJ".to_owned(),
    };
    let link = PaymentSetting::PaymentLink(Link::parse("https://pay.example/1").unwrap());
    with_details(OrderDetails {
        reference_id: ReferenceId::parse("10482", 60).unwrap(),
        goods: Goods::Digital,
        currency: OrderCurrency::Brl,
        catalog_id: None,
        items: vec![OrderItem {
            name: Text::parse("Cake", 60).unwrap(),
            amount: 25_000,
            sale_amount: None,
            quantity: 2,
            retailer_id: None,
        }],
        subtotal: 50_000,
        tax: 0,
        shipping: None,
        discount: None,
        total: 50_000,
        beneficiary: None,
        payment: Payment {
            payment_type: Some("br".to_owned()),
            configuration: None,
            settings: vec![pix, link],
        },
    })
}

fn with_details(details: OrderDetails) -> TemplateMessage {
    let text = |value| Text::parse(value, 1024).unwrap();
    let components = Components {
        order_details: Some(Box::new(details)),
        ..Components::body(vec![text("Nidhi"), text("10482")])
    };
    message("order-placed", "order_placed", Content::Template(components))
}

/// An order status whose event names no `reference_id`.
pub(super) fn order_status_without_reference() -> TemplateMessage {
    let mut message = order_status(None);
    if let Content::OrderStatus(update) = &mut message.content {
        update.reference_id = None;
    }
    message
}

/// A text message about a cancelled order.
pub(super) fn text_message() -> TemplateMessage {
    let text = "Hi Alexey, your order 10482 was cancelled.".to_owned();
    message("order-cancelled", "sms", Content::Plain(PlainText { subject: None, text }))
}

/// An e-mail about a cancelled order.
pub(super) fn mail() -> TemplateMessage {
    let text = "Hi Alexey,\nyour order 10482 was cancelled – sorry.".to_owned();
    let subject = Some("Your order №10482".to_owned());
    let mail = message("order-cancelled", "email", Content::Plain(PlainText { subject, text }));
    TemplateMessage {
        recipient: Recipient::Email(EmailAddress::parse("alexey@example.com").unwrap()),
        ..mail
    }
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
