//! Template language codes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A template's language and locale as the provider knows it: `en`, `en_US`, `es`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Language(String);

impl Language {
    /// A language code, kept as it is written: providers compare it letter by letter.
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into())
    }

    /// The code, as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The template's language for a customer who asked for `wanted`: the same code (`-` and `_` and case aside), else
    /// the first of the same primary language (`es-MX` finds `es`, `en` finds `en_US`), else none.
    pub fn find<'a>(available: &'a [Self], wanted: &str) -> Option<&'a Self> {
        let wanted = normalised(wanted);
        available.iter().find(|language| normalised(&language.0) == wanted).or_else(|| {
            available.iter().find(|language| primary(&normalised(&language.0)) == primary(&wanted))
        })
    }
}

fn normalised(code: &str) -> String {
    code.trim().to_ascii_lowercase().replace('-', "_")
}

fn primary(normalised: &str) -> &str {
    normalised.split('_').next().unwrap_or_default()
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_nearest_language_is_found() {
        let available = ["en_US", "es", "pt_BR"].map(Language::new);
        for (wanted, found) in [
            ("en_US", Some("en_US")),
            ("EN-us", Some("en_US")),
            ("en", Some("en_US")),
            ("es-MX", Some("es")),
            ("pt", Some("pt_BR")),
            ("de", None),
            ("", None),
        ] {
            assert_eq!(Language::find(&available, wanted).map(Language::as_str), found, "{wanted}");
        }
    }
}
