//! What every message template says: the files of `infra/message-templates`, or a shop's own of the same form.
//!
//! Definitions that are read are sound as a whole: the variables count from one, every variable has a sample, and the
//! limits of WhatsApp that are documented hold. Every fault is reported at once, with its place and what to write there.
//! Whether a provider's account holds the same is the operator's tool's question; the local run's accounts are made of them.

mod agreement;
mod body;
pub mod keys;
mod read;
#[cfg(test)]
mod tests;
mod text;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use domain::fault::{Fault, Faults};
use domain::message::Language;
use domain::provider::Provider;

pub use agreement::{Disagreement, Sort, namespace};
pub use body::variables;
pub use text::{Button, Text};

/// All definitions, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definitions(Vec<Definition>);

/// One template, in all its languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The template's name, the same at every provider.
    pub name: String,
    /// Meta's billing category.
    pub category: Category,
    /// The kind of its content.
    pub kind: Kind,
    /// The texts, one for each language.
    pub texts: Vec<Text>,
}

/// A category that a notification may have. The third one, AUTHENTICATION, has texts of Meta's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// News about an order that the customer has placed.
    Utility,
    /// Meta's category for texts that sound like advertisements.
    Marketing,
}

/// The kind of a template's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Body variables.
    Body,
    /// An `order_status` component (seeds 003 and 004).
    OrderStatus,
}

/// Why the definitions of a folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The folder, or a file in it, can't be read.
    #[error("{} can't be read: {error}", path.display())]
    Unread {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Files have faults.
    #[error("the definitions of the message templates have faults:\n{0}")]
    Faulty(Faults),
}

impl Category {
    /// Meta's word for the category.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Utility => "UTILITY",
            Self::Marketing => "MARKETING",
        }
    }
}

impl Kind {
    /// The `sub_category` of the kind (seed 004); none for plain templates.
    pub const fn sub_category(self) -> Option<&'static str> {
        match self {
            Self::Body => None,
            Self::OrderStatus => Some("ORDER_STATUS"),
        }
    }
}

impl Definition {
    /// The text at a provider in a language, by that provider's code.
    pub fn text(&self, provider: Provider, language: &Language) -> Option<&Text> {
        self.texts.iter().find(|text| text.code(provider) == Some(language))
    }
}

impl Definitions {
    /// Reads the `.toml` files of a folder; each defines one template.
    pub fn read(folder: &Path) -> Result<Self, Unusable> {
        let files = files(folder)?;
        Self::parse(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))).map_err(Unusable::Faulty)
    }

    /// Reads files, each by its path and its text, reporting every fault in all of them.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Faults> {
        let mut faults: Vec<Fault> = Vec::new();
        let definitions =
            files.into_iter().filter_map(|(path, text)| read::definition(path, text, &mut faults)).collect();
        Faults::or(faults, || Self(definitions))
    }

    /// All definitions, sorted by name.
    pub fn all(&self) -> &[Definition] {
        &self.0
    }

    /// Every text, with the template that it belongs to.
    pub fn texts(&self) -> impl Iterator<Item = (&Definition, &Text)> {
        self.0.iter().flat_map(|definition| definition.texts.iter().map(move |text| (definition, text)))
    }

    /// A template's text at a provider in a language, by that provider's code.
    pub fn find(&self, provider: Provider, template: &str, language: &Language) -> Option<&Text> {
        self.0.iter().find(|definition| definition.name == template)?.text(provider, language)
    }
}

/// The `.toml` files of a folder, each by its path and its text, in the order of their names.
pub fn files(folder: &Path) -> Result<Vec<(String, String)>, Unusable> {
    let unread = |path: &Path, error| Unusable::Unread { path: path.to_owned(), error };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unread(folder, error))? {
        let path = entry.map_err(|error| unread(folder, error))?.path();
        if path.extension() == Some(OsStr::new("toml")) {
            let text = std::fs::read_to_string(&path).map_err(|error| unread(&path, error))?;
            files.push((path.display().to_string(), text));
        }
    }
    files.sort();
    Ok(files)
}
