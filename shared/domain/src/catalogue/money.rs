//! Parses and formats amounts of money.

use std::borrow::Cow;

use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_decimal::options::DecimalFormatterOptions;
use iso_currency::Currency;

use super::locale::find_locale;

/// The most digits after the decimal point in any currency.
pub(super) const MAX_MINOR_DIGITS: u8 = 4;

/// Replaced in 2025, with 2 digits. `iso_currency` no longer has it, but old orders are still refunded.
const GUILDER: (&str, u8) = ("ANG", 2);
/// The number of digits of nearly every currency, and so probably of an unknown one.
const USUAL_MINOR_DIGITS: u8 = 2;

/// The number of digits of a currency's minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MinorDigits {
    /// The number in ISO 4217: 0 to 4.
    Known(u8),
    /// ISO 4217 does not have the currency's code, or not yet.
    Unknown,
}

impl MinorDigits {
    /// `None` for a metal, a test code, and any text but three capital letters.
    pub(super) fn from_code(currency: &str) -> Option<Self> {
        let is_code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        match Currency::from_code(currency) {
            Some(currency) => currency.exponent()?.try_into().ok().map(Self::Known),
            None if currency == GUILDER.0 => Some(Self::Known(GUILDER.1)),
            None => is_code.then_some(Self::Unknown),
        }
    }

    /// The number to convert minor units with; `None` if it is unknown.
    pub(super) fn known(self) -> Option<u8> {
        match self {
            Self::Known(digits) => Some(digits),
            Self::Unknown => None,
        }
    }

    /// The number to format major units with; any number gives the same amount.
    pub(super) fn known_or_usual(self) -> u8 {
        self.known().unwrap_or(USUAL_MINOR_DIGITS)
    }
}

/// The amount without its currency's code or symbol, which may stand on either side.
pub(super) fn without_currency<'a>(amount: &'a str, currency: &str) -> &'a str {
    let amount = amount.trim();
    let symbol = Currency::from_code(currency).map(|currency| currency.symbol().to_string());
    [Some(currency), symbol.as_deref()]
        .into_iter()
        .flatten()
        .find_map(|sign| without_sign(amount, sign))
        .unwrap_or(amount)
}

fn without_sign<'a>(amount: &'a str, sign: &str) -> Option<&'a str> {
    let is_sign = |text: &str| !sign.is_empty() && text.eq_ignore_ascii_case(sign);
    let before = amount.split_at_checked(sign.len()).filter(|(text, _)| is_sign(text)).map(|(_, rest)| rest);
    before.or_else(|| {
        let (rest, text) = amount.split_at_checked(amount.len().checked_sub(sign.len())?)?;
        is_sign(text).then_some(rest)
    })
}

/// Parses a whole number, also if JSON has a point and zeros after it.
pub(super) fn parse_whole(number: &str) -> Option<i128> {
    let number = number.trim();
    let whole = match number.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return None,
        None => number,
    };
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| whole.parse().ok()).flatten()
}

/// Six zeros or nines after an amount's digits come from floating-point arithmetic: `59.970000000000006` is
/// 59.97, and so is `59.969999999999999`.
const ZEROS: &str = "000000";
const NINES: &str = "999999";

/// With this many digits after the point, an amount comes from 32-bit floating-point arithmetic
/// (`19.989999771118164`): it is rounded to the nearest minor unit if that is closer than a twentieth of a
/// unit.
const FLOAT_DIGITS: usize = 9;
/// A smaller amount is the rounding error of a sum that should be zero.
const ROUNDING_ERROR: f64 = 1e-8;
/// The number of digits in a group of thousands.
const THOUSANDS: usize = 3;

/// What separates groups of digits and is never a decimal point: spaces, and the apostrophes of Switzerland.
const GROUP_MARKS: [char; 6] = [' ', '\u{a0}', '\u{2009}', '\u{202f}', '\'', '\u{2019}'];
const DECIMAL_MARKS: [char; 2] = ['.', ','];
/// Dashes written for decimals that are zeros: `5,-`.
const NO_DECIMALS: [char; 3] = ['-', '\u{2013}', '\u{2014}'];
/// The number of digits in a group of East Asia.
const MYRIADS: usize = 4;

/// An amount with a point as its only mark, from one that a person or software has formatted: `42,50`, `1.234,50`, `1,234.50`,
/// `12,34,567.89`, `1 234,50`, `1'234.50`, `1.234.567`, `1.234,-`. `None` if it could have two meanings, as `1,234` has, or if its marks
/// separate no groups.
fn with_point(amount: &str, minor_digits: usize) -> Option<Cow<'_, str>> {
    let whole = amount.trim_end_matches(NO_DECIMALS);
    if whole.len() < amount.len() {
        let zeros = whole.ends_with(DECIMAL_MARKS).then(|| format!("{whole}00"))?;
        return with_point(&zeros, minor_digits).map(|read| Cow::Owned(read.into_owned()));
    }
    let is_mark = |c: char| GROUP_MARKS.contains(&c) || DECIMAL_MARKS.contains(&c);
    let marks: Vec<char> = amount.chars().filter(|c| is_mark(*c)).collect();
    if matches!(marks.as_slice(), [] | ['.']) {
        return Some(Cow::Borrowed(amount));
    }
    let (last, before) = marks.split_last()?;
    let is_decimal = DECIMAL_MARKS.contains(last) && !before.contains(last);
    let (whole, fraction) = if is_decimal { amount.rsplit_once(*last)? } else { (amount, "") };
    let may_be_group = fraction.len() == THOUSANDS || fraction.len() == MYRIADS && minor_digits == 0;
    let is_unclear = is_decimal && before.is_empty() && may_be_group;
    let mut separators = if is_decimal { before } else { &marks }.iter();
    let separator = separators.next();
    if is_unclear || separators.any(|other| Some(other) != separator) {
        return None;
    }
    let groups: Vec<&str> = whole.split(is_mark).collect();
    let (first, more) = groups.split_first()?;
    let is_grouped = more.split_last().is_none_or(|(thousands, higher)| {
        (1..=THOUSANDS).contains(&first.trim_start_matches('-').len())
            && thousands.len() == THOUSANDS
            // India has groups of two digits above the thousands.
            && higher.iter().all(|group| (2..=THOUSANDS).contains(&group.len()))
    });
    let digits = groups.concat();
    is_grouped.then(|| Cow::Owned(if is_decimal { format!("{digits}.{fraction}") } else { digits }))
}

/// Converts an amount in major units to minor units. Digits beyond the currency's own must be zeros or
/// rounding errors. `None` for exactly three digits after the only mark that could be a group of thousands.
pub(super) fn parse_major_units(amount: &str, minor_digits: u8) -> Option<i128> {
    let minor_digits = usize::from(minor_digits);
    let amount = &*with_point(amount.trim(), minor_digits)?;
    if amount.contains("e-") && amount.parse().is_ok_and(|amount: f64| amount.abs() < ROUNDING_ERROR) {
        return Some(0);
    }
    let (major, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (minor, more) = fraction.split_at_checked(minor_digits).unwrap_or((fraction, ""));
    let nearest = |down: &[&str], up: &[&str]| {
        let begins_with = |any: &[&str]| any.iter().any(|digits| more.starts_with(digits));
        if begins_with(down) || more.bytes().all(|byte| byte == b'0') {
            Some(0)
        } else {
            begins_with(up).then_some(1)
        }
    };
    let rest = if fraction.len() < FLOAT_DIGITS {
        nearest(&[ZEROS], &[NINES])
    } else {
        nearest(&["00", "01", "02", "03", "04"], &["95", "96", "97", "98", "99"])
    }?;
    let digits = major.strip_prefix('-').unwrap_or(major);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let may_be_thousands = digits.len() <= THOUSANDS && !digits.starts_with('0');
    if fraction.len() == THOUSANDS && minor_digits != THOUSANDS && may_be_thousands {
        return None;
    }
    let units = parse_whole(&format!("{digits}{minor:0<minor_digits$}"))?;
    let units = units.checked_add(rest)?;
    Some(if digits.len() < major.len() { -units } else { units })
}

/// Formats an amount in minor units with its currency code: `1.234,50 EUR`. The code is the same in every
/// language, but a symbol is not unique: seven countries use `$`. For unknown languages there is no thousands
/// separator, because a comma or a point could be mistaken for the decimal point.
pub(super) fn format(amount: i128, minor_digits: u8, currency: &str, language: Option<&str>) -> String {
    let mut amount = Decimal::from(amount);
    amount.multiply_pow10(-i16::from(minor_digits));
    let formatter = find_locale(language).and_then(|locale| {
        DecimalFormatter::try_new((&locale).into(), DecimalFormatterOptions::default()).ok()
    });
    let amount =
        formatter.map_or_else(|| amount.to_string(), |formatter| formatter.format(&amount).to_string());
    format!("{amount} {currency}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_has_the_minor_digits_of_iso_4217() {
        for (currency, digits) in [
            ("EUR", 2),
            ("JPY", 0),
            ("ISK", 0),
            ("MGA", 2),
            ("KWD", 3),
            ("IQD", 3),
            ("CLF", 4),
            // The newest.
            ("XCG", 2),
            ("ZWG", 2),
            ("SLE", 2),
            // Replaced, but still in use in old orders.
            ("HRK", 2),
            ("ZWL", 2),
            ("BGN", 2),
            ("ANG", 2),
            // Funds.
            ("USN", 2),
            ("UYI", 0),
        ] {
            assert_eq!(MinorDigits::from_code(currency), Some(MinorDigits::Known(digits)), "{currency}");
        }
        let unknown = MinorDigits::from_code("XYZ").unwrap();
        assert_eq!((unknown.known(), unknown.known_or_usual()), (None, 2));
        for none in ["XXX", "XTS", "XAU", "EURO", "eur", "US$", "\u{20ac}", ""] {
            assert_eq!(MinorDigits::from_code(none), None, "{none}");
        }
    }

    #[test]
    fn an_amount_is_formatted_for_its_language() {
        let expected = [
            (None, "1234567.89 EUR"),
            (Some("en_US"), "1,234,567.89 EUR"),
            (Some("de"), "1.234.567,89 EUR"),
            (Some("de-CH"), "1'234'567.89 EUR"),
            (Some("de-AT"), "1 234 567,89 EUR"),
            (Some("fr_FR"), "1 234 567,89 EUR"),
            (Some("es"), "1.234.567,89 EUR"),
            (Some("es-MX"), "1,234,567.89 EUR"),
            (Some("es-AR"), "1.234.567,89 EUR"),
            (Some("no"), "1 234 567,89 EUR"),
            (Some("sv"), "1 234 567,89 EUR"),
            (Some("en_IN"), "12,34,567.89 EUR"),
            (Some("hi"), "12,34,567.89 EUR"),
            (Some("en_ZA"), "1 234 567,89 EUR"),
            (Some("sw"), "1,234,567.89 EUR"),
            (Some("sr"), "1.234.567,89 EUR"),
            (Some("zh_TW_#Hant"), "1,234,567.89 EUR"),
            // The digits are 0 to 9 in every language.
            (Some("ar"), "1,234,567.89 EUR"),
            (Some("ar_EG"), "1,234,567.89 EUR"),
            (Some("bn"), "12,34,567.89 EUR"),
            (Some("fa"), "1,234,567.89 EUR"),
            (Some("pt-BR,pt;q=0.9,en;q=0.8"), "1.234.567,89 EUR"),
            (Some("tlh"), "1234567.89 EUR"),
            (Some("auto"), "1234567.89 EUR"),
            (Some("und"), "1234567.89 EUR"),
            (Some("?"), "1234567.89 EUR"),
        ]
        .map(|(language, text)| (language, text.to_owned()));
        // A template's variable gets plain spaces.
        let plain = |text: String| text.replace(char::is_whitespace, " ");
        let found =
            expected.clone().map(|(language, _)| (language, plain(format(123_456_789, 2, "EUR", language))));
        assert_eq!(found, expected);
        // Some languages have no separator in a number of four digits.
        for language in ["es", "pt_PT", "pl"] {
            assert_eq!(format(123_456, 2, "EUR", Some(language)), "1234,56 EUR", "{language}");
        }
        assert_eq!(format(123_456, 2, "EUR", Some("es-MX")), "1,234.56 EUR");
        assert_eq!(format(-4250, 2, "EUR", Some("de")), "-42,50 EUR");
        for language in ["sv", "nb", "fi"] {
            assert_eq!(format(-4250, 2, "EUR", Some(language)), "\u{2212}42,50 EUR", "{language}");
        }
        // The sign is on the left of the digits in right-to-left languages too.
        for (language, amount) in [
            ("ar", "\u{200e}-42.50 EUR"),
            ("he", "\u{200e}-42.50 EUR"),
            ("ur", "\u{200e}-42.50 EUR"),
            ("fa", "\u{200e}\u{2212}42.50 EUR"),
        ] {
            assert_eq!(format(-4250, 2, "EUR", Some(language)), amount, "{language}");
        }
    }

    #[test]
    fn small_large_and_negative_amounts_keep_every_digit() {
        for (amount, digits, text) in [
            (0, 2, "0.00 X"),
            (5, 2, "0.05 X"),
            (-5, 2, "-0.05 X"),
            (-4250, 2, "-42.50 X"),
            (500, 0, "500 X"),
            (1234, 3, "1.234 X"),
            (i128::MAX, 0, "170141183460469231731687303715884105727 X"),
        ] {
            assert_eq!(format(amount, digits, "X", None), text);
        }
    }

    #[test]
    fn major_units_have_at_most_the_digits_of_their_currency() {
        for (amount, digits, units) in [
            ("693.00", 2, Some(69_300)),
            ("693", 2, Some(69_300)),
            ("693.0", 2, Some(69_300)),
            ("693.5", 2, Some(69_350)),
            ("0.05", 2, Some(5)),
            ("-0.05", 2, Some(-5)),
            (" 693.0000 ", 2, Some(69_300)),
            ("693.00", 0, Some(693)),
            ("693.0000", 0, Some(693)),
            ("1.234", 3, Some(1234)),
            ("59.970000000000006", 2, Some(5997)),
            ("59.969999999999999", 2, Some(5997)),
            ("-59.969999999999999", 2, Some(-5997)),
            ("0.99999999", 2, Some(100)),
            ("19.989999771118164", 2, Some(1999)),
            ("59.970001220703125", 2, Some(5997)),
            ("-59.970001220703125", 2, Some(-5997)),
            ("12.344999999", 2, None),
            ("33.3333333333", 2, None),
            ("1.4e-14", 2, Some(0)),
            ("-1.4e-14", 2, Some(0)),
            ("5e-1", 2, None),
            ("nane-14", 2, None),
            ("1693.000", 2, Some(169_300)),
            ("0.500", 2, Some(50)),
            ("1.200", 3, Some(1200)),
            // Could be thousands or a fraction.
            ("150.000", 0, None),
            ("1.200", 2, None),
            ("-693.000", 2, None),
            ("693.005", 2, None),
            ("693.5", 0, None),
            ("693,00", 2, Some(69_300)),
            ("693,5", 2, Some(69_350)),
            ("-0,05", 2, Some(-5)),
            ("1,693.00", 2, Some(169_300)),
            ("1.693,00", 2, Some(169_300)),
            ("1 693,00", 2, Some(169_300)),
            ("1\u{a0}693", 2, Some(169_300)),
            ("1\u{2019}234\u{2019}693.5", 2, Some(123_469_350)),
            ("12,34,567.89", 2, Some(123_456_789)),
            ("1.234.567", 0, Some(1_234_567)),
            ("1,234.567", 3, Some(1_234_567)),
            ("693,0000", 2, Some(69_300)),
            ("5,-", 2, Some(500)),
            ("5,\u{2013}", 2, Some(500)),
            ("5.--", 2, Some(500)),
            ("-5,-", 2, Some(-500)),
            ("1.234,-", 2, Some(123_400)),
            ("1.234,-", 0, Some(1234)),
            ("1\u{2009}234,50", 2, Some(123_450)),
            ("5-", 2, None),
            ("-", 2, None),
            (",-", 2, None),
            ("1,234,-", 2, None),
            // A group of four digits, as in Japan, or a fraction.
            ("1,2000", 0, None),
            ("693,0000", 0, None),
            ("1,693", 2, None),
            ("1,200", 3, None),
            ("1.693.00", 2, None),
            ("1.69,00", 2, None),
            ("1234.567,00", 2, None),
            ("1,234.567,00", 2, None),
            ("1 234.567,00", 2, None),
            ("1,234.567", 2, None),
            ("693,50", 0, None),
            ("693,", 2, None),
            (",50", 2, None),
            (",", 2, None),
            (" . , ", 2, None),
            ("1 2", 2, None),
            ("693.", 2, None),
            (".50", 2, None),
            ("-.50", 2, None),
            ("6e3", 2, None),
            ("", 2, None),
            ("+5", 2, None),
            ("--5", 2, None),
            ("5.-1", 2, None),
        ] {
            assert_eq!(parse_major_units(amount, digits), units, "{amount}");
        }
    }

    #[test]
    fn only_whole_numbers_are_minor_units() {
        for (number, whole_number) in [
            ("4250", Some(4250)),
            (" -7 ", Some(-7)),
            ("4250.0", Some(4250)),
            ("42.50", None),
            ("42.", None),
            ("4e3", None),
            ("", None),
            ("-", None),
            ("+7", None),
            ("1,000", None),
        ] {
            assert_eq!(parse_whole(number), whole_number, "{number}");
        }
    }
}
