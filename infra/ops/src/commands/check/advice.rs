//! Suggests corrections for faulty lines. A correction shows only what the shop's own files have: the parsers' examples are about other
//! notifications, so only their form is shown.

use serde_json::Value as Json;
use shared::catalogue::keys::{self, DEFAULTS, Example, NOTIFICATION, TEMPLATE};
use shared::fault::Fault;
use shared::provider::Provider;
use strsim::jaro_winkler;
use template_definitions::keys::{BUTTON, DEFINITION, HEADER, TEXT};
use toml::{Table, Value};

use crate::commands::init::guess::guesses;

/// The minimum similarity of a misspelling. Template names often begin alike.
const MISSPELLING: f64 = 0.92;

/// The parsers' own examples of each key.
const CATALOGUE: [&[Example]; 3] = [&NOTIFICATION, &TEMPLATE, &DEFAULTS];

/// Stands before the list of the keys in the fault of an unknown key.
const UNKNOWN_KEY: &str = "is not a key of this table; its keys are ";

/// The keys whose examples suit every shop.
const GENERAL: [&str; 14] = [
    "after",
    "on",
    "retry",
    "international_digits",
    "max_age",
    "providers",
    "languages",
    "index",
    "category",
    "sub_category",
    "message_send_ttl_seconds",
    "codes",
    "location",
    "quick_reply",
];

/// The host in examples of addresses; a shop recognises it as a placeholder.
const PLACEHOLDER_HOST: &str = "www.your-shop.com";

/// What is known about the shop whose catalogue has a fault.
pub(super) struct Known<'a> {
    /// The whole catalogue; empty if it is no TOML.
    pub(super) catalogue: Table,
    /// The sample events.
    pub(super) events: Vec<&'a Json>,
}

/// A suggestion for a fault in a catalogue.
pub(super) fn on_catalogue(fault: &Fault, known: &Known<'_>) -> Option<String> {
    let key = key(fault);
    if key == "notifications" {
        return Some("[notifications.<name>] for each event; `ops init` writes one from an event".to_owned());
    }
    let name = notification(fault);
    if fault.place.contains(".fallback] channels[") {
        return suggest(fault, &[&keys::FALLBACK_CHANNEL], None);
    }
    if fault.place.contains(".fallback] ") {
        return suggest(fault, &[&keys::FALLBACK], None);
    }
    if fault.problem.contains(UNKNOWN_KEY) {
        return suggest(fault, &CATALOGUE, known.section(name));
    }
    if let Some(provider) = fault.problem.strip_suffix(" has no entry in templates") {
        return Some(format!("[notifications.{name}.templates] {}", known.template(name, provider)?));
    }
    if let Some(guessed) = known.guess(name, key) {
        return Some(with_consent_for_all(key, guessed));
    }
    let place = &fault.place;
    if place.contains("] buttons[") {
        return suggest(fault, &[&keys::BUTTON], None);
    }
    if place.contains("] header location ") {
        return suggest(fault, &[&keys::LOCATION], None);
    }
    if place.contains("] header ") {
        return suggest(fault, &[&keys::HEADER], None);
    }
    if place.contains(".templates] ") {
        return known.of_template(name, key).or_else(|| known.template(name, key));
    }
    let line = suggest(fault, &CATALOGUE, None)?;
    Some(with_consent_for_all(key, line))
}

/// A suggestion for a fault in a definition of a message template.
pub(super) fn on_definition(fault: &Fault) -> Option<String> {
    let place = &fault.place;
    let examples: &[Example] = if place.contains("] buttons[") {
        &BUTTON
    } else if place.contains("] header ") {
        &HEADER
    } else if place.contains(": [texts.") {
        &TEXT
    } else {
        &DEFINITION
    };
    if key(fault) == "name" && examples == DEFINITION {
        let (file, _) = place.rsplit_once(".toml: ")?;
        return Some(format!("name = {:?}", file.rsplit(['/', '\\']).next()?));
    }
    suggest(fault, &[examples], None)
}

/// The most similar known word, if any is similar enough.
pub(super) fn likeliest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |other: &str| jaro_winkler(word, other);
    known.filter(|other| likeness(other) >= MISSPELLING).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

/// The line with the correct key. A misspelt key keeps the value that it has in its own table.
fn suggest(fault: &Fault, examples: &[&[Example]], table: Option<&Table>) -> Option<String> {
    let key = key(fault);
    if let Some((_, known)) = fault.problem.split_once(UNKNOWN_KEY) {
        let likely = likeliest(key, known.split(", "))?;
        let value = table.and_then(|table| table.get(key)).map_or("…".to_owned(), Value::to_string);
        return Some(format!("{likely} = {value}"));
    }
    let (_, value) = examples.iter().copied().flatten().find(|(known, _)| *known == key)?;
    if GENERAL.contains(&key) || value.contains(PLACEHOLDER_HOST) {
        return Some(format!("{key} = {value}"));
    }
    let problem = &fault.problem;
    let is_about_the_form =
        ["is missing", "is empty", "is an empty list"].iter().any(|it| problem.starts_with(it))
            || problem.contains(", not ");
    is_about_the_form.then(|| format!("{key} = {}", form(value)))
}

fn with_consent_for_all(key: &str, line: String) -> String {
    if key == "consent" {
        format!("{line}; if every customer has agreed: consent = \"`true`\"")
    } else {
        line
    }
}

/// An example without its texts: `["detail.order.number"]` becomes `["…"]`.
fn form(example: &str) -> String {
    let parts = example.split('"').enumerate();
    let parts = parts.map(|(place, part)| if place % 2 == 1 { "\"…\"" } else { part });
    parts.collect()
}

impl Known<'_> {
    fn section(&self, notification: &str) -> Option<&Table> {
        self.catalogue.get("notifications")?.get(notification)?.as_table()
    }

    /// The line for a key whose field a sample of the notification shows.
    fn guess(&self, notification: &str, key: &str) -> Option<String> {
        let section = self.section(notification)?;
        let matches = |key: &str, event: &Json, field: &str| {
            let mut listed = section.get(key).and_then(Value::as_array).into_iter().flatten();
            let text = event.get(field).and_then(Json::as_str);
            text.is_some() && listed.any(|item| item.as_str() == text)
        };
        let mut events = self.events.iter().copied();
        let sample = events
            .find(|event| matches("source", event, "source") && matches("detail_type", event, "detail-type"));
        let guesses = guesses(sample?);
        let expression = match key {
            "order" => guesses.order,
            "recipient" => guesses.recipient,
            "country" => guesses.country,
            "consent" => guesses.consent,
            "language" => guesses.language,
            _ => None,
        };
        Some(format!("{key} = {}", Value::from(expression?)))
    }

    /// A provider's entry in `templates`, with the names of the notification's other entries.
    fn template(&self, notification: &str, provider: &str) -> Option<String> {
        let provider: Provider = provider.parse().ok()?;
        let is_own = |key: &str| key != "senders" && (key != "namespace" || provider.has_namespaces());
        let own = TEMPLATE.iter().filter(|(key, _)| is_own(key));
        let members: Vec<String> = own.filter_map(|(key, _)| self.of_template(notification, key)).collect();
        Some(format!("{provider} = {{ {} }}", members.join(", ")))
    }

    /// A key of a provider's entry in `templates`, with the value in another entry.
    fn of_template(&self, notification: &str, key: &str) -> Option<String> {
        let (key, _) = TEMPLATE.iter().find(|(known, _)| *known == key)?;
        let of_section = |section: &Table| {
            let mut entries = section.get("templates")?.as_table()?.values();
            entries.find_map(|entry| entry.get(key)).map(Value::to_string)
        };
        let own = || of_section(self.section(notification)?);
        let any = || {
            let mut sections = self.catalogue.get("notifications")?.as_table()?.values();
            sections.find_map(|section| of_section(section.as_table()?))
        };
        let value = match *key {
            "name" => own().unwrap_or_else(|| Value::from(notification.replace('-', "_")).to_string()),
            "languages" => own().unwrap_or_else(|| "[\"en\"]".to_owned()),
            // A 1MSG channel has one namespace.
            _ => any().unwrap_or_else(|| "\"…\"".to_owned()),
        };
        Some(format!("{key} = {value}"))
    }
}

/// The notification's name in a fault's place; empty for other tables.
fn notification(fault: &Fault) -> &str {
    let place = fault.place.split_once("[notifications.").and_then(|(_, rest)| rest.split_once(']'));
    let (name, _) = place.unwrap_or_default();
    name.strip_suffix(".templates").unwrap_or(name)
}

/// The key of the faulty line: the last word of the place after the file's name, without an index.
fn key(fault: &Fault) -> &str {
    let (_file, place) = fault.place.rsplit_once(": ").unwrap_or_default();
    let last = place.rsplit(' ').next().unwrap_or_default();
    last.split(['[', '.']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::catalogue::Catalogue;

    use super::*;

    const PAID: &str = r#"
        [notifications.paid]
        source = ["shop"]
        detail_type = ["Paid"]
        recipent = "detail.buyer.mobile"
        [notifications.paid.templates]
        meta = { name = "payment_received", languages = ["de"] }
        [notifications.x.templates]
        onemsg = { name = "y", namespace = "our_space" }
    "#;

    fn suggestion(place: &str, problem: &str) -> Option<String> {
        let event = json!({
            "source": "shop", "detail-type": "Paid",
            "detail": { "order_no": "7", "buyer": { "mobile": "+12025550100", "opt_in": true } },
        });
        let known = Known { catalogue: PAID.parse().unwrap(), events: vec![&event] };
        on_catalogue(&Fault::new(place, problem), &known)
    }

    /// The examples of single keys make a catalogue in `tests/it/catalogue_reference.rs`.
    #[test]
    fn a_providers_suggested_entry_is_valid() {
        let examples = NOTIFICATION.iter().filter(|(key, _)| {
            !["templates", "header", "body", "buttons", "order_details", "providers"].contains(key)
        });
        let lines: String = examples.map(|(key, value)| [key, " = ", value, "\n"].concat()).collect();
        let known = Known { catalogue: Table::new(), events: Vec::new() };
        for provider in ["kaleyra", "meta"] {
            let entry = known.template("n-1", provider).unwrap();
            let text = format!(
                "[notifications.n]\n{lines}providers = [\"{provider}\"]\n[notifications.n.templates]\n{entry}"
            );
            Catalogue::parse("n.toml", &text).unwrap();
        }
        let entry = known.template("n-1", "onemsg").unwrap();
        assert_eq!(entry, r#"onemsg = { name = "n_1", namespace = "…", languages = ["en"] }"#);
        assert_eq!(known.template("n-1", "viber"), None);
    }

    #[test]
    fn a_correction_has_the_shops_own_fields_and_names() {
        for (place, problem, line) in [
            ("n.toml: [notifications.paid] order", "is missing", "order = \"detail.order_no\""),
            (
                "n.toml: [notifications.paid] consent",
                "is true or false, not a text",
                "consent = \"detail.buyer.opt_in\"; if every customer has agreed: consent = \"`true`\"",
            ),
            (
                "n.toml: [notifications.other] consent",
                "is missing",
                "consent = \"…\"; if every customer has agreed: consent = \"`true`\"",
            ),
            ("n.toml: [notifications.paid] body[1]", "is empty", "body = [\"…\", \"…\"]"),
            ("n.toml: [defaults] max_age", "is \"soon\"", "max_age = \"3d\""),
            (
                "n.toml: notifications",
                "is missing",
                "[notifications.<name>] for each event; `ops init` writes one from an event",
            ),
            (
                "n.toml: [notifications.paid] providers",
                "kaleyra has no entry in templates",
                "[notifications.paid.templates] kaleyra = { name = \"payment_received\", languages = [\"de\"] }",
            ),
            (
                "n.toml: [notifications.paid.templates] onemsg namespace",
                "is missing",
                "namespace = \"our_space\"",
            ),
            (
                "n.toml: [notifications.paid] recipent",
                "is not a key of this table; its keys are order, recipient",
                "recipient = \"detail.buyer.mobile\"",
            ),
        ] {
            assert_eq!(suggestion(place, problem).as_deref(), Some(line), "{place}: {problem}");
        }
        for (place, problem) in [
            ("n.toml: [notifications.x] colour", "is not a key of this table; its keys are order"),
            ("n.toml: [notifications.x] order", "\"detail.[\" is not a JMESPath expression"),
            ("notifications.toml", "is not TOML: line 3"),
        ] {
            assert_eq!(suggestion(place, problem), None, "{place}: {problem}");
        }
    }

    #[test]
    fn a_definitions_correction_has_its_own_name_and_no_foreign_text() {
        let suggestion = |place: &str, problem: &str| on_definition(&Fault::new(place, problem));
        for (place, problem, line) in [
            ("t/paid.toml: name", "is missing", Some("name = \"paid\"")),
            ("t/paid.toml: category", "is \"OTHER\"", Some("category = \"UTILITY\"")),
            ("t/paid.toml: [texts.de] body", "is missing", Some("body = \"…\"")),
            ("t/paid.toml: [texts.de] body", "has variables that are not {{1}}", None),
            ("t/paid.toml: [texts.de] samples", "are 1, and the body has 2 variables", None),
        ] {
            assert_eq!(suggestion(place, problem).as_deref(), line, "{place}: {problem}");
        }
    }
}
