//! Tests which notification an event becomes.

use super::*;
use crate::provider::Provider;

#[test]
fn the_tests_catalogue_has_every_notification_with_its_providers() {
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
            ("pickup-ready", body),
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
fn an_event_of_another_type_or_source_matches_no_notification() {
    let event = OrderEvent::parse(edited(|event| event["detail-type"] = json!("Order Placed"))).unwrap();
    assert!(shipped().entry_for(&event).is_none());
    let event = OrderEvent::parse(edited(|event| event["source"] = json!("wms"))).unwrap();
    assert!(shipped().entry_for(&event).is_none());
}

#[test]
fn a_notification_whose_events_all_match_an_earlier_one_is_a_fault() {
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

/// A catalogue whose entries match the same events and differ only in `when`.
fn catalogue_with(entries: &[(&str, Option<&str>)]) -> Result<Catalogue, crate::fault::Faults> {
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
fn the_first_matching_notification_in_the_file_applies() {
    let catalogue = catalogue_with(&[
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
