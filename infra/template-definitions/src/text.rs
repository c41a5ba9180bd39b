//! The text of a template in one language.

use std::collections::BTreeMap;

use domain::message::Language;
use domain::provider::Provider;
use serde::Serialize;
use url::{Host, Url};

use super::body;

/// The text of a template in one language, with its footer and buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The language's name in the file.
    pub language: String,
    /// The language's code at each provider that has the text.
    pub codes: BTreeMap<Provider, Language>,
    /// The body, with `{{1}}`, `{{2}}` and so on.
    pub body: String,
    /// The line below the body.
    pub footer: Option<String>,
    /// The buttons below the message.
    pub buttons: Vec<Button>,
    /// An example for each variable of the body; Meta's reviewers see it.
    pub samples: Vec<String>,
}

/// A button that opens a URL, the same in every message: a send has no parameters for it (seeds 000 to 002).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Button {
    /// The label, of at most 25 characters.
    pub text: String,
    /// The URL, which begins with `https://`.
    pub url: Url,
}

impl Text {
    /// The language's code at a provider; `None` if the provider does not have the text.
    pub fn language_code(&self, provider: Provider) -> Option<&Language> {
        self.codes.get(&provider)
    }

    /// The highest number of a variable in the body.
    pub fn variables(&self) -> usize {
        body::count_variables(&self.body)
    }

    /// Replaces the variables of the body by these values; a variable without a value stays unchanged.
    pub fn fill(&self, values: &[String]) -> String {
        body::fill(&self.body, values)
    }
}

impl Button {
    /// Whether the URL has a reserved host that no shop can own, such as `https://shop.example` (RFC 2606).
    pub fn is_placeholder(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(domain)) => {
                let reserved = ["example", "example.com", "example.net", "example.org", "invalid", "test"];
                reserved.iter().any(|end| {
                    domain.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                })
            }
            _ => false,
        }
    }
}
