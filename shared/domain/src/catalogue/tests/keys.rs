//! Tests the keys that distinguish notifications.

use super::*;

#[test]
fn the_key_depends_on_content_and_recipient_only() {
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
    assert_eq!(status, key(other.clone()), "otherwise the customer would be notified twice");
    other["detail"]["order"]["description"] = json!("On its way again.");
    assert_ne!(status, key(other));
}

/// The table holds fingerprints of earlier releases: an event that comes again has to find its own.
#[test]
fn fingerprints_stay_as_they_were() {
    let fingerprint = |event: Value| rendered(event).unwrap().fingerprint;
    insta::assert_snapshot!(fingerprint(cancelled()), @"9593041b3f0f5fd8987fd6c2527f1cac");
    insta::assert_snapshot!(fingerprint(status_changed("shipped")), @"4fc5c1a688111b98eb6cb6b126bfbba9");
}

#[test]
fn a_key_depends_on_the_secret_and_is_unknown_without_it() {
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
fn an_explicit_key_is_used_and_hashed_if_its_characters_are_not_allowed() {
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
    let mut keys = std::collections::BTreeSet::new();
    for key in ["order#10482", "order#10483", "gid://shopify/Order/1", "a b", "Zm9v+/8=", &"x".repeat(129)] {
        let hashed = render_with(json!(key)).unwrap().reference.key;
        assert_eq!(hashed, render_with(json!(format!(" {key}\n"))).unwrap().reference.key, "{key}");
        assert_eq!((hashed.as_str().len(), keys.insert(hashed.clone())), (32, true), "{key}");
    }
    for bad in [Value::Null, json!(" "), json!("\u{200b}")] {
        assert!(
            render_with(bad.clone()).unwrap_err().to_string().starts_with("key (detail.idempotency_key)"),
            "{bad}"
        );
    }
}

#[test]
fn keys_are_the_same_as_in_earlier_releases() {
    assert_eq!(rendered(cancelled()).unwrap().reference.key.as_str(), "9593041b3f0f5fd8987fd6c2527f1cac");
    assert_eq!(
        rendered(status_changed("shipped")).unwrap().reference.key.as_str(),
        "4fc5c1a688111b98eb6cb6b126bfbba9"
    );
}
