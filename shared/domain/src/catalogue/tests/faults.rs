//! Tests faulty catalogues: every fault is reported with its place.

use super::*;

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
    my.toml: colour: is not a key of this table; its keys are defaults, notifications
    my.toml: [defaults] max_aeg: is not a key of this table; its keys are international_digits, max_age
    my.toml: [notifications.a] source[1]: names "oms" a second time
    my.toml: [notifications.a] detail_type: is an empty list; write, for example, detail_type = ["Order Cancelled"]
    my.toml: [notifications.a] order: "detail.order[" is not a JMESPath expression: Parse error: Expected number, ':', or '*' -- found Eof, at column 14
    my.toml: [notifications.a] recipient: is 7, not a text with an expression; the same value for all events is recipient = "`7`"; write, for example, recipient = "detail.customer.phone"
    my.toml: [notifications.a] language: is empty; write, for example, language = "detail.customer.language"
    my.toml: [notifications.a] max_age: is "3 parsecs", no duration such as "3d" or "36h": unknown time unit "parsecs", supported units: ns, us/µs, ms, sec, min, hours, days, weeks, months, years (and few variations)
    my.toml: [notifications.a] providers[1]: unknown provider "sms": it is one of onemsg, kaleyra, meta, aws-whatsapp
    my.toml: [notifications.a] body[1]: "detail..x" is not a JMESPath expression: Parse error: Expected identifier, '*', '{', '[', '&', or '[?' -- found Dot, at column 8
    my.toml: [notifications.a] senders: is not a key of this table; its keys are source, detail_type, when, sender, order, recipient, country, language, consent, time, key, max_age, providers, header, body, buttons, order_details, templates, fallback
    my.toml: [notifications.a.templates] kaleyra: is a number, not a table
    my.toml: [notifications.a.templates] onemsg namespace: is missing; write, for example, namespace = "5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61"
    my.toml: [notifications.a.templates] onemsg languages: is an empty list; write, for example, languages = ["en", "es"]
    my.toml: [notifications.a.templates] telegram: unknown provider "telegram": it is one of onemsg, kaleyra, meta, aws-whatsapp
    my.toml: [notifications.a] providers: meta has no entry in templates
    my.toml: [notifications.b] max_age: is "90d"; at most 60d are allowed
    my.toml: [notifications.b] body: stands beside status, reference_id or description: a message has one or the other
    my.toml: [notifications.b] providers: onemsg documents no order_status message; give body instead of status, or other providers
    "#);
}

#[test]
fn a_file_without_a_catalogue_is_reported() {
    for (text, problem) in [
        ("notifications = ", "n.toml: is not TOML: line 1"),
        ("", "n.toml: notifications: is missing"),
        ("[notifications]", "n.toml: [notifications]: is empty"),
        ("notifications = 3", "n.toml: notifications: is a number, not a table"),
    ] {
        let faults = Catalogue::parse("n.toml", text).unwrap_err();
        assert!(faults.to_string().starts_with(problem), "{faults}");
    }
}

#[test]
fn a_fault_in_the_defaults_is_reported_once_at_the_defaults() {
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

#[test]
fn a_missing_value_or_one_of_the_wrong_type_is_reported_with_an_example() {
    let without = |line: &str| {
        assert!(SHIPPED.contains(line));
        Catalogue::parse("n.toml", &SHIPPED.replacen(line, "", 1)).unwrap_err().to_string()
    };
    let consent = r#"consent     = "detail.customer.whatsapp_opt_in""#;
    let problem = "consent: is missing; write, for example, consent = \"detail.customer.whatsapp_opt_in\"";
    assert!(without(consent).ends_with(problem), "{}", without(consent));
    let always = SHIPPED.replacen(consent, "consent = true", 1);
    let fault = Catalogue::parse("n.toml", &always).unwrap_err().to_string();
    assert!(fault.contains("is true, not a text") && fault.contains("consent = \"`true`\""), "{fault}");
    assert!(Catalogue::parse("n.toml", &SHIPPED.replacen(consent, "consent = \"`true`\"", 1)).is_ok());
}

/// So every example that a fault shows is accepted.
#[test]
fn a_notification_made_of_the_examples_loads() {
    let written = |examples: &[crate::catalogue::keys::Example], left_out: &[&str]| -> String {
        let kept = examples.iter().filter(|(key, _)| !left_out.contains(key));
        kept.map(|(key, value)| [key, " = ", value, "\n"].concat()).collect()
    };
    let defaults = written(&crate::catalogue::keys::DEFAULTS, &[]);
    let with_examples = |left_out: &[&str], providers: [&str; 2]| {
        let template = |provider: &str| {
            let left_out: &[&str] = if provider == "onemsg" { &[] } else { &["namespace"] };
            format!(
                "[notifications.a.templates.{provider}]\n{}",
                written(&crate::catalogue::keys::TEMPLATE, left_out)
            )
        };
        let entry =
            written(&crate::catalogue::keys::NOTIFICATION, &[left_out, &["templates", "providers"]].concat());
        let templates = providers.map(template).concat();
        format!("[defaults]\n{defaults}[notifications.a]\nproviders = {providers:?}\n{entry}{templates}")
    };
    let of_status = ["status", "reference_id", "description"];
    let body = with_examples(&[&of_status[..], &["order_details"]].concat(), ["onemsg", "meta"]);
    Catalogue::parse("n.toml", &body).unwrap_or_else(|faults| panic!("{faults}\n{body}"));
    let order = with_examples(&[&of_status[..], &["buttons"]].concat(), ["kaleyra", "meta"]);
    Catalogue::parse("n.toml", &order).unwrap_or_else(|faults| panic!("{faults}\n{order}"));
    let status = with_examples(&["header", "body", "buttons", "order_details"], ["kaleyra", "meta"]);
    Catalogue::parse("n.toml", &status).unwrap_or_else(|faults| panic!("{faults}\n{status}"));
}

#[test]
fn examine_returns_the_notifications_without_faults() {
    let text = SHIPPED
        .replacen(r#"detail_type = ["Return Updated"]"#, "detail_type = []", 1)
        .replacen(
            r#"detail_type = ["Stock Arrived"]"#,
            r#"detail_type = ["Stock Arrived", "Order Cancelled"]"#,
            1,
        )
        .replacen(r#"source      = ["wms"]"#, r#"source = ["wms", "oms"]"#, 1);
    let (catalogue, faults) = Catalogue::examine("n.toml", &text);
    let places: Vec<&str> = faults.iter().map(|fault| fault.place.as_str()).collect();
    assert_eq!(
        places,
        ["n.toml: [notifications.return-updated] detail_type", "n.toml: [notifications.stock-arrived]"]
    );
    let names: Vec<&str> = catalogue.entries().iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(
        names,
        ["return-registered", "order-cancelled", "stock-arrived", "pickup-ready", "order-status-changed"]
    );
    assert_eq!(Catalogue::parse("n.toml", &text).unwrap_err()[..], faults);
    let (nothing, faults) = Catalogue::examine("n.toml", "[notifications");
    assert!(nothing.entries().is_empty() && faults.len() == 1, "{faults:?}");
}
