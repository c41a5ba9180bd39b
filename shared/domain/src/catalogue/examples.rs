//! Tests the catalogues in `docs/examples` with their events and with other events from the same sources.

use serde_json::{Value, json};

use super::*;
use crate::message::Content;

const SHOPIFY: (&str, &str) = (
    include_str!("../../../../docs/examples/shopify.toml"),
    include_str!("../../../../docs/examples/shopify.json"),
);
const STRIPE: (&str, &str) = (
    include_str!("../../../../docs/examples/stripe.toml"),
    include_str!("../../../../docs/examples/stripe.json"),
);

/// Renders the example's event after a change; `None` if the event is ignored.
fn render_example(
    (catalogue, event): (&str, &str),
    change: impl FnOnce(&mut Value),
) -> Option<(Notification, Vec<String>)> {
    let catalogue = Catalogue::parse("example.toml", catalogue).unwrap();
    let mut event: Value = serde_json::from_str(event).unwrap();
    change(&mut event);
    let event = OrderEvent::parse(event).unwrap();
    assert!(catalogue.entries_for(&event).count() < 2);
    let notification = render(catalogue.entry_for(&event)?, &event, None).unwrap();
    let Content::Template(components) = &notification.content else { panic!("a template") };
    let texts = components.values().into_iter().map(str::to_owned).collect();
    Some((notification, texts))
}

fn topic(topic: &'static str) -> impl FnOnce(&mut Value) {
    move |event| {
        event["detail"]["metadata"]["X-Shopify-Topic"] = json!(topic);
        event["detail"]["payload"]["financial_status"] = json!("refunded");
        event["detail"]["payload"]["cancelled_at"] = Value::Null;
    }
}

#[test]
fn shopify_topics_become_different_notifications_and_national_numbers_are_parsed() {
    let (cancelled, texts) = render_example(SHOPIFY, |_| {}).unwrap();
    assert_eq!(cancelled.name, "shopify-cancelled");
    assert_eq!(cancelled.recipient.as_str(), "+436641234567");
    assert_eq!(cancelled.reference.key.as_str(), "cancelled.6120034411");
    assert_eq!((cancelled.consent, cancelled.routes[0].language.as_str()), (Consent::Given, "de"));
    assert_eq!(cancelled.event_time.to_string(), "2026-11-27T08:19:57Z");
    assert_eq!(texts, ["Alexey", "#2031", "Tea & cake for 2", "Wir erstatten 693,00 EUR"]);

    let (refunded, texts) = render_example(SHOPIFY, topic("orders/updated")).unwrap();
    assert_eq!(
        (refunded.name.as_str(), refunded.reference.key.as_str()),
        ("shopify-refunded", "refunded.6120034411")
    );
    assert_eq!(texts, ["#2031", "693,00 EUR"]);
    let (fulfilled, texts) = render_example(SHOPIFY, topic("orders/fulfilled")).unwrap();
    assert_eq!(fulfilled.name, "shopify-fulfilled");
    assert_eq!(texts, ["https://shop.example/on-its-way.jpg", "Alexey", "#2031", "1Z999AA10123456784"]);
}

#[test]
fn shopify_orders_without_a_locale_or_a_payment_and_in_another_currency_are_rendered() {
    for (locale, status, language, text) in [
        (Value::Null, "paid", "en_US", "We refund 693.00 EUR"),
        (Value::Null, "voided", "en_US", "You owe us nothing"),
        (json!("es"), "pending", "es", "No nos debes nada"),
        (json!("de"), "partially_paid", "de", "Du schuldest uns nichts"),
        (json!("de"), "refunded", "de", "Wir erstatten 693,00 EUR"),
    ] {
        let (cancelled, texts) = render_example(SHOPIFY, |event| {
            event["detail"]["payload"]["customer_locale"] = locale;
            event["detail"]["payload"]["financial_status"] = json!(status);
        })
        .unwrap();
        assert_eq!((cancelled.routes[0].language.as_str(), texts[3].as_str()), (language, text), "{status}");
    }
    let dollars = |event: &mut Value| {
        event["detail"]["payload"]["total_price_set"] = json!({
            "shop_money": {"amount": "693.00", "currency_code": "EUR"},
            "presentment_money": {"amount": "760.50", "currency_code": "USD"},
        });
    };
    assert_eq!(render_example(SHOPIFY, dollars).unwrap().1[3], "Wir erstatten 760,50 USD");
    let (_, texts) = render_example(SHOPIFY, |event| {
        dollars(event);
        topic("orders/updated")(event);
    })
    .unwrap();
    assert_eq!(texts, ["#2031", "760,50 USD"]);
    // A refund without an amount is a fault, so that no wrong amount is sent.
    let catalogue = Catalogue::parse("example.toml", SHOPIFY.0).unwrap();
    let mut event: Value = serde_json::from_str(SHOPIFY.1).unwrap();
    event["detail"]["payload"]["total_price"] = Value::Null;
    let event = OrderEvent::parse(event).unwrap();
    assert!(render(catalogue.entry_for(&event).unwrap(), &event, None).is_err());
}

#[test]
fn shopify_events_without_a_customer_and_of_other_topics_are_ignored() {
    assert!(render_example(SHOPIFY, topic("orders/create")).is_none());
    assert!(render_example(SHOPIFY, |event| event["detail"]["payload"]["customer"] = Value::Null).is_none());
    for tags in [Value::Null, json!(""), json!("no-whatsapp-ok"), json!("b2c")] {
        let (notification, _) =
            render_example(SHOPIFY, |event| event["detail"]["payload"]["tags"] = tags).unwrap();
        assert_eq!(notification.consent, Consent::NotGiven);
    }
}

#[test]
fn a_shopify_number_is_parsed_with_the_country_of_its_own_address() {
    let address =
        |phone: Value, country: Value| json!({"name": "Grete", "phone": phone, "country_code": country});
    let (none, austrian) = (Value::Null, json!("0664 1234567"));
    for (shipping, billing, own, e164) in [
        // A gift to Germany, with the phone number of the Austrian who pays for it.
        (
            address(none.clone(), json!("DE")),
            address(austrian.clone(), json!("AT")),
            none.clone(),
            Some("+436641234567"),
        ),
        (
            address(json!(""), json!("DE")),
            address(austrian.clone(), json!("AT")),
            none.clone(),
            Some("+436641234567"),
        ),
        (
            address(json!("0151 12345678"), json!("DE")),
            address(austrian.clone(), json!("AT")),
            none.clone(),
            Some("+4915112345678"),
        ),
        (none.clone(), address(austrian.clone(), json!("AT")), none.clone(), Some("+436641234567")),
        (address(none.clone(), json!("DE")), none.clone(), json!("+436641234567"), Some("+436641234567")),
        // A number whose address has no country does not get the country of another address.
        (address(austrian.clone(), none.clone()), address(austrian.clone(), json!("DE")), none.clone(), None),
        (address(none.clone(), json!("DE")), address(none.clone(), json!("DE")), austrian.clone(), None),
    ] {
        let catalogue = Catalogue::parse("example.toml", SHOPIFY.0).unwrap();
        for entry in catalogue.entries() {
            let mut event: Value = serde_json::from_str(SHOPIFY.1).unwrap();
            let payload = &mut event["detail"]["payload"];
            payload["shipping_address"] = shipping.clone();
            payload["billing_address"] = billing.clone();
            payload["customer"]["phone"] = own.clone();
            let event = OrderEvent::parse(event).unwrap();
            let recipient =
                render(entry, &event, None).map(|notification| notification.recipient.as_str().to_owned());
            match e164 {
                Some(e164) => assert_eq!(recipient.unwrap(), e164, "{} {shipping} {billing}", entry.name),
                None => assert!(recipient.unwrap_err().to_string().contains("no country code")),
            }
        }
    }
}

#[test]
fn stripe_minor_units_and_unix_times_are_parsed() {
    let (paid, texts) = render_example(STRIPE, |_| {}).unwrap();
    assert_eq!(texts, ["Alexey", "10482", "4.250,00 EUR", "27. November 2026"]);
    assert_eq!(paid.event_time.as_second(), 1_795_767_000);
    assert_eq!((paid.consent, paid.routes[0].language.as_str()), (Consent::Given, "de"));
    for (currency, locale, amount) in [
        ("jpy", json!("en"), "425,000 JPY"),
        ("isk", json!("en"), "4,250.00 ISK"),
        ("mga", json!("en"), "425,000 MGA"),
        ("kwd", Value::Null, "425.000 KWD"),
        ("usd", json!("auto"), "4250.00 USD"),
    ] {
        let (_, texts) = render_example(STRIPE, |event| {
            event["detail"]["data"]["object"]["currency"] = json!(currency);
            event["detail"]["data"]["object"]["locale"] = locale;
        })
        .unwrap();
        assert_eq!(texts[2], amount);
    }
    let unpaid = |event: &mut Value| event["detail"]["data"]["object"]["payment_status"] = json!("unpaid");
    assert!(render_example(STRIPE, unpaid).is_none());
}
