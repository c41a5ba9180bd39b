//! The definitions that a command processes.

use std::path::{Path, PathBuf};

use clap::Args;
use shared::message::Language;
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
    pub(super) fn of<'a>(&self, definitions: &'a Definitions, provider: Provider) -> Vec<Selected<'a>> {
        definitions
            .texts()
            .filter_map(|(definition, text)| {
                let language = text.language_code(provider)?;
                self.wants(text, language).then_some(Selected { definition, text, language })
            })
            .collect()
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
