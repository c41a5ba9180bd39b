//! The recipient of a message, in each provider's notation.

use std::fmt;

/// ITU-T E.164 allows at most fifteen digits.
const E164_MAX_DIGITS: usize = 15;
/// The shortest international numbers of countries that WhatsApp serves.
const E164_MIN_DIGITS: usize = 7;

/// Meta: the country's two letters, a dot, and up to 128 letters and digits.
const MAX_USER_ID_CHARS: usize = 128;
/// Meta: the prefix of a parent's id, which linked portfolios share.
const PARENT: &str = "ENT.";

/// A phone number's international digits, or the user id of a customer who has no number for the business. Its `Debug`
/// shows only the last two characters.
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

    /// Meta: E.164 with an optional `+`; its documentation allows plus signs, hyphens, parentheses and spaces.
    pub fn from_any_format(text: &str) -> Option<Self> {
        let digits: String =
            text.chars().filter(|character| !matches!(character, '+' | '-' | '(' | ')' | ' ')).collect();
        Self::from_digits(&digits)
    }

    /// Meta, since 2026: a business-scoped user id such as `US.13491208655302741918`, or a parent's,
    /// `US.ENT.11815799212886844830`.
    pub fn from_user_id(text: &str) -> Option<Self> {
        let (country, id) = text.split_once('.')?;
        let id = id.strip_prefix(PARENT).unwrap_or(id);
        let is_id =
            (1..=MAX_USER_ID_CHARS).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_alphanumeric());
        let is_country = country.len() == 2 && country.bytes().all(|it| it.is_ascii_uppercase());
        (is_country && is_id).then(|| Self(text.to_owned()))
    }

    /// The digits, or the user id.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Whether it is a user id and not a phone number.
    pub fn is_user_id(&self) -> bool {
        self.0.contains('.')
    }

    /// The business-scoped user id, if the recipient is one or a parent's: a business that sends to a parent's id also
    /// receives its own.
    pub fn user_id(&self) -> Option<String> {
        self.is_user_id().then(|| self.0.replacen(PARENT, "", 1))
    }

    /// The parent's id, if the recipient is one.
    pub fn parent_user_id(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|id| id.contains(PARENT))
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
