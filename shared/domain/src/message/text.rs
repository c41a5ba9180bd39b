//! Texts that fit a template's variable.

use std::fmt;

use super::characters::{is_blank, is_invisible};

/// The value of a variable: one trimmed, non-blank line within its limit.
///
/// WhatsApp refuses a parameter with a newline, a tab or more than four consecutive spaces (error 132018) and
/// an empty one (HTTP 400), so every run of white space becomes one space. Control characters are removed.
/// Invisible characters within visible text are kept, because they join emoji and letters. So are marks that
/// change the direction of writing, if their effect ends within the value. `Debug` hides the text, because it
/// is the customer's.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text(String);

/// Why a value cannot be used as a variable. It never contains the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// The value shows nothing.
    #[error("is empty")]
    Empty,
    /// The value is longer than the provider allows.
    #[error("has {chars} characters; at most {limit} are allowed")]
    TooLong {
        /// The value's length in characters.
        chars: usize,
        /// The longest allowed length in characters.
        limit: usize,
    },
}

impl Text {
    /// Normalises a value and checks that it has at most `limit` characters.
    pub fn parse(value: &str, limit: usize) -> Result<Self, InvalidText> {
        Self::within(value, limit)
    }

    /// Like [`parse`](Self::parse), but also removes the end mark of the last sentence, in any script: the
    /// seeds' templates have a full stop after their last variable (`… {{4}}.`).
    pub fn parse_without_full_stop(value: &str, limit: usize) -> Result<Self, InvalidText> {
        Self::within(&remove_end_mark(&collapse(value)), limit)
    }

    /// Like [`parse`](Self::parse), but shortens a longer value at a word boundary and adds an ellipsis.
    pub fn parse_shortened(value: &str, limit: usize) -> Result<Self, InvalidText> {
        Self::within(value, usize::MAX).map(|text| Self(collapse(&drop_open_marks(&shorten(text.0, limit)))))
    }

    fn within(value: &str, limit: usize) -> Result<Self, InvalidText> {
        let value = collapse(&drop_open_marks(value));
        let chars = value.chars().count();
        if is_blank(&value) {
            Err(InvalidText::Empty)
        } else if chars > limit {
            Err(InvalidText::TooLong { chars, limit })
        } else {
            Ok(Self(value))
        }
    }

    /// The text as sent to the provider.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Cleans a value for a text message or an e-mail. It keeps its line breaks and its length, and loses what it loses in a template
/// too: control characters, and marks of direction with an effect beyond the value. If an end mark follows it, its own is removed.
pub(crate) fn clean_lines(value: &str, is_before_end: bool) -> Result<String, InvalidText> {
    let value = value.replace("\r\n", "\n");
    let cleaned = value.chars().filter_map(|c| match c {
        '\n' | '\t' => Some(c),
        _ if !c.is_control() => Some(c),
        _ => c.is_whitespace().then_some('\n'),
    });
    let value: String = cleaned.collect();
    let value = if is_before_end { remove_end_mark(value.trim()) } else { value };
    let value = drop_open_marks(value.trim());
    if is_blank(&value) { Err(InvalidText::Empty) } else { Ok(value) }
}

/// Whether the character ends a sentence in any script.
pub(crate) fn is_end_mark(c: char) -> bool {
    ENDS.contains(c)
}

/// The characters that end a sentence: Unicode's `Sentence_Terminal` in the scripts of WhatsApp's languages,
/// the ellipsis and similar dots, the Greek question mark, and the full stops of Sinhala and Tibetan.
/// <https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt>
const ENDS: &str = ".!?\u{2026}\u{203c}\u{203d}\u{2047}\u{2048}\u{2049}\u{3002}\u{ff0e}\u{ff61}\u{fe52}\u{ff01}\u{ff1f}\u{fe56}\u{fe57}\
    \u{589}\u{55c}\u{55e}\u{61d}\u{61e}\u{61f}\u{6d4}\u{700}\u{964}\u{965}\u{104a}\u{104b}\u{1362}\u{1367}\u{1368}\u{17d4}\u{17d5}\u{1803}\
    \u{1809}\u{22ef}\u{fe19}\u{1801}\u{2024}\u{2025}\u{37e}\u{df4}\u{f0d}\u{f0e}\u{fe12}\u{fe15}\u{fe16}";
/// Spanish also marks the beginning of such a sentence.
const BEGINNINGS: [(char, char); 2] = [('!', '\u{a1}'), ('?', '\u{bf}')];

fn collapse(value: &str) -> String {
    let value: String = value.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect();
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `limit` characters, ending with an ellipsis if the text was longer. Cuts at a word boundary, or
/// within a word if it alone is too long.
fn shorten(text: String, limit: usize) -> String {
    if text.chars().nth(limit).is_none() {
        return text;
    }
    let room = text.char_indices().nth(limit.saturating_sub(1)).map_or(0, |(at, _)| at);
    let (most, rest) = text.split_at_checked(room).unwrap_or((&text, ""));
    let kept = match most.rsplit_once(' ') {
        Some((words, _)) if !rest.starts_with(' ') => words,
        _ => most,
    };
    format!(
        "{}\u{2026}",
        kept.trim_end_matches(|c: char| c == ' ' || ",;:-\u{2013}\u{2014}.\u{2026}\u{200d}".contains(c))
    )
}

/// Removes the end mark of the last sentence, and the matching Spanish mark at its beginning. Invisible
/// characters after the end mark are removed with it.
fn remove_end_mark(value: &str) -> String {
    let is_passed = |c: char| c == ' ' || is_invisible(c);
    let visible = value.trim_end_matches(is_passed);
    let kept = value.trim_end_matches(|c| is_passed(c) || ENDS.contains(c));
    if kept.len() >= visible.len() {
        return value.to_owned();
    }
    let mut kept = kept.to_owned();
    for (end, beginning) in BEGINNINGS {
        let is_cut = visible.get(kept.len()..).is_some_and(|cut| cut.contains(end));
        if let Some(place) = kept.rfind(beginning).filter(|_| is_cut)
            && !kept.get(place..).is_some_and(|sentence| sentence.contains(end))
        {
            kept.remove(place);
        }
    }
    kept.trim().to_owned()
}

/// Removes marks that change the direction of writing beyond the end of the value, and overrides, which
/// ignore the direction of the letters: both would affect the template's own text.
/// <https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings>
fn drop_open_marks(value: &str) -> String {
    let (mut open, mut dropped): (Vec<(usize, char)>, Vec<usize>) = (Vec::new(), Vec::new());
    let is_isolate = |(_, mark): &(usize, char)| ('\u{2066}'..='\u{2068}').contains(mark);
    let mut isolates = 0_usize;
    for (place, mark) in value.char_indices() {
        match mark {
            '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' => open.push((place, mark)),
            '\u{2066}'..='\u{2068}' => {
                isolates += 1;
                open.push((place, mark));
            }
            '\u{202c}' => match open.pop_if(|opener| !is_isolate(opener)) {
                Some((opened, '\u{202d}' | '\u{202e}')) => dropped.extend([opened, place]),
                Some(_) => {}
                None => dropped.push(place),
            },
            '\u{2069}' if isolates > 0 => {
                isolates -= 1;
                // Closing an isolate also closes everything opened inside it.
                while let Some((inner, _)) = open.pop_if(|opener| !is_isolate(opener)) {
                    dropped.push(inner);
                }
                open.pop();
            }
            '\u{2069}' => dropped.push(place),
            _ => {}
        }
    }
    dropped.extend(open.into_iter().map(|(place, _)| place));
    dropped.sort_unstable();
    let is_kept = |(place, _): &(usize, char)| dropped.binary_search(place).is_err();
    value.char_indices().filter(is_kept).map(|(_, c)| c).collect()
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidText, Text, clean_lines};

    #[test]
    fn white_space_collapses() {
        assert_eq!(
            Text::parse(" Wireless\t\n headphones\u{a0} ", 100).unwrap().as_str(),
            "Wireless headphones"
        );
    }

    #[test]
    fn full_stops_at_the_end_are_removed() {
        for value in
            ["after inspection", "after inspection.", "after inspection. . .", "after inspection..\n"]
        {
            assert_eq!(Text::parse_without_full_stop(value, 100).unwrap().as_str(), "after inspection");
        }
        assert_eq!(Text::parse_without_full_stop("approx. 5 days", 100).unwrap().as_str(), "approx. 5 days");
        assert_eq!(Text::parse_without_full_stop("...", 100), Err(InvalidText::Empty));
    }

    #[test]
    fn a_long_text_is_cut_at_the_last_word_that_fits() {
        for (value, limit, kept) in [
            ("Left the warehouse", 18, "Left the warehouse"),
            (" Left \n the warehouse ", 18, "Left the warehouse"),
            ("Left the warehouse", 17, "Left the\u{2026}"),
            ("Left the warehouse", 9, "Left the\u{2026}"),
            ("Left the warehouse", 8, "Left\u{2026}"),
            ("Left, the warehouse", 8, "Left\u{2026}"),
            ("Left \u{2013} the warehouse", 8, "Left\u{2026}"),
            ("Warehouse", 5, "Ware\u{2026}"),
            ("\u{8ba2}\u{5355}\u{5df2}\u{53d1}\u{8d27}", 3, "\u{8ba2}\u{5355}\u{2026}"),
            ("See https://shop.example/orders/10482", 30, "See\u{2026}"),
        ] {
            let text = Text::parse_shortened(value, limit).unwrap();
            assert_eq!(text.as_str(), kept, "{value} {limit}");
            assert!(text.as_str().chars().count() <= limit);
        }
        assert_eq!(Text::parse_shortened(" \u{200b} ", 5), Err(InvalidText::Empty));
    }

    #[test]
    fn the_end_mark_of_a_sentence_is_removed_in_every_script() {
        for (value, left) in [
            ("Wird bearbeitet\u{2026}", "Wird bearbeitet"),
            (
                "\u{307e}\u{3082}\u{306a}\u{304f}\u{5c4a}\u{304d}\u{307e}\u{3059}\u{3002}",
                "\u{307e}\u{3082}\u{306a}\u{304f}\u{5c4a}\u{304d}\u{307e}\u{3059}",
            ),
            (
                "\u{92d}\u{947}\u{91c}\u{93e} \u{917}\u{92f}\u{93e}\u{964}",
                "\u{92d}\u{947}\u{91c}\u{93e} \u{917}\u{92f}\u{93e}",
            ),
            ("done.\u{200f}", "done"),
            ("done\u{200b}.\u{200f} .", "done"),
            ("\u{641}\u{6cc}\u{6d4}", "\u{641}\u{6cc}"),
            ("Thanks!", "Thanks"),
            ("Thanks!!! \u{ff01}", "Thanks"),
            ("Really?!", "Really"),
            ("\u{a1}Gracias!", "Gracias"),
            ("Hola. \u{bf}Lo tiene?", "Hola. Lo tiene"),
            ("\u{a1}Hola! Hasta luego.", "\u{a1}Hola! Hasta luego"),
            ("Thanks \u{2764}\u{fe0f}", "Thanks \u{2764}\u{fe0f}"),
            ("by 5 p.m. (if open)", "by 5 p.m. (if open)"),
        ] {
            assert_eq!(Text::parse_without_full_stop(value, 100).unwrap().as_str(), left, "{value}");
        }
        for end in
            "\u{ff61}\u{ff0e}\u{589}\u{1362}\u{ff1f}\u{61f}\u{104b}\u{17d4}\u{37e}\u{df4}\u{f0d}\u{fe12}"
                .chars()
        {
            assert_eq!(
                Text::parse_without_full_stop(&format!("x{end}"), 100).unwrap().as_str(),
                "x",
                "{end}"
            );
        }
    }

    #[test]
    fn invisible_text_is_empty_and_control_characters_are_removed() {
        for nothing in "\u{200b} \u{200d} \u{2060} \u{feff} \u{ad} \u{3164} \u{ffa0} \u{2800} \0 \u{7f} \u{85} \u{202e} \u{fe0f}".split(' ') {
            for value in [nothing.to_owned(), format!(" {nothing}{nothing} \u{a0}{nothing}")] {
                assert_eq!(Text::parse(&value, 100), Err(InvalidText::Empty), "{value:?}");
                assert_eq!(Text::parse_without_full_stop(&format!("{value}."), 100), Err(InvalidText::Empty));
            }
        }
        assert_eq!(Text::parse("Al\0ex\u{1b}ey\u{9b}", 100).unwrap().as_str(), "Alexey");
        // Persian joins words with this character, and the emoji of a family is composed with it.
        for kept in
            ["\u{645}\u{6cc}\u{200c}\u{634}\u{648}\u{62f}", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}"]
        {
            assert_eq!(Text::parse(kept, 100).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn direction_marks_have_no_effect_beyond_the_value() {
        for (value, kept) in [
            ("Alexey\u{202e}", "Alexey"),
            ("\u{202e}Alexey\u{202c}", "Alexey"),
            ("\u{202a}Alexey\u{202c}", "\u{202a}Alexey\u{202c}"),
            ("\u{2067}Alexey\u{2069} & co", "\u{2067}Alexey\u{2069} & co"),
            ("\u{2068}Alexey", "Alexey"),
            ("Alexey \u{2067} Alexeyevich \u{202b}", "Alexey Alexeyevich"),
            ("Alexey\u{2069}\u{202c}", "Alexey"),
            ("\u{2067}\u{202b}Alexey\u{2069}", "\u{2067}Alexey\u{2069}"),
            ("\u{2067}Alexey\u{202c}\u{2069}", "\u{2067}Alexey\u{2069}"),
            ("\u{202b}\u{2067}Alexey\u{2069}", "\u{2067}Alexey\u{2069}"),
            ("\u{202b}a\u{2067}b\u{2069}c\u{202c}", "\u{202b}a\u{2067}b\u{2069}c\u{202c}"),
        ] {
            assert_eq!(Text::parse(value, 100).unwrap().as_str(), kept, "{value:?}");
        }
        // Removing the end mark also removes the mark that ends the direction change.
        assert_eq!(Text::parse_without_full_stop("\u{2067}done.\u{2069}", 100).unwrap().as_str(), "done");
        assert_eq!(
            Text::parse_shortened("Left \u{2067}the warehouse\u{2069}", 12).unwrap().as_str(),
            "Left the\u{2026}"
        );
    }

    #[test]
    fn a_value_for_a_text_without_a_template_keeps_its_lines() {
        for (value, is_before_end, kept) in [
            (" Main St. 1\r\n1010  Vienna\r", false, "Main St. 1\n1010  Vienna"),
            ("tab\there\u{85}there", false, "tab\there\nthere"),
            ("Al\0ex\u{1b}ey\u{202e}", false, "Alexey"),
            ("It is ready.", false, "It is ready."),
            ("It is ready.\n", true, "It is ready"),
        ] {
            assert_eq!(clean_lines(value, is_before_end).unwrap(), kept, "{value:?}");
        }
        for nothing in ["", " \n", "\u{200b}", "\0"] {
            assert_eq!(clean_lines(nothing, false), Err(InvalidText::Empty), "{nothing:?}");
        }
        assert_eq!(clean_lines("...", true), Err(InvalidText::Empty));
    }

    #[test]
    fn limits_count_characters() {
        assert_eq!(Text::parse(" \n", 5), Err(InvalidText::Empty));
        assert!(Text::parse("äöüßé", 5).is_ok());
        assert_eq!(Text::parse("123456", 5), Err(InvalidText::TooLong { chars: 6, limit: 5 }));
    }
}
