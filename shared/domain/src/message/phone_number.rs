//! Parses customers' phone numbers.

mod notation;
mod numbering_plans;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

pub(super) use self::notation::trim_surroundings;
use self::notation::{
    Notation, digits_in_address, expand_exponent, is_rounded, parse_notation, split_fraction, without_words,
};
pub use self::numbering_plans::Country;
use self::numbering_plans::Reading;

/// The most zeros that software writes after the point of a whole number. Three zeros could be the number's
/// last group.
const MAX_FRACTION: usize = 2;
/// The international prefix of most countries (ITU-T E.164), and Australia's. No country code and no national number begins with
/// `00`.
const INTERNATIONAL_PREFIXES: [&str; 2] = ["00", "0011"];
/// An international prefix of some carriers in Hong Kong, Japan, Korea, Thailand and Indonesia.
const CARRIER_PREFIX: &str = "001";

/// A phone number in E.164 form, of a length that is possible in its country. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber {
    e164: String,
    is_doubtful: bool,
}

/// Why a text is not a usable phone number. It never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPhoneNumber {
    /// There is no leading `+`, so the country would have to be guessed.
    #[error(
        "the phone number has no country code: write it in E.164 form with a leading \"+\", or give the catalogue's `country`"
    )]
    NoCountryCode,
    /// Without a `+` it could be two different numbers of its country.
    #[error(
        "the phone number is ambiguous, because it could begin with its country code or not: write it with a leading \"+\""
    )]
    Ambiguous,
    /// There is no such country code, or its numbering plan has no numbers of this length.
    #[error(
        "the phone number has no existing country code, or a length that its country's numbering plan doesn't allow"
    )]
    NotANumber,
    /// It has letters or other characters between or behind its digits.
    #[error(
        "the phone number has other text beside its digits, such as an extension or a second number: send one number alone"
    )]
    OtherText,
    /// At least three zeros follow its only point. They could be a fraction or the number's last digits, and
    /// both readings are possible numbers.
    #[error(
        "the phone number ends with a point and zeros, which could be its last digits: write it without the point"
    )]
    Fraction,
    /// A decimal number whose last digits were rounded to zeros.
    #[error("the phone number is a decimal number whose last digits were rounded: have it sent as a text")]
    Rounded,
}

impl PhoneNumber {
    /// Parses an international number with a leading `+`.
    ///
    /// Ignores everything that people paste with a number: white space, dashes, dots, slashes, brackets, invisible characters,
    /// `tel:` and `whatsapp:`, punctuation around it, and words for a telephone before or behind it. The digits may be of any script.
    /// Also ignores the fraction of a number that was stored as a float (`436641234567.0`), and accepts `00` or `0011` instead of the `+` if a numbering
    /// plan contains the rest. The numbering plans get only a `+` and digits: their crate would also accept letters for digits,
    /// extensions and parameters, which no customer's number has.
    pub fn parse(number: &str) -> Result<Self, InvalidPhoneNumber> {
        Self::parse_with(number, None, false)
    }

    /// Parses international digits that may lack the `+` (`12025550100`): for shops whose events always
    /// contain the country code, which only the shop can know.
    pub fn parse_international_digits(number: &str) -> Result<Self, InvalidPhoneNumber> {
        Self::parse_with(number, None, true)
    }

    /// Parses a number. With `international_digits` it may lack its `+`; with a `country` it may lack its
    /// country code. A number with a `+` is international even with a `country`. So are international
    /// digits, unless they begin with 0, because no country code does.
    pub fn parse_with(
        number: &str,
        country: Option<Country>,
        international_digits: bool,
    ) -> Result<Self, InvalidPhoneNumber> {
        let parse = |number: &str| Self::parse_trimmed(number, country, international_digits);
        let number = trim_surroundings(number);
        let bare = without_words(number);
        // The text in a link may look like a label.
        if let Some(digits) = digits_in_address(number).or_else(|| digits_in_address(bare)) {
            return Self::parse_trimmed(digits, None, true);
        }
        let number = bare;
        if let Some(number) = expand_exponent(number) {
            return parse(&number?);
        }
        let Some((whole, zeros)) = split_fraction(number) else { return parse(number) };
        match (parse(whole), parse(number)) {
            (Ok(_), _) if is_rounded(whole) => Err(InvalidPhoneNumber::Rounded),
            (Ok(_), Ok(_)) if zeros > MAX_FRACTION => Err(InvalidPhoneNumber::Fraction),
            (Err(_), Ok(read)) if zeros > MAX_FRACTION => Ok(read),
            (read, _) => read,
        }
    }

    /// Parses a number without surrounding characters and without a fraction.
    fn parse_trimmed(
        number: &str,
        country: Option<Country>,
        international_digits: bool,
    ) -> Result<Self, InvalidPhoneNumber> {
        let Notation { has_plus, is_plus_last, digits } = parse_notation(number)?;
        let read = Self::parse_digits(&digits, has_plus, country, international_digits);
        if !is_plus_last || matches!(read, Ok(Self { is_doubtful: false, .. })) {
            return read;
        }
        // A `+` at the end may be a typing error after a national number.
        let national = Self::parse_digits(&digits, false, country, false);
        national.ok().filter(|number| !number.is_doubtful).map_or(read, Ok)
    }

    fn parse_digits(
        digits: &str,
        has_plus: bool,
        country: Option<Country>,
        international_digits: bool,
    ) -> Result<Self, InvalidPhoneNumber> {
        let is_national = !has_plus && (!international_digits || digits.starts_with('0'));
        let read = match country {
            Some(country) if is_national => numbering_plans::national(digits, country),
            _ if has_plus || international_digits => {
                numbering_plans::international(digits).ok_or(InvalidPhoneNumber::NotANumber)
            }
            _ => Err(InvalidPhoneNumber::NoCountryCode),
        };
        let read = read.map(Self::from_reading);
        if matches!(read, Ok(Self { is_doubtful: false, .. }) | Err(InvalidPhoneNumber::Ambiguous)) {
            return read;
        }
        let after = |prefix: &str| {
            let rest = digits.strip_prefix(prefix).and_then(numbering_plans::international);
            rest.map(Self::from_reading).filter(|number| !number.is_doubtful)
        };
        // No country code begins with 0: after a `+`, it begins the international prefix of the number's country.
        let own =
            country.map(numbering_plans::international_prefix).filter(|own| has_plus && own.starts_with('0'));
        if let Some(number) = own.and_then(after) {
            return Ok(number);
        }
        let is_other_prefix = |country| numbering_plans::has_longer_international_prefix(digits, country);
        if !has_plus && country.is_some_and(is_other_prefix) {
            return read;
        }
        // Some carriers in Asia use 001 as an international prefix: then the 1 is not a country code.
        let carriers = Some(CARRIER_PREFIX).filter(|_| !has_plus).and_then(after);
        let mut numbers = INTERNATIONAL_PREFIXES.into_iter().filter_map(after);
        match (numbers.next(), numbers.next().or(carriers)) {
            (Some(number), None) => Ok(number),
            (Some(_), Some(_)) => Err(InvalidPhoneNumber::Ambiguous),
            (None, _) => read,
        }
    }

    fn from_reading(Reading { e164, is_known }: Reading) -> Self {
        let is_known =
            is_known || numbering_plans::is_valid(&e164) || numbering_plans::is_valid(&canonical(&e164));
        Self { e164, is_doubtful: !is_known }
    }

    /// With the leading `+`, for Kaleyra and Meta.
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// Digits only, for 1MSG.
    pub fn digits(&self) -> &str {
        self.e164.trim_start_matches('+')
    }

    /// Whether the country's numbering plan in this version does not contain the number. Plans lag behind the
    /// regulators, so only WhatsApp can decide; the message is sent anyway.
    pub const fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }

    /// The same form for all numbers of one customer, so that they get a message only once. It is never sent,
    /// because WhatsApp may know the customer by the other form.
    pub fn canonical(&self) -> Cow<'_, str> {
        canonical(&self.e164)
    }
}

/// The canonical form of numbers that are in use in two forms. Mexico's mobile numbers had a 1 after the
/// country code until 2019, and WhatsApp still uses it. Brazil's had no ninth digit, and Benin's no 01 until
/// 2024. Argentina's have a 9 after the country code when called from abroad. The canonical form is the one
/// in today's numbering plan, and for Argentina the mobile form: so few numbers differ from their canonical
/// form.
fn canonical(e164: &str) -> Cow<'_, str> {
    let national = |code: &str, digits: usize| e164.strip_prefix(code).filter(|rest| rest.len() == digits);
    if let Some(rest) = national("+521", 10) {
        return Cow::Owned(format!("+52{rest}"));
    }
    if let Some(rest) = national("+229", 8) {
        return Cow::Owned(format!("+22901{rest}"));
    }
    if let Some(rest) = national("+54", 10).filter(|rest| !rest.starts_with('9')) {
        return Cow::Owned(format!("+549{rest}"));
    }
    if let Some((area, number)) = national("+55", 10).and_then(|rest| rest.split_at_checked(2))
        && number.starts_with(['6', '7', '8', '9'])
    {
        return Cow::Owned(format!("+55{area}9{number}"));
    }
    Cow::Borrowed(e164)
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber([redacted])")
    }
}
