//! Classifies characters by how they look: invisible ones, and the digits of every script.

use std::ops::RangeInclusive;

/// Unicode's `Default_Ignorable_Code_Point`, and other characters that show nothing: the Braille blank,
/// annotation marks and the null notehead.
/// <https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt>
const INVISIBLE: [RangeInclusive<char>; 19] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d159}'..='\u{1d159}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// The zeros of Unicode's decimal digits; each is followed by its one to nine.
/// <https://www.unicode.org/Public/UCD/latest/ucd/extracted/DerivedNumericType.txt>, `Decimal`.
const ZEROS: [char; 50] = [
    '0',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// Whether the character shows nothing, not even a space.
pub(super) fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace()) || INVISIBLE.iter().any(|range| range.contains(&c))
}

/// Whether the text shows nothing.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// The value of a decimal digit of any script, as `0` to `9`.
pub(super) fn digit(c: char) -> Option<char> {
    let value = ZEROS
        .iter()
        .find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_digits_of_every_script_are_digits() {
        for (text, digits) in
            [("09", "09"), ("\u{661}\u{669}", "19"), ("\u{6f2}\u{96b}", "25"), ("\u{ff13}\u{1d7d9}", "31")]
        {
            assert_eq!(text.chars().filter_map(digit).collect::<String>(), digits);
        }
        for zero in ZEROS {
            let nth = |value: u32| char::from_u32(u32::from(zero) + value).unwrap();
            assert!(
                (0..10)
                    .all(|value| nth(value).is_numeric() && digit(nth(value)) == char::from_digit(value, 10))
            );
        }
        for c in ['a', '+', ' ', '\u{b2}', '\u{bd}', '\u{2460}', '\u{4e00}'] {
            assert_eq!(digit(c), None, "{c}");
        }
    }

    #[test]
    fn invisible_characters_are_recognised_and_white_space_is_not_one() {
        for c in
            "\0\u{7f}\u{9b}\u{ad}\u{200b}\u{200d}\u{2060}\u{feff}\u{3164}\u{ffa0}\u{2800}\u{fe0f}\u{1d159}\u{e0041}"
                .chars()
        {
            assert!(is_invisible(c), "{c:?}");
        }
        for c in "a1.\u{301}\u{1f4e6} \u{a0}\n\t\u{3000}\u{85}".chars() {
            assert!(!is_invisible(c), "{c:?}");
        }
    }
}
