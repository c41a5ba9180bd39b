//! Kaleyra's immediate refusals, its later failure reports, and the references that it returns.

use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Desk, body_message, got, status_message};
use crate::Provider;

const P: Provider = Provider::Kaleyra;

fn template(body: &mut Value) -> &mut Value {
    &mut body["messaging_object"]["template"]
}

fn order(body: &mut Value) -> &mut Value {
    &mut template(body)["components"][0]["parameters"][0]["order_status"]["order"]
}

async fn refused_payload(name: &str, mut body: Value, change: impl FnOnce(&mut Value)) {
    let desk = Desk::start().await;
    change(&mut body);
    let got = desk.post(P, &body).await;
    assert_eq!(got.status, 400, "{name}");
    let expected = json!({
        "code": "WA400",
        "message": "Refer to correct payload format",
        "data": {},
        "error": {"payload": "Incorrect payload format"},
    });
    assert_eq!(got.body, expected, "{name}");
    assert!(desk.simulator.ledger().accepted.is_empty(), "{name}");
}

/// Accepts the message, and then reports it as not sent, with this code.
async fn reported_later(code: &str, body: &Value) {
    let desk = Desk::start().await;
    assert_eq!(desk.post(P, body).await.status, 202);
    desk.simulator.callbacks_settled().await;
    let calls = desk.receiver.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].body["status"], "not sent");
    assert_eq!(calls[0].body["code"], code);
    assert!(calls[0].body["reason"].is_string());
    assert_eq!(calls[0].body["extra_info"]["ref"], "our-key");
}

#[tokio::test]
async fn a_payload_against_the_tables_is_refused() {
    let body = || body_message(P, 0);
    let status = || status_message(P, 0, "395", "shipped");
    refused_payload("product", body(), |body| body["messaging_object"]["messaging_product"] = json!("sms"))
        .await;
    refused_payload("no product", body(), |body| {
        body["messaging_object"].as_object_mut().unwrap().remove("messaging_product");
    })
    .await;
    refused_payload("group", body(), |body| body["messaging_object"]["recipient_type"] = json!("group"))
        .await;
    refused_payload("no plus", body(), |body| body["messaging_object"]["to"] = json!("12025550100")).await;
    refused_payload("no number", body(), |body| body["messaging_object"]["to"] = json!("+1 202 555 0100"))
        .await;
    refused_payload("text", body(), |body| body["messaging_object"]["type"] = json!("text")).await;
    refused_payload("name", body(), |body| template(body)["name"] = json!("n".repeat(513))).await;
    refused_payload("policy", body(), |body| template(body)["language"]["policy"] = json!("fallback")).await;
    refused_payload("no policy", body(), |body| template(body)["language"] = json!({"code": "en_US"})).await;
    refused_payload("no components", body(), |body| template(body)["components"] = Value::Null).await;
    refused_payload("empty text", body(), |body| {
        template(body)["components"][0]["parameters"][0]["text"] = json!("");
    })
    .await;
    refused_payload("ref", body(), |body| body["extra_info"]["ref"] = json!(5)).await;
    refused_payload("no object", body(), |body| body["messaging_object"] = json!([])).await;
    refused_payload("description", status(), |body| order(body)["description"] = json!("d".repeat(121)))
        .await;
    for word in ["pending", "partially-shipped", "cancelled", "SHIPPED", ""] {
        refused_payload(word, status(), |body| order(body)["status"] = json!(word)).await;
    }
}

#[tokio::test]
async fn every_status_of_the_table_and_a_description_of_120_characters_are_accepted() {
    let desk = Desk::start().await;
    for (reference, word) in
        ["processing", "partially_shipped", "shipped", "completed", "canceled"].iter().enumerate()
    {
        let mut body = status_message(P, 0, &reference.to_string(), word);
        order(&mut body)["description"] = json!("é".repeat(120));
        assert_eq!(desk.post(P, &body).await.status, 202, "{word}");
    }
}

#[tokio::test]
async fn credentials_sender_and_version_are_refused_in_this_order_with_the_documented_bodies() {
    let desk = Desk::start().await;
    let body = body_message(P, 0).to_string();
    let account = desk.simulator.account().kaleyra;
    let url = desk.url(P);
    let post = |url: String| got(desk.request(P, Method::POST, &url).body(body.clone()));

    let incorrect = json!({
        "code": "RBC001",
        "message": "Incorrect SID or API key.",
        "data": [],
        "error": {"error": "Incorrect SID or API key."},
    });
    let sid = post(url.replace(&account.sid, "HXAP16000000097IN")).await;
    assert_eq!((sid.status, sid.body), (401, incorrect.clone()));
    let key = got(desk.client.post(&url).header("api-key", "A0").body(body.clone())).await;
    assert_eq!((key.status, key.body), (401, incorrect));

    let sender = post(url.replace(&account.sender, "+12025550111")).await;
    assert_eq!((sender.status, &sender.body["code"]), (401, &json!("WA401")));
    assert!(sender.body["error"]["phone_number"].is_string());

    let version = post(url.replace("/v2/", "/v1/")).await;
    assert_eq!((version.status, &version.body["code"]), (401, &json!("WA-401")));
    assert!(desk.simulator.ledger().accepted.is_empty());
}

#[tokio::test]
async fn other_content_types_methods_paths_and_bodies_are_refused() {
    let desk = Desk::start().await;
    let key = desk.simulator.account().kaleyra.api_key;
    let plain = desk.client.post(desk.url(P)).header("api-key", key).header("Content-Type", "text/plain");
    assert_eq!(got(plain.body(body_message(P, 0).to_string())).await.body["code"], "WA400");
    assert_eq!(got(desk.request(P, Method::POST, &desk.url(P)).body("{")).await.body["code"], "WA400");
    assert_eq!(got(desk.request(P, Method::GET, &desk.url(P))).await.status, 404);
    let unknown = desk.url(P).replace("/messages", "/nothing");
    assert_eq!(got(desk.request(P, Method::POST, &unknown)).await.status, 404);
    assert!(desk.simulator.ledger().accepted.is_empty());
}

#[tokio::test]
async fn what_only_whatsapp_knows_is_reported_as_not_sent() {
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut body = body_message(P, 0);
        change(&mut body);
        body
    };
    reported_later("132001", &changed(&|body| template(body)["name"] = json!("no_such_template"))).await;
    reported_later("132001", &changed(&|body| template(body)["language"]["code"] = json!("de"))).await;
    let parameters = |body: &mut Value, value: Value| template(body)["components"][0]["parameters"] = value;
    reported_later("132000", &changed(&|body| parameters(body, json!([])))).await;
    let text = |body: &mut Value, text: &str| {
        template(body)["components"][0]["parameters"][0]["text"] = json!(text);
    };
    reported_later("132018", &changed(&|body| text(body, "a\nb"))).await;
    reported_later("132005", &changed(&|body| text(body, &"x".repeat(1024)))).await;
    reported_later(
        "132012",
        &changed(&|body| {
            *template(body) = template(&mut status_message(P, 0, "395", "shipped")).clone();
            template(body)["name"] = json!("order_cancelled");
        }),
    )
    .await;
}

#[tokio::test]
async fn a_status_after_completed_is_accepted_and_then_reported_as_failed_with_2046() {
    let desk = Desk::start().await;
    assert_eq!(desk.post(P, &status_message(P, 0, "395", "completed")).await.status, 202);
    desk.simulator.callbacks_settled().await;
    assert_eq!(desk.post(P, &status_message(P, 0, "395", "shipped")).await.status, 202);
    desk.simulator.callbacks_settled().await;
    assert_eq!(desk.receiver.words(), ["sent", "delivered", "read", "failed"]);
    let status = &desk.receiver.calls()[3].body["meta_object"]["value"]["statuses"][0];
    assert_eq!(status["errors"][0]["code"], 2046);
}

#[tokio::test]
async fn references_are_cut_at_255_characters_and_come_back() {
    let desk = Desk::start().await;
    let mut body = body_message(P, 0);
    body["extra_info"]["ref"] = json!("é".repeat(256));
    body["extra_info"]["wa_source"] = json!("a source that is not in the list");
    assert_eq!(desk.post(P, &body).await.status, 202);
    desk.simulator.callbacks_settled().await;
    for call in desk.receiver.calls() {
        let info = &call.body["extra_info"];
        assert_eq!(info["ref"], json!("é".repeat(255)));
        assert_eq!((&info["ref1"], &info["ref2"]), (&json!("one"), &json!("two")));
    }
    assert_eq!(desk.simulator.ledger().accepted_with_key(&"é".repeat(255)).len(), 1);
}

#[tokio::test]
async fn no_callback_names_the_id_of_the_reply() {
    let desk = Desk::start().await;
    let reply = desk.send(P, 0).await.body["data"]["message_id"].as_str().unwrap().to_owned();
    desk.simulator.callbacks_settled().await;
    let calls = desk.receiver.calls();
    assert_eq!(calls.len(), 3);
    for call in calls {
        assert!(!call.body.to_string().contains(&reply));
        let status = &call.body["meta_object"]["value"]["statuses"][0];
        assert_eq!(status["id"].as_str().unwrap().len(), 32);
        assert!(call.body["message_id"].as_str().unwrap().starts_with("wamid."));
        assert_eq!(call.body["message_id"], call.body["extra_info"]["message_id"]);
        assert_eq!(call.body["status"], status["status"]);
    }
}

#[tokio::test]
async fn a_status_that_was_not_sent_does_not_move_the_order_on() {
    let desk = Desk::start().await;
    let mut unsent = status_message(P, 0, "395", "completed");
    template(&mut unsent)["language"]["code"] = json!("de");
    desk.post(P, &unsent).await;
    desk.simulator.callbacks_settled().await;
    desk.post(P, &status_message(P, 0, "395", "shipped")).await;
    desk.simulator.callbacks_settled().await;
    assert_eq!(desk.receiver.words(), ["not sent", "sent", "delivered", "read"]);
}
