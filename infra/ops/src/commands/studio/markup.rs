//! WhatsApp's formatting of a text: `*bold*`, `_italic_`, `~struck~`, `` `code` ``, ```` ```mono``` ````, lists and quotes.
//!
//! Source: <https://faq.whatsapp.com/539178204879377>. How marks nest and where they count is not documented. As the apps do, a mark
//! opens after a character that is neither letter nor digit and before one that is no space, closes in the mirrored way, and doesn't
//! reach over a line's end; only ```` ``` ```` does.

use maud::{Markup, html};

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
enum Span<'a> {
    Plain(&'a str),
    /// A mark's character and what it encloses.
    Marked(char, Vec<Span<'a>>),
    Code(&'a str),
}

/// A line, without the mark at its beginning.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    Plain(&'a str),
    Bullet(&'a str),
    Quote(&'a str),
    /// A line's own number, which need not be the item's place.
    Numbered(&'a str, &'a str),
}

const FENCE: &str = "```";

/// The text as WhatsApp shows it.
pub(super) fn formatted(text: &str) -> Markup {
    let mut parts = text.split(FENCE).enumerate().peekable();
    html! {
        @while let Some((index, part)) = parts.next() {
            @if index % 2 == 1 && parts.peek().is_some() {
                code { (part) }
            } @else if index % 2 == 1 {
                // A fence that nothing closes stands for itself.
                (FENCE) (lines(part))
            } @else {
                (lines(part))
            }
        }
    }
}

/// Lists and quotes, each line on its own: the message's style keeps line breaks.
fn lines(text: &str) -> Markup {
    html! {
        @for (index, line) in text.split('\n').enumerate() {
            @if index > 0 { "\n" }
            @match read_line(line) {
                Line::Plain(line) => (shown(&spans(line))),
                Line::Bullet(line) => { "• " (shown(&spans(line))) },
                Line::Quote(line) => q.quoted { (shown(&spans(line))) },
                Line::Numbered(number, line) => { (number) ". " (shown(&spans(line))) },
            }
        }
    }
}

fn read_line(line: &str) -> Line<'_> {
    if let Some(rest) = line.strip_prefix("* ").or_else(|| line.strip_prefix("- ")) {
        return Line::Bullet(rest);
    }
    if let Some(rest) = line.strip_prefix("> ") {
        return Line::Quote(rest);
    }
    match line.split_once(". ") {
        Some((number, rest)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Line::Numbered(number, rest)
        }
        _ => Line::Plain(line),
    }
}

fn shown(spans: &[Span<'_>]) -> Markup {
    html! {
        @for span in spans {
            @match span {
                Span::Plain(text) => (text),
                Span::Marked('*', inner) => b { (shown(inner)) },
                Span::Marked('_', inner) => i { (shown(inner)) },
                Span::Marked(_, inner) => s { (shown(inner)) },
                Span::Code(text) => code { (text) },
            }
        }
    }
}

fn spans(text: &str) -> Vec<Span<'_>> {
    let mut found = Vec::new();
    let (mut rest, mut before) = (text, None);
    let mut plain_from = text;
    while let Some(mark) = rest.chars().next() {
        let after = rest.get(mark.len_utf8()..).unwrap_or_default();
        let opens = matches!(mark, '*' | '_' | '~' | '`') && !before.is_some_and(char::is_alphanumeric);
        if let Some((inner, behind)) = opens.then(|| enclosed(after, mark)).flatten() {
            let plain = plain_from.get(..plain_from.len() - rest.len()).unwrap_or_default();
            if !plain.is_empty() {
                found.push(Span::Plain(plain));
            }
            found.push(if mark == '`' { Span::Code(inner) } else { Span::Marked(mark, spans(inner)) });
            (rest, plain_from, before) = (behind, behind, Some(mark));
        } else {
            (rest, before) = (after, Some(mark));
        }
    }
    if !plain_from.is_empty() {
        found.push(Span::Plain(plain_from));
    }
    found
}

/// What a mark encloses, and what follows; `None` if nothing closes it.
fn enclosed(text: &str, mark: char) -> Option<(&str, &str)> {
    text.match_indices(mark).find_map(|(at, _)| {
        let (inner, behind) = (text.get(..at)?, text.get(at + mark.len_utf8()..)?);
        let touches = inner.chars().next().is_some_and(|first| !first.is_whitespace())
            && inner.chars().next_back().is_some_and(|last| !last.is_whitespace());
        let ends = !behind.chars().next().is_some_and(char::is_alphanumeric);
        (touches && ends).then_some((inner, behind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_look_as_in_whatsapp() {
        for (text, expected) in [
            ("plain", "plain"),
            ("*bold* _italic_ ~struck~ `code`", "<b>bold</b> <i>italic</i> <s>struck</s> <code>code</code>"),
            ("*_both_*", "<b><i>both</i></b>"),
            ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
            ("* no bold * and *this neither", "• no bold * and *this neither"),
            ("*not\nover lines*", "*not\nover lines*"),
            ("```over\nlines *as is*```", "<code>over\nlines *as is*</code>"),
            ("``` alone", "``` alone"),
            ("1. first\n> said\n- point", "1. first\n<q class=\"quoted\">said</q>\n• point"),
            ("<b>&", "&lt;b&gt;&amp;"),
            ("(*é*)", "(<b>é</b>)"),
            ("**", "**"),
            ("", ""),
        ] {
            assert_eq!(formatted(text).into_string(), expected, "{text:?}");
        }
    }
}
