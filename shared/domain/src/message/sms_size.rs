//! The size of a text message: its encoding, and the parts that it is split into.
//!
//! Sources: AWS End User Messaging SMS, "SMS character limits" (sizes, maximum); 3GPP TS 23.038, sections 6.2.1 and 6.2.1.1 (the
//! alphabet and its extension table).

use std::collections::BTreeSet;

/// GSM's default alphabet, without the escape character.
const BASIC: &str = "@\u{a3}$\u{a5}\u{e8}\u{e9}\u{f9}\u{ec}\u{f2}\u{c7}\n\u{d8}\u{f8}\r\u{c5}\u{e5}\u{394}_\u{3a6}\u{393}\u{39b}\u{3a9}\
    \u{3a0}\u{3a8}\u{3a3}\u{398}\u{39e}\u{c6}\u{e6}\u{df}\u{c9} !\"#\u{a4}%&'()*+,-./0123456789:;<=>?\u{a1}ABCDEFGHIJKLMNOPQRSTUVWXYZ\
    \u{c4}\u{d6}\u{d1}\u{dc}\u{a7}\u{bf}abcdefghijklmnopqrstuvwxyz\u{e4}\u{f6}\u{f1}\u{fc}\u{e0}";
/// The characters that follow an escape character, so that each takes two places.
const EXTENDED: &str = "\u{c}^{}\\[~]|\u{20ac}";

/// The encoding of a text message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsEncoding {
    /// GSM's 7-bit alphabet.
    Gsm7,
    /// Two bytes a character, for texts with any other character; emoji take four.
    Ucs2,
}

impl SmsEncoding {
    /// The name that people know it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }

    /// The places of a message with one part, and those of each part of a longer one.
    const fn places(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    /// The most places of a message: AWS refuses a longer one.
    pub const fn max_places(self) -> usize {
        match self {
            Self::Gsm7 => 1530,
            Self::Ucs2 => 630,
        }
    }
}

/// The size of a text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsSize {
    /// The encoding that AWS chooses.
    pub encoding: SmsEncoding,
    /// The places that its characters take.
    pub places: usize,
    /// The parts that it is split into. Each costs as much as a message.
    pub parts: usize,
    /// The characters that the 7-bit alphabet lacks, for which the encoding is UCS-2; each once, in Unicode's order.
    pub beyond_gsm7: Vec<char>,
}

impl SmsSize {
    /// Measures a text.
    pub fn measure(text: &str) -> Self {
        let beyond: BTreeSet<char> =
            text.chars().filter(|c| !BASIC.contains(*c) && !EXTENDED.contains(*c)).collect();
        let encoding = if beyond.is_empty() { SmsEncoding::Gsm7 } else { SmsEncoding::Ucs2 };
        let width = |c: char| match encoding {
            SmsEncoding::Gsm7 => 1 + usize::from(EXTENDED.contains(c)),
            SmsEncoding::Ucs2 => c.len_utf16(),
        };
        let places = text.chars().map(width).sum();
        let (of_one, of_part) = encoding.places();
        let parts = if places <= of_one { 1 } else { count_parts(text.chars().map(width), of_part) };
        Self { encoding, places, parts, beyond_gsm7: beyond.into_iter().collect() }
    }

    /// Whether AWS refuses the message for its length.
    pub const fn is_too_long(&self) -> bool {
        self.places > self.encoding.max_places()
    }
}

/// A character with two places is never split between two parts.
fn count_parts(widths: impl Iterator<Item = usize>, places: usize) -> usize {
    let (mut parts, mut used) = (1, 0);
    for width in widths {
        if used + width > places {
            parts += 1;
            used = 0;
        }
        used += width;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(text: &str) -> (&'static str, usize, usize) {
        let size = SmsSize::measure(text);
        (size.encoding.name(), size.places, size.parts)
    }

    #[test]
    fn the_alphabet_has_127_characters_and_ten_more() {
        assert_eq!(BASIC.chars().collect::<BTreeSet<_>>().len(), 127);
        assert_eq!(EXTENDED.chars().collect::<BTreeSet<_>>().len(), 10);
    }

    #[test]
    fn a_text_has_one_part_up_to_the_limit_and_shorter_parts_beyond_it() {
        assert_eq!(measure(""), ("GSM-7", 0, 1));
        assert_eq!(measure(&"a".repeat(160)), ("GSM-7", 160, 1));
        assert_eq!(measure(&"a".repeat(161)), ("GSM-7", 161, 2));
        assert_eq!(measure(&"a".repeat(306)), ("GSM-7", 306, 2));
        assert_eq!(measure(&"a".repeat(307)), ("GSM-7", 307, 3));
        assert_eq!(measure(&"\u{e1}".repeat(70)), ("UCS-2", 70, 1));
        assert_eq!(measure(&"\u{e1}".repeat(71)), ("UCS-2", 71, 2));
        assert_eq!(measure(&"\u{e1}".repeat(135)), ("UCS-2", 135, 3));
    }

    #[test]
    fn characters_of_the_extension_table_and_emoji_take_two_places_and_are_not_split() {
        assert_eq!(measure("\u{20ac}5 {a}"), ("GSM-7", 9, 1));
        assert_eq!(measure(&"]".repeat(80)), ("GSM-7", 160, 1));
        // Two parts would have room for 306 places, but each has one that stays empty.
        assert_eq!(measure(&"]".repeat(153)), ("GSM-7", 306, 3));
        assert_eq!(measure("\u{1f4e6} Hi"), ("UCS-2", 5, 1));
        assert_eq!(measure(&"\u{1f4e6}".repeat(67)), ("UCS-2", 134, 3));
    }

    #[test]
    fn the_characters_that_make_it_ucs2_are_named_once() {
        assert_eq!(
            SmsSize::measure("Tu pedido est\u{e1} aqu\u{ed}, est\u{e1} listo \u{2013} \u{a1}s\u{ed}!")
                .beyond_gsm7,
            ['\u{e1}', '\u{ed}', '\u{2013}']
        );
        assert!(
            SmsSize::measure("\u{a1}Ma\u{f1}ana! \u{c9}l \u{e0} la m\u{e8}re, \u{20ac} 5")
                .beyond_gsm7
                .is_empty()
        );
    }

    #[test]
    fn aws_refuses_more_than_ten_parts() {
        for (text, is_too_long) in [
            ("a".repeat(1530), false),
            ("a".repeat(1531), true),
            ("\u{e1}".repeat(630), false),
            ("\u{e1}".repeat(631), true),
        ] {
            assert_eq!(SmsSize::measure(&text).is_too_long(), is_too_long);
        }
    }
}
