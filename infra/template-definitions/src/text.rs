//! A template's text in one language.

use std::collections::BTreeMap;

use domain::message::Language;
use domain::provider::Provider;
use serde::Serialize;
use url::{Host, Url};

use super::body;

/// What a template says in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The language, as the file calls it.
    pub language: String,
    /// What each provider that has it calls the language.
    pub codes: BTreeMap<Provider, Language>,
    /// The body, with `{{1}}`, `{{2}}` and so on.
    pub body: String,
    /// The small line below the body.
    pub footer: Option<String>,
    /// The buttons below the message.
    pub buttons: Vec<Button>,
    /// A value for each of the body's variables, for the review.
    pub samples: Vec<String>,
}

/// A button that opens an address, the same in every message: nothing of it is sent along (seeds 000 to 002).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Button {
    /// What stands on it.
    pub text: String,
    /// What it opens.
    pub url: Url,
}

impl Text {
    /// What a provider calls the language; none where the provider has no such template.
    pub fn code(&self, provider: Provider) -> Option<&Language> {
        self.codes.get(&provider)
    }

    /// How many variables the body has.
    pub fn variables(&self) -> usize {
        body::variables(&self.body)
    }

    /// The body with these values in place of its variables; a variable without a value stays as it is.
    pub fn filled(&self, values: &[String]) -> String {
        body::filled(&self.body, values)
    }
}

impl Button {
    /// Whether the address is one of those that nobody can have, such as `https://shop.example` (RFC 2606).
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
