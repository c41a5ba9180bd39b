//! 1MSG's refusals with its own texts, and its endpoints besides sending.

use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Desk, Got, body_message, got};
use crate::{Endpoint, Provider};

const P: Provider = Provider::OneMsg;

fn right() -> Value {
    body_message(P, 0)
}

async fn refused(change: impl FnOnce(&mut Value)) -> Got {
    let desk = Desk::start().await;
    let mut body = right();
    change(&mut body);
    let got = desk.post(P, &body).await;
    assert!(desk.simulator.ledger().accepted.is_empty(), "refused and yet accepted: {}", got.text);
    assert_eq!(desk.simulator.ledger().requests_to(P, Endpoint::Send), 1);
    got
}

fn text(body: &mut Value, text: &str) {
    body["params"][0]["parameters"][3]["text"] = json!(text);
}

#[tokio::test]
async fn a_message_without_a_namespace_is_unprocessable() {
    let got = refused(|body| {
        body.as_object_mut().unwrap().remove("namespace");
    })
    .await;
    assert_eq!(got.status, 422);
}

#[tokio::test]
async fn too_few_and_too_many_variables_are_unprocessable() {
    let fewer = refused(|body| {
        body["params"][0]["parameters"].as_array_mut().unwrap().pop();
    })
    .await;
    assert_eq!(fewer.status, 422);
    let more = refused(|body| {
        body["params"][0]["parameters"].as_array_mut().unwrap().push(json!({"type": "text", "text": "x"}));
    })
    .await;
    assert_eq!(more.status, 422);
}

#[tokio::test]
async fn a_missing_template_name_is_a_bad_request() {
    let got = refused(|body| {
        body.as_object_mut().unwrap().remove("template");
    })
    .await;
    assert_eq!((got.status, got.body), (400, json!({"message": "template is not defined"})));
}

#[tokio::test]
async fn what_whatsapp_does_not_know_is_refused_with_200_and_sent_false() {
    for (field, value) in [
        ("template", json!("no_such_template")),
        ("namespace", json!("another_namespace")),
        ("language", json!({"policy": "deterministic", "code": "de"})),
    ] {
        let got = refused(|body| body[field] = value).await;
        assert_eq!(got.status, 200, "{field}");
        assert_eq!(got.body["sent"], json!(false), "{field}");
        assert_eq!(got.body["error"]["code"], 132_001, "{field}");
    }
}

#[tokio::test]
async fn a_phone_that_is_not_digits_alone_is_a_bad_request() {
    for phone in ["+12025550100", "1 202 555 0100", "", "0012025550100", "1234567890123456", "x"] {
        let got = refused(|body| body["phone"] = json!(phone)).await;
        assert_eq!(got.status, 400, "{phone}");
    }
}

#[tokio::test]
async fn white_space_is_refused_with_200_and_no_sent_at_all() {
    for value in ["a\nb", "a\tb", "a\rb", "a     b"] {
        let got = refused(|body| text(body, value)).await;
        assert_eq!(got.status, 200);
        assert!(got.body["message"].as_str().unwrap().starts_with("body: Param text:"));
        assert!(got.body.get("sent").is_none());
    }
}

#[tokio::test]
async fn four_spaces_in_a_row_are_fine() {
    let desk = Desk::start().await;
    let mut body = right();
    text(&mut body, "a    b");
    assert_eq!(desk.post(P, &body).await.body["sent"], json!(true));
}

#[tokio::test]
async fn an_empty_text_is_a_bad_request() {
    let got = refused(|body| text(body, "")).await;
    assert_eq!((got.status, &got.body["error"]["code"]), (400, &json!(131_008)));
}

#[tokio::test]
async fn a_body_of_more_than_1024_characters_is_refused() {
    let got = refused(|body| text(body, &"x".repeat(1024))).await;
    assert_eq!(got.body["error"]["code"], 132_005);
    let desk = Desk::start().await;
    let mut body = right();
    // "Hello, Alexey! Order #10482 for "Wireless headphones" has been cancelled. …." has 75 other characters.
    text(&mut body, &"é".repeat(1024 - 75));
    assert_eq!(desk.post(P, &body).await.body["sent"], json!(true));
}

#[tokio::test]
async fn a_button_parameter_is_unprocessable() {
    let got = refused(|body| {
        let button = json!({"type": "button", "parameters": [{"type": "text", "text": "x"}]});
        body["params"].as_array_mut().unwrap().push(button);
    })
    .await;
    assert_eq!(got.status, 422);
}

#[tokio::test]
async fn wrong_credentials_are_refused_with_a_text_that_repeats_the_token() {
    let desk = Desk::start().await;
    let url = desk.url(P);
    let wrong = got(desk
        .client
        .post(&url)
        .header("Authorization", "Bearer not-the-token")
        .header("Content-Type", "application/json")
        .body(right().to_string()))
    .await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.body["error"].as_str().unwrap().starts_with("Wrong token \"not-the-token\" for channel"));

    let elsewhere = format!("{}/ODI000000000/sendTemplate", desk.simulator.base_url(P));
    assert_eq!(got(desk.request(P, Method::POST, &elsewhere).body(right().to_string())).await.status, 401);
    assert_eq!(got(desk.client.post(&url)).await.status, 401);
    assert!(desk.simulator.ledger().accepted.is_empty());
}

#[tokio::test]
async fn the_token_is_taken_from_the_query_too() {
    let desk = Desk::start().await;
    let url = format!("{}?token={}", desk.url(P), desk.simulator.account().one_msg.token);
    let request = desk.client.post(&url).header("Content-Type", "application/json").body(right().to_string());
    assert_eq!(got(request).await.body["sent"], json!(true));
}

#[tokio::test]
async fn unknown_paths_wrong_methods_and_bodies_that_are_not_json_are_refused() {
    let desk = Desk::start().await;
    let unknown = desk.url(P).replace("sendTemplate", "sendNothing");
    assert_eq!(got(desk.request(P, Method::POST, &unknown)).await.status, 404);
    assert_eq!(got(desk.request(P, Method::GET, &desk.url(P))).await.status, 404);
    assert_eq!(got(desk.request(P, Method::POST, &desk.url(P)).body("{")).await.status, 400);
    let form = desk
        .client
        .post(desk.url(P))
        .header("Authorization", format!("Bearer {}", desk.simulator.account().one_msg.token))
        .header("Content-Type", "text/plain")
        .body(right().to_string());
    assert_eq!(got(form).await.body["message"], "template is not defined");
    assert!(desk.simulator.ledger().accepted.is_empty());
}

#[tokio::test]
async fn hook_info_lists_what_has_happened_by_now() {
    let desk = Desk::start().await;
    let id = desk.send(P, 0).await.body["id"].as_str().unwrap().to_owned();
    desk.simulator.callbacks_settled().await;
    // None of this message's statuses happens within the test.
    desk.simulator.set_timing(3600.0);
    let later = desk.send(P, 0).await.body["id"].as_str().unwrap().to_owned();
    let url = desk.url(P).replace("sendTemplate", "hookInfo");
    let ask = |id: &str| got(desk.request(P, Method::GET, &url).query_pair("messageId", id));
    assert_eq!(ask(&later).await.body, json!({"hooks": []}));
    let reply = ask(&id).await.body;
    let words: Vec<_> = reply["hooks"].as_array().unwrap().iter().map(|hook| &hook["status"]).collect();
    assert_eq!(words, ["sent", "delivered", "read"]);
    assert_eq!(reply["hooks"][0]["id"], json!(id));
    assert!(reply["hooks"][0]["timestamp"].is_string());

    let stranger = got(desk.request(P, Method::GET, &url).query_pair("messageId", "wamid.nobody")).await;
    assert_eq!(stranger.body, json!({"hooks": []}));
}

#[tokio::test]
async fn the_list_of_webhooks_is_replaced_as_a_whole_and_needs_acknowledgements_switched_on() {
    let desk = Desk::start().await;
    let url = desk.url(P).replace("sendTemplate", "webhook");
    let before = got(desk.request(P, Method::GET, &url)).await.body;
    assert_eq!(before["webhookUrl"].as_array().unwrap().len(), 2, "the cabinet's and ours");

    let list = json!({"webhookUrl": [format!("{}/mine", desk.receiver.base)]});
    assert_eq!(got(desk.request(P, Method::POST, &url).body(list.to_string())).await.status, 200);
    assert_eq!(got(desk.request(P, Method::GET, &url)).await.body, list);

    let six = json!({"webhookUrl": vec!["http://127.0.0.1/"; 6]});
    assert_eq!(got(desk.request(P, Method::POST, &url).body(six.to_string())).await.status, 400);

    let settings = desk.url(P).replace("sendTemplate", "settings");
    let off = json!({"ackNotificationsOn": false});
    assert_eq!(got(desk.request(P, Method::POST, &settings).body(off.to_string())).await.body, off);
    desk.send(P, 0).await;
    desk.simulator.callbacks_settled().await;
    assert!(desk.receiver.calls().is_empty());

    let on = json!({"ackNotificationsOn": true});
    got(desk.request(P, Method::POST, &settings).body(on.to_string())).await;
    desk.send(P, 0).await;
    desk.simulator.callbacks_settled().await;
    assert_eq!(desk.receiver.words(), ["sent", "delivered", "read"]);
    assert!(desk.receiver.calls().iter().all(|call| call.path == "/mine"));
}

trait QueryPair {
    fn query_pair(self, name: &str, value: &str) -> Self;
}

impl QueryPair for reqwest::RequestBuilder {
    /// reqwest's own `query` needs a feature that is otherwise unused.
    fn query_pair(self, name: &str, value: &str) -> Self {
        let (client, request) = self.build_split();
        let mut request = request.unwrap();
        request.url_mut().query_pairs_mut().append_pair(name, value);
        Self::from_parts(client, request)
    }
}
