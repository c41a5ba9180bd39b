//! Explains what to write in place of the syntax of other languages, for expressions that are no JMESPath.

/// A literal ends with the character it begins with: a raw string, JSON, or a quoted name. A backslash
/// escapes the next character.
pub(super) const LITERALS: &[char] = &['\'', '`', '"'];

/// What other languages have, and what JMESPath has instead. The first that an expression contains outside of quoted texts is the
/// likeliest.
const HINTS: [(&str, &str); 7] = [
    ("{{", "Write a path without braces: detail.name, not {{detail.name}}"),
    ("$", "Write a path without $: detail.name, not $.detail.name"),
    ("<%", "Write a path alone: detail.name"),
    (" ? ", "Write a choice as (detail.gift && 'yes') || 'no'"),
    (
        " + ",
        "Join texts with join('', [detail.first_name, ' ', detail.last_name]), and add numbers with sum([detail.a, detail.b])",
    ),
    (".@", QUOTED_NAME),
    (" = ", "Compare with =="),
];
const QUOTED_NAME: &str =
    "Write a name with other characters than a to z, 0 to 9 and _ in double quotes: detail.\"gift-note\"";
const NUMBER: &str = "Write a number in backquotes: `5`";

/// The likeliest mistake in an expression that can't be parsed, with its correction.
pub(super) fn find(text: &str) -> Option<&'static str> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Some(NUMBER);
    }
    let text = without_quoted(text);
    let hint = HINTS.iter().find_map(|(sign, hint)| text.contains(sign).then_some(*hint));
    let has_other_name =
        || has_dash_in_name(&text) || text.chars().any(|c| c.is_alphabetic() && !c.is_ascii());
    hint.or_else(|| has_other_name().then_some(QUOTED_NAME))
}

/// The expression with empty texts in place of those in quotes. A quote that isn't closed reaches to the end.
fn without_quoted(text: &str) -> String {
    let mut rest = String::new();
    let mut quote = None;
    let mut is_escaped = false;
    for c in text.chars() {
        match quote {
            None => {
                quote = Some(c).filter(|c| LITERALS.contains(c));
                rest.push(c);
            }
            Some(begin) if c == begin && !is_escaped => {
                quote = None;
                rest.push(c);
            }
            Some(_) => is_escaped = c == '\\' && !is_escaped,
        }
    }
    rest
}

/// Whether a `-` stands between two letters or digits.
fn has_dash_in_name(text: &str) -> bool {
    let is_name = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices('-').any(|(place, dash)| {
        let before = text.get(..place).and_then(|before| before.chars().next_back());
        let after = text.get(place + dash.len()..).and_then(|after| after.chars().next());
        is_name(before) && is_name(after)
    })
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Expression;

    #[test]
    fn the_syntax_of_another_language_is_a_fault_with_the_syntax_of_jmespath() {
        for (expression, hint) in [
            ("{{detail.name}}", "without braces"),
            ("$.detail.name", "without $"),
            ("${detail.name}", "without $"),
            ("<%= detail.name %>", "a path alone"),
            ("detail.gift ? 'yes' : 'no'", "(detail.gift && 'yes') || 'no'"),
            ("detail.a + detail.b", "sum([detail.a, detail.b])"),
            ("detail.gift-note", "in double quotes"),
            ("detail.@id", "in double quotes"),
            ("detail.gr\u{f6}\u{df}e", "in double quotes"),
            ("detail.status = 'paid'", "=="),
            ("5", "`5`"),
        ] {
            let fault = Expression::compile(expression).map(|_| ()).unwrap_err();
            assert!(fault.contains("is not a JMESPath expression") && fault.contains(hint), "{fault}");
        }
        for expression in [
            "join(' - ', [detail.a, detail.b]",
            "detail.name == 'a-b $ {{ ? x'))",
            "detail.\"gift-note\")",
            "detail.a == 'caf\u{e9}')",
            "detail.a == 'it\\'s a-b')",
            "detail.items[-1",
            "detail.items[1:-1",
        ] {
            let fault = Expression::compile(expression).map(|_| ()).unwrap_err();
            assert!(!fault.contains(". Write") && !fault.contains(". Compare"), "{fault}");
        }
        let other = Expression::compile("detail.name)").map(|_| ()).unwrap_err();
        assert!(other.contains("at column") && !other.contains(". Write"), "{other}");
    }
}
