//! The providers' own sample requests, with their placeholders filled in.

use serde_json::{Value, json};

use super::desk::{Desk, account, got};
use crate::{Provider, Template, TemplateKind};

/// Seeds 000, 001 and 002 build this body in their Node.js example.
const ONE_MSG: &str = r#"{
  "phone": "12025550100",
  "template": "TEMPLATE",
  "namespace": "5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61",
  "language": {"policy": "deterministic", "code": "en"},
  "params": [{"type": "body", "parameters": [
    {"type": "text", "text": "Alexey"},
    {"type": "text", "text": "10482"},
    {"type": "text", "text": "Wireless headphones"},
    {"type": "text", "text": "Refund within 5–7 business days after inspection."}
  ]}]
}"#;

/// Seed 003's sample verbatim, with its superfluous brace.
const KALEYRA: &str = r#"{
"messaging_object":{
"messaging_product": "whatsapp",
"recipient_type": "individual",
"to": "+12025550100",
"type": "template",
"template": {
"name": "order_confirmation",
"language": {
"policy": "deterministic",
"code": "en_US"
},
"components": [
{
"type": "order_status",
"parameters": [
{
"type": "order_status",
"order_status": {
"reference_id": "395XXXXX ",
"order": {
"status": "shipped",
"description": "This order has been shipped."
}
}
}
]
}
]
}
}
},
"extra_info": {
"ref": "customer1",
"ref1": "marketing",
"ref2": "dictionary",
"wa_source": "api"
}
}"#;

/// Seed 004's request for one of the statuses that it lists.
const META: &str = r#"{ "messaging_product": "whatsapp", "recipient_type": "individual", "to": "12025550100", "type": "template",
 "template": { "name": "order_status", "language": { "policy": "deterministic", "code": "en_US" },
 "components": [ { "type": "order_status", "parameters": [{ "type": "order_status",
 "order_status": { "reference_id": "reference_id_value", "order": { "status": "partially_shipped",
 "description": "Half of it" } } }] } ] } }"#;

#[tokio::test]
async fn one_msg_accepts_the_sample_for_each_of_the_three_use_cases() {
    let desk = Desk::start().await;
    for template in ["order_return", "order_cancelled", "stock_arrived"] {
        let body: Value = serde_json::from_str(&ONE_MSG.replace("TEMPLATE", template)).unwrap();
        let got = desk.post(Provider::OneMsg, &body).await;
        assert_eq!((got.status, &got.body["sent"]), (200, &json!(true)));
        assert!(got.body["id"].as_str().unwrap().starts_with("wamid."));
    }
    assert_eq!(desk.simulator.ledger().accepted_for("12025550100").len(), 3);
}

#[tokio::test]
async fn kaleyra_accepts_its_sample_without_the_brace_too_many() {
    let mut account = account();
    let kind = TemplateKind::OrderStatus;
    account.kaleyra.templates.push(Template::approved("order_confirmation", "en_US", kind, "Your order"));
    let desk = Desk::with(account).await;
    let url = desk.url(Provider::Kaleyra);
    let post = |body: String| {
        got(desk
            .request(Provider::Kaleyra, reqwest::Method::POST, &url)
            .header("cache-control", "no-cache")
            .body(body))
    };

    let refused = post(KALEYRA.to_owned()).await;
    assert_eq!((refused.status, &refused.body["code"]), (400, &json!("WA400")));

    let accepted = post(KALEYRA.replacen("}\n},\n\"extra_info\"", "},\n\"extra_info\"", 1)).await;
    assert_eq!(accepted.status, 202);
    assert_eq!(accepted.body["code"], "WA202");
    assert_eq!(accepted.body["message"], "Request Accepted");
    assert_eq!(accepted.body["error"], json!({}));
    assert!(accepted.body["data"]["message_id"].as_str().unwrap().starts_with('A'));
    desk.simulator.callbacks_settled().await;
    assert_eq!(desk.receiver.words(), ["sent", "delivered", "read"]);
}

#[tokio::test]
async fn meta_accepts_the_sample() {
    let desk = Desk::start().await;
    let got = desk.post(Provider::Meta, &serde_json::from_str(META).unwrap()).await;
    assert_eq!(got.status, 200);
    assert_eq!(got.body["messaging_product"], "whatsapp");
    assert_eq!(got.body["contacts"], json!([{"input": "12025550100", "wa_id": "12025550100"}]));
    assert!(got.body["messages"][0]["id"].as_str().unwrap().starts_with("wamid."));
    assert_eq!(desk.simulator.ledger().accepted_about("reference_id_value").len(), 1);
}
