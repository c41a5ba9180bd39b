//! Orders in a template's button, and the statuses that follow them.

use serde_json::{Value, json};

use super::desk::{Desk, Got, account, status_message};
use crate::{AcceptedSend, Account, Provider, Template, TemplateButton, TemplateKind};

fn account_with_order() -> Account {
    let mut account = account();
    let template = Template {
        buttons: vec![TemplateButton::order_details("Pay now")],
        ..Template::approved("order_placed", "en_US", TemplateKind::Body, "Pay for order {{1}}, please.")
    };
    account.kaleyra.templates.push(template.clone());
    account.meta.templates.push(template);
    account
}

/// A valid order, after a change.
fn order(change: impl FnOnce(&mut Value)) -> Value {
    let amount = |value: u64| json!({"value": value, "offset": 100});
    let mut details = json!({
        "reference_id": "order-1",
        "type": "digital-goods",
        "payment_settings": [{"type": "payment_gateway",
            "payment_gateway": {"type": "razorpay", "configuration_name": "prod"}}],
        "currency": "INR",
        "total_amount": amount(165_000),
        "order": {
            "status": "pending",
            "items": [{"name": "Aloe", "amount": amount(200_000), "sale_amount": amount(150_000), "quantity": 1}],
            "subtotal": amount(150_000),
            "tax": amount(10_000),
            "shipping": amount(20_000),
            "discount": amount(15_000),
        },
    });
    change(&mut details);
    details
}

async fn send(desk: &Desk, provider: Provider, details: &Value) -> Got {
    let message = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+12025550100",
        "type": "template",
        "template": {
            "name": "order_placed",
            "language": {"policy": "deterministic", "code": "en_US"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": "10482"}]},
                {"type": "button", "sub_type": "order_details", "index": "0",
                 "parameters": [{"type": "action", "action": {"order_details": details}}]},
            ],
        },
    });
    let message = match provider {
        Provider::Kaleyra => json!({"messaging_object": message, "extra_info": {"ref": "our-key"}}),
        Provider::OneMsg | Provider::Meta => message,
    };
    desk.post(provider, &message).await
}

#[tokio::test]
async fn a_status_follows_the_order_that_introduced_its_reference() {
    for provider in [Provider::Meta, Provider::Kaleyra] {
        let desk = Desk::with(account_with_order()).await;
        desk.simulator.require_order_details();
        let shipped = status_message(provider, 0, "order-1", "shipped");
        let early = desk.post(provider, &shipped).await;
        if provider == Provider::Meta {
            assert_eq!(early.body["error"]["code"], 2046, "{}", early.text);
        } else {
            // Kaleyra reports it later.
            assert!(!desk.simulator.ledger().accepted[0].reaches_the_customer());
        }
        let got = send(&desk, provider, &order(|_| ())).await;
        assert!(matches!(got.status, 200 | 202), "{}", got.text);
        desk.post(provider, &shipped).await;
        let ledger = desk.simulator.ledger();
        let sends = &ledger.accepted[ledger.accepted.len() - 2..];
        assert!(sends.iter().all(AcceptedSend::reaches_the_customer));
        assert_eq!(sends[0].message.template.order_details().unwrap().total, 165_000);
    }
}

#[tokio::test]
async fn another_order_needs_another_reference() {
    let desk = Desk::with(account_with_order()).await;
    for _ in 0..2 {
        assert_eq!(send(&desk, Provider::Meta, &order(|_| ())).await.status, 200, "the same order again");
    }
    let dearer = |it: &mut Value| {
        it["order"]["shipping"]["value"] = json!(20_100);
        it["total_amount"]["value"] = json!(165_100);
    };
    let got = send(&desk, Provider::Meta, &order(dearer)).await;
    assert_eq!(got.body["error"]["code"], 131_009, "{}", got.text);
    assert!(got.text.contains("another message has this reference_id"), "{}", got.text);
}

#[tokio::test]
async fn what_the_platform_refuses_is_refused() {
    let desk = Desk::with(account_with_order()).await;
    for (change, code, words) in [
        ((|it| it["total_amount"]["value"] = json!(165_001)) as fn(&mut Value), 131_009, "subtotal + tax"),
        (|it| it["order"]["subtotal"]["value"] = json!(1), 131_009, "sum of the items"),
        (|it| it["currency"] = json!("EUR"), 131_009, "currency"),
        (|it| it["reference_id"] = json!("order 1"), 131_009, "reference_id"),
        (|it| it["reference_id"] = Value::Null, 100, "['reference_id'] is required"),
        (|it| it["order"]["tax"] = Value::Null, 100, "['tax'] is required"),
        (|it| it["total_amount"]["offset"] = json!(1000), 100, "['offset'] must be 100"),
        (|it| it["payment_settings"] = Value::Null, 131_009, "payment_settings"),
        (|it| it["order"]["items"] = json!([]), 131_009, "at least one item"),
        (|it| it["colour"] = json!(1), 100, "Unexpected key"),
    ] {
        let got = send(&desk, Provider::Meta, &order(change)).await;
        assert_eq!(got.body["error"]["code"], code, "{}", got.text);
        assert!(got.text.contains(words), "{words} in {}", got.text);
    }
    assert!(desk.simulator.ledger().accepted.is_empty());
}
