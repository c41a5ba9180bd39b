//! What is read over in a number that people or software have written, and the digits that are left.

use super::InvalidPhoneNumber;
use crate::message::marks::{digit, is_invisible};

/// E.164 ends at 15 digits; two more may be a trunk prefix that people write beside the country code, as in
/// `+44 (0)20 7946 0018`.
pub(super) const MAX_DIGITS: usize = 17;
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
/// What links and other services put before a number.
const SCHEMES: [&str; 2] = ["tel:", "whatsapp:"];
/// What is dialled is a digit, or one of these.
const KEYS: &str = "*#";
/// What stands before and behind the digits of a number in WhatsApp's own addresses: those of chats and those of links.
const ADDRESSES: [(&str, &str); 4] =
    [("", "@c.us"), ("", "@s.whatsapp.net"), ("https://wa.me/", ""), ("wa.me/", "")];

pub(super) struct Written {
    pub(super) has_plus: bool,
    pub(super) digits: String,
}

fn shows(c: char) -> bool {
    !c.is_whitespace() && !is_invisible(c)
}

/// A number without what stands around it: flags too, and whatever stands before a `+` and isn't dialled.
pub(in crate::message) fn bare(number: &str) -> &str {
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

/// The international digits in one of WhatsApp's own addresses.
pub(super) fn in_address(number: &str) -> Option<&str> {
    ADDRESSES.into_iter().find_map(|(before, behind)| number.strip_prefix(before)?.strip_suffix(behind))
}

/// A number whose only point has nothing but zeros behind it, without these, and how many there are.
pub(super) fn split_fraction(number: &str) -> Option<(&str, usize)> {
    let is_point = |c: char| POINTS.contains(c);
    let (whole, fraction) = number.rsplit_once(is_point)?;
    let is_zero = !fraction.is_empty() && fraction.chars().all(|c| digit(c) == Some('0'));
    (is_zero && !whole.contains(is_point)).then(|| (whole, fraction.chars().count()))
}

/// The digits of a number, if there are not too many of them and there is nothing else than what separates them.
pub(super) fn written(number: &str) -> Result<Written, InvalidPhoneNumber> {
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
