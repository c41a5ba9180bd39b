//! Language codes of templates.

mod tables;
mod tag;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};
use tables::READ_TOO;
pub(crate) use tag::Tag;

/// A template's language and locale in the provider's spelling: `en`, `en_US`, `es`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Language(String);

impl Language {
    /// Keeps the code exactly as given, because providers compare it character by character.
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into())
    }

    /// The code as sent to the provider.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Selects the template language for a customer who asked for `wanted`; `None` if none is suitable.
    ///
    /// The order of preference: the same language in the same script and region; in a region with similar usage;
    /// without a region; in another region; then a language that readers of `wanted` usually also read. Readers of
    /// one Chinese script never get the other. If `wanted` is a list, all its languages are tried before those
    /// that their readers also read.
    pub fn find<'a>(available: &'a [Self], wanted: &str) -> Option<&'a Self> {
        let wanted = Tag::parse_all(wanted);
        let known: Vec<(Tag, &Self)> =
            available.iter().filter_map(|known| Some((Tag::parse(&known.0)?, known))).collect();
        let nearest = |wanted: &Tag, language: &str, script: Option<&str>| {
            let like = |(tag, _): &&(Tag, &'a Self)| tag.language == language && tag.is_read_in(script);
            known
                .iter()
                .filter(like)
                .min_by_key(|(tag, _)| tag.distance(script, wanted))
                .map(|(_, known)| *known)
        };
        let itself = |wanted: &Tag| nearest(wanted, &wanted.language, wanted.script());
        let read_too = |wanted: &Tag| {
            let near = READ_TOO.iter().filter(|(language, _)| *language == wanted.language);
            near.flat_map(|(_, others)| *others).find_map(|other| nearest(wanted, other, None))
        };
        wanted.iter().find_map(itself).or_else(|| wanted.iter().find_map(read_too))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
