//! A template's text in one language.

use std::collections::BTreeMap;

use domain::message::Language;
use domain::provider::Provider;
use serde::Serialize;
use url::{Host, Url};

use super::body;

/// The contents of a template in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The language, as the file names it.
    pub language: String,
    /// Each provider's code of the language; a missing provider has no such template.
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

/// A button that opens a URL, the same in every message: a send has no parameters for it (seeds 000 to 002).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Button {
    /// The button's label.
    pub text: String,
    /// The URL that it opens.
    pub url: Url,
}

impl Text {
    /// A provider's code of the language; none if the provider has no such template.
    pub fn code(&self, provider: Provider) -> Option<&Language> {
        self.codes.get(&provider)
    }

    /// The number of variables in the body.
    pub fn variables(&self) -> usize {
        body::variables(&self.body)
    }

    /// The body with these values in place of its variables; a variable without a value stays unchanged.
    pub fn filled(&self, values: &[String]) -> String {
        body::filled(&self.body, values)
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
