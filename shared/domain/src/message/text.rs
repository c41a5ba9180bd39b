//! Text that fits a template's variable.

use std::fmt;

/// A variable's value: one line, trimmed, not empty, within its limit.
///
/// WhatsApp refuses a parameter with a newline, a tab or more than four spaces in a row (error 132018) and an empty
/// one (HTTP 400), so every run of white space becomes one space. `Debug` hides the text: it is the customer's.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text(String);

/// Why a value can't be a variable. It never contains the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing but white space.
    #[error("is empty")]
    Empty,
    /// Over the provider's limit.
    #[error("has {chars} characters; at most {limit} are allowed")]
    TooLong {
        /// How many it has.
        chars: usize,
        /// How many it may have.
        limit: usize,
    },
}

impl Text {
    /// Tidies a value and holds it to `limit` characters.
    pub fn parse(value: &str, limit: usize) -> Result<Self, InvalidText> {
        Self::tidy(value.split_whitespace().collect::<Vec<_>>().join(" "), limit)
    }

    /// The same, without full stops at the end: the seeds' templates put one after their last variable (`… {{4}}.`).
    pub fn parse_without_full_stop(value: &str, limit: usize) -> Result<Self, InvalidText> {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        Self::tidy(value.trim_end_matches(['.', ' ']).to_owned(), limit)
    }

    fn tidy(value: String, limit: usize) -> Result<Self, InvalidText> {
        let chars = value.chars().count();
        if chars == 0 {
            Err(InvalidText::Empty)
        } else if chars > limit {
            Err(InvalidText::TooLong { chars, limit })
        } else {
            Ok(Self(value))
        }
    }

    /// The text, for the request.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidText, Text};

    #[test]
    fn white_space_collapses() {
        assert_eq!(
            Text::parse(" Wireless\t\n headphones\u{a0} ", 100).unwrap().as_str(),
            "Wireless headphones"
        );
    }

    #[test]
    fn full_stops_at_the_end_go() {
        for value in
            ["after inspection", "after inspection.", "after inspection. . .", "after inspection..\n"]
        {
            assert_eq!(Text::parse_without_full_stop(value, 100).unwrap().as_str(), "after inspection");
        }
        assert_eq!(Text::parse_without_full_stop("approx. 5 days", 100).unwrap().as_str(), "approx. 5 days");
        assert_eq!(Text::parse_without_full_stop("...", 100), Err(InvalidText::Empty));
    }

    #[test]
    fn limits_count_characters() {
        assert_eq!(Text::parse(" \n", 5), Err(InvalidText::Empty));
        assert!(Text::parse("äöüßé", 5).is_ok());
        assert_eq!(Text::parse("123456", 5), Err(InvalidText::TooLong { chars: 6, limit: 5 }));
    }
}
