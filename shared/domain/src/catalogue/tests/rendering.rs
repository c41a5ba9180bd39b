//! Tests rendering, and the faults that depend on the event.

use super::*;
use crate::message::Content;
use crate::provider::Provider;

#[test]
fn a_body_is_rendered_by_the_rules() {
    let notification = rendered(cancelled()).unwrap();
    let Content::Template(components) = &notification.content else { panic!("a template") };
    assert_eq!(
        components.values(),
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
        assert_eq!(update.reference_id.as_ref().unwrap().as_str(), "395");
        assert_eq!(update.description.as_ref().unwrap().as_str(), "On its way.");
        assert_eq!(notification.reference.order.as_str(), "10482");
        assert_eq!(notification.routes[0].language.as_str(), "en_US");
    }
    let faults = rendered(status_changed("pending")).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].problem.contains("pending"), "{faults}");
}

#[test]
fn an_invalid_description_does_not_stop_an_order_status() {
    let sent_description = |description: Value| {
        let mut event = status_changed("shipped");
        event["detail"]["order"]["description"] = description;
        let Content::OrderStatus(update) = rendered(event).unwrap().content else {
            panic!("an order status")
        };
        update.description.map(|text| text.as_str().to_owned())
    };
    for none in [json!("  "), json!("\u{200b}"), Value::Null, json!(false), json!([]), json!({"text": "x"})] {
        assert_eq!(sent_description(none.clone()), None, "{none}");
    }
    let words = "ten chars ".repeat(12);
    assert_eq!(sent_description(json!(words)).unwrap(), words.trim(), "119 characters");
    assert_eq!(sent_description(json!(format!("{words}more"))).unwrap(), format!("{}\u{2026}", words.trim()));
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
fn the_age_counts_from_the_events_time() {
    let notification = rendered(cancelled()).unwrap();
    assert!(!notification.is_stale("2026-11-23T09:00:00Z".parse().unwrap()));
    assert!(notification.is_stale("2026-11-23T09:00:01Z".parse().unwrap()));
    assert!(!notification.is_stale("2026-11-19T09:00:00Z".parse().unwrap()));
}

#[test]
fn a_missing_value_in_consent_or_language_is_not_a_fault() {
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
        let notification = rendered(created.clone()).unwrap();
        assert_eq!(notification.event_time.as_second(), 1_795_767_000, "{created}");
        assert!(!notification.is_time_unread, "{created}");
    }
    for created in [
        json!("yesterday"),
        json!(7),
        Value::Null,
        json!("2026-11-20 09:00:00"),
        json!("1970-01-01T00:00:00Z"),
        json!([]),
    ] {
        let notification = rendered(created.clone()).unwrap();
        assert_eq!(notification.event_time.to_string(), "2026-11-20T09:00:00Z", "{created}");
        assert!(notification.is_time_unread, "{created}");
    }
    // The day in the text was over before the envelope was written.
    let old = rendered(json!("2026-11-01 09:00:00")).unwrap();
    assert_eq!(old.event_time.to_string(), "2026-11-02T12:00:00Z");
}

#[test]
fn the_language_may_be_a_list() {
    let rendered =
        |language: Value| rendered(edited(|event| event["detail"]["customer"]["language"] = language));
    for (language, found) in [
        (json!(["tlh", "es-AR", "en"]), "es"),
        (json!(["es"]), "es"),
        (json!([7, null]), "en"),
        (json!([]), "en"),
        (json!({"code": "es"}), "en"),
    ] {
        let notification = rendered(language.clone()).unwrap();
        assert_eq!(notification.routes[0].language.as_str(), found, "{language}");
    }
}
