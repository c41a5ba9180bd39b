//! Suggests corrections for faulty lines.

use shared::catalogue::keys::{self, DEFAULTS, Example, NOTIFICATION, TEMPLATE};
use shared::fault::Fault;
use shared::provider::Provider;
use strsim::jaro_winkler;
use template_definitions::keys::{BUTTON, DEFINITION, HEADER, TEXT};

/// The minimum similarity of a misspelling. Template names often begin alike.
const MISSPELLING: f64 = 0.92;

/// The parsers' own examples of each key.
const CATALOGUE: [&[Example]; 3] = [&NOTIFICATION, &TEMPLATE, &DEFAULTS];

/// A suggestion for a fault in a catalogue.
pub(super) fn on_catalogue(fault: &Fault) -> Option<String> {
    let key = key(fault);
    if key == "notifications" {
        return Some("[notifications.order-cancelled]".to_owned());
    }
    if key == "consent" {
        let line = line(&CATALOGUE, key)?;
        return Some(format!("{line}; if every customer has agreed: consent = \"`true`\""));
    }
    if let Some(provider) = fault.problem.strip_suffix(" has no entry in templates") {
        let place = fault.place.split_once(": [").and_then(|(_, rest)| rest.split_once(']'));
        let section = place.map(|(name, _)| format!("[{name}.templates] ")).unwrap_or_default();
        return template(provider).map(|line| format!("{section}{line}"));
    }
    let place = &fault.place;
    if place.contains("] buttons[") {
        return suggest(fault, &[&keys::BUTTON]);
    }
    if place.contains("] header location ") {
        return suggest(fault, &[&keys::LOCATION]);
    }
    if place.contains("] header ") {
        return suggest(fault, &[&keys::HEADER]);
    }
    suggest(fault, &CATALOGUE).or_else(|| template(key))
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
    suggest(fault, &[examples])
}

/// The most similar known word, if any is similar enough.
pub(super) fn likeliest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |other: &str| jaro_winkler(word, other);
    known.filter(|other| likeness(other) >= MISSPELLING).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

fn suggest(fault: &Fault, examples: &[&[Example]]) -> Option<String> {
    let key = key(fault);
    if let Some((_, known)) = fault.problem.split_once("is not a key of this table; its keys are ") {
        let likely = likeliest(key, known.split(", "))?;
        return Some(line(examples, likely).unwrap_or_else(|| format!("{likely} = …")));
    }
    line(examples, key)
}

/// A provider's entry in `templates`.
fn template(provider: &str) -> Option<String> {
    let provider: Provider = provider.parse().ok()?;
    let own = TEMPLATE.iter().filter(|(key, _)| *key != "namespace" || provider.has_namespaces());
    let members: Vec<String> = own.map(|(key, value)| format!("{key} = {value}")).collect();
    Some(format!("{provider} = {{ {} }}", members.join(", ")))
}

fn line(examples: &[&[Example]], key: &str) -> Option<String> {
    let (_, value) = examples.iter().copied().flatten().find(|(known, _)| *known == key)?;
    Some(format!("{key} = {value}"))
}

/// The key of the faulty line: the last word of the place after the file's name, without an index.
fn key(fault: &Fault) -> &str {
    let (_file, place) = fault.place.rsplit_once(": ").unwrap_or_default();
    let last = place.rsplit(' ').next().unwrap_or_default();
    last.split(['[', '.']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use shared::catalogue::Catalogue;

    use super::*;

    /// The examples of single keys make a catalogue in `tests/it/catalogue_reference.rs`.
    #[test]
    fn a_providers_suggested_entry_is_valid() {
        let examples = NOTIFICATION.iter().filter(|(key, _)| {
            !["templates", "header", "body", "buttons", "order_details", "providers"].contains(key)
        });
        let lines: String = examples.map(|(key, value)| [key, " = ", value, "\n"].concat()).collect();
        for provider in ["kaleyra", "meta"] {
            let entry = template(provider).unwrap();
            let text = format!(
                "[notifications.n]\n{lines}providers = [\"{provider}\"]\n[notifications.n.templates]\n{entry}"
            );
            Catalogue::parse("n.toml", &text).unwrap();
        }
        let entry = template("onemsg").unwrap();
        assert!(entry.starts_with("onemsg = { name = ") && entry.contains("namespace = "), "{entry}");
        assert_eq!(template("viber"), None);
    }

    #[test]
    fn a_fault_gets_a_correction() {
        let suggestion = |place: &str, problem: &str| on_catalogue(&Fault::new(place, problem));
        for (place, problem, line) in [
            ("n.toml: [notifications.x] order", "is missing", "order = \"detail.order.number\""),
            ("n.toml: [notifications.x] body[1]", "is empty", "body = ["),
            ("n.toml: [notifications.x] consent", "is true or false, not a text", "consent = \"`true`\""),
            ("n.toml: [defaults] max_age", "is \"soon\"", "max_age = \"3d\""),
            ("n.toml: notifications", "is missing", "[notifications.order-cancelled]"),
            (
                "n.toml: [notifications.x] providers",
                "meta has no entry in templates",
                "[notifications.x.templates] meta = {",
            ),
            ("n.toml: [notifications.x.templates] onemsg namespace", "is missing", "namespace = "),
            (
                "n.toml: [notifications.x] recipent",
                "is not a key of this table; its keys are order, recipient",
                "recipient = \"detail",
            ),
        ] {
            assert!(suggestion(place, problem).is_some_and(|text| text.contains(line)), "{place}: {problem}");
        }
        assert_eq!(
            suggestion("n.toml: [notifications.x] colour", "is not a key of this table; its keys are order"),
            None
        );
        assert_eq!(suggestion("notifications.toml", "is not TOML: line 3"), None);
    }
}
