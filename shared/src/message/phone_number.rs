//! Phone numbers.

use std::fmt;

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
    /// Reads an international number with a leading `+`; spaces, dashes and brackets are allowed.
    pub fn parse(number: &str) -> Result<Self, InvalidPhoneNumber> {
        let number = number.trim();
        if !number.starts_with('+') {
            return Err(InvalidPhoneNumber::NoCountryCode);
        }
        let parsed = phonenumber::parse(None, number).map_err(|_| InvalidPhoneNumber::NotANumber)?;
        if !phonenumber::is_valid(&parsed) {
            return Err(InvalidPhoneNumber::NotANumber);
        }
        Ok(Self(parsed.format().mode(phonenumber::Mode::E164).to_string()))
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

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidPhoneNumber, PhoneNumber};

    #[test]
    fn a_number_is_kept_as_e164() {
        for written in ["+12025550100", " +1 (202) 555-0100 ", "+1 202 555 0100"] {
            let number = PhoneNumber::parse(written).unwrap();
            assert_eq!((number.e164(), number.digits()), ("+12025550100", "12025550100"));
        }
    }

    #[test]
    fn a_country_is_never_guessed() {
        assert_eq!(PhoneNumber::parse("2025550100"), Err(InvalidPhoneNumber::NoCountryCode));
        assert_eq!(PhoneNumber::parse("12025550100"), Err(InvalidPhoneNumber::NoCountryCode));
        assert_eq!(PhoneNumber::parse_international_digits("12025550100").unwrap().e164(), "+12025550100");
    }

    #[test]
    fn what_no_numbering_plan_has_is_refused() {
        for bad in ["+", "+1", "+1202555", "+999123456789", "+1202555010000000", "+abc"] {
            assert_eq!(PhoneNumber::parse(bad), Err(InvalidPhoneNumber::NotANumber), "{bad}");
        }
    }

    #[test]
    fn debug_hides_it() {
        assert_eq!(format!("{:?}", PhoneNumber::parse("+12025550100").unwrap()), "PhoneNumber([redacted])");
    }
}
