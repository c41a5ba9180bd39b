//! Extracts the digits of a phone number from the notation of people or software, without the characters that
//! surround or separate them.

use super::{Country, InvalidPhoneNumber};
use crate::message::characters::{digit, is_invisible};

/// E.164 allows 15 digits; two more may be a trunk prefix written after the country code, as in `+44 (0)20
/// 7946 0018`.
pub(super) const MAX_DIGITS: usize = 17;
/// The longest text that is examined: digits and separators. A longer text is not a number.
const MAX_CHARS: usize = 64;
/// Separators between digits, besides white space: dashes and characters typed instead of them (the Japanese
/// long vowel mark, box-drawing lines), and the placeholder of a pasted picture.
const SEPARATORS: &str = "-./()[]_\u{b7}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2024}\u{2043}\u{2212}\u{2500}\u{2501}\u{30fb}\
    \u{30fc}\u{fe58}\u{fe63}\u{ff08}\u{ff09}\u{ff0d}\u{ff0e}\u{ff0f}\u{ff3b}\u{ff3d}\u{ff3f}\u{ff70}\u{fffc}";
/// Tildes used as a dash. With only one or two digits after it, a tilde separates the first number of a range
/// from the end of the last one (`02-234-5678~9`); all digits together would then be a wrong number.
const TILDES: &str = "~\u{2053}\u{223c}\u{301c}\u{ff5e}";
const DIGITS_OF_A_RANGE: usize = 2;
const PLUS: [char; 4] = ['+', '\u{207a}', '\u{fe62}', '\u{ff0b}'];
/// Characters that people paste around a number: quotes, the apostrophe and `=` of spreadsheets, punctuation
/// at the end of sentences and list items, bullets, and telephone symbols.
const AROUND: &str = "'\"`\u{b4}\u{2018}\u{2019}\u{201a}\u{201b}\u{201c}\u{201d}\u{201e}\u{201f}\u{2032}\u{2033}\u{ab}\u{bb}\u{2039}\u{203a}\
    \u{ff02}\u{ff07}=,;:.\u{ff0c}\u{ff1b}\u{ff1a}\u{3001}\u{3002}\u{60c}\u{61b}|<>\u{2022}\u{2023}\u{2043}\u{2219}\u{25aa}\u{25ab}\u{25b8}\u{25ba}\
    \u{25cb}\u{25cf}\u{25e6}\u{b7}\u{260e}\u{260f}\u{2706}\u{2121}\u{1f4de}\u{1f4df}\u{1f4f1}\u{1f4f2}\u{1f57d}\u{1f57e}\u{1f57f}\u{1f581}\u{1f4ac}\u{1f4e0}";
/// The decimal points of software and languages.
const POINTS: &str = ".,\u{66b}\u{ff0c}\u{ff0e}";
/// Prefixes in links and other services.
const SCHEMES: [&str; 4] = ["tel:", "whatsapp:", "sms:", "callto:"];
/// A `+` that is still percent-encoded, as in a link.
const ENCODED_PLUSES: [&str; 2] = ["%2B", "%2b"];
/// The parts before a number in WhatsApp's links, and after it in the ids of its chats. The digits of groups
/// (`@g.us`) and hidden ids (`@lid`) are not numbers.
const LINKS: [&str; 3] = ["https://wa.me/", "http://wa.me/", "wa.me/"];
/// WhatsApp's older link, in which the number is a variable, and what is left of the form that opens the app (`whatsapp://send`).
const OLDER_LINK: &str = "whatsapp.com/send";
const APP_LINK: &str = "//send";
const NUMBER_IN_OLDER_LINK: [&str; 2] = ["?phone=", "&phone="];
const CHATS: [&str; 2] = ["@c.us", "@s.whatsapp.net"];
/// The separators before the numbers of an agent and a device in a chat's id: `436641234567.0:3@s.whatsapp.net`, and `_1:3` in
/// other libraries.
const AGENT_OR_DEVICE: [char; 3] = ['.', '_', ':'];
/// The keys of a telephone besides its digits.
const KEYS: &str = "*#";
/// Brackets around a remark behind a number: `0664 1234567 (mobil)`.
const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('\u{ff08}', '\u{ff09}')];
/// The words for a telephone, and for whose it is, that say nothing else about a number: `Tel. (privat): 0664 1234567`.
const WORDS: [&str; 25] = [
    "tel",
    "telefon",
    "telephone",
    "phone",
    "ph",
    "mobile",
    "mobil",
    "mob",
    "cell",
    "handy",
    "m\u{f3}vil",
    "movil",
    "celular",
    "portable",
    "gsm",
    "whatsapp",
    "wa",
    "p",
    "privat",
    "private",
    "home",
    "work",
    "\u{442}\u{435}\u{43b}",
    "\u{43c}\u{43e}\u{431}",
    "\u{643a}\u{5e2f}",
];
/// In capital letters these are also the codes of Portugal and the Philippines.
const COUNTRIES_TOO: [&str; 2] = ["P", "PH"];
/// The longest country code.
const MAX_CODE_DIGITS: usize = 3;
/// Software that shortens numbers keeps six digits by default (`2.02555e9`); spreadsheets also replace the
/// last five or more digits by zeros.
const DIGITS_OF_SHORTENED: usize = 6;
const ZEROS_OF_ROUNDED: usize = 5;

pub(super) struct Notation {
    pub(super) has_plus: bool,
    /// Whether its only `+` follows the digits.
    pub(super) is_plus_last: bool,
    pub(super) digits: String,
}

fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !is_invisible(c)
}

/// Removes the characters around a number, including flags, and a scheme.
pub(in crate::message) fn trim_surroundings(number: &str) -> &str {
    let number = number.trim_matches(is_around);
    let begins_with =
        |scheme: &str| number.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let scheme = SCHEMES.into_iter().find(|scheme| begins_with(scheme)).map_or(0, str::len);
    number.get(scheme..).unwrap_or_default().trim_start_matches(is_around)
}

fn is_around(c: char) -> bool {
    let is_flag = ('\u{1f1e6}'..='\u{1f1ff}').contains(&c);
    !is_visible(c) || AROUND.contains(c) || is_flag
}

/// Removes words for a telephone before a number, and behind it in brackets. Before a `+` it also removes the country's
/// code, and any name before the calling code in brackets, as lists of countries write it. Any other text stays, because it may name
/// another country or another person, or be dialled.
pub(super) fn without_words(number: &str) -> &str {
    let mut number = number;
    while let Some(shorter) = without_remark(number).or_else(|| without_label(number)) {
        number = shorter;
    }
    without_listed_country(number).unwrap_or(number)
}

fn is_dialled(c: char) -> bool {
    digit(c).is_some() || KEYS.contains(c)
}

fn is_word(word: &str) -> bool {
    WORDS.contains(&word.to_lowercase().as_str()) && !COUNTRIES_TOO.contains(&word)
}

/// The number without the remark in brackets behind it: `0664 1234567 (mobil)`.
fn without_remark(number: &str) -> Option<&str> {
    let remark = BRACKETS.iter().find_map(|(begin, end)| number.strip_suffix(*end)?.rsplit_once(*begin));
    let (number, remark) = remark.filter(|(_, text)| !text.contains(is_dialled))?;
    let mut words = remark.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).peekable();
    (words.peek().is_some() && words.all(is_word)).then(|| number.trim_end_matches(is_around))
}

/// The number without the first word of its label: `Tel. 0664 1234567`.
fn without_label(number: &str) -> Option<&str> {
    let is_between = |c: char| is_around(c) || SEPARATORS.contains(c);
    let number = number.trim_start_matches(is_between);
    let (word, rest) = number.split_at_checked(number.find(|c: char| !c.is_alphabetic())?)?;
    let number = rest.trim_start_matches(is_between);
    let between = rest.strip_suffix(number)?;
    // `wa.me` is one word.
    if number.starts_with(char::is_alphabetic) && between.trim_matches('.').is_empty() {
        return None;
    }
    let is_country = || COUNTRIES_TOO.contains(&word) || Country::parse(word).is_some();
    (is_word(word) || number.starts_with(PLUS) && is_country()).then_some(number)
}

/// The number without the name of its country before the code in brackets, as in a list of countries: `Austria (+43) 664 1234567`.
fn without_listed_country(number: &str) -> Option<&str> {
    let place = number.find(['(', '['])?;
    let (name, number) = number.split_at_checked(place)?;
    let (code, _) = number.get(1..)?.strip_prefix(PLUS)?.split_once([')', ']'])?;
    let is_code =
        (1..=MAX_CODE_DIGITS).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    (is_code && !name.contains(is_dialled)).then_some(number)
}

/// The international digits in a WhatsApp link or chat id, without the numbers of a chat id's agent and device.
pub(super) fn digits_in_address(number: &str) -> Option<&str> {
    if let Some(chat) = CHATS.into_iter().find_map(|chat| number.strip_suffix(chat)) {
        return chat.split(AGENT_OR_DEVICE).next();
    }
    let older = || {
        let query = number.strip_prefix(APP_LINK).or_else(|| Some(number.split_once(OLDER_LINK)?.1))?;
        let (_, number) = NUMBER_IN_OLDER_LINK.into_iter().find_map(|name| query.split_once(name))?;
        Some(number)
    };
    let number = LINKS.into_iter().find_map(|link| number.strip_prefix(link)).or_else(older)?;
    number.split(['?', '&', '#']).next()
}

/// Undoes scientific notation (`1.7743856575E+10`); `None` if the number has another form. Fails if digits
/// were lost by rounding.
pub(super) fn expand_exponent(number: &str) -> Option<Result<String, InvalidPhoneNumber>> {
    let (mantissa, exponent) = number.split_once(['e', 'E'])?;
    let exponent: usize = exponent.parse().ok()?;
    let (first, more) = mantissa.split_once([',', '.']).unwrap_or((mantissa, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let first_digit = first.strip_prefix('+').unwrap_or(first);
    if first_digit.len() != 1 || !is_number(first_digit) || !is_number(more) || more.len() > exponent {
        return None;
    }
    let digits = format!("{first}{more}");
    let is_whole = more.len() == exponent && !is_rounded(&digits);
    Some(if is_whole { Ok(digits) } else { Err(InvalidPhoneNumber::Rounded) })
}

/// Whether a decimal number probably ends in zeros because software rounded it.
pub(super) fn is_rounded(number: &str) -> bool {
    parse_notation(number).is_ok_and(|Notation { digits, .. }| {
        let kept = digits.trim_end_matches('0').len();
        kept <= DIGITS_OF_SHORTENED || digits.len() - kept >= ZEROS_OF_ROUNDED
    })
}

/// Splits a number whose only point is followed by nothing but zeros: the part before the point, and the
/// number of zeros.
pub(super) fn split_fraction(number: &str) -> Option<(&str, usize)> {
    let is_point = |c: char| POINTS.contains(c);
    let (whole, fraction) = number.rsplit_once(is_point)?;
    let is_zero = !fraction.is_empty() && fraction.chars().all(|c| digit(c) == Some('0'));
    (is_zero && !whole.contains(is_point)).then(|| (whole, fraction.chars().count()))
}

/// Parses a number. Fails if there are too many, or any characters besides digits and separators.
pub(super) fn parse_notation(number: &str) -> Result<Notation, InvalidPhoneNumber> {
    let mut parsed = Notation { has_plus: false, is_plus_last: false, digits: String::new() };
    let mut is_number = true;
    let mut has_other_text = false;
    let mut taken = 0;
    let mut range = None;
    let encoded = ENCODED_PLUSES.into_iter().find_map(|plus| number.strip_prefix(plus));
    parsed.has_plus = encoded.is_some();
    for c in encoded.unwrap_or(number).chars() {
        taken += 1;
        match digit(c) {
            Some(digit) => {
                is_number &= !parsed.is_plus_last;
                parsed.digits.push(digit);
            }
            // In right-to-left text the `+` may come last.
            None if PLUS.contains(&c) && (parsed.digits.is_empty() || !parsed.has_plus) => {
                parsed.has_plus = true;
                parsed.is_plus_last = !parsed.digits.is_empty();
            }
            None if TILDES.contains(c) => range = Some(parsed.digits.len()),
            None => has_other_text |= is_visible(c) && !SEPARATORS.contains(c),
        }
        if taken > MAX_CHARS || parsed.digits.len() > MAX_DIGITS {
            is_number = false;
            break;
        }
    }
    is_number &= range.is_none_or(|place| parsed.digits.len() > place + DIGITS_OF_A_RANGE);
    if has_other_text && !parsed.digits.is_empty() {
        return Err(InvalidPhoneNumber::OtherText);
    }
    match (is_number && !parsed.digits.is_empty(), parsed.has_plus) {
        (true, _) => Ok(parsed),
        (false, true) => Err(InvalidPhoneNumber::NotANumber),
        (false, false) => Err(InvalidPhoneNumber::NoCountryCode),
    }
}
