//! Checks that the catalogue's templates agree with the definitions.

use std::collections::BTreeSet;

use domain::catalogue::{Catalogue, ContentRule, Entry, TemplateRule};
use domain::fault::Fault;
use domain::message::{Language, Sender};
use domain::provider::Provider;

use super::parameters::Mismatch;
use super::{Definition, Definitions, Kind, LateDelivery, Parameters, TimeToLive};

/// A contradiction between a catalogue and the definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The kind of contradiction.
    pub kind: DisagreementKind,
    /// The name of the template.
    pub template: String,
    /// The place in the catalogue, and the problem.
    pub fault: Fault,
    /// What to write there, if the kind alone doesn't tell.
    pub write: Option<String>,
}

/// The kinds of contradiction between a catalogue and the definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisagreementKind {
    /// No definition has the template: its name may be misspelt, or the template may exist only in the account.
    Undefined,
    /// The catalogue gives other values than the template takes, or fills a different kind of template.
    Filling,
    /// The catalogue names a language in which the template has no text.
    Language,
    /// The template has a text in a language that the catalogue does not name.
    LanguageLeftOut,
    /// The namespace for 1MSG differs from the same sender's first one in the catalogue.
    Namespace,
    /// WhatsApp may deliver the template's messages after the notification's fallback has sent its own.
    LateDelivery,
}

impl Definitions {
    /// Finds the contradictions between a catalogue and these definitions. A contradiction that several providers or
    /// languages share is reported once.
    pub fn disagreements(&self, catalogue: &Catalogue) -> Vec<Disagreement> {
        let in_entries = catalogue.entries().iter().flat_map(|entry| self.disagreements_in(entry));
        in_entries.chain(second_namespaces(catalogue)).collect()
    }

    /// Like [`disagreements`](Self::disagreements), for one notification and without the namespaces.
    pub fn disagreements_in(&self, entry: &Entry) -> Vec<Disagreement> {
        let mut found: Vec<Disagreement> = Vec::new();
        for (provider, rule) in &entry.templates {
            let place = format!("[notifications.{}.templates] {provider}", entry.name);
            let mut compared = self.compare(entry, *provider, rule, &place);
            for (sender, own) in rule.senders.iter().filter(|(_, own)| is_another(own, rule)) {
                let own = self.compare(entry, *provider, own, &format!("{place} senders.{sender}"));
                // Its languages were written for this sender, which may have fewer.
                compared.extend(own.into_iter().filter(|it| it.kind != DisagreementKind::LanguageLeftOut));
            }
            for disagreement in compared {
                if !found.contains(&disagreement) {
                    found.push(disagreement);
                }
            }
        }
        found
    }

    fn compare(
        &self,
        entry: &Entry,
        provider: Provider,
        rule: &TemplateRule,
        place: &str,
    ) -> Vec<Disagreement> {
        let name = &rule.template.name;
        let Some(definition) = self.0.iter().find(|definition| definition.name == *name) else {
            let fault = Fault::new(place, format!("names {name}, which has no definition"));
            let kind = DisagreementKind::Undefined;
            return vec![Disagreement { kind, template: name.clone(), fault, write: None }];
        };
        let mut found = Vec::new();
        let mut add = |kind, place: &str, problem: String| {
            let fault = Fault::new(place, problem);
            found.push(Disagreement { kind, template: name.clone(), fault, write: None });
        };
        match (&entry.content, definition.kind) {
            // Two templates of the same kind: their values are compared below, because the places are others.
            (ContentRule::Template(_), Kind::Body) | (ContentRule::OrderStatus(_), Kind::OrderStatus) => {}
            (ContentRule::Template(_), Kind::OrderStatus) => {
                add(
                    DisagreementKind::Filling,
                    place,
                    format!("fills the body of {name}, an order status template"),
                );
            }
            (ContentRule::OrderStatus(_), Kind::Body) => {
                add(
                    DisagreementKind::Filling,
                    place,
                    format!("sends an order status with {name}, a body template"),
                );
            }
        }
        let wanted: BTreeSet<&Language> = rule.languages.iter().collect();
        let defined: BTreeSet<&Language> = language_codes(definition, provider);
        for language in wanted.difference(&defined) {
            add(
                DisagreementKind::Language,
                place,
                format!("wants {name} in {language}, which isn't defined"),
            );
        }
        for language in defined.difference(&wanted) {
            add(
                DisagreementKind::LanguageLeftOut,
                place,
                format!("leaves out {language}, in which {name} is defined"),
            );
        }
        found.extend(Self::fillings(entry, provider, rule, definition));
        let seconds = definition.time_to_live.map(TimeToLive::seconds);
        found.extend(LateDelivery::find(entry, name, seconds, definition.category).map(|late| {
            Disagreement {
                kind: DisagreementKind::LateDelivery,
                template: name.clone(),
                fault: Fault::new(format!("[notifications.{}.fallback] after", entry.name), late.problem),
                write: Some(late.write),
            }
        }));
        found
    }

    /// The values are the same for every provider, so their faults have the notification's place, and are reported once.
    fn fillings(
        entry: &Entry,
        provider: Provider,
        rule: &TemplateRule,
        definition: &Definition,
    ) -> Vec<Disagreement> {
        let (ContentRule::Template(components), Kind::Body) = (&entry.content, definition.kind) else {
            return Vec::new();
        };
        let name = &definition.name;
        let texts = rule.languages.iter().filter_map(|language| definition.text(provider, language));
        let mismatches = texts.flat_map(|text| Parameters::from_text(text).mismatches(name, components));
        let disagreement = |Mismatch { key, problem, write }| Disagreement {
            kind: DisagreementKind::Filling,
            template: name.clone(),
            fault: Fault::new(format!("[notifications.{}] {key}", entry.name), problem),
            write: Some(write),
        };
        mismatches.map(disagreement).collect()
    }
}

/// The first 1MSG namespace in the catalogue: the name of its notification, and the namespace.
pub fn first_namespace(catalogue: &Catalogue) -> Option<(&str, &str)> {
    onemsg_rules(catalogue).next().map(|(entry, rule)| (entry.name.as_str(), namespace_of(rule)))
}

/// Whether a sender's rule has another template or other languages than the general one.
fn is_another(own: &TemplateRule, general: &TemplateRule) -> bool {
    own.template.name != general.template.name || own.languages != general.languages
}

/// Reports the entries whose namespace differs from the first one of the same sender. A WhatsApp Business Account has one
/// namespace, and a sender's credentials belong to one account. The default sender uses the entries without `sender`,
/// every other sender those with it.
fn second_namespaces(catalogue: &Catalogue) -> Vec<Disagreement> {
    let (of_senders, of_default): (Vec<_>, Vec<_>) =
        onemsg_rules(catalogue).partition(|(entry, _)| entry.sender.is_some());
    let named: BTreeSet<&Sender> = of_senders.iter().flat_map(|(_, rule)| rule.senders.keys()).collect();
    let general = [(&of_default, None), (&of_senders, None)];
    let groups = general.into_iter().chain(named.into_iter().map(|sender| (&of_senders, Some(sender))));
    let mut found: Vec<Disagreement> = Vec::new();
    for disagreement in groups.flat_map(|(rules, sender)| namespaces_of(rules, sender)) {
        // What several senders share is reported once.
        if !found.iter().any(|known| known.fault.place == disagreement.fault.place) {
            found.push(disagreement);
        }
    }
    found
}

/// The rules whose namespace for this sender differs from that of the first rule.
fn namespaces_of(rules: &[(&Entry, &TemplateRule)], sender: Option<&Sender>) -> Vec<Disagreement> {
    let Some((first, known)) = rules.first().map(|(entry, rule)| (&entry.name, rule.for_sender(sender)))
    else {
        return Vec::new();
    };
    let known = namespace_of(known);
    let others = rules.iter().filter(|(_, rule)| namespace_of(rule.for_sender(sender)) != known);
    let disagreement = |(entry, rule): &(&Entry, &TemplateRule)| {
        let own = sender.filter(|sender| rule.senders.contains_key(sender));
        let member = own.map(|sender| format!(" senders.{sender}")).unwrap_or_default();
        let place =
            format!("[notifications.{}.templates] {}{member} namespace", entry.name, Provider::OneMsg);
        let whose = sender.map(|sender| format!(" for {sender}")).unwrap_or_default();
        let rule = rule.for_sender(sender);
        let problem = format!(
            "is {:?}, but that of {first}{whose} is {known:?}: a 1MSG channel has only one",
            namespace_of(rule)
        );
        Disagreement {
            kind: DisagreementKind::Namespace,
            template: rule.template.name.clone(),
            fault: Fault::new(place, problem),
            write: None,
        }
    };
    others.map(disagreement).collect()
}

/// The entries with a template for 1MSG, in the order of the file.
fn onemsg_rules(catalogue: &Catalogue) -> impl Iterator<Item = (&Entry, &TemplateRule)> {
    let rules = catalogue.entries().iter().map(|entry| (entry, entry.templates.get(&Provider::OneMsg)));
    rules.filter_map(|(entry, rule)| Some((entry, rule?)))
}

fn namespace_of(rule: &TemplateRule) -> &str {
    rule.template.namespace.as_deref().unwrap_or_default()
}

fn language_codes(definition: &Definition, provider: Provider) -> BTreeSet<&Language> {
    definition.texts.iter().filter_map(|text| text.language_code(provider)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::suite_definitions;

    const CATALOGUE: &str = include_str!("../../../tests/shop/notifications.toml");

    /// The contradictions between the tests' catalogue, after one change, and their definitions.
    fn faults(from: &str, to: &str) -> Vec<String> {
        assert!(CATALOGUE.contains(from), "{from}");
        let catalogue = Catalogue::parse("notifications.toml", &CATALOGUE.replacen(from, to, 1)).unwrap();
        let definitions = suite_definitions();
        definitions.disagreements(&catalogue).iter().map(|it| it.fault.to_string()).collect()
    }

    #[test]
    fn the_tests_catalogue_and_definitions_agree() {
        assert_eq!(faults("", ""), Vec::<String>::new());
    }

    #[test]
    fn every_template_of_the_catalogue_is_compared() {
        let catalogue = Catalogue::parse("notifications.toml", CATALOGUE).unwrap();
        let nothing = Definitions::parse([]).unwrap();
        assert_eq!(nothing.disagreements(&catalogue).len(), 5 * 3 + 2);
    }

    #[test]
    fn every_contradiction_is_found() {
        let body =
            r#"["detail.customer.name", "detail.order.number", "detail.product.name", "detail.next_step"]"#;
        for (from, to, expected) in [
            (
                r#"meta    = { name = "order_return""#,
                r#"meta    = { name = "order_returned""#,
                &[
                    "[notifications.return-registered.templates] meta: names order_returned, which has no definition",
                ][..],
            ),
            (
                r#"languages = ["en", "es"]"#,
                r#"languages = ["en", "pt_BR"]"#,
                &[
                    "[notifications.return-registered.templates] onemsg: wants order_return in pt_BR, which isn't defined",
                    "[notifications.return-registered.templates] onemsg: leaves out es, in which order_return is defined",
                ],
            ),
            (
                r#"meta    = { name = "order_return", languages = ["en_US", "es"] }"#,
                r#"meta    = { name = "order_status", languages = ["en_US", "es"] }"#,
                &[
                    "[notifications.return-registered.templates] meta: fills the body of order_status, an order status template",
                ],
            ),
            (
                r#"kaleyra = { name = "order_status""#,
                r#"kaleyra = { name = "order_cancelled""#,
                &[
                    "[notifications.order-status-changed.templates] kaleyra: sends an order status with order_cancelled, a body template",
                ],
            ),
        ] {
            assert_eq!(faults(from, to), expected);
        }
        let second = faults(
            r#"{ name = "stock_arrived", namespace = "5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61""#,
            r#"{ name = "stock_arrived", namespace = "another""#,
        );
        let namespace = r#"[notifications.stock-arrived.templates] onemsg namespace: is "another", but that of return-registered is "5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61": a 1MSG channel has only one"#;
        assert_eq!(second, [namespace]);
        let fewer = faults(body, r#"["detail.customer.name", "detail.order.number", "detail.product.name"]"#);
        let once = "[notifications.return-registered] body: fills 3 variables of order_return, which has 4";
        assert_eq!(fewer, [once], "for all providers and languages");
    }

    #[test]
    fn senders_are_compared_with_the_definitions_and_have_one_namespace_each() {
        let with = |own_of_first: &str, own_of_second: &str| {
            let mut parts: Vec<String> = CATALOGUE.split("[notifications.").map(str::to_owned).collect();
            for part in &mut parts {
                let own = if part.starts_with("return-registered.templates]") {
                    own_of_first
                } else if part.starts_with("return-updated.templates]") {
                    own_of_second
                } else {
                    if part.starts_with("return-registered]") || part.starts_with("return-updated]") {
                        *part = part.replacen('\n', "\nsender = \"detail.brand\"\n", 1);
                    }
                    continue;
                };
                *part = part.replacen(
                    r#"languages = ["en", "es"] }"#,
                    &format!(r#"languages = ["en", "es"]{own} }}"#),
                    1,
                );
            }
            let text = parts.join("[notifications.");
            let catalogue = Catalogue::parse("notifications.toml", &text).unwrap();
            let found = suite_definitions().disagreements(&catalogue);
            found.iter().map(|it| it.fault.to_string()).collect::<Vec<_>>()
        };
        let none = Vec::<String>::new();
        assert_eq!(with("", ""), none);
        let acme = r#", senders = { acme = { namespace = "acmes", languages = ["es"] } }"#;
        assert_eq!(with(acme, acme), none, "each sender has one namespace");
        assert_eq!(
            with(acme, ""),
            [
                r#"[notifications.return-updated.templates] onemsg namespace: is "5e7c1a90_3b6d_4f1e_9c52_7d0a8f4b2e61", but that of return-registered for acme is "acmes": a 1MSG channel has only one"#
            ]
        );
        let other = r#", senders = { acme = { namespace = "acmes", name = "acmes_return" } }"#;
        assert_eq!(
            with(acme, other),
            [
                "[notifications.return-updated.templates] onemsg senders.acme: names acmes_return, which has no definition"
            ]
        );
        let language = r#", senders = { acme = { namespace = "acmes", languages = ["de"] } }"#;
        assert_eq!(
            with(language, acme),
            [
                "[notifications.return-registered.templates] onemsg senders.acme: wants order_return in de, which isn't defined"
            ]
        );
    }
}
