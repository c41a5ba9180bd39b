//! What to write where a file has a fault.

use shared::fault::Fault;
use strsim::jaro_winkler;

/// From this likeness on, a word is the other one misspelt. Templates' names often begin alike.
const ALIKE: f64 = 0.92;

/// A line as it could stand in a catalogue, by its key.
const CATALOGUE: [(&str, &str); 23] = [
    ("notifications", "[notifications.order-cancelled]"),
    ("source", r#"source = ["oms"]"#),
    ("detail_type", r#"detail_type = ["Order Cancelled"]"#),
    ("when", r#"when = "detail.topic == 'orders/cancelled'""#),
    ("order", r#"order = "detail.order.number""#),
    ("recipient", r#"recipient = "detail.customer.phone""#),
    ("country", r#"country = "'AT'""#),
    ("language", r#"language = "detail.customer.language""#),
    ("consent", r#"consent = "detail.customer.whatsapp_opt_in""#),
    ("time", r#"time = "detail.occurred_at""#),
    ("key", r#"key = "detail.id""#),
    ("max_age", r#"max_age = "3d""#),
    ("international_digits", "international_digits = true"),
    ("providers", r#"providers = ["onemsg", "meta", "kaleyra"]"#),
    ("body", r#"body = ["detail.customer.name", "detail.order.number"]"#),
    ("status", r#"status = "detail.order.status""#),
    ("reference_id", r#"reference_id = "detail.order.reference_id""#),
    ("description", r#"description = "detail.order.description""#),
    ("name", r#"name = "order_cancelled""#),
    ("namespace", r#"namespace = "5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61""#),
    ("languages", r#"languages = ["en_US", "es"]"#),
    ("meta", r#"meta = { name = "order_cancelled", languages = ["en_US", "es"] }"#),
    ("kaleyra", r#"kaleyra = { name = "order_cancelled", languages = ["en_US", "es"] }"#),
];

/// The same in a definition of a message template.
const DEFINITION: [(&str, &str); 10] = [
    ("name", r#"name = "order_cancelled""#),
    ("category", r#"category = "UTILITY""#),
    ("sub_category", r#"sub_category = "ORDER_STATUS""#),
    ("texts", "[texts.en]"),
    ("codes", r#"codes = { onemsg = "en", kaleyra = "en_US", meta = "en_US" }"#),
    ("body", r#"body = "Hello, {{1}}! Order #{{2}} has been cancelled.""#),
    ("footer", r#"footer = "Thank you for shopping with us.""#),
    ("samples", r#"samples = ["Alexey", "10482"]"#),
    ("text", r#"text = "Order details""#),
    ("url", r#"url = "https://www.your-shop.com/orders""#),
];

/// 1MSG alone has a namespace.
const ONEMSG: &str = r#"onemsg = { name = "order_cancelled", namespace = "5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61", languages = ["en", "es"] }"#;

/// What to write in a catalogue.
pub(super) fn on_catalogue(fault: &Fault) -> Option<String> {
    let key = key(fault);
    if key == "consent" {
        let line = line(&CATALOGUE, key)?;
        return Some(format!("{line}; where every customer has agreed: consent = \"`true`\""));
    }
    if let Some(provider) = fault.problem.strip_suffix(" has no entry in templates") {
        let place = fault.place.split_once(": [").and_then(|(_, rest)| rest.split_once(']'));
        let section = place.map(|(name, _)| format!("[{name}.templates] ")).unwrap_or_default();
        return template(provider).map(|line| format!("{section}{line}"));
    }
    of_key(fault, &CATALOGUE).or_else(|| template(key).map(str::to_owned))
}

/// What to write in a definition of a message template.
pub(super) fn on_definition(fault: &Fault) -> Option<String> {
    of_key(fault, &DEFINITION)
}

/// The likeliest of several words, if any is like this one.
pub(super) fn likeliest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |other: &str| jaro_winkler(word, other);
    known.filter(|other| likeness(other) >= ALIKE).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

fn of_key(fault: &Fault, lines: &[(&str, &'static str)]) -> Option<String> {
    let key = key(fault);
    if let Some((_, known)) = fault.problem.split_once("is no key of this table; it knows ") {
        let likely = likeliest(key, known.split(", "))?;
        return Some(line(lines, likely).map_or_else(|| format!("{likely} = …"), str::to_owned));
    }
    line(lines, key).map(str::to_owned)
}

fn template(provider: &str) -> Option<&'static str> {
    if provider == "onemsg" { Some(ONEMSG) } else { line(&CATALOGUE, provider) }
}

fn line(lines: &[(&str, &'static str)], key: &str) -> Option<&'static str> {
    lines.iter().find(|(known, _)| *known == key).map(|(_, line)| *line)
}

/// The key at which a fault is: the last word of its place behind the file's name, without an index.
fn key(fault: &Fault) -> &str {
    let (_file, place) = fault.place.rsplit_once(": ").unwrap_or_default();
    let last = place.rsplit(' ').next().unwrap_or_default();
    last.split(['[', '.']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use shared::catalogue::Catalogue;

    use super::*;
    use crate::message_templates::Definitions;

    fn lines(keys: &[&str], of: &[(&str, &'static str)]) -> String {
        let lines: Vec<&str> = keys.iter().map(|key| line(of, key).unwrap()).collect();
        lines.join("\n") + "\n"
    }

    #[test]
    fn the_lines_make_a_catalogue() {
        let entry = |name: &str, keys: &[&str], providers: &str, templates: &str| {
            format!(
                "[notifications.{name}]\n{}{providers}\n[notifications.{name}.templates]\n{templates}\n",
                lines(keys, &CATALOGUE)
            )
        };
        let common = [
            "source",
            "detail_type",
            "when",
            "order",
            "recipient",
            "country",
            "language",
            "consent",
            "time",
            "key",
        ];
        let body = [common.as_slice(), &["body", "providers", "max_age"]].concat();
        let status = [common.as_slice(), &["status", "reference_id", "description"]].concat();
        let templates = [ONEMSG, line(&CATALOGUE, "meta").unwrap(), line(&CATALOGUE, "kaleyra").unwrap()];
        let text = [
            format!("[defaults]\n{}", lines(&["max_age", "international_digits"], &CATALOGUE)),
            entry("one", &body, "", &templates.join("\n")),
            entry("two", &status, "providers = [\"meta\"]", templates[1]),
        ]
        .concat();
        Catalogue::parse("n.toml", &text).unwrap();
        let template = lines(&["name", "namespace", "languages"], &CATALOGUE);
        let nested = format!(
            "{}{}[notifications.order-cancelled.templates.onemsg]\n{template}",
            lines(&["notifications"], &CATALOGUE),
            lines(&body, &CATALOGUE).replace(r#", "meta", "kaleyra""#, ""),
        );
        Catalogue::parse("n.toml", &nested).unwrap();
    }

    #[test]
    fn the_lines_make_a_definition() {
        let keys = ["name", "category", "texts", "codes", "body", "footer", "samples"];
        let button = lines(&["text", "url"], &DEFINITION);
        let text = format!("{}[[texts.en.buttons]]\n{button}", lines(&keys, &DEFINITION));
        Definitions::parse([("order_cancelled.toml", text.as_str())]).unwrap();
        assert!(line(&DEFINITION, "sub_category").unwrap().contains("ORDER_STATUS"));
    }

    #[test]
    fn a_fault_is_told_what_to_write() {
        let told = |place: &str, problem: &str| on_catalogue(&Fault::new(place, problem));
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
                "is no key of this table; it knows order, recipient",
                "recipient = \"detail",
            ),
        ] {
            assert!(told(place, problem).is_some_and(|told| told.contains(line)), "{place}: {problem}");
        }
        assert_eq!(told("n.toml: [notifications.x] colour", "is no key of this table; it knows order"), None);
        assert_eq!(told("notifications.toml", "is no TOML: line 3"), None);
    }
}
