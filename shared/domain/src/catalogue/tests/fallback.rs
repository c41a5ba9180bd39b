//! Tests the rules of a fallback and its rendered messages.

use std::time::Duration;

use super::*;
use crate::fault::Faults;
use crate::message::{Content, PlainText};
use crate::provider::{Channel, Provider};

/// Follows the entry `order-cancelled`, whose first two variables are the customer's name and the order's number.
const FALLBACK: &str = r#"
[notifications.order-cancelled.fallback]
after = "4h"

[[notifications.order-cancelled.fallback.channels]]
provider = "aws-sms"
consent = "detail.customer.sms_opt_in"
text = { en = "Hi {{1}}, your order {{2}} was cancelled. {{4}}.", es = "Hola {{1}}, tu pedido {{2}} se ha cancelado." }

[[notifications.order-cancelled.fallback.channels]]
provider = "aws-email"
recipient = "detail.customer.email"
language = "detail.customer.mail_language"
consent = "detail.customer.email_opt_in"
body = { name = "detail.customer.name", order_number = "detail.order.number", not_in_the_texts = "detail.nothing" }
subject = { es = "Tu pedido {{order_number}}", en = "Your order {{order_number}}" }
text.es = """
Hola {{name}}:

Tu pedido {{order_number}} se ha cancelado."""
text.en = "Your order {{order_number}} was cancelled."
"#;

fn catalogue(fallback: &str) -> Result<Catalogue, Faults> {
    Catalogue::parse("n.toml", &format!("{SHIPPED}{fallback}"))
}

fn event() -> Value {
    edited(|event| {
        event["detail"]["customer"]["sms_opt_in"] = json!(true);
        event["detail"]["customer"]["email"] = json!(" alexey@shop.example ");
    })
}

fn rendered_with(fallback: &str, event: Value) -> Notification {
    let event = OrderEvent::parse(event).unwrap();
    let catalogue = catalogue(fallback).unwrap_or_else(|faults| panic!("{faults}"));
    render(catalogue.entry_for(&event).unwrap(), &event, Some(&key_secret('k'))).unwrap()
}

fn messages(event: Value) -> Vec<Result<Notification, Faults>> {
    rendered_with(FALLBACK, event).fallback.unwrap().messages
}

fn plain(notification: &Notification) -> &PlainText {
    let Content::Plain(plain) = &notification.content else { panic!("a plain text") };
    plain
}

#[test]
fn a_fallback_has_terms_and_a_message_for_each_channel() {
    let first = rendered_with(FALLBACK, event());
    let fallback = first.fallback.as_ref().unwrap();
    let terms = FallbackTerms {
        after: Duration::from_hours(4),
        on: Triggers::default(),
        retries: false,
        channels: vec![Provider::AwsSms, Provider::AwsEmail],
    };
    assert_eq!(fallback.terms, terms);

    let [Ok(sms), Ok(email)] = &fallback.messages[..] else { panic!("{:?}", fallback.messages) };
    assert_eq!(
        (sms.channel(), sms.recipient.as_str(), sms.consent),
        (Channel::Sms, "+12025550100", Consent::Given)
    );
    assert_eq!((sms.routes[0].template.name.as_str(), sms.routes[0].language.as_str()), ("sms", "es"));
    assert_eq!(plain(sms).text, "Hola Alexey, tu pedido 10482 se ha cancelado.");
    assert_eq!(plain(sms).subject, None);

    assert_eq!((email.channel(), email.recipient.as_str()), (Channel::Email, "alexey@shop.example"));
    assert_eq!(email.consent, Consent::NotGiven);
    assert_eq!((email.routes[0].template.name.as_str(), email.routes[0].language.as_str()), ("email", "es"));
    assert_eq!(plain(email).subject.as_deref(), Some("Tu pedido 10482"));
    assert_eq!(plain(email).text, "Hola Alexey:\n\nTu pedido 10482 se ha cancelado.");

    for message in [sms, email] {
        assert_eq!((&message.reference, &message.name), (&first.reference, &first.name));
        assert_eq!((message.event_time, message.max_age), (first.event_time, first.max_age));
        assert_eq!((message.routes.len(), message.fallback.is_none()), (1, true));
        assert_ne!(message.fingerprint, first.fingerprint);
    }
    assert_ne!(sms.fingerprint, email.fingerprint);
    let derived = first.in_channel(0).unwrap().unwrap();
    assert_eq!(derived.reference.key.as_str(), format!("{}:sms", first.reference.key));
}

#[test]
fn a_fallback_changes_nothing_about_the_first_notification() {
    let (with, without) = (rendered_with(FALLBACK, event()), rendered_with("", event()));
    assert_eq!((with.fingerprint, with.reference), (without.fingerprint, without.reference));
    assert_eq!((with.routes, with.consent), (without.routes, without.consent));
    assert!(without.fallback.is_none());
}

#[test]
fn the_first_text_of_the_file_is_the_default_and_the_language_may_be_the_channels_own() {
    let languages = |whatsapp: &str, mail: Value| {
        let mut event = event();
        event["detail"]["customer"]["language"] = json!(whatsapp);
        event["detail"]["customer"]["mail_language"] = mail;
        let messages = messages(event);
        messages
            .into_iter()
            .map(|message| message.unwrap().routes[0].language.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(languages("en-GB", json!("en")), ["en", "en"]);
    // `language` of the second channel finds nothing, which is not the same as a channel without `language`.
    assert_eq!(languages("en-GB", Value::Null), ["en", "es"]);
    assert_eq!(languages("tlh", json!("tlh")), ["en", "es"]);
}

#[test]
fn values_are_inserted_with_their_lines_but_a_subject_stays_one_line() {
    let mut changed = event();
    changed["detail"]["customer"]["language"] = json!("en");
    changed["detail"]["customer"]["mail_language"] = json!("en");
    changed["detail"]["customer"]["name"] = json!("Alexey\u{7}\r\nSmith");
    changed["detail"]["next_step"] = json!("Wait, please.");
    // A line break isn't allowed in an order number, so another value stands in its place.
    let fallback = FALLBACK.replace("\"detail.order.number\"", "\"detail.order.label\"");
    changed["detail"]["order"] = json!({"number": "10482", "label": "7\r\nBcc: x@shop.example"});
    let first = rendered_with(&fallback, changed);
    let [Ok(sms), Ok(email)] = &first.fallback.as_ref().unwrap().messages[..] else { panic!() };
    assert_eq!(plain(sms).text, "Hi Alexey\nSmith, your order 10482 was cancelled. Wait, please.");
    assert_eq!(plain(email).subject.as_deref(), Some("Your order 7 Bcc: x@shop.example"));
    assert_eq!(plain(email).text, "Your order 7\nBcc: x@shop.example was cancelled.");
}

#[test]
fn a_channels_faults_stop_neither_the_first_message_nor_the_other_channels() {
    let problems = |change: fn(&mut Value)| -> Vec<String> {
        let mut event = event();
        change(&mut event);
        let messages = messages(event);
        messages
            .into_iter()
            .map(|message| message.map_or_else(|faults| faults.to_string(), |_| "sent".into()))
            .collect()
    };
    assert_eq!(
        problems(|event| event["detail"]["customer"]["email"] = json!("alexey")),
        [
            "sent",
            "fallback.channels[1].recipient (detail.customer.email): is not an e-mail address such as name@example.com, of at most \
             254 bytes"
        ]
    );
    assert_eq!(
        problems(|event| event["detail"]["customer"]["email"] = Value::Null),
        ["sent", "fallback.channels[1].recipient (detail.customer.email): is missing"]
    );
    let to_user = rendered_with(
        FALLBACK,
        edited(|event| {
            event["detail"]["customer"]["phone"] = json!("US.13491208655302741918");
            event["detail"]["customer"]["email"] = json!("a@shop.example");
        }),
    );
    let fallback = to_user.fallback.unwrap();
    assert_eq!(
        fallback.messages[0].as_ref().unwrap_err().to_string(),
        "fallback.channels[0].recipient (detail.customer.phone): is a WhatsApp user id, which has no text messages: give a phone number"
    );
    assert!(fallback.messages[1].is_ok());
}

#[test]
fn a_blank_value_and_a_text_that_gets_too_long_are_faults_of_the_channel() {
    let with_value = |value: Value| {
        let fallback =
            FALLBACK.replace("detail.customer.name", "detail.note").replace("{{1}}", "{{note}}").replace(
                "consent = \"detail.customer.sms_opt_in\"",
                "consent = \"detail.customer.sms_opt_in\"\nbody = { note = \"detail.note\" }",
            );
        let fallback = fallback.replace("{{2}}", "2").replace(" {{4}}", "");
        let mut event = event();
        event["detail"]["note"] = value;
        let notification = rendered_with(&fallback, event);
        let messages = notification.fallback.unwrap().messages;
        let [sms, email] = messages.try_into().unwrap();
        assert!(
            email.is_ok() || email.unwrap_err().to_string().starts_with("fallback.channels[1].body.name")
        );
        sms.map(|sms| plain(&sms).text.clone()).map_err(|faults| faults.to_string())
    };
    assert_eq!(
        with_value(Value::Null).unwrap_err(),
        "fallback.channels[0].body.note (detail.note): is missing"
    );
    assert_eq!(with_value(json!(" ")).unwrap_err(), "fallback.channels[0].body.note (detail.note): is empty");
    assert!(with_value(json!("x".repeat(1400))).is_ok());
    assert_eq!(
        with_value(json!("x".repeat(1600))).unwrap_err(),
        "fallback.channels[0].text: has 1635 characters in GSM-7; AWS sends at most 1530 of them as one text message"
    );
    assert!(
        with_value(json!("\u{4f60}".repeat(600))).unwrap_err().contains("in UCS-2; AWS sends at most 630")
    );
}

#[test]
fn a_subject_that_gets_too_long_is_shortened() {
    let fallback =
        FALLBACK.replace("order_number = \"detail.order.number\"", "order_number = \"detail.note\"");
    let mut event = event();
    event["detail"]["note"] = json!("word ".repeat(100));
    let first = rendered_with(&fallback, event);
    let subject = plain(first.fallback.unwrap().messages[1].as_ref().unwrap()).subject.clone().unwrap();
    assert_eq!(
        (subject.chars().count() <= 240, subject.ends_with("word\u{2026}")),
        (true, true),
        "{subject}"
    );
}

#[test]
fn every_fault_of_a_fallback_is_reported_with_its_place() {
    let faults = |fallback: &str| catalogue(fallback).unwrap_err().to_string();
    insta::assert_snapshot!(faults(r#"
        [notifications.order-cancelled.fallback]
        after = "30s"
        on = ["failed", "lost", "failed"]
        retry = "yes"
        before = "1h"
        [[notifications.order-cancelled.fallback.channels]]
        provider = "aws-sms"
        consent = true
        subject = { en = "Order" }
        text = { en = "Order {{5}} {{name}}", x = " " }
        [[notifications.order-cancelled.fallback.channels]]
        provider = "meta"
        text = "Your order was cancelled."
        [[notifications.order-cancelled.fallback.channels]]
        provider = "aws-email"
        consent = "detail.consent"
        body = ["detail.order.number"]
        subject = { en = "One\nTwo", de = "Bestellung", es = "{{1}}" }
        text = { en = "A\u0007", es = "" , fr = "{{1" }
        [[notifications.order-cancelled.fallback.channels]]
    "#), @r#"
    n.toml: [notifications.order-cancelled.fallback] after: is "30s"; at least 1m is needed, so that WhatsApp can deliver
    n.toml: [notifications.order-cancelled.fallback] on[2]: names "failed" a second time
    n.toml: [notifications.order-cancelled.fallback] on[1]: is "lost": it is one of failed, rejected, undelivered
    n.toml: [notifications.order-cancelled.fallback] retry: is a text, not true or false; write, for example, retry = true
    n.toml: [notifications.order-cancelled.fallback] channels[0] consent: is true, not a text with an expression; the same value for all events is consent = "`true`"; write, for example, consent = "detail.customer.email_opt_in"
    n.toml: [notifications.order-cancelled.fallback] channels[0] subject: stands only beside provider = "aws-email": a text message has none
    n.toml: [notifications.order-cancelled.fallback] channels[0] text.en: has {{5}}, but `body` has only {{1}} to {{4}}
    n.toml: [notifications.order-cancelled.fallback] channels[0] text.en: has {{name}}, but `body` has only {{1}} to {{4}}
    n.toml: [notifications.order-cancelled.fallback] channels[0] text.x: is named by no language's code, such as en or es_MX
    n.toml: [notifications.order-cancelled.fallback] channels[1] provider: is "meta": it is one of aws-sms, aws-email
    n.toml: [notifications.order-cancelled.fallback] channels[1] consent: is missing; write, for example, consent = "detail.customer.email_opt_in"
    n.toml: [notifications.order-cancelled.fallback] channels[1] text: is a text, not a table with a text for each language; write, for example, text = { en = "Hi {{1}}, your order {{2}} was cancelled.", es = "Hola {{1}}, tu pedido {{2}} se ha cancelado." }
    n.toml: [notifications.order-cancelled.fallback] channels[2] recipient: is missing; write, for example, recipient = "detail.customer.email"
    n.toml: [notifications.order-cancelled.fallback] channels[2] subject.en: has a line break or a tab, which a subject can't have
    n.toml: [notifications.order-cancelled.fallback] channels[2] text.en: has a control character
    n.toml: [notifications.order-cancelled.fallback] channels[2] text.es: is empty
    n.toml: [notifications.order-cancelled.fallback] channels[2] text.fr: has {{ without }}
    n.toml: [notifications.order-cancelled.fallback] channels[3] provider: is missing; write, for example, provider = "aws-email"
    n.toml: [notifications.order-cancelled.fallback] channels[3] consent: is missing; write, for example, consent = "detail.customer.email_opt_in"
    n.toml: [notifications.order-cancelled.fallback] channels[3] text: is missing; write, for example, text = { en = "Hi {{1}}, your order {{2}} was cancelled.", es = "Hola {{1}}, tu pedido {{2}} se ha cancelado." }
    n.toml: [notifications.order-cancelled.fallback] before: is not a key of this table; its keys are after, on, retry, channels
    "#);
    insta::assert_snapshot!(faults(r#"
        [notifications.order-cancelled.fallback]
        after = "3d"
        on = []
        channels = []
        [notifications.order-status-changed.fallback]
        after = "soon"
        channels = [
            { provider = "aws-sms", consent = "c", text = { en = "Order {{1}}" } },
            { provider = "aws-sms", consent = "c", text = { en = "Your order has news." } },
            { provider = "aws-sms", consent = "c", text = { en = "Your order has news." } },
            { provider = "aws-email", recipient = "r", consent = "c", subject = { en = "A", de = "B" }, text = { en = "C", es = "D" } },
        ]
        [notifications.stock-arrived.fallback]
    "#), @r#"
    n.toml: [notifications.order-cancelled.fallback] after: is "3d", which is not less than the notification's max_age: every event would be too old
    n.toml: [notifications.order-cancelled.fallback] on: is an empty list; write, for example, on = ["failed", "rejected", "undelivered"]
    n.toml: [notifications.order-cancelled.fallback] channels: is an empty list; write, for example, channels = [{ provider = "aws-sms", consent = "detail.customer.sms_opt_in", text = { en = "Your order was cancelled." } }]
    n.toml: [notifications.stock-arrived.fallback] after: is missing; write, for example, after = "4h"
    n.toml: [notifications.stock-arrived.fallback] channels: is missing; write, for example, channels = [{ provider = "aws-sms", consent = "detail.customer.sms_opt_in", text = { en = "Your order was cancelled." } }]
    n.toml: [notifications.order-status-changed.fallback] after: is "soon", no duration such as "4h" or "30m": expected number at 0
    n.toml: [notifications.order-status-changed.fallback] channels[0] text.en: has {{1}}, but `body` has no variables
    n.toml: [notifications.order-status-changed.fallback] channels[2]: names aws-sms a second time
    n.toml: [notifications.order-status-changed.fallback] channels[3] text: lacks de, in which `subject` is written
    n.toml: [notifications.order-status-changed.fallback] channels[3] subject: lacks es, in which `text` is written
    "#);
}

#[test]
fn texts_that_are_too_long_even_without_values_are_reported() {
    let with_text = |text: &str| {
        catalogue(&format!(
            "[notifications.order-cancelled.fallback]\nafter = '1m'\nchannels = [{{ provider = 'aws-sms', consent = 'c', text = \
             {{ en = '{text}' }} }}, {{ provider = 'aws-email', recipient = 'r', consent = 'c', subject = {{ en = '{}' }}, text = \
             {{ en = '{text}' }} }}]",
            text.get(..text.len().min(241)).unwrap_or("x"),
        ))
    };
    assert!(with_text(&"x".repeat(240)).is_ok());
    let faults = with_text(&"x".repeat(1531)).unwrap_err();
    assert_eq!(faults[0].place, "n.toml: [notifications.order-cancelled.fallback] channels[0] text.en");
    assert!(faults[0].problem.starts_with("has 1531 characters in GSM-7"), "{faults}");
    assert_eq!(faults[1].place, "n.toml: [notifications.order-cancelled.fallback] channels[1] subject.en");
    assert!(faults[1].problem.starts_with("has 241 characters without its values"), "{faults}");
}

#[test]
fn some_triggers_may_be_left_out_and_a_failed_message_may_be_sent_once_more() {
    let fallback = FALLBACK.replace("after = \"4h\"", "after = \"2m\"\non = [\"undelivered\"]\nretry = true");
    let first = rendered_with(&fallback, event());
    let terms = first.fallback.unwrap().terms;
    assert_eq!(terms.on, Triggers { failed: false, rejected: false, undelivered: true });
    assert_eq!((terms.retries, terms.after), (true, Duration::from_mins(2)));
}

/// So the event is found again under the key that the table holds.
#[test]
fn fingerprints_of_followers_stay_as_they_were() {
    let fingerprints: Vec<String> =
        messages(event()).into_iter().map(|message| message.unwrap().fingerprint).collect();
    insta::assert_snapshot!(fingerprints.join(" "), @"d2d93f0eb15df972f20dd8206b63c9ad ca225ee11b25506fb774c6b4bec2d442");
}

#[test]
fn the_templates_of_a_catalogue_include_the_channels_of_its_fallbacks() {
    let catalogue = catalogue(FALLBACK).unwrap();
    let names = catalogue.template_names();
    assert!(["email", "order_cancelled", "sms"].iter().all(|name| names.contains(name)), "{names:?}");
}

/// What the event with this phone number becomes under this catalogue.
fn without_number(
    fallback: &str,
    phone: &Value,
    change: impl FnOnce(&mut Value),
) -> Result<Notification, Faults> {
    let mut event = event();
    event["detail"]["customer"]["phone"] = phone.clone();
    event["detail"]["customer"]["email_opt_in"] = json!(true);
    change(&mut event);
    let event = OrderEvent::parse(event).unwrap();
    let catalogue = catalogue(fallback).unwrap_or_else(|faults| panic!("{faults}"));
    render(catalogue.entry_for(&event).unwrap(), &event, Some(&key_secret('k')))
}

#[test]
fn without_a_usable_number_the_fallback_reaches_the_customer() {
    let numbered = rendered_with(FALLBACK, event());
    for phone in [Value::Null, json!(""), json!("2025550100"), json!("ask me")] {
        let first = without_number(FALLBACK, &phone, |_| ()).unwrap();
        let faults = first.unusable_recipient.as_ref().unwrap();
        assert_eq!(faults.len(), 1, "{phone}: {faults}");
        assert_eq!(faults[0].place, "recipient (detail.customer.phone)");
        assert!(first.routes.is_empty());
        let [Err(_), Ok(email)] = &first.fallback.as_ref().unwrap().messages[..] else { panic!("{phone}") };
        assert_eq!(first.first_in_reach().unwrap().recipient, email.recipient);
        assert_eq!((email.recipient.as_str(), &email.unusable_recipient), ("alexey@shop.example", &None));
        assert_ne!(first.reference.key, numbered.reference.key);
    }
    assert!(numbered.unusable_recipient.is_none());
}

#[test]
fn the_key_without_a_number_depends_on_the_channels_recipient_and_not_on_its_consent_or_the_number() {
    let key = |phone: Value, change: fn(&mut Value)| {
        without_number(FALLBACK, &phone, change).unwrap().reference.key.to_string()
    };
    let own = key(Value::Null, |_| ());
    assert_eq!(key(json!("12"), |event| event["detail"]["customer"]["sms_opt_in"] = json!(false)), own);
    assert_ne!(key(Value::Null, |event| event["detail"]["customer"]["email"] = json!("b@shop.example")), own);
}

#[test]
fn without_a_usable_number_an_event_is_invalid_unless_a_channel_reaches_the_customer() {
    let is_invalid = |fallback: &str, change: fn(&mut Value)| {
        without_number(fallback, &Value::Null, change).is_err_and(|faults| {
            faults.iter().any(|fault| fault.place == "recipient (detail.customer.phone)")
        })
    };
    assert!(!is_invalid(FALLBACK, |_| ()));
    // No fallback; no consent; no recipient; a second fault; a text that can't be made.
    assert!(is_invalid("", |_| ()));
    assert!(is_invalid(FALLBACK, |event| event["detail"]["customer"]["email_opt_in"] = Value::Null));
    assert!(is_invalid(FALLBACK, |event| event["detail"]["customer"]["email"] = json!("none")));
    assert!(is_invalid(FALLBACK, |event| event["detail"]["product"]["name"] = Value::Null));
    let other_value = FALLBACK.replace("\"detail.customer.name\"", "\"detail.customer.first_name\"");
    assert!(is_invalid(&other_value, |_| ()));
    // The fallback doesn't follow a message that was never sent.
    let only_failed = FALLBACK.replace("after = \"4h\"", "after = \"4h\"\non = [\"failed\"]");
    assert!(is_invalid(&only_failed, |_| ()));
    let only_undelivered = FALLBACK.replace("after = \"4h\"", "after = \"4h\"\non = [\"undelivered\"]");
    assert!(!is_invalid(&only_undelivered, |_| ()));
}

#[test]
fn an_expression_that_can_not_be_evaluated_moves_no_customer_to_another_channel() {
    let catalogue = format!("{SHIPPED}{FALLBACK}").replace(
        "recipient   = \"detail.customer.phone\"",
        "recipient   = \"split(detail.customer.phone, `1`)[0]\"",
    );
    let catalogue = Catalogue::parse("n.toml", &catalogue).unwrap();
    let mut event = event();
    event["detail"]["customer"]["email_opt_in"] = json!(true);
    let event = OrderEvent::parse(event).unwrap();
    assert!(render(catalogue.entry_for(&event).unwrap(), &event, None).is_err());
}

#[test]
fn a_recipient_of_another_type_moves_no_customer_to_another_channel() {
    for phone in [json!(false), json!({"country": "43", "number": "6641234567"}), json!([])] {
        assert!(without_number(FALLBACK, &phone, |_| ()).is_err(), "{phone}");
    }
}

#[test]
fn a_user_id_that_no_provider_accepts_leaves_the_fallback() {
    let catalogue = format!("{SHIPPED}{FALLBACK}")
        .replace(r#"providers   = ["onemsg", "meta", "kaleyra"]"#, r#"providers   = ["onemsg", "kaleyra"]"#);
    let catalogue = Catalogue::parse("n.toml", &catalogue).unwrap();
    let mut event = event();
    event["detail"]["customer"]["phone"] = json!("US.13491208655302741918");
    event["detail"]["customer"]["email_opt_in"] = json!(true);
    let event = OrderEvent::parse(event).unwrap();
    let first = render(catalogue.entry_for(&event).unwrap(), &event, None).unwrap();
    let faults = first.unusable_recipient.unwrap().to_string();
    assert!(faults.contains("WhatsApp user id") && !faults.contains("1349"), "{faults}");
}
