//! Tests the catalogue with valid and faulty input.

mod choice;
mod components;
mod fallback;
mod faults;
mod keys;
mod order_details;
mod recipients;
mod rendering;
mod senders;

use serde_json::{Value, json};

use super::*;
use crate::key_secret::KeySecret;

const SHIPPED: &str = include_str!("../../../../tests/shop/notifications.toml");

fn shipped() -> Catalogue {
    Catalogue::parse("notifications.toml", SHIPPED).unwrap()
}

fn cancelled() -> Value {
    json!({
        "id": "6f0c", "source": "oms", "detail-type": "Order Cancelled", "time": "2026-11-20T09:00:00Z",
        "detail": {
            "order": {"number": "10482"},
            "customer": {"name": " Alexey\n", "phone": "+1 202 555 0100", "language": "es-MX", "whatsapp_opt_in": true},
            "product": {"name": "Wireless\theadphones"},
            "next_step": "Payment will be refunded within 3–5 business days to the card used for the order."
        }
    })
}

fn status_changed(status: &str) -> Value {
    json!({
        "id": "6f0d", "source": "oms", "detail-type": "Order Status Changed", "time": "2026-11-20T09:00:00Z",
        "detail": {
            "order": {"number": 10482, "reference_id": "395", "status": status, "description": "On its way."},
            "customer": {"phone": "+12025550100", "whatsapp_opt_in": true}
        }
    })
}

fn rendered(event: Value) -> Result<Notification, crate::fault::Faults> {
    let event = OrderEvent::parse(event).unwrap();
    let catalogue = shipped();
    render(catalogue.entry_for(&event).unwrap(), &event, Some(&key_secret('k')))
}

fn key_secret(letter: char) -> KeySecret {
    KeySecret::new(letter.to_string().repeat(32).into()).unwrap()
}

fn edited(edit: impl FnOnce(&mut Value)) -> Value {
    let mut event = cancelled();
    edit(&mut event);
    event
}
