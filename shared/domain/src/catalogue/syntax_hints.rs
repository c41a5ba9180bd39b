//! Explains what to write in place of the syntax of other languages, for expressions that are no JMESPath.

/// What other languages have, and what JMESPath has instead. The first that an expression contains is the likeliest.
const HINTS: [(&str, &str); 8] = [
    ("{{", "Write a path without braces: detail.name, not {{detail.name}}"),
    ("$", "Write a path without $: detail.name, not $.detail.name"),
    ("<%", "Write a path alone: detail.name"),
    (" ? ", "Write a choice as (detail.gift && 'yes') || 'no'"),
    (
        " + ",
        "Join texts with join('', [detail.first_name, ' ', detail.last_name]), and add numbers with sum([detail.a, detail.b])",
    ),
    ("-", QUOTED_NAME),
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
    let has_other_letter = || text.chars().any(|c| c.is_alphabetic() && !c.is_ascii());
    let hint = HINTS.iter().find_map(|(sign, hint)| text.contains(sign).then_some(*hint));
    hint.or_else(|| has_other_letter().then_some(QUOTED_NAME))
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
        let other = Expression::compile("detail.name)").map(|_| ()).unwrap_err();
        assert!(other.contains("at column") && !other.contains(". Write"), "{other}");
    }
}
