//! The recipient of a message, as each provider wants it written.

use std::fmt;

/// ITU-T E.164 allows at most fifteen digits.
const E164_MAX_DIGITS: usize = 15;
/// No country has shorter international numbers that WhatsApp serves.
const E164_MIN_DIGITS: usize = 7;

/// A phone number's international digits. Its `Debug` shows the last two alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Recipient(String);

impl Recipient {
    /// 1MSG: digits and nothing else (seed 000: "international format (without + and spaces)").
    pub fn from_digits(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let plausible = (E164_MIN_DIGITS..=E164_MAX_DIGITS).contains(&text.len()) && !text.starts_with('0');
        (digits && plausible).then(|| Self(text.to_owned()))
    }

    /// Kaleyra: E.164 with its country code and its `+` (seed 003, `to`).
    pub fn from_e164(text: &str) -> Option<Self> {
        Self::from_digits(text.strip_prefix('+')?)
    }

    /// Meta: E.164, the `+` optional; plus signs, hyphens, parentheses and spaces are allowed by its documentation.
    pub fn from_any_format(text: &str) -> Option<Self> {
        let digits: String =
            text.chars().filter(|character| !matches!(character, '+' | '-' | '(' | ')' | ' ')).collect();
        Self::from_digits(&digits)
    }

    /// The digits.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The last two digits, which are all that an event or a log may show.
    pub fn tail(&self) -> Tail {
        Tail(self.0.chars().skip(self.0.len().saturating_sub(2)).collect())
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Recipient(…{})", self.tail())
    }
}

/// The last two digits of a phone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail(String);

impl fmt::Display for Tail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
