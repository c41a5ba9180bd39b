//! Tests headers, named variables and buttons: their rules, their faults and what is rendered.

use super::*;
use crate::message::{Button, ButtonKind, Components, Content, Header, Variables};

/// A catalogue with one notification for Meta that has these lines.
fn catalogue(lines: &str) -> String {
    format!(
        r#"
        [notifications.shipped]
        source = ["oms"]
        detail_type = ["Order Shipped"]
        order = "detail.number"
        recipient = "detail.phone"
        consent = "`true`"
        max_age = "3d"
        providers = ["meta"]
        {lines}
        templates = {{ meta = {{ name = "order_shipped", languages = ["en"] }} }}
        "#
    )
}

fn faults(lines: &str) -> String {
    Catalogue::parse("my.toml", &catalogue(lines)).unwrap_err().to_string()
}

fn shipped_event() -> Value {
    json!({
        "id": "7a01", "source": "oms", "detail-type": "Order Shipped", "time": "2026-11-20T09:00:00Z",
        "detail": {
            "number": "10482", "phone": "+12025550100", "name": "Alexey.", "tracking": "1Z 999/AA",
            "picture": "//cdn.shop.example/red shoe.jpg", "title": "Your wireless headphones and the long cable have left our warehouse",
            "lat": 48.2082, "lon": "16,3738", "coupon": "SAVE10"
        }
    })
}

fn render_with(lines: &str, event: Value) -> Result<Notification, crate::fault::Faults> {
    let event = OrderEvent::parse(event).unwrap();
    let catalogue = Catalogue::parse("my.toml", &catalogue(lines)).unwrap();
    render(catalogue.entry_for(&event).unwrap(), &event, Some(&key_secret('k')))
}

fn components(lines: &str) -> Components {
    match render_with(lines, shipped_event()).unwrap().content {
        Content::Template(components) => components,
        Content::OrderStatus(_) | Content::Plain(_) => panic!("a template"),
    }
}

#[test]
fn a_picture_named_variables_and_buttons_are_rendered() {
    let rendered = components(
        r#"
        header = { image = "detail.picture" }
        body = { customer_name = "detail.name", order_number = "detail.number" }
        buttons = [{ index = 1, payload = "detail.number" }, { index = 0, url = "detail.tracking" }, { index = 2, code = "detail.coupon" }]
        "#,
    );
    assert!(
        matches!(&rendered.header, Some(Header::Image(link)) if link.as_str() == "https://cdn.shop.example/red%20shoe.jpg")
    );
    let Variables::Named(named) = &rendered.body else { panic!("named variables") };
    let named: Vec<_> = named.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(named, [("customer_name", "Alexey."), ("order_number", "10482")]);
    let buttons: Vec<_> = rendered.buttons.iter().map(|it| (it.index, it.kind, it.value.as_str())).collect();
    let expected = [
        (0, ButtonKind::Url, "1Z%20999/AA"),
        (1, ButtonKind::Payload, "10482"),
        (2, ButtonKind::Code, "SAVE10"),
    ];
    assert_eq!(buttons, expected);
}

#[test]
fn a_long_header_is_shortened_and_a_location_is_read() {
    let text = components(r#"header = { text = "detail.title" }"#);
    assert_eq!(text.values(), ["Your wireless headphones and the long cable have left our\u{2026}"]);
    let named = components(r#"header = { text = { title = "detail.name" } }"#);
    assert!(matches!(&named.header, Some(Header::Text { name: Some(name), .. }) if name.as_str() == "title"));
    let place = components(
        r#"header = { location = { latitude = "detail.lat", longitude = "detail.lon", name = "detail.nothing" } }"#,
    );
    assert_eq!(place.values(), ["48.2082", "16.3738"]);
    let invoice = components(r#"header = { document = "detail.picture", filename = "detail.number" }"#);
    assert_eq!(invoice.values(), ["https://cdn.shop.example/red%20shoe.jpg", "10482"]);
}

#[test]
fn optional_values_are_left_out_if_they_cannot_be_found() {
    let lines = r#"
        header = { document = "detail.picture", filename = "join('', detail.number)" }
        body = []
        buttons = [{ index = 0, payload = "join('', [detail.lat])" }, { index = 1, url = "detail.tracking" }]
    "#;
    let rendered = components(lines);
    assert!(matches!(rendered.header, Some(Header::Document { filename: None, .. })));
    assert!(matches!(rendered.buttons[..], [Button { index: 1, kind: ButtonKind::Url, .. }]));
    let mut event = shipped_event();
    event["detail"]["picture"] = json!("picture.jpg");
    event["detail"]["tracking"] = json!(null);
    insta::assert_snapshot!(render_with(lines, event).unwrap_err(), @"
    header.document (detail.picture): is not a whole address such as https://shop.example/picture.jpg
    buttons[1].url (detail.tracking): is missing
    ");
}

#[test]
fn faulty_components_are_reported_with_their_place() {
    insta::assert_snapshot!(faults(r#"
        header = { image = "detail.a", text = "detail.b" }
        body = { Name = "detail.name", order = 7 }
        buttons = [{ index = 10, url = "detail.a" }, { index = 0 }, { index = 1, url = "a", code = "b" }, { index = 2, url = "a", colour = "b" }]
        "#), @r#"
    my.toml: [notifications.shipped] header: has text and image, but a template has only one header
    my.toml: [notifications.shipped] body.Name: is not a variable's name: these have lower-case letters, digits and underscores, and are not digits alone
    my.toml: [notifications.shipped] body.order: is 7, not a text with an expression; the same value for all events is body.order = "`7`"
    my.toml: [notifications.shipped] buttons[0] index: is 10, not a number from 0 to 9; write, for example, index = 0
    my.toml: [notifications.shipped] buttons[1]: must have exactly one of url, payload and code: the kind of the button, and its value
    my.toml: [notifications.shipped] buttons[2]: must have exactly one of url, payload and code: the kind of the button, and its value
    my.toml: [notifications.shipped] buttons[3] colour: is not a key of this table; its keys are index, url
    "#);
    insta::assert_snapshot!(faults(r#"
        header = { colour = "detail.a" }
        body = 7
        buttons = [{ index = 0, url = "a" }, { index = 0, code = "b" }]
        "#), @r#"
    my.toml: [notifications.shipped] header: must have one of text, image, video, document and location
    my.toml: [notifications.shipped] header colour: is not a key of this table; its keys are text, image, video, document, location, filename
    my.toml: [notifications.shipped] body: is a number, not a list of expressions or a table of names and expressions; write, for example, body = ["detail.customer.name", "detail.order.number"]
    my.toml: [notifications.shipped] buttons[1]: gives button 0 a second value
    "#);
    insta::assert_snapshot!(faults(r#"
        header = { location = { latitude = "a" }, filename = "b" }
        body = {}
        "#), @r#"
    my.toml: [notifications.shipped] header filename: stands only beside document
    my.toml: [notifications.shipped] header location longitude: is missing; write, for example, longitude = "detail.shop.lon"
    my.toml: [notifications.shipped] body: is an empty table; write, for example, body = ["detail.customer.name", "detail.order.number"]
    "#);
    insta::assert_snapshot!(faults("header = { text = { a = \"x\", b = \"y\" } }"), @"my.toml: [notifications.shipped] header text: names two variables: a header has one at most");
    insta::assert_snapshot!(faults(""), @r#"my.toml: [notifications.shipped] body: is missing; write, for example, body = ["detail.customer.name", "detail.order.number"]"#);
    insta::assert_snapshot!(faults(r#"
        status = "s"
        reference_id = "i"
        header = { text = "t" }
        buttons = []
        "#), @"
    my.toml: [notifications.shipped] header: stands beside status, reference_id or description: a message has one or the other
    my.toml: [notifications.shipped] buttons: stands beside status, reference_id or description: a message has one or the other
    ");
}

#[test]
fn what_1msg_does_not_document_is_a_fault() {
    for (lines, problem) in [
        (r#"body = { a = "x" }"#, "named variables"),
        (r#"header = { text = { a = "x" } }"#, "named variables"),
        (r#"header = { location = { latitude = "a", longitude = "b" } }"#, "location headers"),
        (r#"buttons = [{ index = 0, payload = "a" }]"#, "payloads of buttons"),
        (r#"buttons = [{ index = 0, code = "a" }]"#, "codes of buttons"),
    ] {
        let text = catalogue(lines).replace(r#"["meta"]"#, r#"["meta", "onemsg"]"#).replace(
            "templates = { meta",
            r#"templates = { onemsg = { name = "t", namespace = "n", languages = ["en"] }, meta"#,
        );
        let faults = Catalogue::parse("my.toml", &text).unwrap_err().to_string();
        let expected = format!(
            "my.toml: [notifications.shipped] providers: onemsg documents no {problem}; leave them out, or name other providers"
        );
        assert_eq!(faults, expected);
    }
}

#[test]
fn every_component_is_part_of_the_fingerprint() {
    let fingerprint = |lines: &str| render_with(lines, shipped_event()).unwrap().fingerprint;
    let lines = [
        r#"body = ["detail.number"]"#,
        r#"body = { number = "detail.number" }"#,
        r#"header = { text = "detail.number" }"#,
        "header = { image = \"detail.picture\" }\nbody = [\"detail.number\"]",
        "body = [\"detail.number\"]\nbuttons = [{ index = 0, url = \"detail.tracking\" }]",
        "body = [\"detail.number\"]\nbuttons = [{ index = 0, url = \"detail.number\" }]",
    ];
    let fingerprints: std::collections::BTreeSet<String> = lines.into_iter().map(fingerprint).collect();
    assert_eq!(fingerprints.len(), lines.len());
}
