//! A notification with an order's details, which the tests' catalogue doesn't have.

use local::simulator::{Provider, Simulator, Template, TemplateButton, TemplateKind};
use serde_json::json;
use toml::Table;

use super::Event;

const TEMPLATE: &str = "order_placed";
/// A number in India, which has order messages.
pub const PHONE: &str = "+919000090000";

/// Adds the notification.
pub fn add_notification(catalogue: &mut Table) {
    let entry = r#"
        source      = ["oms"]
        detail_type = ["Order Placed"]
        order       = "detail.order.number"
        recipient   = "detail.customer.phone"
        consent     = "detail.customer.whatsapp_opt_in"
        providers   = ["kaleyra", "meta"]
        body        = ["detail.customer.name", "detail.order.number"]

        [templates]
        kaleyra = { name = "order_placed", languages = ["en_US"] }
        meta    = { name = "order_placed", languages = ["en_US"] }

        [order_details]
        reference_id = "detail.order.payment_reference || join('-', ['ref', detail.order.number])"
        type         = "digital-goods"
        currency     = "'INR'"
        amounts      = "decimal"
        items        = { list = "detail.order.lines", name = "title", amount = "price", quantity = "quantity" }
        tax          = "detail.order.tax"
        total        = "detail.order.total"

        [order_details.payment]
        payment_gateway = { type = "razorpay", configuration_name = "prod-razorpay" }
        "#;
    let notifications = catalogue["notifications"].as_table_mut().unwrap();
    notifications.insert("order-placed".to_owned(), toml::Value::Table(entry.parse().unwrap()));
}

/// Adds its template to the accounts at Kaleyra and Meta.
pub fn add_templates(simulator: &Simulator) {
    for provider in [Provider::Kaleyra, Provider::Meta] {
        let template = Template {
            buttons: vec![TemplateButton::order_details("Pay now")],
            ..Template::approved(TEMPLATE, "en_US", TemplateKind::Body, "Hello, {{1}}! Pay for order {{2}}.")
        };
        simulator.change_templates(provider, |held| held.push(template));
    }
}

/// An event of that notification.
pub fn placed(order: &str) -> Event {
    Event::sample("order-cancelled")
        .with("/detail-type", "Order Placed")
        .phone(PHONE)
        .with("/detail/order/lines", json!([{"title": "Aloe", "price": 1500, "quantity": 1}, {"title": "Pot", "price": "2.50", "quantity": 2}]))
        .with("/detail/order/tax", 100)
        .with("/detail/order/total", 1605)
        .order(order)
}
