//! Phone numbers.

use std::fmt;

use super::numbering_plans;

/// E.164 ends at 15 digits; two more may be a trunk prefix that people write beside the country code, as in
/// `+44 (0)20 7946 0018`.
const MAX_DIGITS: usize = 17;
/// The digits, and what people put between them. What is longer is no number, and isn't looked at.
const MAX_CHARS: usize = 64;

/// A recipient in E.164 form, checked against the numbering plan of its country. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// Why a text is no phone number that can be written to. It never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPhoneNumber {
    /// No `+` in front, so that its country would have to be guessed.
    #[error("the phone number has no country code: write it in E.164 form with a leading \"+\"")]
    NoCountryCode,
    /// Its country's numbering plan has no such number.
    #[error("the phone number is not one that its country's numbering plan allows")]
    NotANumber,
}

impl PhoneNumber {
    /// Reads an international number with a leading `+`; white space, dashes, dots, slashes and brackets are allowed.
    ///
    /// The numbering plans get nothing but a `+` and digits to see: their crate also knows letters for digits,
    /// extensions and parameters behind the number, and a customer's number is none of these.
    pub fn parse(number: &str) -> Result<Self, InvalidPhoneNumber> {
        let number = number.trim().strip_prefix('+').ok_or(InvalidPhoneNumber::NoCountryCode)?;
        let digits = digits(number).ok_or(InvalidPhoneNumber::NotANumber)?;
        numbering_plans::e164(&digits).map(Self).ok_or(InvalidPhoneNumber::NotANumber)
    }

    /// Reads international digits that may lack the `+` (`12025550100`): for shops whose events always carry the
    /// country code, which only they can know.
    pub fn parse_international_digits(number: &str) -> Result<Self, InvalidPhoneNumber> {
        let number = number.trim();
        if number.starts_with('+') { Self::parse(number) } else { Self::parse(&format!("+{number}")) }
    }

    /// With the leading `+`: Kaleyra and Meta.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// Digits only: 1MSG.
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }
}

/// The digits of a number, if there are not too many of them and there is nothing else than what separates them.
fn digits(number: &str) -> Option<String> {
    let mut digits = String::new();
    for (position, c) in number.chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            c if c.is_whitespace() || "-./()\u{2010}\u{2011}\u{2012}\u{2013}".contains(c) => {}
            _ => return None,
        }
        if position >= MAX_CHARS || digits.len() > MAX_DIGITS {
            return None;
        }
    }
    Some(digits)
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidPhoneNumber, MAX_DIGITS, PhoneNumber, digits};

    #[test]
    fn the_numbering_plans_are_shown_so_many_digits_at_most() {
        for (count, are_shown) in [(MAX_DIGITS - 1, true), (MAX_DIGITS, true), (MAX_DIGITS + 1, false)] {
            assert_eq!(digits(&"1".repeat(count)).is_some(), are_shown, "{count}");
        }
    }

    #[test]
    fn a_number_is_kept_as_e164() {
        for written in [
            "+12025550100",
            " +1 (202) 555-0100 ",
            "+1 202 555 0100",
            "+1.202.555.0100",
            "+1\u{a0}202\u{2011}555\u{2013}0100",
        ] {
            let number = PhoneNumber::parse(written).unwrap();
            assert_eq!((number.e164(), number.digits()), ("+12025550100", "12025550100"));
        }
        assert_eq!(PhoneNumber::parse("+44 (0)20 7946 0018").unwrap().e164(), "+442079460018");
    }

    #[test]
    fn a_country_is_never_guessed() {
        assert_eq!(PhoneNumber::parse("2025550100"), Err(InvalidPhoneNumber::NoCountryCode));
        assert_eq!(PhoneNumber::parse("12025550100"), Err(InvalidPhoneNumber::NoCountryCode));
        assert_eq!(PhoneNumber::parse_international_digits("12025550100").unwrap().e164(), "+12025550100");
    }

    #[test]
    fn what_no_numbering_plan_has_is_refused() {
        for bad in ["+", "+1", "+1202555", "+999123456789", "+1202555010000000", "+abc", "++12025550100"] {
            assert_eq!(PhoneNumber::parse(bad), Err(InvalidPhoneNumber::NotANumber), "{bad}");
        }
    }

    #[test]
    fn what_is_more_than_a_number_is_refused() {
        for more in [
            "+1 800 FLOWERS",
            "+1 202 555 0100 ext. 7",
            "+1 202 555 0100;phone-context=+44",
            "+1 202 555 0100, +1 202 555 0101",
            "+\u{661}\u{662}\u{660}\u{662}\u{665}\u{665}\u{665}\u{660}\u{661}\u{660}\u{660}",
            &format!("+1202555{}0100", " ".repeat(64)),
            &format!("+{}", "0".repeat(1_000_000)),
        ] {
            assert_eq!(PhoneNumber::parse(more), Err(InvalidPhoneNumber::NotANumber), "{more:.40}");
        }
    }

    #[test]
    fn debug_hides_it() {
        assert_eq!(format!("{:?}", PhoneNumber::parse("+12025550100").unwrap()), "PhoneNumber([redacted])");
    }
}
