//! Meta's refusals, in the Graph API's format.

use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Desk, Got, body_message, got, status_message};
use crate::Provider;

const P: Provider = Provider::Meta;

async fn refused(mut body: Value, change: impl FnOnce(&mut Value)) -> Got {
    let desk = Desk::start().await;
    change(&mut body);
    let got = desk.post(P, &body).await;
    assert!(desk.simulator.ledger().accepted.is_empty(), "refused and yet accepted: {}", got.text);
    let error = &got.body["error"];
    assert!(error["message"].is_string() && error["type"].is_string() && error["fbtrace_id"].is_string());
    got
}

fn code(got: &Got) -> (u16, u64) {
    (got.status, got.body["error"]["code"].as_u64().unwrap())
}

fn message(got: &Got) -> &str {
    got.body["error"]["message"].as_str().unwrap()
}

fn body() -> Value {
    body_message(P, 0)
}

fn status() -> Value {
    status_message(P, 0, "395", "shipped")
}

fn order(body: &mut Value) -> &mut Value {
    &mut body["template"]["components"][0]["parameters"][0]["order_status"]["order"]
}

fn text(body: &mut Value, value: Value) {
    body["template"]["components"][0]["parameters"][3]["text"] = value;
}

#[tokio::test]
async fn a_missing_parameter_is_named() {
    for name in ["messaging_product", "to", "type", "template"] {
        let got = refused(body(), |body| {
            body.as_object_mut().unwrap().remove(name);
        })
        .await;
        assert_eq!(code(&got), (400, 100));
        assert_eq!(message(&got), format!("(#100) The parameter {name} is required."));
    }
    let got = refused(body(), |body| body["template"]["language"] = json!({})).await;
    assert_eq!(message(&got), "(#100) The parameter template['language']['code'] is required.");
}

#[tokio::test]
async fn values_outside_their_list_are_refused() {
    let got = refused(body(), |body| body["messaging_product"] = json!("sms")).await;
    assert_eq!(message(&got), "(#100) Param messaging_product must be one of {WHATSAPP} - got \"sms\".");
    let got = refused(body(), |body| body["template"]["language"]["policy"] = json!("fallback")).await;
    assert_eq!(code(&got), (400, 100));
    for word in ["pending", "partially-shipped", "cancelled", "SHIPPED", ""] {
        let got = refused(status(), |body| order(body)["status"] = json!(word)).await;
        assert_eq!(code(&got), (400, 100), "{word}");
    }
}

#[tokio::test]
async fn over_long_fields_are_refused_and_the_longest_allowed_are_not() {
    for (body, path, allowed) in [
        (body(), "/template/name", 512),
        (body(), "/biz_opaque_callback_data", 512),
        (status(), "/template/components/0/parameters/0/order_status/order/description", 120),
    ] {
        let got = refused(body.clone(), |body| {
            *body.pointer_mut(path).unwrap() = json!("x".repeat(allowed + 1));
        })
        .await;
        assert_eq!(code(&got), (400, 100), "{path}");
        assert!(message(&got).ends_with(&format!("must be at most {allowed} characters long.")), "{path}");

        let desk = Desk::start().await;
        let mut body = body;
        *body.pointer_mut(path).unwrap() = json!("x".repeat(allowed));
        let got = desk.post(P, &body).await;
        assert!(!got.text.contains("characters long"), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_key_inside_the_template_is_refused() {
    let got =
        refused(body(), |body| body["template"]["language"]["policystring"] = json!("deterministic")).await;
    assert_eq!(message(&got), "(#100) Unexpected key \"policystring\" on param \"template['language']\".");
}

#[tokio::test]
async fn unknown_templates_and_languages_are_404_with_132001() {
    let got = refused(body(), |body| body["template"]["name"] = json!("no_such_template")).await;
    assert_eq!(code(&got), (404, 132_001));
    let got = refused(body(), |body| body["template"]["language"]["code"] = json!("en")).await;
    assert_eq!(code(&got), (404, 132_001));
    assert_eq!(
        got.body["error"]["error_data"],
        json!({"messaging_product": "whatsapp", "details": "template name (order_cancelled) does not exist in en"})
    );
}

#[tokio::test]
async fn the_number_of_variables_must_match() {
    let got = refused(body(), |body| {
        body["template"]["components"][0]["parameters"].as_array_mut().unwrap().pop();
    })
    .await;
    assert_eq!(code(&got), (400, 132_000));
    let got = refused(body(), |body| {
        body["template"].as_object_mut().unwrap().remove("components");
    })
    .await;
    assert_eq!(code(&got), (400, 132_000));
}

#[tokio::test]
async fn a_template_of_the_other_kind_is_refused() {
    let got = refused(status(), |body| body["template"]["name"] = json!("order_cancelled")).await;
    assert_eq!(code(&got), (400, 132_012));
    let got = refused(body(), |body| body["template"]["name"] = json!("order_status")).await;
    assert_eq!(code(&got), (400, 131_008));
}

#[tokio::test]
async fn white_space_empty_and_missing_texts_are_refused() {
    for value in ["a\nb", "a\tb", "a     b"] {
        let got = refused(body(), |body| text(body, json!(value))).await;
        assert_eq!(code(&got), (400, 132_018));
    }
    assert_eq!(code(&refused(body(), |body| text(body, json!(""))).await), (400, 131_008));
    assert_eq!(code(&refused(body(), |body| text(body, Value::Null)).await), (400, 100));
    assert_eq!(code(&refused(body(), |body| text(body, json!("x".repeat(1024)))).await), (400, 132_005));
}

#[tokio::test]
async fn a_phone_number_may_be_written_in_any_usual_way_but_must_be_one() {
    let desk = Desk::start().await;
    for to in ["+12025550100", "12025550100", "+1 (202) 555-0100"] {
        let mut body = body();
        body["to"] = json!(to);
        let got = desk.post(P, &body).await;
        assert_eq!(got.body["contacts"], json!([{"input": to, "wa_id": "12025550100"}]));
    }
    for to in ["", "nobody", "+1202555010012345", "0100"] {
        assert_eq!(code(&refused(body(), |body| body["to"] = json!(to)).await), (400, 131_009), "{to}");
    }
}

#[tokio::test]
async fn wrong_tokens_versions_and_phone_number_ids_are_refused() {
    let desk = Desk::start().await;
    let id = desk.simulator.account().meta.phone_number_id;
    let post = |url: String| got(desk.request(P, Method::POST, &url).body(body().to_string()));

    let token = got(desk.client.post(desk.url(P)).header("Authorization", "Bearer EAA0").body("{}")).await;
    assert_eq!(code(&token), (401, 190));
    assert_eq!(code(&got(desk.client.post(desk.url(P))).await), (401, 190));

    for version in ["25.0", "v25", "latest", "v.0"] {
        assert_eq!(code(&post(desk.url(P).replace("v25.0", version)).await), (400, 2500), "{version}");
    }
    assert_eq!(post(desk.url(P).replace("v25.0", "v23.0")).await.status, 200);

    let object = post(desk.url(P).replace(&id, "100000000000000")).await;
    assert_eq!(code(&object), (400, 100));
    assert_eq!(object.body["error"]["error_subcode"], 33);
}

#[tokio::test]
async fn wrong_methods_paths_content_types_and_bodies_are_refused() {
    let desk = Desk::start().await;
    assert_eq!(code(&got(desk.request(P, Method::GET, &desk.url(P))).await), (400, 100));
    let unknown = desk.url(P).replace("/messages", "/nothing");
    assert_eq!(code(&got(desk.request(P, Method::POST, &unknown)).await), (400, 2500));
    let missing = "(#100) The parameter messaging_product is required.";
    assert_eq!(message(&got(desk.request(P, Method::POST, &desk.url(P)).body("{")).await), missing);
    let plain = desk
        .client
        .post(desk.url(P))
        .header("Authorization", format!("Bearer {}", desk.simulator.account().meta.token))
        .header("Content-Type", "text/plain")
        .body(body().to_string());
    assert_eq!(message(&got(plain).await), missing);
    assert!(desk.simulator.ledger().accepted.is_empty());
}

#[tokio::test]
async fn statuses_interchange_until_the_order_is_completed_or_canceled() {
    for last in ["completed", "canceled"] {
        let desk = Desk::start().await;
        for word in ["processing", "shipped", "partially_shipped", "shipped", "processing", last] {
            assert_eq!(desk.post(P, &status_message(P, 0, "395", word)).await.status, 200, "{word}");
        }
        for word in ["processing", "shipped", "completed", "canceled"] {
            let got = desk.post(P, &status_message(P, 0, "395", word)).await;
            assert_eq!(code(&got), (400, 2046), "{word} after {last}");
        }
        assert_eq!(desk.post(P, &status_message(P, 0, "396", "shipped")).await.status, 200);
    }
}

#[tokio::test]
async fn a_status_that_never_reached_the_customer_does_not_move_the_order_on() {
    let desk = Desk::start().await;
    assert_eq!(desk.post(P, &status_message(P, 2, "395", "completed")).await.status, 200);
    assert_eq!(desk.post(P, &status_message(P, 0, "395", "shipped")).await.status, 200);
}

#[tokio::test]
async fn a_paid_order_can_not_be_canceled() {
    let desk = Desk::start().await;
    desk.simulator.mark_paid(P, "395");
    assert_eq!(code(&desk.post(P, &status_message(P, 0, "395", "canceled")).await), (400, 2047));
    assert_eq!(desk.post(P, &status_message(P, 0, "395", "shipped")).await.status, 200);
}

#[tokio::test]
async fn every_message_has_an_id_of_its_own_with_the_recipient_inside() {
    use base64::Engine;
    let desk = Desk::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(desk.send(P, 0).await.body["messages"][0]["id"].as_str().unwrap().to_owned());
    }
    for id in &ids {
        let encoded = id.strip_prefix("wamid.").unwrap();
        let record = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
        assert!(String::from_utf8_lossy(&record).contains("12025550100"));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn a_customer_without_a_number_is_addressed_by_user_id() {
    let desk = Desk::start().await;
    let mut message = body();
    message.as_object_mut().unwrap().remove("to");
    message["recipient"] = json!("US.13491208655302741918");
    let got = desk.post(P, &message).await;
    let contact = json!([{"input": "US.13491208655302741918", "user_id": "US.13491208655302741918"}]);
    assert_eq!((got.status, &got.body["contacts"]), (200, &contact), "{}", got.text);
    desk.simulator.callbacks_settled().await;
    let values: Vec<_> = desk
        .receiver
        .calls()
        .iter()
        .map(|call| call.body["entry"][0]["changes"][0]["value"].clone())
        .collect();
    assert_eq!(values.len(), 3);
    for value in &values {
        let status = &value["statuses"][0];
        assert_eq!(status["recipient_user_id"], "US.13491208655302741918");
        assert_eq!((status.get("recipient_id"), status.get("recipient_parent_user_id")), (None, None));
        let contact = &value["contacts"][0];
        assert_eq!((&contact["user_id"], contact.get("wa_id")), (&status["recipient_user_id"], None));
        assert_eq!(contact["profile"].get("username").is_some(), status["status"] != "sent");
    }

    let desk = Desk::start().await;
    message["recipient"] = json!("US.ENT.11815799212886844830");
    let got = desk.post(P, &message).await;
    assert_eq!(
        (got.status, &got.body["contacts"][0]["user_id"]),
        (200, &message["recipient"]),
        "{}",
        got.text
    );
    desk.simulator.callbacks_settled().await;
    let value = desk.receiver.calls()[0].body["entry"][0]["changes"][0]["value"].clone();
    assert_eq!(value["statuses"][0]["recipient_parent_user_id"], message["recipient"]);
    assert_eq!(value["statuses"][0]["recipient_user_id"], "US.11815799212886844830");

    for strange in ["12025550100", "us.1", "US.", "US.1-2", "US.ENT.", "US.ENT.1.2"] {
        let got = refused(message.clone(), |body| body["recipient"] = json!(strange)).await;
        assert_eq!(code(&got), (400, 131_009), "{strange}");
    }
}
