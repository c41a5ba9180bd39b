//! A notification with a fallback: cancelled orders, with a text message after four hours, and then an e-mail.

use std::time::Duration;

use local::simulator::aws::{AwsSend, AwsService};
use serde_json::json;
use toml::Table;

use super::{Event, Shop};

/// The notification with the fallback.
pub const ENTRY: &str = "order-cancelled";
/// A little longer than the fallback waits for a delivery.
pub const WAIT: Duration = Duration::from_mins(4 * 60 + 1);

/// Adds the fallback. A text message goes to the customer's mobile number if the event has one.
pub fn add(catalogue: &mut Table) {
    let fallback: Table = toml::from_str(
        r#"
        after = "4h"
        [[channels]]
        provider = "aws-sms"
        recipient = "not_null(detail.customer.mobile, detail.customer.phone)"
        consent = "detail.customer.sms_opt_in"
        text = { en = "Order {{2}} was cancelled." }
        [[channels]]
        provider = "aws-email"
        recipient = "detail.customer.email"
        consent = "detail.customer.email_opt_in"
        subject = { en = "Order {{2}}" }
        text = { en = "Hello {{1}},\n\norder {{2}} was cancelled." }
        "#,
    )
    .unwrap();
    let entry = catalogue["notifications"][ENTRY].as_table_mut().unwrap();
    entry.insert("fallback".to_owned(), fallback.into());
}

/// Lets WhatsApp by AWS alone send this notification, with Meta's templates.
pub fn by_aws(catalogue: &mut Table) {
    let entry = catalogue["notifications"][ENTRY].as_table_mut().unwrap();
    entry.insert("providers".to_owned(), vec!["aws-whatsapp"].into());
    let meta = entry["templates"]["meta"].clone();
    entry.insert("templates".to_owned(), Table::from_iter([("aws-whatsapp".to_owned(), meta)]).into());
}

/// An event about a customer with this magic number at WhatsApp, who agrees to both other channels.
pub fn cancelled(order: &str, magic: u8) -> Event {
    let event = Event::sample(ENTRY).order(order).magic(magic);
    let event = event.with("/detail/customer/sms_opt_in", json!(true));
    let event = event.with("/detail/customer/email_opt_in", json!(true));
    event.with("/detail/customer/email", json!(format!("success+{order}@simulator.amazonses.com")))
}

/// The accepted text messages about an order.
pub fn texts_about(shop: &Shop, order: &str) -> Vec<AwsSend> {
    let text = format!("Order {order} was cancelled.");
    let sends = shop.simulator().aws_ledger();
    sends.accepted_by(AwsService::Sms).filter(|send| send.text == text).cloned().collect()
}

/// The accepted e-mails about an order.
pub fn emails_about(shop: &Shop, order: &str) -> Vec<AwsSend> {
    let subject = format!("Order {order}");
    let sends = shop.simulator().aws_ledger();
    sends
        .accepted_by(AwsService::Email)
        .filter(|send| send.subject.as_ref() == Some(&subject))
        .cloned()
        .collect()
}
