//! What a provider says in its own words, made fit to keep.

use crate::message::{Content, TemplateMessage, Text};
use crate::redaction::redact;

/// Takes the message's own values out of a provider's words before the general [`redact`], because a provider may
/// quote the parameter that it dislikes, and no general rule recognises a name.
#[derive(Default)]
pub(super) struct Words<'a> {
    own: Vec<&'a str>,
}

/// A value this short is masked only where it stands as a word: else a variable `"a"` would riddle the text.
const SHORT: usize = 4;

impl<'a> Words<'a> {
    /// For replies to this message.
    pub(super) fn about(message: &'a TemplateMessage) -> Self {
        let mut own: Vec<&str> = match &message.content {
            Content::Body(variables) => variables.iter().map(Text::as_str).collect(),
            Content::OrderStatus(update) => {
                std::iter::once(&update.reference_id).chain(&update.description).map(Text::as_str).collect()
            }
        };
        own.push(message.recipient.as_str().trim_start_matches('+'));
        own.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
        Self { own }
    }

    /// The words without the message's values, phone numbers and tokens, in one line of bounded length.
    pub(super) fn fit(&self, words: &str) -> String {
        redact(&self.without_own(words))
    }

    /// The words without the message's values, so that what a provider repeats of ours isn't read as its own. Not fit to
    /// keep.
    pub(super) fn without_own(&self, words: &str) -> String {
        // The values have no run of white space in them, so neither may the text that is searched for them.
        let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
        self.own.iter().fold(line, |line, value| mask(&line, value))
    }

    /// The provider's own words, in lower case: without the message's values, and without what stands behind `Param
    /// text:`, where 1MSG repeats a value that it may have shortened. Not fit to keep.
    pub(super) fn providers(&self, words: &str) -> String {
        let own = self.without_own(words).to_lowercase();
        own.split_once("param text").map_or(own.clone(), |(before, _)| before.to_owned())
    }

    /// The same, or words of ours where the provider said nothing.
    pub(super) fn fit_or(&self, words: &str, ours: &str) -> String {
        Some(self.fit(words)).filter(|words| !words.is_empty()).unwrap_or_else(|| ours.to_owned())
    }
}

fn mask(line: &str, value: &str) -> String {
    let anywhere = !value.is_ascii() || value.len() >= SHORT;
    let mut masked = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(value) {
        let stands_alone = !before.ends_with(char::is_alphanumeric)
            && !after.starts_with(char::is_alphanumeric)
            && (!before.is_empty() || !masked.ends_with(char::is_alphanumeric));
        masked.push_str(before);
        masked.push_str(if anywhere || stands_alone { "[…]" } else { value });
        rest = after;
    }
    masked + rest
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_messages_own_values_are_not_repeated() {
        let message = samples::order_cancelled();
        let words = Words::about(&message);
        for (said, kept) in [
            ("template is not defined", "template is not defined"),
            ("body: Param text: Alexey is bad", "body: Param text: […] is bad"),
            ("\"Wireless\n headphones\" refused for 12025550100", "\"[…]\" refused for […]"),
            (
                "variable 4: Payment will be refunded within 3–5 business days to the card used for the order, too long",
                "variable 4: […], too long",
            ),
        ] {
            assert_eq!(words.fit(said), kept);
        }
    }

    #[test]
    fn a_short_value_is_masked_as_a_word_only() {
        assert_eq!(mask("Al said all: Al", "Al"), "[…] said all: […]");
        assert_eq!(mask("AlAl Al", "Al"), "AlAl […]");
        assert_eq!(mask("李小姐", "李"), "[…]小姐");
    }
}
