//! New templates with every component.

use serde_json::{Value, json};

use super::administration::code;
use super::desk::{Desk, Got};
use super::whole_templates::message;
use crate::{ButtonKind, ParameterFormat, Provider, Template, TemplateHeader};

const META: Provider = Provider::Meta;

/// A template with a picture, named variables and every kind of button, as it is submitted.
fn whole(handle: &str) -> Value {
    json!({
        "name": "order_shipped", "language": "en_US", "category": "MARKETING",
        "parameter_format": "NAMED", "message_send_ttl_seconds": 43200,
        "components": [
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}},
            {"type": "BODY", "text": "Hello, {{customer_name}}! Order {{order}} is on its way.",
             "example": {"body_text_named_params": [
                {"param_name": "customer_name", "example": "Alexey"}, {"param_name": "order", "example": "10482"}
            ]}},
            {"type": "FOOTER", "text": "The Shop"},
            {"type": "BUTTONS", "buttons": [
                {"type": "URL", "text": "Track", "url": "https://shop.example/track/{{1}}",
                 "example": ["https://shop.example/track/10482"]},
                {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+12025550100"},
                {"type": "COPY_CODE", "example": "SAVE10"},
                {"type": "QUICK_REPLY", "text": "Thanks"}
            ]}
        ]
    })
}

/// A template with a text as header and numbered variables.
fn text_header() -> Value {
    json!({
        "name": "order_packed", "language": "en_US", "category": "UTILITY",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["10482"]}},
            {"type": "BODY", "text": "Hello, {{1}}! It is packed.", "example": {"body_text": [["Alexey"]]}}
        ]
    })
}

impl Desk {
    fn newest(&self) -> Template {
        self.simulator.account().meta.templates.pop().unwrap()
    }

    /// The newest template in the list.
    async fn listed(&self, fields: &str) -> Value {
        // A page has five templates: the account's eight are on the first two.
        let first = self.list("limit=5").await.body;
        let after = first["paging"]["cursors"]["after"].as_str().unwrap().to_owned();
        let page = self.list(&format!("limit=5&after={after}&fields={fields}")).await.body;
        page["data"].as_array().unwrap().last().unwrap().clone()
    }
}

#[tokio::test]
async fn a_template_with_every_component_is_created_listed_and_sent() {
    let desk = Desk::start().await;
    let body = whole(&desk.handle("image/jpeg").await);
    let created = desk.create(&body).await;
    assert_eq!(created.status, 200, "{}", created.text);

    let held = desk.newest();
    assert_eq!((held.parameters, &held.header), (ParameterFormat::Named, &Some(TemplateHeader::Image)));
    let kinds: Vec<_> = held.buttons.iter().map(|button| button.kind.clone()).collect();
    let phone = ButtonKind::Phone("+12025550100".to_owned());
    assert_eq!(kinds, [ButtonKind::Url, phone, ButtonKind::CopyCode, ButtonKind::QuickReply]);

    let listed = desk.listed("parameter_format,message_send_ttl_seconds,components").await;
    assert_eq!(
        (&listed["parameter_format"], &listed["message_send_ttl_seconds"]),
        (&json!("NAMED"), &json!(43_200))
    );
    let mut expected = body["components"].clone();
    // Meta's own copy of the file has an address, and a code a label and a list of examples.
    let copy = listed["components"][0]["example"]["header_handle"][0].as_str().unwrap();
    assert!(copy.starts_with("https://scontent.whatsapp.net/"), "{copy}");
    expected[0]["example"]["header_handle"][0] = json!(copy);
    expected[3]["buttons"][2] =
        json!({"type": "COPY_CODE", "text": "Copy offer code", "example": ["SAVE10"]});
    assert_eq!(listed["components"], expected);

    let components = json!([
        {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://shop.example/box.jpg"}}]},
        {"type": "body", "parameters": [
            {"type": "text", "parameter_name": "customer_name", "text": "Alexey"},
            {"type": "text", "parameter_name": "order", "text": "10482"}
        ]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "10482"}]},
        {"type": "button", "sub_type": "copy_code", "index": "2",
         "parameters": [{"type": "coupon_code", "coupon_code": "SAVE10"}]}
    ]);
    let sent = desk.post(META, &message(META, "order_shipped", &components)).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
}

#[tokio::test]
async fn a_header_of_text_is_created_with_a_numbered_a_named_or_no_variable() {
    let named = json!({"type": "HEADER", "format": "TEXT", "text": "Order {{order}}",
        "example": {"header_text_named_params": [{"param_name": "order", "example": "10482"}]}});
    let fixed = json!({"type": "HEADER", "format": "TEXT", "text": "Your order"});
    for (header, format) in
        [(text_header()["components"][0].clone(), "POSITIONAL"), (named, "named"), (fixed, "POSITIONAL")]
    {
        let desk = Desk::start().await;
        let mut body = text_header();
        body["parameter_format"] = json!(format);
        body["components"][0] = header.clone();
        if format == "named" {
            body["components"][1] = json!({"type": "BODY", "text": "It is packed."});
        }
        let got = desk.create(&body).await;
        assert_eq!(got.status, 200, "{}", got.text);
        assert_eq!(desk.listed("components").await["components"], body["components"]);
        assert_eq!(desk.listed("parameter_format").await["parameter_format"], format.to_uppercase());
    }
}

#[tokio::test]
async fn a_place_and_other_files_are_headers_and_words_may_be_in_lower_case() {
    let desk = Desk::start().await;
    let place = json!({
        "name": "pick_up", "language": "en_US", "category": "UTILITY", "parameter_format": "positional",
        "components": [{"type": "header", "format": "location"}, {"type": "body", "text": "It waits."}]
    });
    assert_eq!(desk.create(&place).await.status, 200);
    assert_eq!(desk.newest().header, Some(TemplateHeader::Location));
    assert_eq!(
        desk.listed("components").await["components"][0],
        json!({"type": "HEADER", "format": "LOCATION"})
    );
    // Without a time to live, the list has none.
    assert!(desk.listed("message_send_ttl_seconds").await.get("message_send_ttl_seconds").is_none());
    for (format, file_type, header) in [
        ("VIDEO", "video/mp4", TemplateHeader::Video),
        ("DOCUMENT", "application/pdf", TemplateHeader::Document),
    ] {
        let desk = Desk::start().await;
        let mut body = whole(&desk.handle(file_type).await);
        body["components"][0]["format"] = json!(format);
        let got = desk.create(&body).await;
        assert_eq!(got.status, 200, "{}", got.text);
        assert_eq!(desk.newest().header, Some(header));
    }
}

#[tokio::test]
async fn the_other_lists_show_the_components_too() {
    let desk = Desk::with(super::whole_templates::whole_account()).await;
    let account = desk.simulator.account().kaleyra;
    let base = desk.simulator.base_url(Provider::Kaleyra);
    let url = format!("{base}/v2/{}/whatsapp/{}/message_templates", account.sid, account.waba_id);
    let request = desk.request(Provider::Kaleyra, reqwest::Method::GET, &url);
    let list = super::desk::got(request).await.body["data"].clone();
    let picture = list.as_array().unwrap().iter().find(|it| it["name"] == "picture").unwrap();
    assert_eq!(
        picture["components"],
        json!([
            {"type": "HEADER", "format": "IMAGE"},
            {"type": "BODY", "text": "Hello, {{1}}! Order {{2}} is on its way."},
            {"type": "FOOTER", "text": "The Shop"},
            {"type": "BUTTONS", "buttons": [
                {"type": "URL", "text": "Track", "url": "https://shop.example/track/{{1}}"},
                {"type": "URL", "text": "Shop", "url": "https://shop.example/"},
                {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+12025550100"},
                {"type": "COPY_CODE", "text": "Copy offer code"},
                {"type": "QUICK_REPLY", "text": "Thanks"}
            ]}
        ])
    );
}

async fn refused(mut body: Value, place: &str, value: Value) -> Got {
    let desk = Desk::start().await;
    let before = desk.simulator.account().meta.templates;
    if body["components"][0]["format"] == "IMAGE" {
        body["components"][0]["example"]["header_handle"] = json!([desk.handle("image/png").await]);
    }
    *body.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = value;
    let got = desk.create(&body).await;
    assert_eq!(desk.simulator.account().meta.templates, before, "{place}: {}", got.text);
    got
}

#[tokio::test]
async fn a_wrong_header_is_refused() {
    for (place, value, subcode) in [
        ("/components/0/format", json!("GIF"), 0),
        ("/components/0/text", json!("Order {{1}} {{2}}"), 0),
        ("/components/0/text", json!("Order {{number}}"), 0),
        ("/components/0/text", json!("Order\n{{1}}"), 0),
        ("/components/0/text", json!("*Order* {{1}}"), 0),
        ("/components/0/text", json!(""), 0),
        ("/components/0/text", json!(format!("{}{{{{1}}}}", "x".repeat(56))), 2_388_040),
        ("/components/0/example", Value::Null, 2_388_043),
        ("/components/0/example/header_text", json!([]), 2_388_043),
        ("/components/0/example", json!({"header_text_named_params": []}), 2_388_043),
    ] {
        assert_eq!(
            code(&refused(text_header(), place, value.clone()).await),
            (400, 100, subcode),
            "{place} {value}"
        );
    }
    for (place, value) in [
        ("/components/0/example", Value::Null),
        ("/components/0/example/header_handle", json!([])),
        ("/components/0/example/header_handle/0", json!("4:aW1hZ2UvcG5n:unknown")),
        ("/components/0/example", json!({"header_url": ["https://shop.example/box.jpg"]})),
        // A picture is no video.
        ("/components/0/format", json!("VIDEO")),
    ] {
        assert_eq!(
            code(&refused(whole(""), place, value.clone()).await),
            (400, 100, 2_388_273),
            "{place} {value}"
        );
    }
}

#[tokio::test]
async fn wrong_names_and_times_to_live_are_refused() {
    for (place, value, subcode) in [
        ("/parameter_format", json!("NUMBERED"), 0),
        ("/parameter_format", json!("POSITIONAL"), 2_388_072),
        ("/components/1/text", json!("Hello, {{1}}! Order {{order}} is late."), 2_388_072),
        ("/components/1/text", json!("Hello, {{Customer}}! Order {{order}} is late."), 2_388_072),
        ("/components/1/text", json!("Hello, {{customer name}}! Order {{order}} is late."), 2_388_072),
        ("/components/1/example", json!({"body_text": [["Alexey", "10482"]]}), 2_388_043),
        ("/components/1/example/body_text_named_params/1/param_name", json!("number"), 2_388_043),
        ("/components/1/example/body_text_named_params/1", json!({"param_name": "order"}), 0),
        ("/message_send_ttl_seconds", json!(43_199), 0),
        ("/message_send_ttl_seconds", json!(2_592_001), 0),
        ("/message_send_ttl_seconds", json!("long"), 0),
    ] {
        assert_eq!(
            code(&refused(whole(""), place, value.clone()).await),
            (400, 100, subcode),
            "{place} {value}"
        );
    }
    for (seconds, status) in [(29, 400), (30, 200), (43_200, 200), (43_201, 400), (-1, 200), (-2, 400)] {
        let desk = Desk::start().await;
        let mut body = text_header();
        body["message_send_ttl_seconds"] = json!(seconds);
        assert_eq!(desk.create(&body).await.status, status, "{seconds}");
    }
}

#[tokio::test]
async fn wrong_buttons_are_refused() {
    let url = |url: &str| json!({"type": "URL", "text": "Track", "url": url, "example": ["https://shop.example/1"]});
    let quick = json!({"type": "QUICK_REPLY", "text": "Thanks"});
    let fixed = json!({"type": "URL", "text": "Shop", "url": "https://shop.example/"});
    let phone = json!({"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+12025550100"});
    let copy = json!({"type": "COPY_CODE", "example": "SAVE10"});
    let one = "/components/3/buttons/0";
    let all = "/components/3/buttons";
    for (place, value, subcode) in [
        (one, url("https://shop.example/{{1}}/track"), 0),
        (one, url("https://shop.example/{{2}}"), 0),
        (one, url("https://shop.example/{{order}}"), 0),
        (one, url("https://shop.example/{{1}}{{1}}"), 0),
        (one, url("{{1}}"), 0),
        (one, json!({"type": "URL", "text": "Track", "url": "https://shop.example/{{1}}"}), 2_388_043),
        (one, json!({"type": "URL", "text": "x".repeat(26), "url": "https://shop.example/"}), 2_388_040),
        (one, json!({"type": "OTP", "text": "Code"}), 0),
        (one, json!({"type": "QUICK_REPLY", "text": "Thanks", "payload": "x"}), 0),
        ("/components/3/buttons/2/example", json!("x".repeat(21)), 0),
        ("/components/3/buttons/2/example", Value::Null, 2_388_043),
        (all, json!([fixed, fixed, fixed]), 0),
        (all, json!([phone, phone]), 0),
        (all, json!([copy, copy]), 0),
        (all, json!(vec![&quick; 11]), 0),
        (all, json!([quick, fixed, quick]), 0),
    ] {
        assert_eq!(
            code(&refused(whole(""), place, value.clone()).await),
            (400, 100, subcode),
            "{place} {value}"
        );
    }
    for number in ["call", "", "+1 202 555 0100", "123456789012345678901"] {
        let got = refused(whole(""), "/components/3/buttons/1/phone_number", json!(number)).await;
        assert_eq!(code(&got), (400, 192, 0), "{number}");
    }
    let desk = Desk::start().await;
    let mut ten = text_header();
    ten["components"].as_array_mut().unwrap().push(json!({"type": "BUTTONS", "buttons": vec![&quick; 10]}));
    assert_eq!(desk.create(&ten).await.status, 200);
}
