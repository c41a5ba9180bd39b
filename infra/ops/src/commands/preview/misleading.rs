//! Remarks about expressions of the catalogue that are valid and probably don't mean what they seem to.

use std::borrow::Cow;

use serde_json::json;
use shared::catalogue::{ContentRule, Entry, Expression, Found, OrderEvent};

/// The words, also numbers, with which producers write true and false.
const TRUTHS: [&str; 12] = ["true", "false", "yes", "no", "y", "n", "on", "off", "t", "f", "1", "0"];

/// In JMESPath every text that isn't empty counts as true, and so does every number.
pub(in crate::commands) fn truth_in_words(entry: &Entry, event: &OrderEvent) -> Option<String> {
    let when = entry.when.as_ref()?;
    let Ok(Found::Text(value)) = when.evaluate(event) else { return None };
    let is_truth = TRUTHS.iter().any(|word| value.trim().eq_ignore_ascii_case(word));
    is_truth.then(|| {
        let (expression, compared) = (when.as_str(), comparable(when.as_str()));
        format!(
            "when ({expression}) is a text or a number, which always counts as true, even false or 0: write \
             when = \"{compared} == 'true'\", with the word that means yes; a number needs backquotes, as in == `1`"
        )
    })
}

/// The expression in brackets, if an operator in it would bind less tightly than `==`.
fn comparable(expression: &str) -> Cow<'_, str> {
    let is_path = expression.chars().all(|c| c.is_alphanumeric() || "._@\"-[]".contains(c));
    if is_path { Cow::Borrowed(expression) } else { Cow::Owned(format!("({expression})")) }
}

/// In JMESPath two missing fields are equal: `detail | opt_in == yes` is true without `opt_in`.
pub(in crate::commands) fn consent_of_nobody(consent: &Expression) -> Option<String> {
    let event =
        json!({ "id": "-", "source": "-", "detail-type": "-", "time": "1970-01-01T00:00:00Z", "detail": {} });
    let is_given = consent.evaluate(&OrderEvent::parse(event).ok()?) == Ok(Found::Bool(true));
    (consent.compares_fields() && is_given).then(|| {
        format!(
            "({}) is true for an event with an empty detail: it compares two fields, which are equal if both are missing, and everybody \
             without them has agreed; a text has single quotes, as in == 'yes'",
            consent.as_str()
        )
    })
}

/// A currency beside what may be an amount that no function formats: `4250 eur` may be 42.50 EUR.
pub(in crate::commands) fn unformatted_amounts(entry: &Entry) -> Vec<String> {
    let ContentRule::Template(rule) = &entry.content else { return Vec::new() };
    let expressions = rule.body.expressions().into_iter().map(Expression::as_str);
    let is_unformatted = |text: &&str| {
        let paths: Vec<String> = paths(text).map(str::to_lowercase).collect();
        let is_currency =
            |path: &String| path.rsplit('.').next().is_some_and(|last| last.contains("currency"));
        !text.contains("money(") && paths.iter().any(is_currency) && !paths.iter().all(is_currency)
    };
    expressions
        .filter(is_unformatted)
        .map(|expression| {
            format!(
                "{expression} may write an amount as the event has it, perhaps in cents: decimal_money(amount, currency, language) writes \
                 amounts such as 42.50, and money(amount, currency, language) writes 4250 as 42.50"
            )
        })
        .collect()
}

/// The paths of an expression that begin with `detail`.
fn paths(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|c: char| !c.is_alphanumeric() && !"._\"-".contains(c));
    words.filter(|word| word.starts_with("detail."))
}
