//! The message templates with all their parts, from the files of `infra/message-templates` or a shop's own files of that
//! form.
//!
//! Parsed definitions are valid as a whole: every variable has a sample, buttons stand in an order that Meta takes, and
//! WhatsApp's documented limits hold. All faults are reported at once, each with its place and an example. The operator's tool
//! compares the definitions with a provider's account; the local run creates its accounts from them.

mod agreement;
mod body;
mod button;
mod header;
pub mod keys;
mod late_delivery;
mod parameters;
mod parse;
#[cfg(test)]
mod tests;
mod text;
mod variables;

use std::ffi::OsStr;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use domain::fault::{Fault, Faults};
use domain::message::Language;
use domain::provider::Provider;

pub use agreement::{Disagreement, DisagreementKind, first_namespace};
pub use button::{Button, ButtonUrl};
pub use header::{Header, Media};
pub use late_delivery::LateDelivery;
pub use parameters::{ButtonParameter, HeaderParameter, Mismatch, Parameters};
pub use text::Text;
pub use variables::{Variables, fill};

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
    /// How long WhatsApp tries to deliver a message; none leaves it at Meta's default, 30 days.
    pub time_to_live: Option<TimeToLive>,
    /// The texts, one for each language.
    pub texts: Vec<Text>,
}

/// Meta's categories for a notification. The third one, AUTHENTICATION, allows only texts by Meta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// News about an order that the customer has placed.
    Utility,
    /// A text that Meta regards as an advertisement.
    Marketing,
}

/// Meta's `message_send_ttl_seconds`: seconds, or -1 for 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeToLive(i64);

/// The kind of a template's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text with variables.
    Body,
    /// An `order_status` component (seeds 003 and 004).
    OrderStatus,
}

/// Why the definitions of a folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder, or a file in it, can't be read.
    #[error("{} can't be read: {error}", path.display())]
    Io {
        /// The folder or the file.
        path: PathBuf,
        /// Why reading failed.
        error: io::Error,
    },
    /// At least one file has a fault.
    #[error("the definitions of the message templates have faults:\n{0}")]
    Faults(Faults),
}

impl Category {
    /// The category's name in the files and in Meta's API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utility => "UTILITY",
            Self::Marketing => "MARKETING",
        }
    }
}

impl TimeToLive {
    /// A time that Meta takes for a template of this category; the error says what it takes
    /// (<https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/time-to-live>).
    pub fn new(seconds: i64, category: Category) -> Result<Self, String> {
        let range = Self::range(category);
        let is_default = seconds == -1 && category == Category::Utility;
        if is_default || range.contains(&seconds) {
            return Ok(Self(seconds));
        }
        let default = if category == Category::Utility { ", or -1 for 30 days" } else { "" };
        Err(format!(
            "is {seconds}; a {} template takes {} to {} seconds{default}",
            category.name(),
            range.start(),
            range.end()
        ))
    }

    /// The seconds that Meta takes for a template of this category.
    const fn range(category: Category) -> RangeInclusive<i64> {
        match category {
            Category::Utility => 30..=43_200,
            Category::Marketing => 43_200..=2_592_000,
        }
    }

    /// The number that Meta's API takes.
    pub const fn seconds(self) -> i64 {
        self.0
    }
}

impl Kind {
    /// The kind's `sub_category` in the files and in Meta's API (seed 004); plain templates have none.
    pub const fn sub_category(self) -> Option<&'static str> {
        match self {
            Self::Body => None,
            Self::OrderStatus => Some("ORDER_STATUS"),
        }
    }
}

impl Definition {
    /// The text with this language code at the provider; `None` if the provider has no such text.
    pub fn text(&self, provider: Provider, language: &Language) -> Option<&Text> {
        self.texts.iter().find(|text| text.language_code(provider) == Some(language))
    }
}

impl Definitions {
    /// Loads the `.toml` files of a folder; each defines one template.
    pub fn load(folder: &Path) -> Result<Self, LoadError> {
        let files = read_files(folder)?;
        Self::parse(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
            .map_err(LoadError::Faults)
    }

    /// Parses files, each given by its path and its text. The error has every fault of all files.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Faults> {
        let mut faults: Vec<Fault> = Vec::new();
        let definitions =
            files.into_iter().filter_map(|(path, text)| parse::definition(path, text, &mut faults)).collect();
        Faults::into_result(faults, || Self(definitions))
    }

    /// The definitions in the order of their names.
    pub fn all(&self) -> &[Definition] {
        &self.0
    }

    /// Every text with its template.
    pub fn texts(&self) -> impl Iterator<Item = (&Definition, &Text)> {
        self.0.iter().flat_map(|definition| definition.texts.iter().map(move |text| (definition, text)))
    }

    /// The text of a template with this language code at the provider.
    pub fn find(&self, provider: Provider, template: &str, language: &Language) -> Option<&Text> {
        self.0.iter().find(|definition| definition.name == template)?.text(provider, language)
    }
}

/// Reads the `.toml` files of a folder: each file's path and its text, in the order of their names.
pub fn read_files(folder: &Path) -> Result<Vec<(String, String)>, LoadError> {
    let unreadable = |path: &Path, error| LoadError::Io { path: path.to_owned(), error };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        if path.extension() == Some(OsStr::new("toml")) {
            let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
            files.push((path.display().to_string(), text));
        }
    }
    files.sort();
    Ok(files)
}
