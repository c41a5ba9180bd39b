//! The catalogue's parser, its JSON schema and its documentation agree.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::catalogue::Catalogue;
use shared::catalogue::keys::{
    BENEFICIARY, BUTTON, DEFAULTS, Example, FALLBACK, FALLBACK_CHANNEL, HEADER, LOCATION, NOTIFICATION,
    ORDER_DETAILS, ORDER_ITEMS, PAYMENT, PAYMENT_GATEWAY, PIX_DYNAMIC_CODE, SENDER_TEMPLATE, TEMPLATE,
};

const PAGE: &str = include_str!("../../docs/catalogue.md");
const SCHEMA: &str = include_str!("../../infra/catalogue.schema.json");
const WHOLE: [&str; 3] = [
    include_str!("../shop/notifications.toml"),
    include_str!("../../docs/examples/shopify.toml"),
    include_str!("../../docs/examples/stripe.toml"),
];
/// The keys of a template with header, body, buttons and an order, and those of an order status.
const OF_TEMPLATE: [&str; 4] = ["header", "body", "buttons", "order_details"];
const OF_STATUS: [&str; 3] = ["status", "reference_id", "description"];

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn fits(catalogue: &toml::Table) -> bool {
    jsonschema::validator_for(&schema()).unwrap().is_valid(&serde_json::to_value(catalogue).unwrap())
}

fn loads(catalogue: &toml::Table) -> Result<Catalogue, String> {
    Catalogue::parse("c", &catalogue.to_string()).map_err(|faults| faults.to_string())
}

fn value(written: &str) -> toml::Value {
    format!("it = {written}").parse::<toml::Table>().unwrap()["it"].clone()
}

fn table(examples: &[Example], left_out: &[&str]) -> toml::Table {
    let kept = examples.iter().filter(|(key, _)| !left_out.contains(key));
    kept.map(|(key, written)| ((*key).to_owned(), value(written))).collect()
}

/// A catalogue with one notification, with the examples' values.
fn catalogue_with(notification: toml::Table) -> toml::Table {
    let notifications = toml::Table::from_iter([("n".to_owned(), toml::Value::Table(notification))]);
    let defaults = toml::Value::Table(table(&DEFAULTS, &[]));
    [("defaults".to_owned(), defaults), ("notifications".to_owned(), toml::Value::Table(notifications))]
        .into_iter()
        .collect()
}

/// A notification with each kind of content, and with every other key. The order stands where the buttons' example is.
fn notifications() -> [toml::Table; 3] {
    let of_meta = |left_out: &[&str]| {
        let mut notification = table(&NOTIFICATION, left_out);
        notification.insert("providers".to_owned(), value(r#"["meta"]"#));
        notification
    };
    let with = |others: &[&'static str]| of_meta(&[&OF_STATUS[..], others].concat());
    [with(&["order_details"]), of_meta(&OF_TEMPLATE), with(&["buttons"])]
}

fn keys(examples: &[Example]) -> BTreeSet<&'static str> {
    examples.iter().map(|(key, _)| *key).collect()
}

fn properties(place: &str) -> BTreeSet<String> {
    schema().pointer(place).unwrap().as_object().unwrap().keys().cloned().collect()
}

#[test]
fn whole_catalogues_fit_the_schema() {
    for text in WHOLE {
        let catalogue: toml::Table = text.parse().unwrap();
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let catalogue = serde_json::to_value(catalogue).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&catalogue)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

#[test]
fn the_schema_and_the_code_have_the_same_keys() {
    // The code's keys, from its error about an unknown key.
    let known = |catalogue: &toml::Table, place: &str| -> BTreeSet<String> {
        let faults = loads(catalogue).unwrap_err();
        let line =
            faults.lines().find(|line| line.contains(&format!("{place} colour: is not a key"))).unwrap();
        line.split("its keys are ").nth(1).unwrap().split(", ").map(str::to_owned).collect()
    };
    let mut of_notification = BTreeSet::new();
    for mut notification in notifications() {
        notification.insert("colour".to_owned(), value("1"));
        of_notification.extend(known(&catalogue_with(notification), "[notifications.n]"));
    }
    assert_eq!(of_notification, properties("/definitions/notification/properties"));
    assert_eq!(of_notification, keys(&NOTIFICATION).into_iter().map(str::to_owned).collect());

    let [with_body, ..] = notifications();
    let mut catalogue = catalogue_with(with_body.clone());
    catalogue["defaults"].as_table_mut().unwrap().insert("colour".to_owned(), value("1"));
    assert_eq!(known(&catalogue, "[defaults]"), properties("/properties/defaults/properties"));
    assert_eq!(
        keys(&DEFAULTS).into_iter().map(str::to_owned).collect::<BTreeSet<_>>(),
        properties("/properties/defaults/properties")
    );

    for provider in ["onemsg", "kaleyra", "meta", "aws-whatsapp"] {
        let mut notification = with_body.clone();
        let left_out: &[&str] = if provider == "onemsg" { &[] } else { &["namespace"] };
        let mut template = table(&TEMPLATE, left_out);
        template.insert("colour".to_owned(), value("1"));
        let templates = toml::Table::from_iter([(provider.to_owned(), toml::Value::Table(template))]);
        notification.insert("templates".to_owned(), toml::Value::Table(templates));
        let place =
            format!("/definitions/notification/properties/templates/properties/{provider}/properties");
        let here = format!("[notifications.n.templates] {provider}");
        assert_eq!(known(&catalogue_with(notification.clone()), &here), properties(&place), "{provider}");

        let left_out = [left_out, &["senders"]].concat();
        let mut own = table(&SENDER_TEMPLATE, &left_out);
        own.insert("colour".to_owned(), value("1"));
        let mut template = table(&TEMPLATE, &left_out);
        let senders = toml::Table::from_iter([("acme".to_owned(), toml::Value::Table(own))]);
        template.insert("senders".to_owned(), toml::Value::Table(senders));
        let templates = toml::Table::from_iter([(provider.to_owned(), toml::Value::Table(template))]);
        notification.insert("templates".to_owned(), toml::Value::Table(templates));
        let place = format!("{place}/senders/additionalProperties/properties");
        let here = format!("{here} senders.acme");
        assert_eq!(known(&catalogue_with(notification), &here), properties(&place), "{provider}");
    }
}

#[test]
fn the_schema_and_the_code_refuse_the_same_catalogues() {
    for notification in notifications() {
        let whole = catalogue_with(notification.clone());
        assert!(fits(&whole));
        loads(&whole).unwrap();
        for key in notification.keys() {
            let mut without = notification.clone();
            without.remove(key);
            let without = catalogue_with(without);
            // Only the code knows whether another notification would supply the reference.
            let is_alone = key == "reference_id";
            assert_eq!(fits(&without) && !is_alone, loads(&without).is_ok(), "without {key}");
            for wrong in ["7", "true", r#""""#, "[]", "[7]", "{}"] {
                let mut changed = notification.clone();
                changed.insert(key.clone(), value(wrong));
                let changed = catalogue_with(changed);
                assert_eq!(fits(&changed), loads(&changed).is_ok(), "{key} = {wrong}");
            }
        }
    }
    for (key, values) in [
        (
            "header",
            [
                r#"{ text = { a = "x" } }"#,
                r#"{ text = { a = "x", b = "y" } }"#,
                r#"{ image = "x", filename = "y" }"#,
                r#"{ image = "x", video = "y" }"#,
            ],
        ),
        (
            "header",
            [
                r#"{ document = "x", filename = "y" }"#,
                r#"{ location = { latitude = "x" } }"#,
                r#"{ colour = "x" }"#,
                r"{ text = 7 }",
            ],
        ),
        ("body", [r#"{ a = "x", b_1 = "y" }"#, r#"{ A = "x" }"#, r"{ a = 7 }", r#"{ a = "" }"#]),
        (
            "buttons",
            [
                r#"[{ index = 9, code = "x" }]"#,
                r#"[{ index = 10, code = "x" }]"#,
                r"[{ index = 0 }]",
                r#"[{ index = 0, url = "x", code = "y" }]"#,
            ],
        ),
    ] {
        for written in values {
            let [mut changed, ..] = notifications();
            changed.insert(key.to_owned(), value(written));
            let changed = catalogue_with(changed);
            assert_eq!(fits(&changed), loads(&changed).is_ok(), "{key} = {written}");
        }
    }
    let [body, status, order] = notifications();
    for (mut both, other) in [(body.clone(), status.clone()), (order.clone(), status), (order, body)] {
        both.extend(other);
        assert!(!fits(&catalogue_with(both.clone())) && loads(&catalogue_with(both)).is_err());
    }
}

#[test]
fn the_schema_and_the_code_refuse_the_same_orders() {
    let [.., mut order] = notifications();
    // The schema doesn't compare the ways to pay with a currency that is the same for all events.
    order["order_details"]["currency"] = "detail.order.currency".into();
    let with = |key: &str, inner: Option<&str>, changed: Option<toml::Value>| {
        let mut order = order.clone();
        let details = order["order_details"].as_table_mut().unwrap();
        let table = match inner {
            None => &mut *details,
            Some(inner) => details[inner].as_table_mut().unwrap(),
        };
        match changed {
            Some(value) => table.insert(key.to_owned(), value),
            None => table.remove(key),
        };
        let whole = catalogue_with(order);
        assert_eq!(fits(&whole), loads(&whole).is_ok(), "{inner:?} {key}: {whole}");
    };
    for (inner, examples) in
        [(None, &ORDER_DETAILS[..]), (Some("items"), &ORDER_ITEMS[..]), (Some("payment"), &PAYMENT[..])]
    {
        for (key, written) in examples {
            with(key, inner, Some(value(written)));
            with(key, inner, None);
            for wrong in ["7", "true", r#""""#, "[]", "[7]", "{}"] {
                with(key, inner, Some(value(wrong)));
            }
        }
    }
    for payment in [
        "{ payment_configuration = 'c' }",
        "{ payment_type = 'upi' }",
        "{ payment_gateway = { type = 'paypal', configuration_name = 'c' } }",
        "{ colour = 1 }",
    ] {
        with("payment", None, Some(value(payment)));
    }
}

#[test]
fn the_schema_and_the_code_refuse_the_same_fallbacks() {
    let [notification, ..] = notifications();
    let same = |fallback: toml::Table| {
        let mut notification = notification.clone();
        notification.insert("fallback".to_owned(), toml::Value::Table(fallback));
        let whole = catalogue_with(notification);
        let is_valid = loads(&whole).is_ok();
        assert_eq!(fits(&whole), is_valid, "{whole}");
        is_valid
    };
    let fallback = table(&FALLBACK, &[]);
    assert!(same(fallback.clone()));
    let with_channel = |channel: toml::Table| {
        let mut fallback = fallback.clone();
        fallback.insert("channels".to_owned(), toml::Value::Array(vec![toml::Value::Table(channel)]));
        same(fallback)
    };
    let email = table(&FALLBACK_CHANNEL, &[]);
    let mut sms = table(&FALLBACK_CHANNEL, &["recipient", "subject"]);
    sms.insert("provider".to_owned(), "aws-sms".into());
    assert!(with_channel(email.clone()) && with_channel(sms.clone()));

    let wrong = ["7", "true", r#""""#, "[]", "[7]", "{}", r#"["lost"]"#, "{ en = 7 }", r#"{ en = "" }"#];
    for key in fallback.keys() {
        let mut without = fallback.clone();
        without.remove(key);
        same(without);
        for value_of in wrong.map(value) {
            let mut changed = fallback.clone();
            changed.insert(key.clone(), value_of);
            same(changed);
        }
    }
    // Only the code knows which variables a text needs, and compares the languages of subject and text.
    let without_variables = |channel: &toml::Table| {
        let mut channel = channel.clone();
        for key in ["subject", "text"] {
            if let Some(texts) = channel.get_mut(key) {
                *texts = value(r#"{ en = "News." }"#);
            }
        }
        channel
    };
    for channel in [without_variables(&email), without_variables(&sms)] {
        for key in keys(&FALLBACK_CHANNEL) {
            let mut without = channel.clone();
            without.remove(key);
            with_channel(without);
            for value_of in wrong.map(value) {
                let mut changed = channel.clone();
                changed.insert(key.to_owned(), value_of);
                with_channel(changed);
            }
        }
    }
    let mut with_subject = sms.clone();
    with_subject.insert("subject".to_owned(), email["subject"].clone());
    assert!(!with_channel(with_subject));
    for provider in ["meta", "sms"] {
        let mut channel = sms.clone();
        channel.insert("provider".to_owned(), provider.into());
        assert!(!with_channel(channel));
    }
    let in_fallback = "/definitions/notification/properties/fallback/properties";
    for (place, examples) in [
        (in_fallback.to_owned(), &FALLBACK[..]),
        (format!("{in_fallback}/channels/items/properties"), &FALLBACK_CHANNEL[..]),
    ] {
        assert_eq!(properties(&place), keys(examples).into_iter().map(str::to_owned).collect());
    }
}

/// The rows of the table below a heading: each key, whether it is required, and its example.
fn rows(heading: &str) -> BTreeMap<String, (bool, String)> {
    let (_, section) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        (cells[0].to_owned(), (cells[1].starts_with("required"), cells[4].to_owned()))
    })
    .collect()
}

#[test]
fn the_page_has_every_key_its_example_and_whether_it_is_required() {
    let page = |heading: &str, examples: &[Example], required: &[&str]| {
        let expected: BTreeMap<String, (bool, String)> = examples
            .iter()
            .map(|(key, example)| ((*key).to_owned(), (required.contains(key), (*example).to_owned())))
            .collect();
        assert_eq!(rows(heading), expected, "{heading}");
    };
    let schema = schema();
    let listed = |place: &str| -> Vec<String> {
        let required = schema.pointer(place).cloned().unwrap_or_else(|| json!([]));
        required.as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()).collect()
    };
    page("`[defaults]`", &DEFAULTS, &[]);
    let required = listed("/definitions/notification/required");
    let one_of = ["header", "body", "buttons", "order_details", "status", "reference_id"];
    let required: Vec<&str> = required.iter().map(String::as_str).chain(one_of).collect();
    page("`[notifications.<name>]`", &NOTIFICATION, &required);
    let header = properties("/definitions/notification/properties/header/properties");
    assert_eq!(header, keys(&HEADER).into_iter().map(str::to_owned).collect());
    page("`header`", &HEADER, &["text", "image", "video", "document", "location"]);
    page("`location` in `header`", &LOCATION, &["latitude", "longitude"]);
    page("`buttons`", &BUTTON, &["index", "url", "payload", "code"]);
    let in_order = "/definitions/notification/properties/order_details";
    let of_order = |heading: &str, place: &str, examples: &[Example]| {
        let place = format!("{in_order}{place}");
        let known = properties(&format!("{place}/properties"));
        assert_eq!(known, keys(examples).into_iter().map(str::to_owned).collect(), "{heading}");
        let required = listed(&format!("{place}/required"));
        page(heading, examples, &required.iter().map(String::as_str).collect::<Vec<_>>());
    };
    of_order("`order_details`", "", &ORDER_DETAILS);
    of_order("`items` in `order_details`", "/properties/items", &ORDER_ITEMS);
    of_order("`beneficiary` in `order_details`", "/properties/beneficiary", &BENEFICIARY);
    let payment: Vec<&str> = PAYMENT.iter().skip(1).map(|(key, _)| *key).collect();
    page("`payment` in `order_details`", &PAYMENT, &payment);
    for (place, examples) in [
        ("", &PAYMENT[..]),
        ("/properties/payment_gateway", &PAYMENT_GATEWAY),
        ("/properties/pix_dynamic_code", &PIX_DYNAMIC_CODE),
    ] {
        let known = properties(&format!("{in_order}/properties/payment{place}/properties"));
        assert_eq!(known, keys(examples).into_iter().map(str::to_owned).collect());
    }
    let required = listed("/definitions/notification/properties/templates/properties/onemsg/required");
    let required: Vec<&str> = required.iter().map(String::as_str).collect();
    page("`[notifications.<name>.templates]`", &TEMPLATE, &required);
    page("`[notifications.<name>.fallback]`", &FALLBACK, &["after", "channels"]);
    page("`channels` in `fallback`", &FALLBACK_CHANNEL, &["provider", "consent", "text"]);
}
