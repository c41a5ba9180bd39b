//! Tests the sender of a notification.

use serde_json::json;

use super::*;
use crate::message::{Sender, Template};
use crate::provider::Provider;

const CATALOGUE: &str = r#"
    [notifications.packed]
    source = ["oms"]
    detail_type = ["Packed"]
    sender = "detail.brand"
    order = "detail.order"
    recipient = "detail.phone"
    consent = "`true`"
    key = "detail.key"
    max_age = "3d"
    providers = ["onemsg", "meta"]
    body = ["detail.order"]
    [notifications.packed.templates]
    onemsg = { name = "packed", namespace = "ns", languages = ["en"], senders = { acme = { namespace = "of-acme" } } }
    meta = { name = "packed", languages = ["en", "es"], senders = { beta = { name = "packed_b", languages = ["de"] } } }
"#;

fn packed(detail: &Value) -> Result<Notification, crate::fault::Faults> {
    let event = json!({"id": "1", "source": "oms", "detail-type": "Packed", "time": "2026-11-20T09:00:00Z",
        "detail": detail});
    let event = OrderEvent::parse(event).unwrap();
    let catalogue = Catalogue::parse("c.toml", CATALOGUE).unwrap();
    let entry = catalogue.entry_for(&event).unwrap();
    let rendered = render(entry, &event, Some(&key_secret('k')));
    let order = rendered.as_ref().ok().map(|notification| notification.reference.order.clone());
    assert_eq!(entry.order_id(&event), order);
    rendered
}

fn detail(brand: &Value) -> Value {
    json!({"brand": brand, "order": "7", "phone": "+12025550100", "key": "k"})
}

#[test]
fn the_event_names_its_sender_and_the_sender_may_have_its_own_templates() {
    for (brand, namespace, name, language) in [
        ("acme", "of-acme", "packed", "en"),
        ("beta", "ns", "packed_b", "de"),
        ("gamma", "ns", "packed", "en"),
    ] {
        let notification = packed(&detail(&json!(brand))).unwrap();
        assert_eq!(notification.reference.order.sender, Sender::parse(brand).ok());
        let route = |provider| notification.route(provider).unwrap();
        assert_eq!(route(Provider::OneMsg).template.namespace.as_deref(), Some(namespace));
        let Template { name: found, .. } = &route(Provider::Meta).template;
        assert_eq!((found.as_str(), route(Provider::Meta).language.as_str()), (name, language));
    }
}

#[test]
fn the_templates_of_a_catalogue_include_those_of_its_senders() {
    let catalogue = Catalogue::parse("c.toml", CATALOGUE).unwrap();
    assert_eq!(catalogue.template_names().into_iter().collect::<Vec<_>>(), ["packed", "packed_b"]);
}

#[test]
fn an_event_without_a_sender_is_invalid() {
    for (brand, said) in
        [(json!(null), "is missing"), (json!("Acme"), "the name of a sender is"), (json!(""), "")]
    {
        let faults = packed(&detail(&brand)).unwrap_err().to_string();
        assert!(faults.contains("sender (detail.brand)") && faults.contains(said), "{faults}");
    }
}

#[test]
fn equal_content_of_two_senders_has_different_fingerprints() {
    let fingerprint = |brand| packed(&detail(&json!(brand))).unwrap().fingerprint;
    assert_eq!(fingerprint("acme"), fingerprint(" acme"));
    assert_ne!(fingerprint("acme"), fingerprint("beta"));
}

#[test]
fn a_key_that_is_too_long_beside_the_sender_is_hashed() {
    let with_key = |chars: usize| {
        let mut detail = detail(&json!("s".repeat(24)));
        (detail["key"], detail["order"]) = (json!("k".repeat(chars)), json!("9".repeat(100)));
        packed(&detail).unwrap().reference
    };
    assert_eq!(with_key(116).key.as_str().len(), 116);
    assert_eq!(with_key(117).key.as_str().len(), 32);
    assert!(with_key(128).fits());
}

#[test]
fn the_faults_of_a_senders_template_name_it() {
    let faults = |from: &str, to: &str| {
        Catalogue::parse("c.toml", &CATALOGUE.replace(from, to)).unwrap_err().to_string()
    };
    assert!(faults("acme = {", "\"a b\" = {").contains("senders.a b: the name of a sender is"));
    assert!(faults("{ namespace = \"of-acme\" }", "7").contains("senders.acme: is a number, not a table"));
    assert!(faults("namespace = \"of-acme\"", "name = \"\"").contains("senders.acme name"));
    let without = faults("sender = \"detail.brand\"", "");
    assert!(without.contains("onemsg senders: stands without `sender`"), "{without}");
}
