//! Tests `||` and `not_null()` for events with missing values.

use serde_json::{Value, json};

use super::{Expression, Found, OrderEvent};

fn event(detail: &Value) -> OrderEvent {
    OrderEvent::parse(json!({
        "id": "1", "source": "s", "detail-type": "t", "time": "2026-11-20T09:00:00Z", "detail": detail
    }))
    .unwrap()
}

#[test]
fn an_alternative_that_fails_because_of_a_missing_value_is_skipped() {
    let found = |expression: &str| {
        let detail = json!({
            "yes": true, "no": false, "empty": "", "blank": " \u{200b}", "name": "Grete", "tags": null, "items": [{"place": 1}, {}], "number": 5,
        });
        let expression = Expression::compile_condition(expression).unwrap();
        expression.evaluate(&event(&detail)).map_err(|error| (error.is_missing, error.to_string()))
    };
    let text = |text: &str| Found::Text(text.to_owned());
    for (expression, value) in [
        ("contains(detail.tags, 'wa') || detail.yes", Found::Bool(true)),
        ("contains(detail.tags, 'wa') || contains(detail.other, 'wa') || detail.yes", Found::Bool(true)),
        ("detail.yes || contains(detail.tags, 'wa')", Found::Bool(true)),
        ("(contains(detail.tags, 'wa') && detail.yes) || detail.yes", Found::Bool(true)),
        ("(contains(detail.tags, 'wa') == `true`) || detail.yes", Found::Bool(true)),
        ("!contains(detail.tags, 'no') || detail.yes", Found::Bool(true)),
        ("detail.yes && (contains(detail.tags, 'wa') || detail.yes)", Found::Bool(true)),
        ("join(' ', [detail.name, detail.surname]) || detail.name", text("Grete")),
        ("not_null(join(' ', [detail.name, detail.surname]), detail.name)", text("Grete")),
        ("sort_by(detail.items, &place)[0].place || detail.name", text("Grete")),
        ("detail.items[?contains(tags, 'gift')] || detail.name", text("Grete")),
        ("map(&(contains(tags, 'gift') || 'plain'), detail.items)[1]", text("plain")),
        // A literal is the catalogue's own value for a missing one.
        ("contains(detail.tags, 'wa') || `false`", Found::Bool(false)),
        ("join(' ', [detail.name, detail.surname]) || ''", text("")),
        // Standard JMESPath behaviour, because no function fails.
        ("detail.no || detail.empty", text("")),
        ("detail.missing || detail.no", Found::Bool(false)),
        ("detail.no || detail.missing", Found::Nothing),
        ("not_null(detail.missing, detail.no, detail.yes)", Found::Bool(false)),
        ("not_null(detail.missing, detail.empty)", text("")),
        // A blank text is skipped if a later alternative has visible text; otherwise it is the result,
        // and is true.
        ("detail.blank || detail.name", text("Grete")),
        ("detail.blank || detail.blank || 'Hello'", text("Hello")),
        ("detail.blank || detail.no", text(" \u{200b}")),
        ("detail.blank || detail.missing || detail.empty", text(" \u{200b}")),
        ("!(detail.blank || detail.no)", Found::Bool(false)),
        ("not_null(detail.blank, detail.name)", text("Grete")),
        ("not_null(detail.blank, detail.missing)", text(" \u{200b}")),
        ("not_null(detail.empty, detail.missing)", text("")),
        // A blank consent does not count as agreement.
        ("not_null(detail.empty, detail.yes)", text("")),
        ("detail.blank || detail.yes", text(" \u{200b}")),
        ("detail.empty || detail.yes", Found::Bool(true)),
        ("lookup(detail.missing, `{\"no\": false}`, `true`)", Found::Nothing),
        ("lookup(detail.missing, `{}`, 'other')", text("other")),
        ("contains(detail.tags, 'wa') || detail.blank || detail.name", text("Grete")),
        ("contains(detail.tags, 'wa') || detail.blank", text(" \u{200b}")),
        ("detail.blank || contains(detail.tags, 'wa')", text(" \u{200b}")),
    ] {
        assert_eq!(found(expression), Ok(value), "{expression}");
    }
    // The result is unknown: a function that fails is neither false nor, negated, true.
    for expression in [
        "contains(detail.tags, 'wa')",
        "!contains(detail.tags, 'no')",
        "contains(detail.tags, 'wa') || detail.no",
        "contains(detail.tags, 'wa') || detail.missing",
        "detail.no || contains(detail.tags, 'wa')",
        "!(contains(detail.tags, 'no') || detail.no)",
        "!(detail.no || contains(detail.tags, 'no'))",
        "!not_null(contains(detail.tags, 'no'), detail.no)",
        "(contains(detail.tags, 'no') || detail.no) == `false`",
        "contains(detail.tags, 'wa') && detail.yes",
        "detail.yes && contains(detail.tags, 'wa')",
        "!(contains(detail.tags, 'no') && detail.no)",
        "contains(detail.tags, 'no') == `false`",
        "contains(detail.tags, 'no') != `true`",
        "length(detail.tags) < `1`",
    ] {
        let (is_missing, problem) = found(expression).unwrap_err();
        assert!(is_missing && problem.contains("was given null as argument 1"), "{expression}: {problem}");
    }
    // A value of the wrong type is a fault, which no alternative may hide.
    for expression in
        ["contains(detail.number, 'wa') || detail.yes", "detail.no || contains(detail.number, 'wa')"]
    {
        let (is_missing, problem) = found(expression).unwrap_err();
        assert!(!is_missing && problem.contains("contains() was given number"), "{expression}: {problem}");
    }
}

#[test]
fn a_blank_text_is_false_in_an_expression_for_a_value_and_true_in_a_condition() {
    let detail = json!({
        "one": {"phone": " \u{200b}", "country": "DE"}, "other": {"phone": "0664 1234567", "country": "AT"}, "number": 7, "yes": true,
    });
    for (expression, value, as_condition) in [
        ("detail.[one, other][?phone] | [0].country", "AT", "DE"),
        ("detail.[one, other][?phone && country] | [0].country", "AT", "DE"),
        ("detail.[one, other][?phone || mobile] | [0].country", "AT", "DE"),
        ("detail.[one, other][?!phone] | [0].country", "DE", "null"),
        ("detail.[one, other][?!(phone || mobile)] | [0].country", "DE", "null"),
        ("detail.[one, other][?trim.phone || phone] | [0].country", "AT", "DE"),
        ("detail.[one, other][?country != 'FR' && phone].country | [0]", "AT", "DE"),
        ("detail.one.phone && detail.one.country || detail.other.country", "AT", "DE"),
        ("(!(detail.one.phone) && detail.other.country) || detail.one.country", "AT", "DE"),
        ("not_null(detail.one.phone && detail.one.country, detail.other.country)", "AT", "DE"),
        ("map(&(phone && country || 'FR'), detail.[one, other])[0]", "FR", "DE"),
        ("detail.[one, other][?contains(phone, '0664')] | [0].country", "AT", "AT"),
        ("detail.number && detail.other.country", "AT", "AT"),
        ("detail.yes && detail.other.country", "AT", "AT"),
    ] {
        let found =
            |expression: Result<Expression, String>| match expression.unwrap().evaluate(&event(&detail)) {
                Ok(Found::Text(text)) => text,
                Ok(Found::Nothing) => "null".to_owned(),
                other => panic!("{other:?}"),
            };
        assert_eq!(found(Expression::compile(expression)), value, "{expression}");
        assert_eq!(found(Expression::compile_condition(expression)), as_condition, "{expression}");
    }
    for expression in ["detail.a[?nul(b)]", "nul(a) && b", "!nul(a)", "\"visible(&)\"(a)"] {
        assert!(Expression::compile(expression).is_err(), "{expression}");
    }
}

#[test]
fn the_function_calls_of_every_alternative_are_checked() {
    for expression in ["a || b || nul(c)", "not_null(a, nul(b))", "not_null(a || nul(b))", "a[?b || nul(c)]"]
    {
        assert!(Expression::compile(expression).unwrap_err().contains("nul()"), "{expression}");
    }
    assert!(Expression::compile("not_null()").unwrap_err().contains("takes 1 or more"));
    for name in ["\"||\"(a)", "\"not_null(&)\"(a)"] {
        assert!(Expression::compile(name).is_err(), "{name}");
    }
}

#[test]
fn money_takes_minor_units_and_decimal_money_takes_major_units() {
    let found = |expression: &str| {
        let detail = json!({
            "whole": 69_300, "text": "69300", "point": 693.0, "decimal": "693.00", "items": [{"price": 4_250}, {"price": 50}],
            "fractions": [{"price": 42.5}, {"price": 0.5}], "big": -7,
        });
        let expression = Expression::compile(expression).unwrap();
        expression.evaluate(&event(&detail)).map_err(|error| error.to_string())
    };
    for (expression, text) in [
        ("money(detail.whole, 'EUR')", "693.00 EUR"),
        ("money(detail.text, 'EUR')", "693.00 EUR"),
        ("money(sum(detail.items[].price), 'EUR')", "43.00 EUR"),
        ("money(abs(detail.big), 'EUR')", "0.07 EUR"),
        ("money(floor(detail.whole), 'EUR')", "693.00 EUR"),
        ("decimal_money(detail.decimal, 'EUR')", "693.00 EUR"),
        ("decimal_money(detail.decimal, 'eur', 'de-AT')", "693,00 EUR"),
        ("decimal_money(detail.point, 'JPY')", "693 JPY"),
        ("decimal_money(sum(detail.fractions[].price), 'EUR')", "43.00 EUR"),
        ("decimal_money(detail.whole, 'EUR', 'en')", "69,300.00 EUR"),
    ] {
        assert_eq!(found(expression), Ok(Found::Text(text.to_owned())), "{expression}");
    }
    for expression in [
        "money('693.00', 'EUR')",
        "money(detail.decimal, 'EUR')",
        "money(detail.point, 'EUR')",
        "money('693.0', 'JPY')",
        "money(sum(detail.fractions[].price), 'EUR')",
    ] {
        let problem = found(expression).unwrap_err();
        assert!(problem.contains("without a point; decimal_money()"), "{expression}: {problem}");
    }
    for expression in ["decimal_money('693.005', 'EUR')", "decimal_money('1,693', 'EUR')"] {
        let problem = found(expression).unwrap_err();
        assert!(problem.contains("no more decimals than its currency has"), "{expression}: {problem}");
    }
}
