//! The definitions that a command processes.

use std::path::{Path, PathBuf};

use clap::Args;
use shared::catalogue::{Catalogue, TemplateRule};
use shared::message::{Language, Sender};
use shared::provider::Provider;
use shared::settings::Environment;
use template_definitions::{Definition, Definitions, Text};

use crate::failure::Failure;
use crate::message_templates;

/// Which definitions a command is about.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Reads the definitions from a folder; without it from the one that the local run or the variable `OPS_DEFINITIONS` names,
    /// else they are those that this program was built with.
    #[arg(long, value_name = "DIR")]
    definitions: Option<PathBuf>,

    /// Only this language, by the file's name for it or by a provider's code, such as es.
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
}

/// A definition in one of its languages, with a provider's code for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selected<'a> {
    pub(super) definition: &'a Definition,
    pub(super) text: &'a Text,
    pub(super) language: &'a Language,
}

impl Selection {
    /// The definitions, where the environment is that of the deployment.
    pub(super) fn definitions(&self, environment: &Environment) -> Result<Definitions, Failure> {
        message_templates::read(self.definitions.as_deref(), environment)
    }

    /// The folder of the definitions; none if they are built in.
    pub(super) fn folder<'a>(&'a self, environment: &'a Environment) -> Option<&'a Path> {
        message_templates::folder(self.definitions.as_deref(), environment)
    }

    /// The selected texts that a provider has.
    pub(super) fn select<'a>(&self, definitions: &'a Definitions, provider: Provider) -> Vec<Selected<'a>> {
        definitions
            .texts()
            .filter_map(|(definition, text)| {
                let language = text.language_code(provider)?;
                self.wants(text, language).then_some(Selected { definition, text, language })
            })
            .collect()
    }

    /// Of these texts those that this sender's messages use, and those of templates that no notification names. All, if the
    /// catalogue finds no sender in events.
    pub(super) fn used_by<'a>(
        selected: &[Selected<'a>],
        catalogue: Option<&Catalogue>,
        provider: Provider,
        sender: Option<&Sender>,
    ) -> Vec<Selected<'a>> {
        let entries = catalogue.map(Catalogue::entries).unwrap_or_default();
        if entries.iter().all(|entry| entry.sender.is_none()) {
            return selected.to_vec();
        }
        let rules = || entries.iter().filter_map(|entry| Some((entry, entry.templates.get(&provider)?)));
        let is_of = |rule: &TemplateRule, it: &Selected<'_>| rule.template.name == it.definition.name;
        let is_used = |it: &Selected<'_>| {
            rules().filter(|(entry, _)| entry.sender.is_some() == sender.is_some()).any(|(_, rule)| {
                let rule = rule.for_sender(sender);
                is_of(rule, it) && (sender.is_none() || rule.languages.contains(it.language))
            })
        };
        let is_named = |it: &Selected<'_>| {
            rules().any(|(_, rule)| is_of(rule, it) || rule.senders.values().any(|own| is_of(own, it)))
        };
        selected.iter().filter(|it| is_used(it) || !is_named(it)).copied().collect()
    }

    /// The templates that a provider lacks in every language.
    pub(super) fn without(definitions: &Definitions, provider: Provider) -> impl Iterator<Item = &str> {
        let has = move |it: &Definition| it.texts.iter().any(|text| text.language_code(provider).is_some());
        definitions.all().iter().filter(move |it| !has(it)).map(|definition| definition.name.as_str())
    }

    /// The failure for an empty selection.
    pub(super) fn nothing_selected(&self) -> Failure {
        match &self.language {
            Some(language) => {
                Failure::not_found(format!("no template is defined in the language {language:?}"))
                    .with_remedy("`ops templates show` lists all of them")
            }
            None => Failure::not_found("no template is defined"),
        }
    }

    fn wants(&self, text: &Text, code: &Language) -> bool {
        let normalised = |code: &str| code.to_ascii_lowercase().replace('-', "_");
        self.language
            .as_deref()
            .map(normalised)
            .is_none_or(|wanted| [text.language.as_str(), code.as_str()].map(normalised).contains(&wanted))
    }
}

/// A warning for each button with a placeholder address.
pub(super) fn placeholders<'a>(selected: impl IntoIterator<Item = Selected<'a>>) -> Vec<String> {
    selected
        .into_iter()
        .flat_map(|selected| selected.text.buttons.iter().map(move |button| (selected, button)))
        .filter_map(|(selected, button)| {
            let (url, label) = (button.placeholder()?, button.label());
            let (name, language) = (&selected.definition.name, &selected.text.language);
            Some(format!("{name} ({language}): the button {label:?} opens {url}, a placeholder"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_has_its_own_templates_and_no_other_senders() {
        let definitions = message_templates::of_the_suites();
        let selection = Selection { definitions: None, language: None };
        let all = selection.select(&definitions, Provider::Meta);
        let text = include_str!("../../../../../tests/shop/notifications.toml");
        let names = |text: &str, name: Option<&str>| {
            let catalogue = Catalogue::parse("c", text).unwrap();
            let sender = name.map(|name| Sender::parse(name).unwrap());
            let selected = Selection::used_by(&all, Some(&catalogue), Provider::Meta, sender.as_ref());
            let name = |it: &Selected<'_>| format!("{} {}", it.definition.name, it.language);
            selected.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names(text, None).len(), all.len());
        assert_eq!(names(text, Some("acme")).len(), all.len(), "without senders in the catalogue");
        let text = text
            .replace("[notifications.order-cancelled]", "[notifications.order-cancelled]\nsender = \"detail.brand\"")
            .replace(
                r#"meta    = { name = "order_cancelled", languages = ["en_US", "es"] }"#,
                r#"meta    = { name = "order_cancelled", languages = ["en_US", "es"], senders = { acme = { languages = ["es"] }, beta = { name = "stock_arrived" } } }"#,
            );
        assert_eq!(names(&text, Some("acme")), ["order_cancelled es"]);
        assert_eq!(names(&text, Some("beta")), ["stock_arrived en_US", "stock_arrived es"]);
        let without_sender = names(&text, None);
        assert!(!without_sender.iter().any(|it| it.starts_with("order_cancelled")), "{without_sender:?}");
        assert_eq!(without_sender.len(), all.len() - 2);
    }
}
