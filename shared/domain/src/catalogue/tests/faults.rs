//! A catalogue that is wrong: every fault is reported, with its place.

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
    my.toml: colour: is no key of this table; it knows defaults, notifications
    my.toml: [defaults] max_aeg: is no key of this table; it knows international_digits, max_age
    my.toml: [notifications.a] source[1]: names "oms" a second time
    my.toml: [notifications.a] detail_type: is an empty list
    my.toml: [notifications.a] order: "detail.order[" is no JMESPath expression: Parse error: Expected number, ':', or '*' -- found Eof, at column 14
    my.toml: [notifications.a] recipient: is a number, not a text
    my.toml: [notifications.a] language: is empty
    my.toml: [notifications.a] max_age: is "3 parsecs", no duration such as "3d" or "36h": unknown time unit "parsecs", supported units: ns, us/µs, ms, sec, min, hours, days, weeks, months, years (and few variations)
    my.toml: [notifications.a] providers[1]: unknown provider "sms": it is one of onemsg, kaleyra, meta
    my.toml: [notifications.a] body[1]: "detail..x" is no JMESPath expression: Parse error: Expected identifier, '*', '{', '[', '&', or '[?' -- found Dot, at column 8
    my.toml: [notifications.a] senders: is no key of this table; it knows source, detail_type, when, order, recipient, country, language, consent, time, key, max_age, providers, body, templates
    my.toml: [notifications.a.templates] kaleyra: is a number, not a table
    my.toml: [notifications.a.templates] onemsg namespace: is missing
    my.toml: [notifications.a.templates] onemsg languages: is an empty list
    my.toml: [notifications.a.templates] telegram: unknown provider "telegram": it is one of onemsg, kaleyra, meta
    my.toml: [notifications.a] providers: meta has no entry in templates
    my.toml: [notifications.b] max_age: is "90d"; at most 60d are allowed
    my.toml: [notifications.b] body: stands beside status, reference_id or description: a message has one or the other
    my.toml: [notifications.b] providers: onemsg documents no order_status message; give body instead of status, or other providers
    "#);
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
