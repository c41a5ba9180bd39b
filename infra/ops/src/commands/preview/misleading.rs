//! Remarks about expressions of the catalogue that are valid and probably don't mean what they seem to.

use shared::catalogue::{ContentRule, Entry, Expression, Found, OrderEvent};

/// The words, also numbers, with which producers write true and false.
const TRUTHS: [&str; 12] = ["true", "false", "yes", "no", "y", "n", "on", "off", "t", "f", "1", "0"];

/// In JMESPath every text that isn't empty counts as true, and so does every number.
pub(in crate::commands) fn truth_in_words(entry: &Entry, event: &OrderEvent) -> Option<String> {
    let when = entry.when.as_ref()?;
    let Ok(Found::Text(value)) = when.evaluate(event) else { return None };
    let is_truth = TRUTHS.iter().any(|word| value.trim().eq_ignore_ascii_case(word));
    is_truth.then(|| {
        let expression = when.as_str();
        format!(
            "when ({expression}) is a text or a number, and counts as true whatever it says, even false or 0: write \
             when = \"{expression} == 'true'\", with the word that means yes; a number needs backquotes, as in == `1`"
        )
    })
}

/// A currency beside an amount that no function has formatted: `4250 eur` may be 42.50 EUR.
pub(in crate::commands) fn unformatted_amounts(entry: &Entry) -> Vec<String> {
    let ContentRule::Template(rule) = &entry.content else { return Vec::new() };
    let expressions = rule.body.expressions().into_iter().map(Expression::as_str);
    let is_unformatted = |text: &&str| text.to_lowercase().contains("currency") && !text.contains("money(");
    expressions
        .filter(is_unformatted)
        .map(|expression| {
            format!(
                "{expression} writes the amount as the event has it, which may be in cents: decimal_money(amount, currency, language) \
                 writes amounts such as 42.50, and money(amount, currency, language) writes 4250 as 42.50"
            )
        })
        .collect()
}
