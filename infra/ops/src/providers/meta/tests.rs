use serde_json::json;
use shared::message::ButtonKind;
use template_definitions::{ButtonParameter, Definitions, HeaderParameter, Variables};

use super::*;
use crate::message_templates;

#[test]
fn a_plain_template_is_created_with_its_samples_and_its_button() {
    let definitions = message_templates::of_the_suites();
    let definition = definitions.all().iter().find(|it| it.name == "order_cancelled").unwrap();
    let language = Language::new("en_US");
    let text = definition.text(Provider::Meta, &language).unwrap();
    assert_eq!(
        template_request(definition, text, &language, None),
        json!({
            "name": "order_cancelled", "language": "en_US", "category": "UTILITY",
            "components": [
                {
                    "type": "BODY",
                    "text": "Hello, {{1}}! Order #{{2}} for \"{{3}}\" has been cancelled. {{4}}.",
                    "example": {"body_text": [[
                        "Alexey", "10482", "Wireless headphones",
                        "Payment will be refunded within 3–5 business days to the card used for the order"
                    ]]}
                },
                {"type": "BUTTONS", "buttons": [
                    {"type": "URL", "text": "Order details", "url": "https://shop.example/orders"}
                ]}
            ]
        })
    );
}

#[test]
fn an_order_status_template_is_created_as_seed_004_shows() {
    let definitions = message_templates::of_the_suites();
    let definition = definitions.all().iter().find(|it| it.name == "order_status").unwrap();
    let language = Language::new("es");
    let text = definition.text(Provider::Meta, &language).unwrap();
    assert_eq!(
        template_request(definition, text, &language, None),
        json!({
            "name": "order_status", "language": "es", "category": "UTILITY", "sub_category": "ORDER_STATUS",
            "components": [
                {"type": "BODY", "text": "Hay novedades sobre tu pedido."},
                {"type": "FOOTER", "text": "Gracias por comprar con nosotros."}
            ]
        })
    );
}

/// The request of a definition whose only text is `[texts.en]`.
fn request_of(text: &str, header_handle: Option<&str>) -> Value {
    let file = format!(
        "name = 'order_shipped'\ncategory = 'UTILITY'\nmessage_send_ttl_seconds = 43200\n[texts.en]\n\
         codes = {{ meta = 'en_US' }}\n{text}"
    );
    let definitions = Definitions::parse([("order_shipped.toml", file.as_str())]).unwrap();
    let definition = &definitions.all()[0];
    let text = &definition.texts[0];
    template_request(definition, text, &Language::new("en_US"), header_handle)
}

#[test]
fn a_template_with_every_part_is_created_as_the_vendors_page_shows() {
    let text = r#"
        header  = { image = "https://cdn.your-shop.com/sample.jpg" }
        body    = "Hello, {{customer_name}}! Order {{order_number}} is on its way."
        samples = { order_number = "10482", customer_name = "Alexey" }
        footer  = "Thank you."
        buttons = [
            { text = "Track", url = "https://www.your-shop.com/track/{{1}}", sample = "10482" },
            { text = "Orders", url = "https://www.your-shop.com/orders" },
            { code = "SAVE10" },
            { text = "Call us", phone = "+12025550100" },
            { text = "Stop", quick_reply = true },
        ]
    "#;
    assert_eq!(
        request_of(text, Some("4::aW1")),
        json!({
            "name": "order_shipped", "language": "en_US", "category": "UTILITY", "parameter_format": "NAMED",
            "message_send_ttl_seconds": 43200,
            "components": [
                {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1"]}},
                {
                    "type": "BODY", "text": "Hello, {{customer_name}}! Order {{order_number}} is on its way.",
                    "example": {"body_text_named_params": [
                        {"param_name": "customer_name", "example": "Alexey"},
                        {"param_name": "order_number", "example": "10482"}
                    ]}
                },
                {"type": "FOOTER", "text": "Thank you."},
                {"type": "BUTTONS", "buttons": [
                    {"type": "URL", "text": "Track", "url": "https://www.your-shop.com/track/{{1}}", "example": ["10482"]},
                    {"type": "URL", "text": "Orders", "url": "https://www.your-shop.com/orders"},
                    {"type": "COPY_CODE", "example": "SAVE10"},
                    {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+12025550100"},
                    {"type": "QUICK_REPLY", "text": "Stop"}
                ]}
            ]
        })
    );
}

#[test]
fn every_header_is_created_in_its_own_form() {
    let header = |header: &str, handle| {
        let request = request_of(&format!("header = {{ {header} }}\nbody = 'News of your order.'"), handle);
        request["components"][0].clone()
    };
    for (written, expected) in [
        ("text = 'Your order'", json!({"type": "HEADER", "format": "TEXT", "text": "Your order"})),
        (
            "text = 'Order {{1}}', sample = '10482'",
            json!({"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["10482"]}}),
        ),
        (
            "text = 'Order {{number}}', sample = '10482'",
            json!({
                "type": "HEADER", "format": "TEXT", "text": "Order {{number}}",
                "example": {"header_text_named_params": [{"param_name": "number", "example": "10482"}]}
            }),
        ),
        (
            "video = 'a.mp4'",
            json!({"type": "HEADER", "format": "VIDEO", "example": {"header_handle": ["4::aW1"]}}),
        ),
        (
            "document = 'a.pdf'",
            json!({"type": "HEADER", "format": "DOCUMENT", "example": {"header_handle": ["4::aW1"]}}),
        ),
        ("location = true", json!({"type": "HEADER", "format": "LOCATION"})),
    ] {
        assert_eq!(header(written, Some("4::aW1")), expected);
    }
}

#[test]
fn a_page_leads_on_only_where_there_is_a_next_one() {
    let page = |paging: Value| next_page(&json!({"data": [], "paging": paging}));
    let cursors = json!({"before": "MAZDZD", "after": "MjQZD"});
    assert_eq!(
        page(json!({"cursors": cursors, "next": "https://graph.facebook.com/…"})).as_deref(),
        Some("MjQZD")
    );
    assert_eq!(page(json!({"cursors": cursors})), None);
    assert_eq!(next_page(&json!({"data": []})), None);
}

#[test]
fn a_template_is_read_as_the_vendors_page_shows_it() {
    let data = json!([{
        "name": "order_delivery_update", "language": "en_US", "status": "PAUSED", "category": "UTILITY", "id": "1",
        "rejected_reason": "NONE", "message_send_ttl_seconds": 600,
        "components": [
            {"type": "HEADER", "format": "LOCATION"},
            {"type": "BODY", "text": "Good news {{1}}! Your order #{{2}} is on its way.", "example": {"body_text": [["a", "b"]]}},
            {"type": "FOOTER", "text": "Thanks"},
            {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "Stop"}, {"type": "URL", "text": "See", "url": "https://a/x"}
            ]}
        ]
    }]);
    let [template] = live::list(&data).unwrap().try_into().unwrap();
    assert_eq!(template.status, LiveStatus::Paused);
    let parameters = template.parameters().unwrap();
    assert_eq!(parameters.header, Some(HeaderParameter::Location));
    assert_eq!(parameters.body, Variables::Positional(2));
    let payload = ButtonParameter::Optional(ButtonKind::Payload);
    assert_eq!(parameters.buttons, [payload, ButtonParameter::Fixed]);
    assert_eq!(template.header, Some(LiveHeader { format: "LOCATION".to_owned(), text: None }));
    assert_eq!(template.time_to_live, Some(600));
    assert_eq!(template.footer.as_deref(), Some("Thanks"));
    assert_eq!(template.rejected_reason, None);
    assert_eq!(template.buttons.len(), 2);
    assert_eq!(template.buttons[1].url.as_deref(), Some("https://a/x"));
    assert_eq!(live::list(&json!([{"name": "nothing else"}])), None);
    assert_eq!(live::list(&json!({})), None);
}

#[test]
fn the_answer_to_a_new_template_is_read() {
    let answer = json!({"id": "572279198452421", "status": "APPROVED", "category": "MARKETING"});
    let new = Created::New {
        id: "572279198452421".to_owned(),
        status: LiveStatus::Approved,
        category: Some("MARKETING".to_owned()),
    };
    assert_eq!(created(&answer), Some(new));
    assert_eq!(created(&json!({"success": true})), None);
}

#[test]
fn an_error_object_is_a_refusal_whatever_its_status() {
    for (status, body, said) in [
        (200, r#"{"data": []}"#, ""),
        (200, r#"{"error": {"message": "m", "code": 100}}"#, "Meta refused: m (HTTP 200, code 100)"),
        (
            400,
            r#"{"error": {"message": "Invalid parameter", "code": 100, "error_subcode": 2388299,
                "error_user_msg": "Variables can't be at the end."}}"#,
            "Meta refused: Variables can't be at the end (HTTP 400, code 100, subcode 2388299)",
        ),
        (
            400,
            r#"{"error": {"message": "m", "code": 131008, "error_data": {"details": "d"}}}"#,
            "Meta refused: d (HTTP 400, code 131008)",
        ),
        (
            401,
            r#"{"error": {"message": "Session of EAAtoken123456789012", "code": 190}}"#,
            "Meta does not take the credentials (HTTP 401)",
        ),
        (500, "", "Meta answered with something else than a JSON object (HTTP 500)"),
        (200, "[]", "Meta answered with something else than a JSON object (HTTP 200)"),
        (500, "{}", "Meta answered with something else than a JSON object (HTTP 500)"),
    ] {
        let shown =
            accepted(&Reply::new(status, body)).map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(shown, said, "{status} {body}");
    }
}

#[test]
fn a_refusal_says_what_to_do_next() {
    let remedy = |code: &str, subcode| {
        let refusal = Refusal { status: 400, code: Some(code.to_owned()), subcode, text: String::new() };
        CallError::Refused { provider: PROVIDER, refusal }.remedy()
    };
    assert!(remedy("100", Some(33)).contains("meta.waba_id or --waba-id"));
    for code in ["10", "200", "299"] {
        assert!(remedy(code, None).contains("whatsapp_business_management"), "{code}");
    }
    for code in ["11", "199", "300", "100"] {
        assert!(remedy(code, None).contains("fix what Meta says"), "{code}");
    }
}

#[test]
fn the_nearest_callback_url_counts() {
    let url =
        |configuration: Value| effective_url(&json!({"webhook_configuration": configuration, "id": "1"}));
    let all = json!({"phone_number": "https://n", "whatsapp_business_account": "https://w", "application": "https://a"});
    assert_eq!(url(all).as_deref(), Some("https://n"));
    let two =
        json!({"phone_number": "", "whatsapp_business_account": "https://w", "application": "https://a"});
    assert_eq!(url(two).as_deref(), Some("https://w"));
    assert_eq!(url(json!({"application": "https://a"})).as_deref(), Some("https://a"));
    assert_eq!(url(json!({})), None);
    assert_eq!(effective_url(&json!({"id": "1"})), None);
}
