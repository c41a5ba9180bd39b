//! Parses and formats amounts of money.

use crate::message::Tag;

/// The most digits after the decimal point in any currency.
pub(super) const MAX_MINOR_DIGITS: usize = 4;

/// The currencies of ISO 4217 by the digits of their minor units, without funds, metals and test codes.
/// <https://www.six-group.com/en/products-services/financial-information/data-standards.html>
const CURRENCIES: [(usize, &str); 4] = [
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"),
    (
        2,
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC \
         CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES \
         KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR \
         NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT \
         TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// The number of digits in the currency's minor unit; `None` for an unknown code.
pub(super) fn minor_digits(currency: &str) -> Option<usize> {
    let has = |codes: &&str| codes.split_whitespace().any(|code| code == currency);
    CURRENCIES.iter().find(|(_, codes)| has(codes)).map(|(digits, _)| *digits)
}

/// Parses a whole number, which JSON may have written with a point and zeros.
pub(super) fn whole(number: &str) -> Option<i128> {
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
const DIGITS_OF_A_MACHINE: usize = 9;
/// A smaller amount is the rounding error of a sum that should be zero.
const NOTHING: f64 = 1e-8;
/// The number of digits in a group of thousands.
const THOUSANDS: usize = 3;

/// Converts an amount in major units to minor units. Digits beyond the currency's own must be zeros or
/// rounding errors. `None` for exactly three digits after the point that could be a group of thousands.
pub(super) fn minor_units(amount: &str, minor_digits: usize) -> Option<i128> {
    let amount = amount.trim();
    if amount.contains("e-") && amount.parse().is_ok_and(|amount: f64| amount.abs() < NOTHING) {
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
    let rest = if fraction.len() < DIGITS_OF_A_MACHINE {
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
    let units = whole(&format!("{digits}{minor:0<minor_digits$}"))?;
    let units = units.checked_add(rest)?;
    Some(if digits.len() < major.len() { -units } else { units })
}

/// The decimal point and the thousands separator of a language; some regions differ from it. For unknown
/// languages there is no separator, because a comma or a point could be mistaken for the decimal point.
fn marks(language: Option<&str>) -> (char, Option<char>) {
    const PLAIN: (char, Option<char>) = ('.', None);
    let Some(tag) = language.and_then(Tag::parse) else { return PLAIN };
    let region = tag.region().unwrap_or_default();
    match tag.language() {
        "de" | "it" if ["CH", "LI"].contains(&region) => ('.', Some('\u{2019}')),
        "en" | "es" if ["IN", "ZA"].contains(&region) => PLAIN,
        "es" if ["MX", "US", "419", "GT", "HN", "NI", "PA", "PE", "PR", "SV", "DO", "CU"]
            .contains(&region) =>
        {
            ('.', Some(','))
        }
        "en" | "zh" | "ja" | "ko" | "he" | "th" | "ms" | "fil" => ('.', Some(',')),
        "pt" if region == "PT" => (',', Some('\u{a0}')),
        "de" if region == "AT" => (',', Some('\u{a0}')),
        "fr" if ["CH", "CA", "LU", "MA"].contains(&region) => (',', Some('\u{a0}')),
        "de" | "es" | "it" | "nl" | "pt" | "tr" | "id" | "da" | "el" | "hr" | "sl" | "ro" | "vi" | "ca"
        | "gl" | "eu" => (',', Some('.')),
        "fr" | "ru" | "uk" | "pl" | "cs" | "sk" | "bg" | "fi" | "nb" | "nn" | "sv" | "hu" | "lt" | "lv"
        | "et" => (',', Some('\u{a0}')),
        _ => PLAIN,
    }
}

/// Formats an amount in minor units with its currency code: `1.234,50 EUR`. The code is the same in every
/// language, but a symbol is not unique: seven countries use `$`.
pub(super) fn written(amount: i128, minor_digits: usize, currency: &str, language: Option<&str>) -> String {
    let (point, separator) = marks(language);
    let digits = amount.unsigned_abs().to_string();
    let digits = format!("{digits:0>width$}", width = minor_digits + 1);
    let (major, minor) = digits.split_at_checked(digits.len() - minor_digits).unwrap_or((&digits, ""));
    let mut text = String::from(if amount < 0 { "-" } else { "" });
    for (place, digit) in major.chars().enumerate() {
        if place > 0 && (major.len() - place) % 3 == 0 {
            text.extend(separator);
        }
        text.push(digit);
    }
    if !minor.is_empty() {
        text.push(point);
        text.push_str(minor);
    }
    format!("{text} {currency}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_currency_is_there_once_with_its_minor_digits() {
        for (currency, digits) in
            [("EUR", Some(2)), ("JPY", Some(0)), ("KWD", Some(3)), ("CLF", Some(4)), ("XXX", None)]
        {
            assert_eq!(minor_digits(currency), digits, "{currency}");
        }
        let mut all: Vec<&str> = CURRENCIES.iter().flat_map(|(_, codes)| codes.split_whitespace()).collect();
        assert!(all.iter().all(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(CURRENCIES.iter().all(|(digits, _)| *digits <= MAX_MINOR_DIGITS));
    }

    #[test]
    fn an_amount_is_written_as_the_language_writes_it() {
        for (language, text) in [
            (None, "1234567.89 EUR"),
            (Some("en_US"), "1,234,567.89 EUR"),
            (Some("de"), "1.234.567,89 EUR"),
            (Some("de-CH"), "1\u{2019}234\u{2019}567.89 EUR"),
            (Some("fr_FR"), "1\u{a0}234\u{a0}567,89 EUR"),
            (Some("es"), "1.234.567,89 EUR"),
            (Some("es-MX"), "1,234,567.89 EUR"),
            (Some("no"), "1\u{a0}234\u{a0}567,89 EUR"),
            (Some("en_IN"), "1234567.89 EUR"),
            (Some("tlh"), "1234567.89 EUR"),
            (Some("?"), "1234567.89 EUR"),
        ] {
            assert_eq!(written(123_456_789, 2, "EUR", language), text, "{language:?}");
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
            assert_eq!(written(amount, digits, "X", None), text);
        }
    }

    #[test]
    fn major_units_have_as_many_digits_as_their_currency() {
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
            ("693,00", 2, None),
            ("1,693.00", 2, None),
            ("1.693.00", 2, None),
            ("693.", 2, None),
            (".50", 2, None),
            ("-.50", 2, None),
            ("6e3", 2, None),
            ("", 2, None),
            ("+5", 2, None),
            ("--5", 2, None),
            ("5.-1", 2, None),
        ] {
            assert_eq!(minor_units(amount, digits), units, "{amount}");
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
            assert_eq!(whole(number), whole_number, "{number}");
        }
    }
}
