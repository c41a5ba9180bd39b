//! What every message template says: the files of `infra/message-templates`, or an operator's own of the same form.
//!
//! Definitions that are read are sound as a whole: the variables count from one, every variable has a sample, and the
//! limits of WhatsApp that are documented hold. Every fault is reported at once, with its place. Whether a provider's
//! account holds the same is asked elsewhere: [`crate::commands`]'s `templates`.

mod agreement;
mod body;
mod read;
#[cfg(test)]
mod tests;
mod text;

use std::ffi::OsStr;
use std::path::Path;

use shared::fault::{Fault, Faults};
use shared::message::Language;
use shared::provider::Provider;

use crate::failure::Failure;

pub use agreement::{Disagreement, Sort};
pub use body::variables;
pub use text::{Button, Text};

/// The shop's definitions, by the names of their files, as they were when this program was built: see `build.rs`.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/message_templates.rs"));

/// All definitions, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definitions(Vec<Definition>);

/// One template, in all its languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name, the same at every provider.
    pub name: String,
    /// What Meta bills it as.
    pub category: Category,
    /// What it is filled with.
    pub kind: Kind,
    /// Its texts, one for each language.
    pub texts: Vec<Text>,
}

/// A category that a notification may have. The third one, AUTHENTICATION, has texts of Meta's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// News about an order that the customer has placed.
    Utility,
    /// What Meta makes of a text that sounds like an advertisement.
    Marketing,
}

/// What a template is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Body variables.
    Body,
    /// An `order_status` component (seeds 003 and 004).
    OrderStatus,
}

impl Category {
    /// The word that Meta uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Utility => "UTILITY",
            Self::Marketing => "MARKETING",
        }
    }
}

impl Kind {
    /// The `sub_category` that makes it one (seed 004).
    pub const fn sub_category(self) -> Option<&'static str> {
        match self {
            Self::Body => None,
            Self::OrderStatus => Some("ORDER_STATUS"),
        }
    }
}

impl Definition {
    /// Its text at a provider in a language, by that provider's code.
    pub fn text(&self, provider: Provider, language: &Language) -> Option<&Text> {
        self.texts.iter().find(|text| text.code(provider) == Some(language))
    }
}

impl Definitions {
    /// Those of a folder, or those that this program was built with.
    pub fn of_folder_or_built_in(folder: Option<&Path>) -> Result<Self, Failure> {
        match folder {
            Some(folder) => {
                let files = files(folder)?;
                Self::parse(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
            }
            None => Self::parse(BUILT_IN.iter().copied()),
        }
        .map_err(|faults| {
            Failure::usage(format!("the definitions of the message templates have faults:\n{faults}"))
        })
    }

    /// The definitions of the suites' own templates.
    #[cfg(test)]
    pub(crate) fn of_the_suites() -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/shop/message-templates");
        Self::of_folder_or_built_in(Some(Path::new(folder))).unwrap()
    }

    /// Reads files, each by its name and its text, reporting every fault in all of them.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Faults> {
        let mut faults: Vec<Fault> = Vec::new();
        let definitions =
            files.into_iter().filter_map(|(name, text)| read::definition(name, text, &mut faults)).collect();
        Faults::or(faults, || Self(definitions))
    }

    /// All of them.
    pub fn all(&self) -> &[Definition] {
        &self.0
    }

    /// A template's text at a provider in a language, by that provider's code.
    pub fn find(&self, provider: Provider, template: &str, language: &Language) -> Option<&Text> {
        self.0.iter().find(|definition| definition.name == template)?.text(provider, language)
    }
}

/// The definitions of a folder, by the names of their files and in their order: each of its `.toml` files is one.
pub fn files(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let unread = |place: &Path, error: std::io::Error| {
        Failure::usage(format!("{} can't be read: {error}", place.display())).with_remedy(
            "name a folder with one .toml file for each template, such as infra/message-templates",
        )
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unread(folder, error))? {
        let path = entry.map_err(|error| unread(folder, error))?.path();
        if path.extension() == Some(OsStr::new("toml")) {
            let text = std::fs::read_to_string(&path).map_err(|error| unread(&path, error))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, text));
        }
    }
    files.sort();
    Ok(files)
}
