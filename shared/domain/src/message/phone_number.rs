//! Phone numbers.

use std::borrow::Cow;
use std::fmt;

use super::marks::{digit, is_invisible};
use super::numbering_plans::{self, Country, Reading};

/// E.164 ends at 15 digits; two more may be a trunk prefix that people write beside the country code, as in
/// `+44 (0)20 7946 0018`.
const MAX_DIGITS: usize = 17;
/// The digits, and what people put between them. What is longer is no number, and isn't looked at.
const MAX_CHARS: usize = 64;
/// What people put between digits besides white space.
const SEPARATORS: &str = "-./()[]\u{b7}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2024}\u{2212}\u{30fb}\u{fe58}\u{fe63}\
    \u{ff08}\u{ff09}\u{ff0d}\u{ff0e}\u{ff0f}";
const PLUS: [char; 4] = ['+', '\u{207a}', '\u{fe62}', '\u{ff0b}'];
/// What people paste around a number: quotes and the apostrophe of spreadsheets, which also write `=`, the ends of sentences and
/// of lists' items, bullets, and pictures of telephones.
const AROUND: &str = "'\"`\u{b4}\u{2018}\u{2019}\u{201a}\u{201b}\u{201c}\u{201d}\u{201e}\u{201f}\u{2032}\u{2033}\u{ab}\u{bb}\u{2039}\u{203a}\
    \u{ff02}\u{ff07}=,;:.\u{ff0c}\u{ff1b}\u{ff1a}\u{3001}\u{3002}\u{60c}\u{61b}|<>\u{2022}\u{2023}\u{2043}\u{2219}\u{25aa}\u{25ab}\u{25b8}\u{25ba}\
    \u{25cb}\u{25cf}\u{25e6}\u{b7}\u{260e}\u{260f}\u{2706}\u{2121}\u{1f4de}\u{1f4df}\u{1f4f1}\u{1f4f2}\u{1f57d}\u{1f57e}\u{1f57f}\u{1f581}\u{1f4ac}\u{1f4e0}";
/// What stands before a fraction.
const POINTS: &str = ".,\u{66b}\u{ff0c}\u{ff0e}";
/// Software writes as many zeros behind the point of a whole number; three may be the number's last group.
const MAX_FRACTION: usize = 2;
/// A long number that a spreadsheet has rounded to six digits (`4.36641E+11`) ends with as many zeros.
const ZEROS_OF_ROUNDING: &str = "00000";
/// How most of the world dials abroad (ITU-T E.164): neither a country code nor a national number begins with it.
const ABROAD: &str = "00";
/// What a number abroad is dialled with through some carriers in Hong Kong, Japan, Korea, Thailand and Indonesia.
const THROUGH_A_CARRIER: &str = "001";
/// What links and other services put before a number.
const SCHEMES: [&str; 2] = ["tel:", "whatsapp:"];
/// What is dialled is a digit, or one of these.
const KEYS: &str = "*#";
/// What stands before and behind the digits of a number in WhatsApp's own addresses: those of chats and those of links.
const ADDRESSES: [(&str, &str); 4] =
    [("", "@c.us"), ("", "@s.whatsapp.net"), ("https://wa.me/", ""), ("wa.me/", "")];

/// A recipient in E.164 form, of a length that its country has. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber {
    e164: String,
    is_doubtful: bool,
}

/// Why a text is no phone number that can be written to. It never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPhoneNumber {
    /// No `+` in front, so that its country would have to be guessed.
    #[error(
        "the phone number has no country code: write it in E.164 form with a leading \"+\", or give the catalogue's `country`"
    )]
    NoCountryCode,
    /// Without its `+` it could be two numbers of its country.
    #[error(
        "the phone number could be one of its country with the country code or without: write it with a leading \"+\""
    )]
    Ambiguous,
    /// There is no such country code, or its numbering plan has no number of this length.
    #[error(
        "the phone number is not one that its country's numbering plan allows, by its country code and its length"
    )]
    NotANumber,
    /// Three zeros or more behind its only point are a fraction or its last digits, and both would be numbers.
    #[error(
        "the phone number ends with a point and zeros, which could be digits of it: write it without the point"
    )]
    Fraction,
    /// A decimal number whose last digits are zeros.
    #[error("the phone number is a decimal number whose last digits were rounded: have it sent as a text")]
    Rounded,
}

impl PhoneNumber {
    /// Reads an international number with a leading `+`.
    ///
    /// What people paste with a number is read over: white space, dashes, dots, slashes, brackets, marks that nobody sees,
    /// `tel:` and `whatsapp:`, punctuation around it, and what stands before its `+`; digits may be any script's. So is the fraction of software that holds
    /// the number as a float (`436641234567.0`), and `00` in place of the `+` where the rest is a number that its plan has. The
    /// numbering plans get nothing but a `+` and digits to see: their
    /// crate also knows letters for digits, extensions and parameters behind the number, and a customer's number is none of
    /// these.
    pub fn parse(number: &str) -> Result<Self, InvalidPhoneNumber> {
        Self::read(number, None, false)
    }

    /// Reads international digits that may lack the `+` (`12025550100`): for shops whose events always carry the
    /// country code, which only they can know.
    pub fn parse_international_digits(number: &str) -> Result<Self, InvalidPhoneNumber> {
        Self::read(number, None, true)
    }

    /// Reads a number, which with `international_digits` may lack its `+`, and in a `country` its country code. What has a `+`
    /// is international, whatever the country; so are international digits, unless they begin with a 0 as no country code does.
    pub fn read(
        number: &str,
        country: Option<Country>,
        international_digits: bool,
    ) -> Result<Self, InvalidPhoneNumber> {
        let read = |number: &str| Self::read_bare(number, country, international_digits);
        let number = bare(number);
        let in_address = |(before, behind): (&str, &str)| number.strip_prefix(before)?.strip_suffix(behind);
        if let Some(digits) = ADDRESSES.into_iter().find_map(in_address) {
            return Self::read_bare(digits, None, true);
        }
        let Some((whole, zeros)) = split_fraction(number) else { return read(number) };
        match (read(whole), read(number)) {
            (Ok(_), _) if whole.ends_with(ZEROS_OF_ROUNDING) => Err(InvalidPhoneNumber::Rounded),
            (Ok(_), Ok(_)) if zeros > MAX_FRACTION => Err(InvalidPhoneNumber::Fraction),
            (Err(_), Ok(read)) if zeros > MAX_FRACTION => Ok(read),
            (read, _) => read,
        }
    }

    /// Reads what is left of a number without what stands around it and without a fraction.
    fn read_bare(
        number: &str,
        country: Option<Country>,
        international_digits: bool,
    ) -> Result<Self, InvalidPhoneNumber> {
        let Written { has_plus, digits } = written(number)?;
        let is_national = !has_plus && (!international_digits || digits.starts_with('0'));
        let read = match country {
            Some(country) if is_national => numbering_plans::national(&digits, country),
            _ if has_plus || international_digits => {
                numbering_plans::international(&digits).ok_or(InvalidPhoneNumber::NotANumber)
            }
            _ => Err(InvalidPhoneNumber::NoCountryCode),
        };
        let read = read.map(Self::judged);
        if matches!(read, Ok(Self { is_doubtful: false, .. }) | Err(InvalidPhoneNumber::Ambiguous)) {
            return read;
        }
        let is_other_prefix = |country| numbering_plans::has_longer_prefix_abroad(&digits, country);
        let from_abroad = digits
            .strip_prefix(ABROAD)
            .filter(|_| has_plus || !country.is_some_and(is_other_prefix))
            .and_then(numbering_plans::international)
            .map(Self::judged)
            .filter(|number| !number.is_doubtful);
        // Some carriers in Asia are dialled through by 001: then the 1 is no country's.
        let through_a_carrier = || {
            let rest = digits.strip_prefix(THROUGH_A_CARRIER).and_then(numbering_plans::international);
            rest.map(Self::judged).is_some_and(|number| !number.is_doubtful)
        };
        if from_abroad.is_some() && !has_plus && through_a_carrier() {
            return Err(InvalidPhoneNumber::Ambiguous);
        }
        from_abroad.map_or(read, Ok)
    }

    fn judged(Reading { e164, is_known }: Reading) -> Self {
        let is_known =
            is_known || numbering_plans::is_valid(&e164) || numbering_plans::is_valid(&canonical(&e164));
        Self { e164, is_doubtful: !is_known }
    }

    /// With the leading `+`: Kaleyra and Meta.
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// Digits only: 1MSG.
    pub fn digits(&self) -> &str {
        self.e164.trim_start_matches('+')
    }

    /// Whether its country's numbering plan, as it is known here, has no such number. Plans lag behind the regulators: only
    /// WhatsApp knows.
    pub const fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }

    /// One form for all that are the same customer's: what is told to one of them is not told to another. It is never sent,
    /// because WhatsApp may know the customer by the other form.
    pub fn canonical(&self) -> Cow<'_, str> {
        canonical(&self.e164)
    }
}

/// Mexico's mobile numbers had a 1 behind the country code until 2019, and WhatsApp still names them so; Brazil's had no ninth
/// digit; Argentina's have a 9 behind the country code when called from abroad. Where two forms are in use, it is the one that
/// the numbering plan has today, and for Argentina the mobile number's: so that few numbers have a canonical form of their own.
fn canonical(e164: &str) -> Cow<'_, str> {
    let national = |code: &str, digits: usize| e164.strip_prefix(code).filter(|rest| rest.len() == digits);
    if let Some(rest) = national("+521", 10) {
        return Cow::Owned(format!("+52{rest}"));
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

struct Written {
    has_plus: bool,
    digits: String,
}

fn shows(c: char) -> bool {
    !c.is_whitespace() && !is_invisible(c)
}

/// A number without what stands around it: flags too, and whatever stands before a `+` and isn't dialled.
pub(super) fn bare(number: &str) -> &str {
    let is_flag = |c: char| ('\u{1f1e6}'..='\u{1f1ff}').contains(&c);
    let is_around = |c: char| !shows(c) || AROUND.contains(c) || is_flag(c);
    let number = number.trim_matches(is_around);
    let begins_with =
        |scheme: &str| number.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let scheme = SCHEMES.into_iter().find(|scheme| begins_with(scheme)).map_or(0, str::len);
    let number = number.get(scheme..).unwrap_or_default().trim_start_matches(is_around);
    let is_dialled = |c: char| digit(c).is_some() || KEYS.contains(c);
    match number.find(PLUS).and_then(|plus| number.split_at_checked(plus)) {
        Some((label, number)) if !label.contains(is_dialled) => number,
        _ => number,
    }
}

/// A number whose only point has nothing but zeros behind it, without these, and how many there are.
fn split_fraction(number: &str) -> Option<(&str, usize)> {
    let is_point = |c: char| POINTS.contains(c);
    let (whole, fraction) = number.rsplit_once(is_point)?;
    let is_zero = !fraction.is_empty() && fraction.chars().all(|c| digit(c) == Some('0'));
    (is_zero && !whole.contains(is_point)).then(|| (whole, fraction.chars().count()))
}

/// The digits of a number, if there are not too many of them and there is nothing else than what separates them.
fn written(number: &str) -> Result<Written, InvalidPhoneNumber> {
    let mut written = Written { has_plus: false, digits: String::new() };
    let mut is_number = true;
    let mut taken = 0;
    for c in number.chars() {
        taken += 1;
        match digit(c) {
            Some(digit) => written.digits.push(digit),
            None if PLUS.contains(&c) && !written.has_plus && written.digits.is_empty() => {
                written.has_plus = true;
            }
            None => is_number &= !shows(c) || SEPARATORS.contains(c),
        }
        if taken > MAX_CHARS || written.digits.len() > MAX_DIGITS {
            is_number = false;
            break;
        }
    }
    match (is_number && !written.digits.is_empty(), written.has_plus) {
        (true, _) => Ok(written),
        (false, true) => Err(InvalidPhoneNumber::NotANumber),
        (false, false) => Err(InvalidPhoneNumber::NoCountryCode),
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn national(number: &str, country: &str) -> Result<String, InvalidPhoneNumber> {
        let country = Country::parse(country).unwrap();
        PhoneNumber::read(number, Some(country), false).map(|number| number.e164)
    }

    #[test]
    fn the_numbering_plans_are_shown_so_many_digits_at_most() {
        for (count, are_shown) in [(MAX_DIGITS - 1, true), (MAX_DIGITS, true), (MAX_DIGITS + 1, false)] {
            assert_eq!(written(&"1".repeat(count)).is_ok(), are_shown, "{count}");
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
            "+1 [202] 555\u{2212}0100",
            "(+1) 202/555-0100",
            "tel:+1-202-555-0100",
            "WhatsApp:+12025550100",
            "\u{202a}+12025550100\u{202c}",
            "\u{2068}+1 202 555 0100\u{2069}",
            "+1 202 555 0100\u{200e}",
            "\u{feff}+1\u{fe0d}-202\u{200b}-555\u{ad}-0100",
            "\u{ff0b}\u{ff11} \u{ff12}\u{ff10}\u{ff12}\u{ff0d}\u{ff15}\u{ff15}\u{ff15}\u{ff0d}\u{ff10}\u{ff11}\u{ff10}\u{ff10}",
            "+\u{661}\u{662}\u{660}\u{662}\u{665}\u{665}\u{665}\u{660}\u{661}\u{660}\u{660}",
            "+\u{967}\u{968}\u{966}\u{968}\u{96b}\u{96b}\u{96b}\u{966}\u{967}\u{966}\u{966}",
        ] {
            let number = PhoneNumber::parse(written).unwrap();
            assert_eq!((number.e164(), number.digits()), ("+12025550100", "12025550100"), "{written}");
            assert!(!number.is_doubtful());
        }
        assert_eq!(PhoneNumber::parse("+44 (0)20 7946 0018").unwrap().e164(), "+442079460018");
    }

    #[test]
    fn a_country_is_never_guessed() {
        for without in ["2025550100", "12025550100", "0664 1234567", "\u{202d}2025550100"] {
            assert_eq!(PhoneNumber::parse(without), Err(InvalidPhoneNumber::NoCountryCode), "{without}");
        }
        assert_eq!(PhoneNumber::parse_international_digits("12025550100").unwrap().e164(), "+12025550100");
    }

    #[test]
    fn two_zeros_are_a_plus_where_the_rest_is_a_number_of_its_plan() {
        let read = |number: &str, country: &str, international_digits| {
            PhoneNumber::read(number, Country::parse(country), international_digits).map(|number| number.e164)
        };
        for (number, country, digits, e164) in [
            ("0043 664 1234567", "", false, "+436641234567"),
            ("0043 664 1234567", "", true, "+436641234567"),
            ("+0043 664 1234567", "", false, "+436641234567"),
            ("+00 43 664 1234567", "US", false, "+436641234567"),
            ("0043 664 1234567", "US", false, "+436641234567"),
            ("0043 664 1234567", "US", true, "+436641234567"),
            ("0043 664 1234567", "AU", false, "+436641234567"),
            ("0011 43 664 1234567", "AU", false, "+436641234567"),
            ("001 202 555 0100", "AU", false, "+12025550100"),
            ("0049 151 12345678", "KR", false, "+4915112345678"),
            ("0055 11 8765 4321", "", false, "+551187654321"),
            ("0052 1 55 4100 0145", "", false, "+5215541000145"),
        ] {
            assert_eq!(read(number, country, digits).as_deref(), Ok(e164), "{number} {country}");
        }
        for (number, country, digits) in [
            // As many digits as the country's numbers have, and no number that its plan has.
            ("001 621 234 5678", "", false),
            ("+001 621 234 5678", "", false),
            ("000 43 664 1234567", "", true),
            ("+000 43 664 1234567", "", false),
            ("+0664 1234567", "AT", false),
            // Taiwan's and Brazil's carriers: the rest may be another country's number.
            ("002 1 252 555 0100", "TW", false),
            ("0043 664 1234567", "BR", false),
        ] {
            assert!(read(number, country, digits).is_err(), "{number} {country}");
        }
    }

    #[test]
    fn a_fraction_of_zeros_is_none_of_the_digits() {
        let read = |number: &str, country: &str| {
            PhoneNumber::read(number, Country::parse(country), country.is_empty()).map(|number| number.e164)
        };
        for (number, country) in [
            ("436641234567.0", "AT"),
            ("436641234567.0", ""),
            ("+436641234567.0", "AT"),
            ("436641234567.00", ""),
            ("436641234567,0", ""),
            ("436641234567,00", "AT"),
            ("'+436641234567.0'", ""),
            ("tel:+43 664 1234567.0", ""),
            ("436641234567.000000", ""),
            ("6641234567.0", "AT"),
            ("0664 1234567,0", "AT"),
            (
                "\u{664}\u{663}\u{666}\u{666}\u{664}\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}\u{667}\u{66b}\u{660}",
                "",
            ),
        ] {
            assert_eq!(read(number, country).as_deref(), Ok("+436641234567"), "{number} {country}");
        }
        assert_eq!(read("+1 202 555.0000", "").as_deref(), Ok("+12025550000"));
        assert_eq!(read("+1.202.555.0000", "").as_deref(), Ok("+12025550000"));
        for (number, fault) in [
            ("+49 30 123456.000", InvalidPhoneNumber::Fraction),
            ("436640000000.0", InvalidPhoneNumber::Rounded),
            ("436,641,234,567.0", InvalidPhoneNumber::NoCountryCode),
        ] {
            assert_eq!(PhoneNumber::parse_international_digits(number), Err(fault), "{number}");
        }
    }

    #[test]
    fn punctuation_at_both_ends_is_dropped() {
        for written in [
            "'+12025550100",
            "\u{2019}+12025550100",
            "=\"+12025550100\"",
            "\u{201e}+1 202 555 0100\u{201c}",
            "+1 202 555 0100,",
            "+1 202 555 0100;",
            "+1 202 555 0100.",
            "\u{2022} +1 202 555 0100",
            "<+12025550100>",
            "<tel:+12025550100>",
            "tel:'+12025550100'",
            ": +12025550100",
            "\u{260e}\u{fe0f} +12025550100",
            "\u{1f4de}+12025550100",
            "\u{2706} +12025550100",
            "+12025550100 \u{1f4f1}",
        ] {
            assert_eq!(PhoneNumber::parse(written).unwrap().e164(), "+12025550100", "{written}");
        }
        assert_eq!(national("'0664 1234567", "AT").as_deref(), Ok("+436641234567"));
        for inside in
            ["+1 202'555 0100", "+1 202, 555 0100", "+1 202 \u{1f4de} 555 0100", "'", "#31#+12025550100"]
        {
            assert!(PhoneNumber::parse(inside).is_err(), "{inside}");
        }
    }

    #[test]
    fn what_has_no_country_or_no_possible_length_is_refused() {
        for bad in
            ["+", "+1", "+1202555", "+999123456789", "+1202555010000000", "+abc", "++12025550100", "+4911"]
        {
            assert_eq!(PhoneNumber::parse(bad), Err(InvalidPhoneNumber::NotANumber), "{bad}");
        }
    }

    #[test]
    fn a_number_that_its_plan_lacks_is_kept_as_written_and_doubted() {
        for (written, kept) in [
            ("+1 621 234 5678", "+16212345678"),
            ("+1 202 055 0100", "+12020550100"),
            ("+7 300 123 45 67", "+73001234567"),
            // A trunk prefix isn't dialled from abroad.
            ("+44 (0)60 0946 0018", "+446009460018"),
            // Italy's zero is part of the number.
            ("+39 0000 000000", "+390000000000"),
        ] {
            let number = PhoneNumber::parse(written).unwrap();
            assert_eq!((number.e164(), number.is_doubtful()), (kept, true), "{written}");
        }
    }

    #[test]
    fn both_forms_of_a_number_are_sent_as_written_and_are_one_customer() {
        for (one, other, canonical) in [
            ("+5215541000145", "+525541000145", "+525541000145"),
            ("+5491123456789", "+541123456789", "+5491123456789"),
            ("+551187654321", "+5511987654321", "+5511987654321"),
        ] {
            for written in [one, other] {
                let number = PhoneNumber::parse(written).unwrap();
                assert_eq!((number.e164(), &*number.canonical()), (written, canonical));
                assert!(!number.is_doubtful(), "{written}");
            }
        }
        for own in ["+12025550100", "+551133334444", "+436641234567", "+34600000001"] {
            assert_eq!(PhoneNumber::parse(own).unwrap().canonical(), own);
        }
    }

    #[test]
    fn a_national_number_is_read_by_its_country() {
        for (number, country, e164) in [
            ("0664 1234567", "AT", "+436641234567"),
            ("664 1234567", "at", "+436641234567"),
            ("436641234567", "AT", "+436641234567"),
            ("0043 664 1234567", "AT", "+436641234567"),
            ("(202) 555-0100", "US", "+12025550100"),
            ("1 202 555 0100", "US", "+12025550100"),
            ("621 234 5678", "US", "+16212345678"),
            ("011 43 664 1234567", "US", "+436641234567"),
            ("8 912 345-67-89", "RU", "+79123456789"),
            ("07400 123456", "UK", "+447400123456"),
            ("06 12345678", "NL", "+31612345678"),
            ("02 1234 5678", "IT", "+390212345678"),
            ("55 4100 0145", "MX", "+525541000145"),
            ("(11) 98765-4321", "BR", "+5511987654321"),
            ("09876 543210", "IN", "+919876543210"),
        ] {
            assert_eq!(national(number, country).as_deref(), Ok(e164), "{number} {country}");
        }
    }

    #[test]
    fn a_country_never_overrides_an_international_number() {
        assert_eq!(national("+43 664 1234567", "US").as_deref(), Ok("+436641234567"));
        assert_eq!(national("\u{ff0b}43 664 1234567", "US").as_deref(), Ok("+436641234567"));
        let at = Country::parse("AT");
        let digits = |number| PhoneNumber::read(number, at, true).map(|number| number.e164);
        assert_eq!(digits("12025550100").as_deref(), Ok("+12025550100"));
        assert_eq!(digits("0664 1234567").as_deref(), Ok("+436641234567"));
        for other in ["436641234567", "12", "4420794600180000"] {
            assert!(national(other, "US").is_err(), "{other}");
        }
    }

    #[test]
    fn countries_are_those_of_the_numbering_plans() {
        assert!(Country::parse(" de ").is_some() && Country::parse("UK") == Country::parse("GB"));
        for none in ["", "D", "DEU", "ZZ", "001", "d\u{e9}", "Germany"] {
            assert_eq!(Country::parse(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_more_than_a_number_is_refused() {
        for more in [
            "+1 800 FLOWERS",
            "+1 202 555 0100 ext. 7",
            "+1 202 555 0100;phone-context=+44",
            "+1 202 555 0100, +1 202 555 0101",
            "+1 202 555 0100 +44",
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
