//! Whole templates: what WhatsApp and the providers refuse.

use serde_json::{Value, json};

use super::desk::{Desk, Got};
use super::whole_templates::{message, named, picture, place, whole_account};
use crate::Provider;

/// A change of the components.
type Change = &'static dyn Fn(&mut Value);

async fn sent(
    provider: Provider,
    template: &str,
    mut components: Value,
    change: impl Fn(&mut Value),
) -> (Desk, Got) {
    change(&mut components);
    let desk = Desk::with(whole_account()).await;
    let got = desk.post(provider, &message(provider, template, &components)).await;
    (desk, got)
}

fn push(components: &mut Value, component: Value) {
    components.as_array_mut().unwrap().push(component);
}

fn remove(components: &mut Value, place: usize) {
    components.as_array_mut().unwrap().remove(place);
}

fn url_button(index: &Value) -> Value {
    json!({"type": "button", "sub_type": "url", "index": index, "parameters": [{"type": "text", "text": "x"}]})
}

/// What WhatsApp's check refuses: Meta at once, and Kaleyra after the acceptance, with the same code and details.
async fn refused(template: &str, components: Value, code: u32, details: &str, change: impl Fn(&mut Value)) {
    let (desk, got) = sent(Provider::Meta, template, components.clone(), &change).await;
    let error = &got.body["error"];
    assert_eq!(
        (&error["code"], &error["error_data"]["details"]),
        (&json!(code), &json!(details)),
        "{}",
        got.text
    );
    assert!(desk.simulator.ledger().accepted.is_empty());

    let (desk, got) = sent(Provider::Kaleyra, template, components, change).await;
    assert_eq!(got.status, 202, "{details}: {}", got.text);
    desk.simulator.callbacks_settled().await;
    let [call] = desk.receiver.calls().try_into().ok().unwrap();
    assert_eq!((&call.body["status"], &call.body["code"]), (&json!("not sent"), &json!(code.to_string())));
}

#[tokio::test]
async fn a_header_must_be_of_the_templates_kind() {
    let mismatch = |expected: &str, received: &str| {
        format!("header: Format mismatch, expected {expected}, received {received}")
    };
    refused("picture", picture(), 132_012, &mismatch("IMAGE", "UNKNOWN"), |it| remove(it, 0)).await;
    refused("picture", picture(), 132_012, &mismatch("IMAGE", "UNKNOWN"), |it| {
        it[0]["parameters"] = json!([]);
    })
    .await;
    refused("picture", picture(), 132_012, &mismatch("IMAGE", "VIDEO"), |it| {
        it[0]["parameters"] = json!([{"type": "video", "video": {"link": "https://shop.example/box.mp4"}}]);
    })
    .await;
    refused("picture", picture(), 132_012, &mismatch("IMAGE", "TEXT"), |it| {
        it[0]["parameters"] = json!([{"type": "text", "text": "x"}]);
    })
    .await;
    refused("named", named(), 132_012, &mismatch("TEXT", "IMAGE"), |it| it[0] = picture()[0].clone()).await;
    refused("plain", json!([]), 132_012, &mismatch("UNKNOWN", "IMAGE"), |it| push(it, picture()[0].clone()))
        .await;
    refused("place", place(), 132_012, &mismatch("LOCATION", "UNKNOWN"), |it| remove(it, 0)).await;
}

#[tokio::test]
async fn each_component_needs_its_own_number_of_values() {
    let count = |component: &str, given: usize, expected: usize| {
        format!(
            "{component}: number of localizable_params ({given}) does not match the expected number of params ({expected})"
        )
    };
    refused("named", named(), 132_000, &count("header", 0, 1), |it| remove(it, 0)).await;
    refused("named", named(), 132_000, &count("body", 0, 2), |it| remove(it, 1)).await;
    let text = json!({"type": "text", "text": "x"});
    refused("plain", json!([]), 132_000, &count("header", 1, 0), |it| {
        push(it, json!({"type": "header", "parameters": [text]}));
    })
    .await;
    // The button's value in the body.
    refused("picture", picture(), 132_000, &count("body", 3, 2), |it| {
        remove(it, 2);
        it[1]["parameters"].as_array_mut().unwrap().push(json!({"type": "text", "text": "10482"}));
    })
    .await;
}

#[tokio::test]
async fn names_and_numbers_do_not_mix() {
    let missing = "Parameter name is missing or empty";
    let unnamed = |it: &mut Value| {
        it[1]["parameters"][0].as_object_mut().unwrap().remove("parameter_name");
    };
    refused("named", named(), 100, missing, unnamed).await;
    refused("named", named(), 100, missing, |it| it[1]["parameters"][0]["parameter_name"] = json!("")).await;
    let other = "Parameter name is missing for the parameter '{{state}}'";
    refused("named", named(), 100, other, |it| it[1]["parameters"][0]["parameter_name"] = json!("status"))
        .await;
    refused("named", named(), 100, other, |it| it[1]["parameters"][0]["parameter_name"] = json!("customer"))
        .await;
    let header = "Parameter name is missing for the parameter '{{order}}'";
    refused("named", named(), 100, header, |it| it[0]["parameters"][0]["parameter_name"] = json!("number"))
        .await;
    let positional = "Parameter name is not allowed in a template with positional parameters";
    refused("picture", picture(), 100, positional, |it| {
        it[1]["parameters"][0]["parameter_name"] = json!("customer");
    })
    .await;
}

#[tokio::test]
async fn a_button_needs_the_value_of_its_kind_and_no_other() {
    let cases: [(u32, &str, Change); 9] = [
        (131_008, "0 of type Url requires a parameter", &|it| remove(it, 2)),
        (131_008, "0 of type Url requires a parameter", &|it| it[2]["parameters"] = json!([])),
        (131_008, "3 of type copy_code requires a non-empty parameter coupon_code", &|it| remove(it, 3)),
        (131_008, "3 of type copy_code requires a non-empty parameter coupon_code", &|it| {
            it[3]["parameters"][0]["coupon_code"] = json!("");
        }),
        (132_018, "1 of type Url does not require parameters", &|it| push(it, url_button(&json!("1")))),
        (100, "2 is of type Call and does not support parameters", &|it| push(it, url_button(&json!(2)))),
        (132_018, "4 must be of type QuickReply", &|it| it[4] = url_button(&json!("4"))),
        (132_018, "0 must be of type Url", &|it| {
            it[2]["sub_type"] = json!("quick_reply");
            it[2]["parameters"] = json!([{"type": "payload", "payload": "x"}]);
        }),
        (132_018, "5 does not exist", &|it| push(it, url_button(&json!("5")))),
    ];
    for (code, problem, change) in cases {
        refused("picture", picture(), code, &format!("buttons: Button at index {problem}"), change).await;
    }
}

#[tokio::test]
async fn texts_have_limits_and_no_line_breaks() {
    let long = "header: hydrated text is too long";
    // "Order " has six characters of the sixty.
    refused("named", named(), 132_005, long, |it| it[0]["parameters"][0]["text"] = json!("é".repeat(55)))
        .await;
    let (_, got) = sent(Provider::Meta, "named", named(), |it| {
        it[0]["parameters"][0]["text"] = json!("é".repeat(54));
    })
    .await;
    assert_eq!(got.status, 200, "{}", got.text);
    let space = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces";
    refused("named", named(), 132_018, space, |it| it[0]["parameters"][0]["text"] = json!("a\nb")).await;
    let url = "buttons: Button at index 0 has a URL that is too long";
    refused("picture", picture(), 132_005, url, |it| {
        it[2]["parameters"][0]["text"] = json!("x".repeat(2000));
    })
    .await;
}

#[tokio::test]
async fn the_form_of_a_component_is_checked_first() {
    let cases: [(&str, u32, &str, Change); 16] = [
        ("picture", 132_018, "Either one of media ID or link", &|it| {
            it[0]["parameters"][0]["image"] = json!({});
        }),
        ("picture", 100, "Parameter 'image' is mandatory for component parameter type 'image'", &|it| {
            it[0]["parameters"][0].as_object_mut().unwrap().remove("image");
        }),
        ("picture", 100, "['image']['link'] is not a valid URI.", &|it| {
            it[0]["parameters"][0]["image"]["link"] = json!("shop.example/box.jpg");
        }),
        ("picture", 100, "Unexpected key \"caption\"", &|it| {
            it[0]["parameters"][0]["image"]["caption"] = json!("A box");
        }),
        ("picture", 132_000, "header: number of localizable_params (2)", &|it| {
            let image = it[0]["parameters"][0].clone();
            it[0]["parameters"].as_array_mut().unwrap().push(image);
        }),
        ("picture", 100, "template['components'][2]['sub_type'] must be one of", &|it| {
            it[2]["sub_type"] = json!("phone_number");
        }),
        ("picture", 100, "template['components'][2]['index'] is required", &|it| {
            it[2].as_object_mut().unwrap().remove("index");
        }),
        ("picture", 100, "['index'] must be a number", &|it| it[2]["index"] = json!("first")),
        ("picture", 100, "['index'] must be a number", &|it| it[2]["index"] = json!(-1)),
        (
            "picture",
            100,
            "'text' is mandatory for component parameter type 'text' and cannot be empty",
            &|it| {
                it[2]["parameters"][0]["text"] = json!("");
            },
        ),
        ("picture", 100, "must be at most 128 characters", &|it| {
            it[4]["parameters"][0]["payload"] = json!("x".repeat(129));
        }),
        ("picture", 100, "must be at most 15 characters", &|it| {
            it[3]["parameters"][0]["coupon_code"] = json!("x".repeat(16));
        }),
        ("picture", 100, "must be at most 240 characters", &|it| {
            it[0]["parameters"] = json!([{"type": "document", "document": {
                "link": "https://shop.example/a.pdf", "filename": "x".repeat(241)
            }}]);
        }),
        ("place", 100, "['location']['latitude'] is required", &|it| {
            it[0]["parameters"][0]["location"].as_object_mut().unwrap().remove("latitude");
        }),
        ("place", 100, "['location']['longitude'] is required", &|it| {
            it[0]["parameters"][0]["location"]["longitude"] = Value::Null;
        }),
        ("place", 100, "['latitude'] must be a number", &|it| {
            it[0]["parameters"][0]["location"]["latitude"] = json!("north");
        }),
    ];
    for (template, code, words, change) in cases {
        let components = if template == "place" { place() } else { picture() };
        let (desk, got) = sent(Provider::Meta, template, components.clone(), change).await;
        assert_eq!((got.status, &got.body["error"]["code"]), (400, &json!(code)), "{words}: {}", got.text);
        assert!(got.text.replace("\\\"", "\"").contains(words), "{words}: {}", got.text);
        assert!(desk.simulator.ledger().accepted.is_empty());
        // Kaleyra says of the same faults only that the payload is wrong.
        let (_, got) = sent(Provider::Kaleyra, template, components, change).await;
        assert_eq!((got.status, &got.body["code"]), (400, &json!("WA400")), "{words}");
    }
}

#[tokio::test]
async fn one_msg_refuses_what_its_interface_does_not_have() {
    const P: Provider = Provider::OneMsg;
    for (template, components) in [("named", named()), ("place", place()), ("picture", picture())] {
        let (desk, got) = sent(P, template, components, |_| ()).await;
        assert_eq!(got.status, 422, "{template}: {}", got.text);
        assert!(got.body["message"].as_str().unwrap().ends_with("unexpected component"), "{}", got.text);
        assert!(desk.simulator.ledger().accepted.is_empty());
    }
    // What remains of `picture` lacks the code.
    let (_, got) = sent(P, "picture", picture(), |it| it.as_array_mut().unwrap().truncate(3)).await;
    assert_eq!(got.status, 422, "{}", got.text);
    let code = "buttons: Button at index 3 of type copy_code requires a non-empty parameter coupon_code";
    assert_eq!(got.body, json!({"message": code}));
    // A fixed button sends no parameter, and a wrong header is WhatsApp's own refusal.
    let (_, got) = sent(P, "order_cancelled", super::desk::body_message(P, 0)["params"].clone(), |it| {
        push(it, url_button(&json!("0")));
    })
    .await;
    assert_eq!(
        got.body,
        json!({"message": "buttons: Button at index 0 of type Url does not require parameters"})
    );
    assert_eq!(got.status, 422);
    let (_, got) = sent(P, "picture", picture(), |it| {
        it.as_array_mut().unwrap().truncate(3);
        remove(it, 0);
    })
    .await;
    assert_eq!((got.status, &got.body["error"]["code"]), (200, &json!(132_012)), "{}", got.text);
    assert_eq!(got.body["sent"], json!(false));
}
