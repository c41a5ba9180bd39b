//! Tests recipients: phone numbers in every form, and user ids.

use super::*;
use crate::provider::Provider;

#[test]
fn a_national_number_is_parsed_with_the_country_of_the_event_or_the_catalogue() {
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
fn a_phone_number_may_be_a_json_number_in_any_form() {
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
fn both_forms_of_a_number_have_the_same_key_and_are_sent_as_written() {
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
fn a_user_id_is_sent_by_meta_only() {
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
