//! Rewrites faulty JSON as valid JSON.
//!
//! Nothing is completed: truncated JSON, or JSON with the wrong structure, stays as it is and is then refused
//! by the strict parser.

use std::borrow::Cow;

/// Whether to mend commas and the notation of other languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commas {
    /// Leave them unchanged.
    Strict,
    /// Insert a comma between two values that have none and drop one that separates nothing. Drop comments,
    /// accept `'` for `"`, and translate the words of Python and JavaScript for true, false and null.
    Mended,
}

/// Rewrites the text:
///
/// - A byte-order mark is dropped.
/// - White space and control characters between values become spaces.
/// - In strings, lone surrogates, invalid UTF-8 and control characters become U+FFFD; line breaks and tabs
///   are kept.
/// - A backslash that escapes nothing becomes an escaped backslash.
/// - A number that 64 bits cannot hold, or that JSON writes otherwise, becomes a string of its digits.
/// - `NaN` and `Infinity` become null.
///
/// See [`Commas`] for the rest.
pub(super) fn mend(json: &[u8], commas: Commas) -> String {
    let text = decode(json);
    let mut mender = Mender {
        rest: &text,
        out: String::with_capacity(text.len() + 16),
        commas,
        is_comma_pending: false,
        follows_value: false,
    };
    while mender.step() {}
    mender.out
}

/// Decodes UTF-8, or UTF-16 if a byte-order mark or the zero bytes of the first two characters indicate it.
fn decode(json: &[u8]) -> Cow<'_, str> {
    utf16_units(json).map_or_else(
        || String::from_utf8_lossy(json.strip_prefix(UTF8_MARK).unwrap_or(json)),
        |(rest, unit)| utf16(rest, unit),
    )
}

const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Whether the text is UTF-8 or UTF-16. In any other encoding, letters beyond ASCII become U+FFFD.
pub(super) fn is_decodable(json: &[u8]) -> bool {
    utf16_units(json).is_some() || std::str::from_utf8(json).is_ok()
}

/// How two bytes become a unit of UTF-16.
type Unit = fn([u8; 2]) -> u16;

/// The text without its byte-order mark, if it is UTF-16.
fn utf16_units(json: &[u8]) -> Option<(&[u8], Unit)> {
    match json {
        [0xff, 0xfe, rest @ ..] => Some((rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Some((rest, u16::from_be_bytes)),
        [b'{' | b'[', 0, _, 0, ..] => Some((json, u16::from_le_bytes)),
        [0, b'{' | b'[', 0, ..] => Some((json, u16::from_be_bytes)),
        _ => None,
    }
}

fn utf16(bytes: &[u8], unit: Unit) -> Cow<'static, str> {
    let units = bytes.chunks_exact(2).filter_map(|pair| Some(unit(pair.try_into().ok()?)));
    Cow::Owned(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

struct Mender<'a> {
    rest: &'a str,
    out: String,
    commas: Commas,
    /// A comma was read and no value has followed yet.
    is_comma_pending: bool,
    /// The last output ends a value.
    follows_value: bool,
}

impl Mender<'_> {
    /// Rewrites the next token; `false` at the end.
    fn step(&mut self) -> bool {
        let mut chars = self.rest.chars();
        let Some(first) = chars.next() else { return false };
        let after_first = chars.as_str();
        match first {
            quote @ ('"' | '\'') if quote == '"' || self.commas == Commas::Mended => {
                self.begin_value();
                self.rest = after_first;
                self.string(quote);
                self.follows_value = true;
                return true;
            }
            '/' if self.commas == Commas::Mended && self.skip_comment(after_first) => return true,
            '{' | '[' => {
                self.begin_value();
                self.out.push(first);
                self.follows_value = false;
            }
            '}' | ']' => {
                self.is_comma_pending = false;
                self.out.push(first);
                self.follows_value = true;
            }
            ',' if self.commas == Commas::Mended => self.is_comma_pending = self.follows_value,
            c if is_blank(c) => {
                self.out.push(if c == '\n' { '\n' } else { ' ' });
            }
            c if is_word_character(c) => {
                self.begin_value();
                self.word();
                self.follows_value = true;
                return true;
            }
            // A colon, a comma in strict mode, or a character that is not JSON.
            other => {
                self.out.push(other);
                self.follows_value = false;
            }
        }
        self.rest = after_first;
        true
    }

    /// Writes the comma before a value if there was one, or if it was missing.
    fn begin_value(&mut self) {
        if self.commas == Commas::Mended && (self.is_comma_pending || self.follows_value) {
            self.out.push(',');
        }
        self.is_comma_pending = false;
    }

    /// If a comment starts here, skips it. `after_slash` is the text after the first `/`.
    fn skip_comment(&mut self, after_slash: &str) -> bool {
        let end = if after_slash.starts_with('/') {
            after_slash.find('\n')
        } else if after_slash.starts_with('*') {
            after_slash.get(1..).and_then(|inside| inside.find("*/")).map(|at| at + "**/".len())
        } else {
            return false;
        };
        let skipped = '/'.len_utf8() + end.unwrap_or(after_slash.len());
        self.rest = self.rest.get(skipped..).unwrap_or_default();
        true
    }

    /// Rewrites a string from after its opening quote to its closing quote.
    fn string(&mut self, quote: char) {
        self.out.push('"');
        while let Some(at) = self.rest.find(|c: char| c == '"' || c == quote || c == '\\' || c < ' ') {
            let (before, found) = self.rest.split_at(at);
            self.out.push_str(before);
            let mut chars = found.chars();
            let special = chars.next();
            self.rest = chars.as_str();
            match special {
                Some(closing) if closing == quote => {
                    self.out.push('"');
                    return;
                }
                Some('"') => self.out.push_str("\\\""),
                Some('\\') if quote == '\'' && self.rest.starts_with(quote) => {
                    self.out.push(quote);
                    self.rest = self.rest.get(quote.len_utf8()..).unwrap_or_default();
                }
                Some('\\') => self.escape(),
                Some('\n') => self.out.push_str("\\n"),
                Some('\r') => self.out.push_str("\\r"),
                Some('\t') => self.out.push_str("\\t"),
                _ => self.out.push(char::REPLACEMENT_CHARACTER),
            }
        }
        // The string has no end, and its rewritten form has none either.
        self.out.push_str(self.rest);
        self.rest = "";
    }

    /// Rewrites an escape sequence from after its backslash.
    fn escape(&mut self) {
        let rest = self.rest;
        let length = match rest.chars().next() {
            Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => 1,
            Some('u') => match code_unit(rest) {
                Some(0xd800..=0xdbff) if is_low_surrogate(rest.get(5..)) => 11,
                Some(0xd800..=0xdfff) => {
                    self.out.push(char::REPLACEMENT_CHARACTER);
                    self.rest = rest.get(5..).unwrap_or_default();
                    return;
                }
                Some(_) => 5,
                None => 0,
            },
            Some(_) => 0,
            // The text ends here, without the closing quote.
            None => return,
        };
        self.out.push_str(if length == 0 { "\\\\" } else { "\\" });
        let (escaped, rest) = rest.split_at_checked(length).unwrap_or((rest, ""));
        self.out.push_str(escaped);
        self.rest = rest;
    }

    /// Rewrites a number, `true`, `false`, `null`, or an unquoted word instead of them.
    fn word(&mut self) {
        let end = self.rest.find(|c| !is_word_character(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let looks_like_a_number = word.contains(|c: char| c.is_ascii_digit())
            && word.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
        let is_mended = self.commas == Commas::Mended;
        if matches!(word, "NaN" | "Infinity" | "-Infinity")
            || is_mended && matches!(word, "None" | "undefined" | "nan")
        {
            self.out.push_str("null");
        } else if is_mended && matches!(word, "True" | "False") {
            self.out.push_str(&word.to_lowercase());
        } else if looks_like_a_number && !fits_64_bits(word) {
            self.out.push('"');
            self.out.push_str(word);
            self.out.push('"');
        } else {
            self.out.push_str(word);
        }
    }
}

/// Whether a character between two values can be ignored; includes byte-order marks and zero-width spaces.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

fn is_word_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+-._".contains(c)
}

/// The code unit of `uXXXX`.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix('u')?.get(..4)?;
    let are_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    are_hexadecimal.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

fn is_low_surrogate(text: Option<&str>) -> bool {
    let unit = text.and_then(|text| text.strip_prefix('\\')).and_then(code_unit);
    unit.is_some_and(|unit| (0xdc00..=0xdfff).contains(&unit))
}

/// Whether the number is valid JSON and fits into 64 bits: an integer exactly, any other number
/// approximately.
fn fits_64_bits(number: &str) -> bool {
    let is_integer = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match serde_json::from_str::<serde_json::Number>(number) {
        Ok(read) => !is_integer || !read.is_f64() || number == "-0",
        Err(_) => false,
    }
}
