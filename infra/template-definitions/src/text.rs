//! The text of a template in one language.

use std::collections::BTreeMap;

use domain::message::Language;
use domain::provider::Provider;

use super::button::Button;
use super::header::Header;
use super::variables::Variables;

/// The text of a template in one language, with its header, footer and buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The language's name in the file.
    pub language: String,
    /// The language's code at each provider that has the text.
    pub codes: BTreeMap<Provider, Language>,
    /// What stands above the body.
    pub header: Option<Header>,
    /// The body, with `{{1}}`, `{{2}}` and so on, or with `{{customer_name}}`.
    pub body: String,
    /// The line below the body.
    pub footer: Option<String>,
    /// The buttons below the message; a send names them by their place in this list, from 0.
    pub buttons: Vec<Button>,
    /// An example for each variable of the body, in the order of [`variables`](Self::variables); Meta's reviewers see it.
    pub samples: Vec<String>,
}

impl Text {
    /// The language's code at a provider; `None` if the provider does not have the text.
    pub fn language_code(&self, provider: Provider) -> Option<&Language> {
        self.codes.get(&provider)
    }

    /// The variables of the body.
    pub fn variables(&self) -> Variables {
        Variables::find(&self.body)
    }

    /// Whether header or body have named variables, which is one format for the whole template.
    pub fn has_names(&self) -> bool {
        let header = self.header.as_ref().map(Header::variables);
        [Some(self.variables()), header].iter().flatten().any(|it| matches!(it, Variables::Named(_)))
    }
}
