//! Redacts the text of a provider, so that it may be stored.

use secrecy::{ExposeSecret, SecretString};

use crate::message::{Content, TemplateMessage, Text};
use crate::redaction::redact;

/// Removes the message's values and our secrets from a provider's text before the general [`redact`], because
/// a provider may quote the parameter or token that it refuses, and no general rule recognises a name or a
/// short token.
#[derive(Default)]
pub(super) struct Sanitizer<'a> {
    own: Vec<&'a str>,
    /// The template's name and namespace, which may be stored.
    names: Vec<&'a str>,
}

/// After this phrase 1MSG repeats a variable, possibly changed.
const REPEATED: &str = "param text";

/// A shorter value is masked only as a whole word: otherwise a variable `"a"` would mask parts of other words.
const SHORT: usize = 4;

impl<'a> Sanitizer<'a> {
    /// Removes the values of this message.
    pub(super) fn about(message: &'a TemplateMessage) -> Self {
        let mut own: Vec<&str> = match &message.content {
            Content::Template(components) => components.values(),
            Content::OrderStatus(update) => {
                update.reference_id.iter().chain(&update.description).map(Text::as_str).collect()
            }
            Content::Plain(plain) => plain.subject.iter().chain([&plain.text]).map(String::as_str).collect(),
        };
        own.push(message.recipient.as_str().trim_start_matches('+'));
        let template = &message.template;
        let names = std::iter::once(&template.name).chain(&template.namespace).map(String::as_str);
        // A name with only letters cannot be distinguished from the provider's own text.
        let names = names.filter(|name| name.contains(|c: char| !c.is_alphabetic())).collect();
        Self { own, names }.longest_first()
    }

    /// Also removes these secrets.
    pub(super) fn without_secrets(mut self, secrets: impl Iterator<Item = &'a SecretString>) -> Self {
        self.own.extend(secrets.map(ExposeSecret::expose_secret));
        self.own.retain(|value| !value.is_empty());
        self.longest_first()
    }

    fn longest_first(mut self) -> Self {
        self.own.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
        self
    }

    /// The text without the message's values, our secrets, phone numbers and tokens, on one line of limited
    /// length.
    pub(super) fn clean(&self, text: &str) -> String {
        redact(&self.without_own(text))
    }

    /// The text without the message's values, our secrets and everything after [`REPEATED`]. Not redacted yet.
    fn without_own(&self, text: &str) -> String {
        // The values contain no run of white space, so it is removed from the text before the search.
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = self.own.iter().fold(line, |line, value| mask(&line, value));
        let end = line.to_ascii_lowercase().find(REPEATED).map(|at| at + REPEATED.len());
        end.and_then(|end| line.get(..end)).map_or(line.clone(), |before| format!("{before}: […]"))
    }

    /// Like the stored text, but in lower case and without the template's name, so that our own values are not
    /// classified. Must not be stored.
    pub(super) fn normalize(&self, text: &str) -> String {
        let own = self.without_own(text).to_lowercase();
        self.names.iter().fold(own, |line, name| mask(&line, &name.to_lowercase()))
    }

    /// Like [`clean`](Self::clean), or `default` if the provider sent no text.
    pub(super) fn clean_or(&self, text: &str, default: &str) -> String {
        Some(self.clean(text)).filter(|text| !text.is_empty()).unwrap_or_else(|| default.to_owned())
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
    fn the_messages_values_are_removed() {
        let message = samples::order_cancelled();
        let sanitizer = Sanitizer::about(&message);
        for (said, kept) in [
            ("template is not defined", "template is not defined"),
            ("body: Param text: Alexey is bad", "body: Param text: […]"),
            ("BODY: PARAM TEXT 'alexe…'", "BODY: PARAM TEXT: […]"),
            ("İ: param text: Wireless headph", "İ: param text: […]"),
            ("body: Param text: Payment will be refunded within 3&ndash;5 days", "body: Param text: […]"),
            ("\"Wireless\n headphones\" refused for 12025550100", "\"[…]\" refused for […]"),
            (
                "variable 4: Payment will be refunded within 3–5 business days to the card used for the order, too long",
                "variable 4: […], too long",
            ),
        ] {
            assert_eq!(sanitizer.clean(said), kept);
        }
    }

    #[test]
    fn our_secrets_are_removed() {
        let secrets: [SecretString; 4] = ["xxx7i1crxjxpkxxx", "k-7", "", "EAAx"].map(Into::into);
        let message = samples::order_cancelled();
        let sanitizer = Sanitizer::about(&message).without_secrets(secrets.iter());
        assert_eq!(sanitizer.clean("\"xxx7i1crxjxpkxxx\", EAAx or k-7 is odd"), "\"[…]\", […] or […] is odd");
    }

    #[test]
    fn a_templates_name_is_removed_before_classification() {
        let mut message = samples::order_cancelled();
        message.template.name = "payment_timeout".to_owned();
        message.template.namespace = Some("c175_EOF".to_owned());
        let sanitizer = Sanitizer::about(&message);
        let said = "Template Payment_Timeout of c175_eof is not defined";
        assert_eq!(sanitizer.normalize(said), "template […] of […] is not defined");
        assert_eq!(sanitizer.clean(said), said);
        message.template.name = "template".to_owned();
        assert_eq!(Sanitizer::about(&message).normalize("Template is odd"), "template is odd");
    }

    #[test]
    fn a_short_value_is_masked_only_as_a_whole_word() {
        assert_eq!(mask("Al said all: Al", "Al"), "[…] said all: […]");
        assert_eq!(mask("AlAl Al", "Al"), "AlAl […]");
        assert_eq!(mask("李小姐", "李"), "[…]小姐");
    }
}
