//! The catalogue on real and on broken input.

use serde_json::{Value, json};

use super::*;
use crate::key_secret::KeySecret;
use crate::message::Content;
use crate::provider::Provider;

const SHIPPED: &str = include_str!("../../../../notifications.toml");

fn shipped() -> Catalogue {
    Catalogue::parse("notifications.toml", SHIPPED).unwrap()
}

fn cancelled() -> Value {
    json!({
        "id": "6f0c", "source": "oms", "detail-type": "Order Cancelled", "time": "2026-11-20T09:00:00Z",
        "detail": {
            "order": {"number": "10482"},
            "customer": {"name": " Alexey\n", "phone": "+1 202 555 0100", "language": "es-MX", "whatsapp_opt_in": true},
            "product": {"name": "Wireless\theadphones"},
            "next_step": "Payment will be refunded within 3–5 business days to the card used for the order."
        }
    })
}

fn status_changed(status: &str) -> Value {
    json!({
        "id": "6f0d", "source": "oms", "detail-type": "Order Status Changed", "time": "2026-11-20T09:00:00Z",
        "detail": {
            "order": {"number": 10482, "reference_id": "395", "status": status, "description": "On its way."},
            "customer": {"phone": "+12025550100", "whatsapp_opt_in": true}
        }
    })
}

fn rendered(event: Value) -> Result<Notification, crate::fault::Faults> {
    let event = OrderEvent::parse(event).unwrap();
    let catalogue = shipped();
    render(catalogue.entry_for(&event).unwrap(), &event, Some(&key_secret('k')))
}

fn key_secret(letter: char) -> KeySecret {
    KeySecret::new(letter.to_string().repeat(32).into()).unwrap()
}

fn edited(edit: impl FnOnce(&mut Value)) -> Value {
    let mut event = cancelled();
    edit(&mut event);
    event
}

#[test]
fn the_shipped_catalogue_has_all_kinds_for_their_providers() {
    let catalogue = shipped();
    let listed: Vec<(&str, &[Provider])> =
        catalogue.entries().iter().map(|entry| (entry.name.as_str(), entry.providers.as_slice())).collect();
    let body: &[Provider] = &[Provider::OneMsg, Provider::Meta, Provider::Kaleyra];
    assert_eq!(
        listed,
        [
            ("return-registered", body),
            ("return-updated", body),
            ("order-cancelled", body),
            ("stock-arrived", body),
            ("order-status-changed", &[Provider::Kaleyra, Provider::Meta]),
        ]
    );
    for entry in catalogue.entries() {
        for rule in entry.templates.values() {
            assert!(rule.languages.len() >= 2, "{}", entry.name);
        }
    }
}

#[test]
fn a_body_is_rendered_by_the_rules() {
    let notification = rendered(cancelled()).unwrap();
    let Content::Body(texts) = &notification.content else { panic!("a body") };
    let texts: Vec<&str> = texts.iter().map(crate::message::Text::as_str).collect();
    assert_eq!(
        texts,
        [
            "Alexey",
            "10482",
            "Wireless headphones",
            "Payment will be refunded within 3–5 business days to the card used for the order"
        ]
    );
    assert_eq!(notification.recipient.as_str(), "+12025550100");
    assert_eq!(notification.consent, Consent::Given);
    assert_eq!(notification.providers(), [Provider::OneMsg, Provider::Meta, Provider::Kaleyra]);
    assert!(notification.routes.iter().all(|route| route.language.as_str() == "es"));
}

#[test]
fn an_order_status_is_rendered_by_the_rules() {
    for (given, sent) in
        [("partially shipped", "partially_shipped"), ("shipped", "shipped"), ("Cancelled", "canceled")]
    {
        let notification = rendered(status_changed(given)).unwrap();
        let Content::OrderStatus(update) = &notification.content else { panic!("an order status") };
        assert_eq!(update.status.as_str(), sent);
        assert_eq!(update.reference_id.as_str(), "395");
        assert_eq!(update.description.as_ref().unwrap().as_str(), "On its way.");
        assert_eq!(notification.reference.order.as_str(), "10482");
        assert_eq!(notification.routes[0].language.as_str(), "en_US");
    }
    let faults = rendered(status_changed("pending")).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].problem.contains("pending"), "{faults}");
}

#[test]
fn a_description_never_keeps_an_order_status_back() {
    let told = |description: Value| {
        let mut event = status_changed("shipped");
        event["detail"]["order"]["description"] = description;
        let Content::OrderStatus(update) = rendered(event).unwrap().content else {
            panic!("an order status")
        };
        update.description.map(|text| text.as_str().to_owned())
    };
    for none in [json!("  "), json!("\u{200b}"), Value::Null, json!(false), json!([]), json!({"text": "x"})] {
        assert_eq!(told(none.clone()), None, "{none}");
    }
    let words = "ten chars ".repeat(12);
    assert_eq!(told(json!(words)).unwrap(), words.trim(), "119 characters");
    assert_eq!(told(json!(format!("{words}more"))).unwrap(), format!("{}\u{2026}", words.trim()));
    let missing = SHIPPED.replace(
        "\"detail.order.description\"",
        "\"join(' ', [detail.order.description, detail.order.carrier])\"",
    );
    assert_ne!(missing, SHIPPED);
    let catalogue = Catalogue::parse("n.toml", &missing).unwrap();
    let event = OrderEvent::parse(status_changed("shipped")).unwrap();
    let notification = render(catalogue.entry_for(&event).unwrap(), &event, None).unwrap();
    assert!(matches!(notification.content, Content::OrderStatus(update) if update.description.is_none()));
}

#[test]
fn every_fault_of_an_event_is_reported_with_its_place() {
    let faults = rendered(edited(|event| {
        event["detail"]["order"]["number"] = json!("  ");
        event["detail"]["customer"]["phone"] = json!("2025550100");
        event["detail"]["customer"]["name"] = json!({"first": "Alexey"});
        event["detail"]["product"] = Value::Null;
        event["detail"]["next_step"] = json!(" . ");
    }))
    .unwrap_err();
    let places: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "order (detail.order.number)",
            "recipient (detail.customer.phone)",
            "body[0] (detail.customer.name)",
            "body[1] (detail.order.number)",
            "body[2] (detail.product.name)",
            "body[3] (detail.next_step)",
        ]
    );
    assert!(!faults.to_string().contains("2025550100") && !faults.to_string().contains("Alexey"));
}

#[test]
fn a_body_over_its_limit_is_a_fault() {
    let long = edited(|event| event["detail"]["product"]["name"] = json!("x".repeat(1025)));
    assert!(rendered(long).unwrap_err().to_string().contains("1025 characters"));
    let together = edited(|event| {
        event["detail"]["product"]["name"] = json!("x".repeat(600));
        event["detail"]["next_step"] = json!("y".repeat(600));
    });
    assert!(rendered(together).unwrap_err().to_string().contains("in all its variables"));
}

#[test]
fn only_true_is_consent() {
    for value in [json!(false), json!("true"), json!(1), Value::Null, json!({})] {
        let event = edited(|event| event["detail"]["customer"]["whatsapp_opt_in"] = value.clone());
        assert_eq!(rendered(event).unwrap().consent, Consent::NotGiven, "{value}");
    }
}

#[test]
fn the_key_follows_what_is_said_to_whom_and_nothing_else() {
    let key = |event: Value| rendered(event).unwrap().reference.key;
    let first = key(cancelled());
    assert_eq!(first, key(edited(|event| event["id"] = json!("another put"))));
    assert_eq!(first, key(edited(|event| event["detail"]["customer"]["name"] = json!("Alexey"))));
    for other in [
        edited(|event| event["detail"]["next_step"] = json!("Call us")),
        edited(|event| event["detail"]["customer"]["phone"] = json!("+12025550101")),
        edited(|event| event["detail"]["order"]["number"] = json!("10483")),
    ] {
        assert_ne!(first, key(other));
    }
    let status = key(status_changed("shipped"));
    let mut other = status_changed("shipped");
    other["detail"]["order"]["reference_id"] = json!("396");
    assert_eq!(status, key(other.clone()), "the customer would be told twice");
    other["detail"]["order"]["description"] = json!("On its way again.");
    assert_ne!(status, key(other));
}

#[test]
fn without_the_secret_nobody_knows_a_key_and_with_another_one_it_is_another() {
    let event = OrderEvent::parse(cancelled()).unwrap();
    let catalogue = shipped();
    let key = |secret: Option<KeySecret>| {
        let rendered = render(catalogue.entry_for(&event).unwrap(), &event, secret.as_ref()).unwrap();
        assert_eq!(rendered.fingerprint, rendered.reference.key.as_str());
        rendered.reference.key.to_string()
    };
    let [one, again, other] = ['k', 'k', 'o'].map(|letter| key(Some(key_secret(letter))));
    assert_eq!(one, again);
    assert_ne!(one, other);
    assert_eq!(key(None), "unknown");
}

#[test]
fn an_explicit_key_is_used_and_held_to_its_form() {
    let with_key = SHIPPED.replacen(
        "source      = [\"oms\"]",
        "source = [\"oms\"]\nkey = \"detail.idempotency_key\"",
        1,
    );
    let catalogue = Catalogue::parse("n.toml", &with_key).unwrap();
    let render_with = |key: Value| {
        let event = OrderEvent::parse(edited(|event| event["detail"]["idempotency_key"] = key)).unwrap();
        render(catalogue.entry_for(&event).unwrap(), &event, Some(&key_secret('k')))
    };
    let notification = render_with(json!("cancel-7")).unwrap();
    assert_eq!(notification.reference.key.as_str(), "cancel-7");
    assert_ne!(notification.fingerprint, "cancel-7");
    for bad in [Value::Null, json!("a b"), json!("x".repeat(129))] {
        assert!(
            render_with(bad.clone()).unwrap_err().to_string().starts_with("key (detail.idempotency_key)"),
            "{bad}"
        );
    }
}

#[test]
fn what_nothing_listens_to_matches_nothing() {
    let event = OrderEvent::parse(edited(|event| event["detail-type"] = json!("Order Placed"))).unwrap();
    assert!(shipped().entry_for(&event).is_none());
    let event = OrderEvent::parse(edited(|event| event["source"] = json!("wms"))).unwrap();
    assert!(shipped().entry_for(&event).is_none());
}

#[test]
fn staleness_counts_from_the_event() {
    let notification = rendered(cancelled()).unwrap();
    assert!(!notification.is_stale("2026-11-23T09:00:00Z".parse().unwrap()));
    assert!(notification.is_stale("2026-11-23T09:00:01Z".parse().unwrap()));
    assert!(!notification.is_stale("2026-11-19T09:00:00Z".parse().unwrap()));
}

#[test]
fn every_fault_of_a_catalogue_is_reported_with_file_table_and_key() {
    let text = r#"
        colour = "red"
        [defaults]
        max_aeg = "3d"
        [notifications.a]
        source = ["oms", "oms"]
        detail_type = []
        order = "detail.order["
        recipient = 7
        language = ""
        consent = "detail.consent"
        max_age = "3 parsecs"
        providers = ["onemsg", "sms", "meta"]
        body = ["detail.name", "detail..x"]
        senders = 1
        [notifications.a.templates]
        onemsg = { name = "t", languages = [] }
        telegram = { name = "t" }
        kaleyra = 5
        [notifications.b]
        source = ["oms"]
        detail_type = ["X"]
        order = "o"
        recipient = "r"
        consent = "c"
        max_age = "90d"
        providers = ["onemsg"]
        status = "s"
        reference_id = "i"
        body = ["x"]
        templates = { onemsg = { name = "t", namespace = "n", languages = ["en"] } }
    "#;
    let faults = Catalogue::parse("my.toml", text).unwrap_err();
    insta::assert_snapshot!(faults, @r#"
    my.toml: colour: is no key of this table; it knows defaults, notifications
    my.toml: [defaults] max_aeg: is no key of this table; it knows international_digits, max_age
    my.toml: [notifications.a] source[1]: names "oms" a second time
    my.toml: [notifications.a] detail_type: is an empty list; write, for example, detail_type = ["Order Cancelled"]
    my.toml: [notifications.a] order: "detail.order[" is no JMESPath expression: Parse error: Expected number, ':', or '*' -- found Eof, at column 14
    my.toml: [notifications.a] recipient: is 7, not a text with an expression; for all events that is recipient = "`7`"; write, for example, recipient = "detail.customer.phone"
    my.toml: [notifications.a] language: is empty; write, for example, language = "detail.customer.language"
    my.toml: [notifications.a] max_age: is "3 parsecs", no duration such as "3d" or "36h": unknown time unit "parsecs", supported units: ns, us/µs, ms, sec, min, hours, days, weeks, months, years (and few variations)
    my.toml: [notifications.a] providers[1]: unknown provider "sms": it is one of onemsg, kaleyra, meta
    my.toml: [notifications.a] body[1]: "detail..x" is no JMESPath expression: Parse error: Expected identifier, '*', '{', '[', '&', or '[?' -- found Dot, at column 8
    my.toml: [notifications.a] senders: is no key of this table; it knows source, detail_type, when, order, recipient, country, language, consent, time, key, max_age, providers, body, templates
    my.toml: [notifications.a.templates] kaleyra: is a number, not a table
    my.toml: [notifications.a.templates] onemsg namespace: is missing; write, for example, namespace = "5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61"
    my.toml: [notifications.a.templates] onemsg languages: is an empty list; write, for example, languages = ["en", "es"]
    my.toml: [notifications.a.templates] telegram: unknown provider "telegram": it is one of onemsg, kaleyra, meta
    my.toml: [notifications.a] providers: meta has no entry in templates
    my.toml: [notifications.b] max_age: is "90d"; at most 60d are allowed
    my.toml: [notifications.b] body: stands beside status, reference_id or description: a message has one or the other
    my.toml: [notifications.b] providers: onemsg documents no order_status message; give body instead of status, or other providers
    "#);
}

#[test]
fn what_is_missing_or_of_the_wrong_type_says_what_to_write() {
    let without = |line: &str| {
        assert!(SHIPPED.contains(line));
        Catalogue::parse("n.toml", &SHIPPED.replacen(line, "", 1)).unwrap_err().to_string()
    };
    let consent = r#"consent     = "detail.customer.whatsapp_opt_in""#;
    let said = "consent: is missing; write, for example, consent = \"detail.customer.whatsapp_opt_in\"";
    assert!(without(consent).ends_with(said), "{}", without(consent));
    let always = SHIPPED.replacen(consent, "consent = true", 1);
    let fault = Catalogue::parse("n.toml", &always).unwrap_err().to_string();
    assert!(fault.contains("is true, not a text") && fault.contains("consent = \"`true`\""), "{fault}");
    assert!(Catalogue::parse("n.toml", &SHIPPED.replacen(consent, "consent = \"`true`\"", 1)).is_ok());
}

/// Each example is one: a notification of examples alone loads.
#[test]
fn a_notification_of_the_examples_alone_loads() {
    let written = |examples: &[keys::Example], left_out: &[&str]| -> String {
        let kept = examples.iter().filter(|(key, _)| !left_out.contains(key));
        kept.map(|(key, value)| format!("{key} = {value}\n")).collect()
    };
    let defaults = written(&keys::DEFAULTS, &[]);
    let of_one = |left_out: &[&str], providers: [&str; 2]| {
        let template = |provider: &str| {
            let left_out: &[&str] = if provider == "onemsg" { &[] } else { &["namespace"] };
            format!("[notifications.a.templates.{provider}]\n{}", written(&keys::TEMPLATE, left_out))
        };
        let entry = written(&keys::NOTIFICATION, &[left_out, &["templates", "providers"]].concat());
        let templates = providers.map(template).concat();
        format!("[defaults]\n{defaults}[notifications.a]\nproviders = {providers:?}\n{entry}{templates}")
    };
    let body = of_one(&["status", "reference_id", "description"], ["onemsg", "meta"]);
    Catalogue::parse("n.toml", &body).unwrap_or_else(|faults| panic!("{faults}\n{body}"));
    let status = of_one(&["body"], ["kaleyra", "meta"]);
    Catalogue::parse("n.toml", &status).unwrap_or_else(|faults| panic!("{faults}\n{status}"));
}

#[test]
fn no_notification_stands_behind_one_that_takes_all_its_events() {
    let text = SHIPPED.replace("\"Return Updated\"", "\"Return Registered\"");
    let fault = "n.toml: [notifications.return-updated]: listens to \"returns\" \"Return Registered\", and so does \
                 [notifications.return-registered], which stands before it and has no `when`";
    assert_eq!(Catalogue::parse("n.toml", &text).unwrap_err().to_string(), fault);
    let when = "source      = [\"returns\"]\n";
    let second = |text: &str| {
        let (first, rest) = text.split_once("[notifications.return-updated]").unwrap();
        format!(
            "{first}[notifications.return-updated]{}",
            rest.replacen(when, &format!("{when}when = \"detail.a\"\n"), 1)
        )
    };
    assert_eq!(Catalogue::parse("n.toml", &second(&text)).unwrap_err().to_string(), fault);
    let first = text.replacen(when, &format!("{when}when = \"detail.a\"\n"), 1);
    assert!(Catalogue::parse("n.toml", &first).is_ok());
}

/// A notification of every name for the same events, told apart by `when`.
fn told_apart(entries: &[(&str, Option<&str>)]) -> Result<Catalogue, crate::fault::Faults> {
    let entry = |(name, when): &(&str, Option<&str>)| {
        let when = when.map(|when| format!("when = {when:?}\n")).unwrap_or_default();
        format!(
            "[notifications.{name}]\nsource = ['shop']\ndetail_type = ['hook']\n{when}order = 'detail.order'\nrecipient = 'detail.phone'\n\
             consent = 'detail.consent'\nlanguage = 'detail.language'\nmax_age = '3d'\nproviders = ['meta']\nbody = ['detail.name']\n\
             [notifications.{name}.templates]\nmeta = {{ name = 't', languages = ['en_US', 'zh_TW', 'es'] }}\n"
        )
    };
    Catalogue::parse("n.toml", &entries.iter().map(entry).collect::<String>())
}

fn hook(detail: &Value) -> OrderEvent {
    let mut whole = json!({"order": "7", "phone": "+436641234567", "consent": true, "name": "Grete"});
    whole.as_object_mut().unwrap().extend(detail.as_object().unwrap().clone());
    OrderEvent::parse(json!({
        "id": "1", "source": "shop", "detail-type": "hook", "time": "2026-11-20T09:00:00Z", "detail": whole
    }))
    .unwrap()
}

#[test]
fn the_first_notification_in_the_file_whose_when_holds_takes_the_event() {
    let catalogue = told_apart(&[
        ("z-cancelled", Some("detail.topic == 'cancelled'")),
        ("m-tagged", Some("contains(detail.tags, 'vip') || detail.is_vip")),
        ("a-customer", Some("detail.customer")),
    ])
    .unwrap();
    for (detail, names) in [
        (json!({"topic": "cancelled"}), &["z-cancelled"][..]),
        (
            json!({"topic": "cancelled", "tags": ["vip"], "customer": {"id": 1}}),
            &["z-cancelled", "m-tagged", "a-customer"],
        ),
        (json!({"tags": ["vip"]}), &["m-tagged"]),
        (json!({"tags": null, "customer": {"id": 1}}), &["a-customer"]),
        (json!({"tags": null, "is_vip": true}), &["m-tagged"]),
        (json!({"customer": {}}), &[]),
        (json!({"customer": null, "topic": "updated"}), &[]),
    ] {
        let event = hook(&detail);
        let found: Vec<&str> = catalogue.entries_for(&event).map(|entry| entry.name.as_str()).collect();
        assert_eq!(found, names, "{detail}");
        assert_eq!(catalogue.entry_for(&event).map(|entry| entry.name.as_str()), names.first().copied());
    }
    let wrong = hook(&json!({"tags": 5}));
    let faults = render(catalogue.entry_for(&wrong).unwrap(), &wrong, None).unwrap_err();
    assert_eq!(
        faults.to_string(),
        "when (contains(detail.tags, 'vip') || detail.is_vip): can't be evaluated: contains() was given number as argument 1, and takes string|array"
    );
}

#[test]
fn what_is_missing_in_consent_or_language_is_absent() {
    let text = |consent: &str, language: &str| {
        let mut catalogue = SHIPPED.replace("\"detail.customer.whatsapp_opt_in\"", &format!("{consent:?}"));
        catalogue = catalogue.replace("\"detail.customer.language\"", &format!("{language:?}"));
        Catalogue::parse("n.toml", &catalogue).unwrap()
    };
    let catalogue = text(
        "contains(detail.customer.tags, 'whatsapp')",
        "(starts_with(detail.customer.locale, 'zh-Hant') && 'zh_TW') || detail.customer.locale",
    );
    let rendered = |tags: Value| {
        let event = OrderEvent::parse(edited(|event| event["detail"]["customer"]["tags"] = tags)).unwrap();
        render(catalogue.entry_for(&event).unwrap(), &event, None)
    };
    for (tags, consent) in [
        (Value::Null, Consent::NotGiven),
        (json!([]), Consent::NotGiven),
        (json!(["b2c", "whatsapp"]), Consent::Given),
        (json!("b2c, whatsapp-ok"), Consent::Given),
    ] {
        let notification = rendered(tags.clone()).unwrap();
        assert_eq!(notification.consent, consent, "{tags}");
        assert_eq!(notification.routes[0].language.as_str(), "en");
    }
    assert!(
        rendered(json!(5)).unwrap_err().to_string().contains("contains() was given number as argument 1")
    );
}

#[test]
fn a_time_may_be_unix_time() {
    let with_time =
        SHIPPED.replacen("source      = [\"oms\"]", "source = [\"oms\"]\ntime = \"detail.created\"", 1);
    let catalogue = Catalogue::parse("n.toml", &with_time).unwrap();
    let rendered = |created: Value| {
        let event = OrderEvent::parse(edited(|event| event["detail"]["created"] = created)).unwrap();
        render(catalogue.entry_for(&event).unwrap(), &event, None)
    };
    for created in [
        json!(1_795_767_000),
        json!("1795767000"),
        json!(1_795_767_000_000_i64),
        json!("2026-11-27T08:10:00Z"),
    ] {
        assert_eq!(rendered(created.clone()).unwrap().event_time.as_second(), 1_795_767_000, "{created}");
    }
    for created in [json!("yesterday"), json!(7), Value::Null] {
        assert!(rendered(created).unwrap_err().to_string().starts_with("time (detail.created): is "));
    }
}

#[test]
fn a_national_number_is_read_by_the_country_that_the_event_or_the_catalogue_names() {
    let with_country =
        |country: &str| SHIPPED.replace("recipient   = ", &format!("country = {country:?}\nrecipient   = "));
    let rendered = |country: &str, phone: &str, code: Value| {
        let catalogue = Catalogue::parse("n.toml", &with_country(country)).unwrap();
        let event = OrderEvent::parse(edited(|event| {
            event["detail"]["customer"]["phone"] = json!(phone);
            event["detail"]["country"] = code;
        }));
        let event = event.unwrap();
        render(catalogue.entry_for(&event).unwrap(), &event, None)
            .map(|notification| notification.recipient.as_str().to_owned())
    };
    for (country, phone, code, e164) in [
        ("detail.country", "0664 1234567", json!("AT"), "+436641234567"),
        ("'AT'", "0664 1234567", Value::Null, "+436641234567"),
        ("detail.country", "+1 202 555 0100", json!("AT"), "+12025550100"),
        ("detail.country", "+1 202 555 0100", json!("nowhere"), "+12025550100"),
        ("upper.missing || split(detail.gone, '-')[0]", "+1 202 555 0100", json!("AT"), "+12025550100"),
    ] {
        assert_eq!(rendered(country, phone, code).unwrap(), e164, "{country} {phone}");
    }
    assert!(
        rendered("detail.country", "0664 1234567", json!("nowhere"))
            .unwrap_err()
            .to_string()
            .contains("no country code")
    );
    let faults = Catalogue::parse("n.toml", &with_country("AT")).unwrap_err();
    assert!(faults[0].problem.contains("\"'AT'\""), "{faults}");
}

#[test]
fn a_phone_number_may_be_any_number_of_json() {
    let text = SHIPPED.replace("international_digits = false", "international_digits = true");
    let by_digits = Catalogue::parse("n.toml", &text).unwrap();
    let text = SHIPPED.replace("recipient   = ", "country = \"'AT'\"\nrecipient   = ");
    let by_country = Catalogue::parse("n.toml", &text).unwrap();
    for number in
        ["436641234567", "436641234567.0", "436641234567.00", "4.36641234567e11", "4.36641234567E+11"]
    {
        let event = edited(|event| event["detail"]["customer"]["phone"] = json!("PHONE"));
        let event = event.to_string().replace("\"PHONE\"", number);
        let event =
            OrderEvent::parse(crate::json::parse(event.as_bytes(), MAX_EVENT_VALUES).unwrap()).unwrap();
        for catalogue in [&by_digits, &by_country] {
            let notification = render(catalogue.entry_for(&event).unwrap(), &event, None).unwrap();
            assert_eq!(notification.recipient.as_str(), "+436641234567", "{number}");
        }
    }
}

#[test]
fn both_forms_of_a_number_are_one_notification_and_each_is_sent_as_it_is_written() {
    let with =
        |phone: &str| rendered(edited(|event| event["detail"]["customer"]["phone"] = json!(phone))).unwrap();
    for (one, other) in [
        ("+5215541000145", "+525541000145"),
        ("+5491123456789", "+541123456789"),
        ("+551187654321", "+5511987654321"),
    ] {
        assert_eq!((with(one).recipient.as_str(), with(other).recipient.as_str()), (one, other));
        assert_eq!(with(one).reference.key, with(other).reference.key);
    }
}

#[test]
fn the_key_of_an_ordinary_notification_is_what_it_was() {
    assert_eq!(rendered(cancelled()).unwrap().reference.key.as_str(), "9593041b3f0f5fd8987fd6c2527f1cac");
    assert_eq!(
        rendered(status_changed("shipped")).unwrap().reference.key.as_str(),
        "4fc5c1a688111b98eb6cb6b126bfbba9"
    );
}

#[test]
fn a_user_id_goes_to_meta_alone() {
    let event = || edited(|event| event["detail"]["customer"]["phone"] = json!("US.13491208655302741918"));
    let notification = rendered(event()).unwrap();
    assert_eq!(notification.recipient.as_str(), "US.13491208655302741918");
    assert_eq!(notification.providers(), [Provider::Meta]);
    let without_meta = SHIPPED
        .replace(r#"providers   = ["onemsg", "meta", "kaleyra"]"#, r#"providers   = ["onemsg", "kaleyra"]"#);
    let catalogue = Catalogue::parse("n.toml", &without_meta).unwrap();
    let event = OrderEvent::parse(event()).unwrap();
    let faults = render(catalogue.entry_for(&event).unwrap(), &event, None).unwrap_err();
    assert!(faults.to_string().contains("WhatsApp user id"), "{faults}");
    assert!(!faults.to_string().contains("1349"), "{faults}");
}

#[test]
fn what_is_no_catalogue_at_all_is_said_so() {
    for (text, said) in [
        ("notifications = ", "n.toml: is no TOML: line 1"),
        ("", "n.toml: notifications: is missing"),
        ("[notifications]", "n.toml: [notifications]: is empty"),
        ("notifications = 3", "n.toml: notifications: is a number, not a table"),
    ] {
        let faults = Catalogue::parse("n.toml", text).unwrap_err();
        assert!(faults.to_string().starts_with(said), "{faults}");
    }
}

#[test]
fn a_fault_of_the_defaults_is_reported_once_and_there() {
    for (age, problem) in [
        (r#""3 dogs""#, "is \"3 dogs\", no duration"),
        (r#""61d""#, "is \"61d\"; at most 60d"),
        (r#""""#, "is empty"),
        ("3", "is a number, not a text"),
    ] {
        let text = SHIPPED.replacen(r#"max_age = "3d""#, &format!("max_age = {age}"), 1);
        let faults = Catalogue::parse("notifications.toml", &text).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults}");
        assert_eq!(faults[0].place, "notifications.toml: [defaults] max_age");
        assert!(faults[0].problem.starts_with(problem), "{faults}");
    }
}
