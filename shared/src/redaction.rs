//! Removes possible phone numbers and credentials from external text, so that it may be stored and logged.
//!
//! This is a heuristic without a guarantee. It masks every run of six or more digits (even with spaces, dashes, dots or
//! brackets inside), every e-mail address, and every unbroken word of twenty or more characters that mixes letters and digits.

/// The longest text that is kept, in characters.
const MAX_CHARS: usize = 200;
/// A run with this many digits may be a phone number (the shortest E.164 numbers have seven).
const MIN_PHONE_DIGITS: usize = 6;
/// Tokens, keys and message ids are at least this long; ordinary words are shorter.
const MIN_TOKEN_CHARS: usize = 20;

/// The text on one line of at most 200 characters, with possible phone numbers, e-mail addresses and tokens replaced by `[…]`.
pub fn redact(text: &str) -> String {
    let words: Vec<&str> =
        text.split_whitespace().map(|word| if is_masked(word) { "[…]" } else { word }).collect();
    let masked = mask_digit_runs(&words.join(" "));
    match masked.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => masked.get(..end).unwrap_or_default().to_owned() + "…",
        None => masked,
    }
}

fn is_masked(word: &str) -> bool {
    looks_like_a_token(word) || word.contains('@')
}

fn looks_like_a_token(word: &str) -> bool {
    word.chars().count() >= MIN_TOKEN_CHARS
        && (word.chars().any(|c| c.is_ascii_digit()) || word.chars().any(|c| "._-=+/".contains(c)))
}

fn mask_digit_runs(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() || (!run.is_empty() && " -.()".contains(c)) {
            run.push(c);
        } else {
            flush(&mut run, &mut masked);
            masked.push(c);
        }
    }
    flush(&mut run, &mut masked);
    masked
}

fn flush(run: &mut String, masked: &mut String) {
    if run.chars().filter(char::is_ascii_digit).count() >= MIN_PHONE_DIGITS {
        let tail = run.trim_end_matches(|c: char| !c.is_ascii_digit()).len();
        masked.push_str("[…]");
        masked.push_str(run.get(tail..).unwrap_or_default());
    } else {
        masked.push_str(run);
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::redact;

    #[test]
    fn only_phone_numbers_and_tokens_are_masked() {
        for (text, kept) in [
            ("Sent to 12025550100", "Sent to […]"),
            ("to +1 (202) 555-0100.", "to +[…]."),
            ("smtp; 550 <jane@shop.example>: user unknown", "smtp; 550 […] user unknown"),
            ("code 131026 and 2046", "code […] and 2046"),
            ("Wrong token \"eyJhbGciOi.JIUzI1NiJ9.abc\" for channel", "Wrong token […] for channel"),
            ("User's number is part\nof an experiment", "User's number is part of an experiment"),
            ("", ""),
        ] {
            assert_eq!(redact(text), kept);
        }
    }

    proptest! {
        #[test]
        fn the_result_is_one_short_line_without_long_numbers(
            text in prop_oneof![any::<String>(), "[0-9 +().a-z-]{0,300}", "([0-9]{1,9}[ .a]){0,60}"]
        ) {
            let kept = redact(&text);
            prop_assert!(kept.chars().count() <= 201);
            prop_assert!(!kept.contains(['\n', '\r', '\t']));
            let mut run = 0;
            for c in kept.chars() {
                run = if c.is_ascii_digit() { run + 1 } else if " -.()".contains(c) { run } else { 0 };
                prop_assert!(run < 6, "{kept}");
            }
        }
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(redact(&"ab ".repeat(500)).chars().count(), 201);
    }
}
