//! Templates with header, named variables and buttons: what is accepted and how it is shown.

use serde_json::{Value, json};

use super::desk::{Desk, account, body_message};
use crate::{
    Account, ButtonParameter, ButtonValue, Content, FilledTemplate, HeaderParameter, Location,
    ParameterFormat, Provider, SimulatorEvent, Template, TemplateButton, TemplateHeader, TemplateKind,
};

/// Accounts with four more templates: `picture` has every kind of button, `named` named variables, `place` a map,
/// `plain` nothing that varies.
pub fn whole_account() -> Account {
    let template =
        |name: &str, code: &str, text: &str| Template::approved(name, code, TemplateKind::Body, text);
    let whole = |code: &str| {
        [
            Template {
                header: Some(TemplateHeader::Image),
                footer: Some("The Shop".to_owned()),
                buttons: vec![
                    TemplateButton::url("Track", "https://shop.example/track/{{1}}"),
                    TemplateButton::url("Shop", "https://shop.example/"),
                    TemplateButton::phone("Call us", "+12025550100"),
                    TemplateButton::copy_code(),
                    TemplateButton::quick_reply("Thanks"),
                ],
                ..template("picture", code, "Hello, {{1}}! Order {{2}} is on its way.")
            },
            Template {
                parameters: ParameterFormat::Named,
                header: Some(TemplateHeader::Text("Order {{order}}".to_owned())),
                ..template("named", code, "Hello, {{customer}}! It is {{state}}.")
            },
            Template {
                header: Some(TemplateHeader::Location),
                ..template("place", code, "It waits for you.")
            },
            template("plain", code, "It is late."),
        ]
    };
    let mut account = account();
    account.one_msg.templates.extend(whole("en"));
    account.kaleyra.templates.extend(whole("en_US"));
    account.meta.templates.extend(whole("en_US"));
    account
}

/// A message to the first magic number.
pub fn message(provider: Provider, template: &str, components: &Value) -> Value {
    let mut body = body_message(provider, 0);
    match provider {
        Provider::OneMsg => {
            body["template"] = json!(template);
            body["params"] = components.clone();
        }
        Provider::Kaleyra => {
            body["messaging_object"]["template"]["name"] = json!(template);
            body["messaging_object"]["template"]["components"] = components.clone();
        }
        Provider::Meta => {
            body["template"]["name"] = json!(template);
            body["template"]["components"] = components.clone();
        }
    }
    body
}

/// Every component of `picture`.
pub fn picture() -> Value {
    json!([
        {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://shop.example/box.jpg"}}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Alexey"}, {"type": "text", "text": "10482"}]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "10482?x=1"}]},
        {"type": "button", "sub_type": "copy_code", "index": 3,
         "parameters": [{"type": "coupon_code", "coupon_code": "SAVE10"}]},
        {"type": "button", "sub_type": "quick_reply", "index": "4",
         "parameters": [{"type": "payload", "payload": "thanks-10482"}]}
    ])
}

/// Every component of `named`.
pub fn named() -> Value {
    json!([
        {"type": "header", "parameters": [{"type": "text", "parameter_name": "order", "text": "10482"}]},
        {"type": "body", "parameters": [
            {"type": "text", "parameter_name": "state", "text": "packed"},
            {"type": "text", "parameter_name": "customer", "text": "Alexey"}
        ]}
    ])
}

/// Every component of `place`.
pub fn place() -> Value {
    json!([{"type": "header", "parameters": [{"type": "location", "location": {
        "latitude": "59.93863", "longitude": 30.31413, "name": "Our shop", "address": "Nevsky 1"
    }}]}])
}

async fn accepted(provider: Provider, template: &str, components: &Value) -> (FilledTemplate, String) {
    let desk = Desk::with(whole_account()).await;
    let mut events = desk.simulator.events();
    let got = desk.post(provider, &message(provider, template, components)).await;
    assert!(matches!(got.status, 200 | 202), "{}", got.text);
    let [send] = desk.simulator.ledger().accepted.try_into().unwrap();
    loop {
        if let SimulatorEvent::Accepted { text, .. } = events.recv().await.unwrap() {
            return (send.message.template, text.to_string());
        }
    }
}

#[tokio::test]
async fn a_picture_and_every_kind_of_button_are_accepted_and_shown() {
    for provider in [Provider::Meta, Provider::Kaleyra] {
        let (filled, shown) = accepted(provider, "picture", &picture()).await;
        let expected = FilledTemplate {
            name: "picture".to_owned(),
            language: "en_US".to_owned(),
            header: Some(HeaderParameter::Image("https://shop.example/box.jpg".to_owned())),
            content: Content::Body(vec!["Alexey".to_owned(), "10482".to_owned()]),
            names: vec![None, None],
            buttons: vec![
                ButtonParameter { index: 0, value: ButtonValue::Url("10482?x=1".to_owned()) },
                ButtonParameter { index: 3, value: ButtonValue::Code("SAVE10".to_owned()) },
                ButtonParameter { index: 4, value: ButtonValue::Payload("thanks-10482".to_owned()) },
            ],
        };
        assert!(filled == expected, "{provider}");
        assert_eq!(
            shown,
            "[image: https://shop.example/box.jpg]\n\
             Hello, Alexey! Order 10482 is on its way.\n\
             The Shop\n\
             [Track: https://shop.example/track/10482?x=1]\n\
             [Shop: https://shop.example/]\n\
             [Call us: +12025550100]\n\
             [Copy offer code: SAVE10]\n\
             [Thanks]"
        );
    }
}

#[tokio::test]
async fn a_quick_reply_needs_no_payload() {
    let mut components = picture();
    components.as_array_mut().unwrap().pop();
    let (filled, _) = accepted(Provider::Meta, "picture", &components).await;
    assert_eq!(filled.buttons.len(), 2);
}

#[tokio::test]
async fn named_values_are_filled_in_by_their_names_whatever_their_order() {
    for provider in [Provider::Meta, Provider::Kaleyra] {
        let (filled, shown) = accepted(provider, "named", &named()).await;
        assert_eq!(shown, "Order 10482\nHello, Alexey! It is packed.");
        assert_eq!(filled.names, [Some("state".to_owned()), Some("customer".to_owned())]);
        assert!(filled.content == Content::Body(vec!["packed".to_owned(), "Alexey".to_owned()]));
    }
}

#[tokio::test]
async fn a_place_is_accepted_with_numbers_and_texts_as_degrees() {
    for provider in [Provider::Meta, Provider::Kaleyra] {
        let (filled, shown) = accepted(provider, "place", &place()).await;
        let expected = HeaderParameter::Location(Location {
            latitude: "59.93863".to_owned(),
            longitude: "30.31413".to_owned(),
            name: Some("Our shop".to_owned()),
            address: Some("Nevsky 1".to_owned()),
        });
        assert!(filled.header == Some(expected));
        assert_eq!(shown, "[location: Our shop, Nevsky 1, 59.93863, 30.31413]\nIt waits for you.");
    }
}

#[tokio::test]
async fn a_template_in_which_nothing_varies_needs_no_component() {
    for provider in Provider::ALL {
        let (filled, shown) = accepted(provider, "plain", &json!([])).await;
        assert!(filled.content == Content::Body(vec![]) && filled.header.is_none());
        assert_eq!(shown, "It is late.");
    }
}

#[tokio::test]
async fn one_msg_takes_headers_and_ends_of_urls() {
    let document = json!([
        {"type": "header", "parameters": [{"type": "document", "document": {
            "link": "https://shop.example/invoice.pdf", "filename": "Invoice 10482.pdf"
        }}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Alexey"}]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "10482"}]}
    ]);
    let mut account = whole_account();
    account.one_msg.templates.push(Template {
        header: Some(TemplateHeader::Document),
        buttons: vec![TemplateButton::url("Track", "https://shop.example/track/{{1}}")],
        ..Template::approved("invoice", "en", TemplateKind::Body, "Hello, {{1}}!")
    });
    let desk = Desk::with(account).await;
    let got = desk.post(Provider::OneMsg, &message(Provider::OneMsg, "invoice", &document)).await;
    assert_eq!(got.body["sent"], json!(true), "{}", got.text);
    let [send] = desk.simulator.ledger().accepted.try_into().unwrap();
    let expected = HeaderParameter::Document {
        link: "https://shop.example/invoice.pdf".to_owned(),
        filename: Some("Invoice 10482.pdf".to_owned()),
    };
    assert!(send.message.template.header == Some(expected));
    let account = desk.simulator.account();
    let shown = account.one_msg.templates.last().unwrap().show(&send.message.template);
    assert_eq!(shown.header.unwrap(), "[document Invoice 10482.pdf: https://shop.example/invoice.pdf]");
    assert_eq!(shown.buttons, ["[Track: https://shop.example/track/10482]"]);
}

#[tokio::test]
async fn a_broken_link_is_accepted_and_then_reported_as_failed() {
    for link in ["https://cdn.invalid/box.jpg", "https://shop.example/missing/box.jpg"] {
        let mut components = picture();
        components[0]["parameters"][0]["image"]["link"] = json!(link);
        for provider in [Provider::Meta, Provider::Kaleyra] {
            let desk = Desk::with(whole_account()).await;
            let got = desk.post(provider, &message(provider, "picture", &components)).await;
            assert!(matches!(got.status, 200 | 202), "{}", got.text);
            desk.simulator.callbacks_settled().await;
            assert_eq!(desk.receiver.words(), ["failed"], "{provider} {link}");
            let value = match provider {
                Provider::Meta => "/entry/0/changes/0/value",
                _ => "/meta_object/value",
            };
            let call = desk.receiver.calls().pop().unwrap().body;
            let error = call.pointer(&format!("{value}/statuses/0/errors/0")).unwrap();
            assert_eq!((&error["code"], &error["title"]), (&json!(131_053), &json!("Media upload error")));
            let [send] = desk.simulator.ledger().accepted.try_into().unwrap();
            assert!(!send.reaches_the_customer());
        }
    }
}

#[tokio::test]
async fn one_msg_reports_a_broken_link_in_plain_text() {
    let mut account = whole_account();
    account.one_msg.templates.push(Template {
        header: Some(TemplateHeader::Video),
        ..Template::approved("film", "en", TemplateKind::Body, "Look!")
    });
    let desk = Desk::with(account).await;
    let film = json!([{"type": "header", "parameters": [
        {"type": "video", "video": {"link": "https://cdn.invalid/film.mp4"}}
    ]}]);
    let got = desk.post(Provider::OneMsg, &message(Provider::OneMsg, "film", &film)).await;
    assert_eq!(got.body["sent"], json!(true));
    desk.simulator.callbacks_settled().await;
    let acknowledgement = desk.receiver.calls().pop().unwrap().body["ack"][0].clone();
    assert_eq!(
        (&acknowledgement["status"], &acknowledgement["error"]),
        (&json!("failed"), &json!("Media upload error"))
    );
}

#[tokio::test]
async fn an_order_status_has_no_header() {
    let desk = Desk::with(whole_account()).await;
    let mut body = super::desk::status_message(Provider::Meta, 0, "395", "shipped");
    let header = picture()[0].clone();
    body["template"]["components"].as_array_mut().unwrap().push(header);
    let got = desk.post(Provider::Meta, &body).await;
    assert_eq!((got.status, &got.body["error"]["code"]), (400, &json!(132_012)), "{}", got.text);
}
