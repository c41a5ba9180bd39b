//! Faulty catalogues, and events that lack values which the catalogue reads.

use serde_json::{Value, json};
use shared::protocol::{ReasonClass, State};
use shared::provider::Provider;
use toml::Table;

use super::{NEXT_STEP, Request, accepted, cancellations, set};
use crate::start::{self, VALID};
use crate::support::{CatalogueFile, Event, Opening, simulated};

/// The error with which order-notifier refuses to start with this catalogue.
fn refusal(change: impl FnOnce(&mut Table)) -> String {
    let catalogue = CatalogueFile::changed(change);
    start::refusal(&[VALID.as_slice(), &[("CATALOGUE_PATH", catalogue.path().to_str().unwrap())]].concat())
}

#[test]
fn a_misspelt_function_is_refused_at_the_start() {
    for (key, expression, said) in [
        ("order", "to_sting(detail.order.number)", "calls to_sting(), which does not exist"),
        ("recipient", "not_nul(detail.customer.phone)", "calls not_nul(), which does not exist"),
        ("consent", "contain(detail.customer.tags, 'yes')", "calls contain(), which does not exist"),
        (
            "language",
            "starts_with(detail.customer.language)",
            "calls starts_with() with 1 arguments, and it takes 2",
        ),
        ("when", "detail.items[?lenght(@) > `1`]", "calls lenght(), which does not exist"),
        ("time", "parse_json(detail.body, 'x').time", "calls parse_json() with 2 arguments, and it takes 1"),
        ("key", "join('.', ['a', tostring(detail.id)])", "calls tostring(), which does not exist"),
        ("country", "uper(detail.country)", "calls uper(), which does not exist"),
    ] {
        let refusal = refusal(|catalogue| set(cancellations(catalogue), key, expression));
        assert!(refusal.contains(&format!("[notifications.order-cancelled] {key}")), "{refusal}");
        assert!(refusal.contains(said), "{refusal}");
    }
    let refusal = refusal(|catalogue| {
        let name = "jion(' ', [detail.customer.first_name, detail.customer.last_name])";
        cancellations(catalogue)["body"].as_array_mut().unwrap()[0] = name.into();
    });
    assert!(refusal.contains("[notifications.order-cancelled] body[0]"), "{refusal}");
    assert!(refusal.contains("calls jion(), which does not exist"), "{refusal}");
}

/// The customer's tags, the shop's own consent field, the locale, and the language of the message; none without
/// consent, because only customers who have agreed get messages.
fn rows() -> [(Value, Value, Value, Option<&'static str>); 10] {
    let none = Value::Null;
    let tagged = json!(["b2c", "whatsapp"]);
    [
        (none.clone(), none.clone(), none.clone(), None),
        (json!([]), none.clone(), json!("es"), None),
        (json!(""), json!(false), json!("es"), None),
        (json!(["no-whatsapp"]), none.clone(), json!("es"), None),
        (none.clone(), json!(true), none.clone(), Some("en_US")),
        (none.clone(), json!(true), json!("es-MX"), Some("es")),
        (tagged.clone(), none.clone(), none.clone(), Some("en_US")),
        (tagged.clone(), none.clone(), json!("es"), Some("es")),
        (tagged, json!(false), json!("zh-Hant-TW"), Some("en_US")),
        (json!("b2c, whatsapp"), none.clone(), none, Some("en_US")),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_value_means_no_consent_and_the_first_language() {
    let shop = Opening::default()
        .preferring(Provider::Meta)
        .catalogue(|catalogue| {
            let entry = cancellations(catalogue);
            set(entry, "consent", "contains(detail.customer.tags, 'whatsapp') || detail.customer.agrees");
            let language = "(starts_with(detail.customer.locale, 'es') && 'es') || detail.customer.locale";
            set(entry, "language", language);
        })
        .open()
        .await;
    for (number, (tags, agrees, locale, _)) in rows().into_iter().enumerate() {
        let event = Event::sample("order-cancelled").order(&format!("A{number}"));
        let event = event.with("/detail/customer/tags", tags).with("/detail/customer/agrees", agrees);
        shop.publish(&event.with("/detail/customer/locale", locale)).await;
    }
    for (number, (tags, agrees, locale, language)) in rows().into_iter().enumerate() {
        let (order, row) = (format!("A{number}"), format!("{tags} {agrees} {locale}"));
        if let Some(language) = language {
            let said = ["Alexey", &order, "Wireless headphones", NEXT_STEP];
            let expected = Request::cancelled(simulated(Provider::Meta), "12025550100", language, said);
            assert_eq!(accepted(&shop, &order).await, expected, "{row}");
        } else {
            let view = shop.until_state(&order, State::Suppressed).await;
            let reason = view.record.reason.as_ref().unwrap();
            assert_eq!((reason.class, reason.code.as_str()), (ReasonClass::OurChoice, "no_consent"), "{row}");
        }
    }
}
