//! Tests the functions through expressions.

use jmespath::Context;
use serde_json::{Value, json};

use super::super::{Expression, Found, OrderEvent};
use super::shop::MAX_TEXT_BYTES;
use super::*;

fn event() -> OrderEvent {
    let detail = json!({
        "body": "{\"order\":{\"number\":10482.0,\"title\":\"Mug \\ud83c\"}}", "data": "eyJuYW1lIjoiR3JldGUifQ==",
        "amount": 4250, "currency": "eur", "text": "Tea &amp; cake &#8211; 2&nbsp;x &amp;amp; &bogus; &#x1f375;", "tags": null,
        "list": ["a", null], "number": 7, "created": 1_795_767_000, "sku": "AB-12-34", "missing": null,
    });
    OrderEvent::parse(json!({"id": "1", "source": "s", "detail-type": "t", "time": "2026-11-20T09:00:00Z", "detail": detail}))
        .unwrap()
}

fn found(expression: &str) -> Result<Found, String> {
    let expression = Expression::compile(expression).unwrap();
    expression.evaluate(&event()).map_err(|error| error.to_string())
}

#[test]
fn shop_functions_return_their_documented_results() {
    for (expression, text) in [
        ("money(detail.amount, detail.currency)", "42.50 EUR"),
        ("money(detail.amount, detail.currency, 'de')", "42,50 EUR"),
        ("money('123456789', 'JPY', 'en_US')", "123,456,789 JPY"),
        ("money(`5000`, 'ISK', 'en', `2`)", "50.00 ISK"),
        ("money(`5000`, 'ISK', 'en', lookup('isk', `{\"isk\": 2}`))", "50.00 ISK"),
        ("money(`5000`, 'EUR', 'en', lookup('eur', `{\"isk\": 2}`))", "50.00 EUR"),
        ("money(detail.amount, 'XYZ', 'de', `2`)", "42,50 XYZ"),
        ("money(detail.amount, 'ANG', 'en')", "42.50 ANG"),
        ("decimal_money('42.5', 'xyz', 'de')", "42,50 XYZ"),
        ("decimal_money('4250', 'XYZ')", "4250.00 XYZ"),
        ("decimal_money('1.234,50 EUR', 'eur', 'de')", "1.234,50 EUR"),
        ("decimal_money('EUR 1,234.50', 'EUR', 'en')", "1,234.50 EUR"),
        ("decimal_money('42,50 eur', 'EUR')", "42.50 EUR"),
        ("decimal_money('\u{20ac} 420,50', 'EUR')", "420.50 EUR"),
        ("decimal_money('420,50\u{a0}\u{20ac}', 'eur')", "420.50 EUR"),
        ("decimal_money('\u{20ac} 5,-', 'EUR')", "5.00 EUR"),
        ("decimal_money('$5', 'USD')", "5.00 USD"),
        ("replace(detail.sku, '-', ' ')", "AB 12 34"),
        ("split(detail.sku, '-')[1]", "12"),
        ("join('/', split(detail.sku, '-'))", "AB/12/34"),
        ("substring(detail.sku, `3`)", "12-34"),
        ("substring(detail.sku, `3`, `2`)", "12"),
        ("substring(detail.sku, `-2`)", "34"),
        ("substring(detail.sku, `99`)", ""),
        ("lookup('DE', `{\"DE\": \"Germany\"}`)", "Germany"),
        ("lookup(detail.number, `{\"7\": \"seven\"}`)", "seven"),
        ("lookup('FR', `{\"DE\": \"Germany\"}`, 'elsewhere')", "elsewhere"),
        ("decode(detail.text)", "Tea & cake \u{2013} 2\u{a0}x &amp; &bogus; \u{1f375}"),
        ("parse_json(detail.body).order.number", "10482.0"),
        ("parse_json(detail.body).order.title", "Mug \u{fffd}"),
        ("parse_json(parse_json(detail.body)).order.number", "10482.0"),
        ("parse_json('[1, {\"a\": \"b\"}]')[1].a", "b"),
        ("parse_json('\"a\"')", "a"),
        ("parse_json(decode_base64(detail.data)).name", "Grete"),
        ("decode_base64('w/9B')", "\u{fffd}\u{fffd}A"),
        ("date(detail.created, 'en_US')", "November 27, 2026"),
        ("date('2026-11-27T23:30:00-08:00', 'de-AT')", "27. November 2026"),
        ("date('2026-11-26T23:00:00.000Z', 'de', '+01:00')", "27. November 2026"),
        ("date('1970-01-01', 'de') || 'soon'", "soon"),
        ("lookup(detail.missing, `{\"DE\": \"Germany\"}`, 'elsewhere')", "elsewhere"),
        ("lookup(substring(detail.missing, `0`, `2`), `{}`, 'elsewhere')", "elsewhere"),
    ] {
        assert_eq!(found(expression), Ok(Found::Text(text.to_owned())), "{expression}");
    }
}

#[test]
fn the_names_of_html_4_and_the_numbers_of_windows_are_decoded() {
    for (written, read) in [
        ("&nbsp;&iexcl;&times;&atilde;&eth;&yuml;", "\u{a0}\u{a1}\u{d7}\u{e3}\u{f0}\u{ff}"),
        ("&quot;&amp;&apos;&lt;&gt;", "\"&'<>"),
        (
            "&OElig;&Scaron;&scaron;&fnof;&thetasym;&euro;&diams;",
            "\u{152}\u{160}\u{161}\u{192}\u{3d1}\u{20ac}\u{2666}",
        ),
        ("&zwj;&rlm;&ensp;|", "\u{200d}\u{200f}\u{2002}|"),
        ("&sub;&sube;&le;&ang;", "\u{2282}\u{2286}\u{2264}\u{2220}"),
        ("50 &#128; &#146;n&#x92; &#159;&#160;", "50 \u{20ac} \u{2019}n\u{2019} \u{178}\u{a0}"),
        ("&#129;&#33;", "\u{81}!"),
        ("&su; &; &AMP; &ltx; & ;", "&su; &; &AMP; &ltx; & ;"),
    ] {
        let event = json!({"id": "1", "source": "s", "detail-type": "t", "time": "2026-11-20T09:00:00Z", "detail": {"text": written}});
        let decoded =
            Expression::compile("decode(detail.text)").unwrap().evaluate(&OrderEvent::parse(event).unwrap());
        assert_eq!(decoded, Ok(Found::Text(read.to_owned())), "{written}");
    }
}

#[test]
fn a_missing_value_stays_missing() {
    for function in SHOP_FUNCTIONS {
        let (name, more) = (function.name, ", 'x'".repeat(function.fewest - 1));
        assert_eq!(found(&format!("{name}(detail.missing{more})")), Ok(Found::Nothing), "{name}");
    }
    assert_eq!(found("lookup('FR', `{}`)"), Ok(Found::Nothing));
}

#[test]
fn a_fault_names_the_function_and_the_type_of_its_argument_and_quotes_no_value() {
    for (expression, problem) in [
        ("contains(detail.tags, 'x')", "contains() was given null as argument 1, and takes string|array"),
        (
            "join(' ', detail.list)",
            "join() was given a list with null in it as argument 2, and takes array[string]",
        ),
        ("starts_with(detail.number, 'x')", "starts_with() was given number as argument 1, and takes string"),
        ("map(&abs(@), detail.list)", "abs() was given string as argument 1, and takes number"),
        (
            "replace(detail.sku, detail.number, 'x')",
            "replace() was given number as argument 2, and takes string",
        ),
        ("replace(detail.sku, '', 'x')", "replace() takes no empty text to replace"),
        ("split(detail.sku, '')", "split() takes no empty separator"),
        (
            "money('42.50', 'EUR')",
            "money() takes an amount in whole minor units, without a point; decimal_money() takes one such as 42.50",
        ),
        ("money(detail.amount, 'EURO')", "money() takes a currency's code, such as EUR"),
        ("decimal_money('42.50', 'XXX')", "decimal_money() takes a currency's code, such as EUR"),
        (
            "money(detail.amount, 'XYZ')",
            "money() doesn't know how many digits this currency has: give them as its fourth argument",
        ),
        ("money(detail.amount, 'EUR', 'de', `5`)", "money() takes 0 to 4 digits"),
        (
            "date('2026-11-27', 'de', 'Vienna')",
            "date() takes a zone such as +01:00 or CET-1CEST,M3.5.0,M10.5.0/3",
        ),
        ("date('tomorrow')", "date() takes an RFC 3339 time or date, or Unix time"),
        ("parse_json('order 10482')", "parse_json() takes a text with JSON in it"),
        ("parse_json(detail.number)", "parse_json() was given number as argument 1, and takes string"),
        ("decode_base64(detail.body)", "decode_base64() takes base64"),
        (
            "lookup('x', detail.list)",
            "lookup() was given a list with null in it as argument 2, and takes object",
        ),
    ] {
        assert_eq!(found(expression), Err(format!("can't be evaluated: {problem}")), "{expression}");
    }
}

#[test]
fn unknown_functions_and_wrong_numbers_of_arguments_are_faults() {
    for (expression, problem) in [
        ("jion(' ', [a, b])", "calls jion(), which does not exist"),
        ("a[?contain(@, 'x')]", "calls contain(), which does not exist"),
        ("{a: [b, !c || d.uper(@)]}", "calls uper(), which does not exist"),
        ("sort_by(a, &lenght(@)) | [0]", "calls lenght(), which does not exist"),
        ("a.*.x().b[]", "calls x(), which does not exist"),
        ("join(a)", "calls join() with 1 arguments, and it takes 2"),
        ("not_null()", "calls not_null() with 0 arguments, and it takes 1 or more"),
        ("money(a)", "calls money() with 1 arguments, and it takes 2 to 4"),
        ("length(a, b) == `1` && c", "calls length() with 2 arguments, and it takes 1"),
    ] {
        let refused = Expression::compile(expression).unwrap_err();
        assert!(refused.ends_with(problem), "{expression}: {refused}");
    }
}

#[test]
fn every_standard_function_exists_and_takes_the_listed_number_of_arguments() {
    for (name, fewest, most) in STANDARD {
        let function = RUNTIME.get_function(name).unwrap();
        let is_refused = |count: usize| {
            let mut context = Context::new("x()", &RUNTIME);
            let arguments = vec![Rcvar::new(Variable::Null); count];
            function.evaluate(&arguments, &mut context).is_err_and(|error| {
                let reason = error.reason.to_string();
                reason.contains("arguments")
            })
        };
        assert!(is_refused(fewest - 1) && !is_refused(fewest), "{name}");
        assert!(!is_refused(most.min(9)) && (most == usize::MAX || is_refused(most + 1)), "{name}");
    }
}

#[test]
fn json_in_a_text_has_ten_thousand_values_at_most() {
    let found = |zeros: usize| {
        let expression = Expression::compile(&format!("parse_json('[{}]')[0]", vec!["0"; zeros].join(",")));
        expression.unwrap().evaluate(&event()).map_err(|error| error.to_string())
    };
    assert_eq!(found(9_999), Ok(Found::Text("0".to_owned())));
    assert!(found(10_000).unwrap_err().ends_with("parse_json() takes JSON of at most 10,000 values"));
}

#[test]
fn no_function_returns_a_text_above_the_limit() {
    let event = |text: &str| {
        let detail = json!({"long": text, "pieces": Value::from("a".repeat(2000))});
        OrderEvent::parse(json!({"id": "1", "source": "s", "detail-type": "t", "time": "2026-11-20T09:00:00Z", "detail": detail}))
            .unwrap()
    };
    let long = event(&"x".repeat(MAX_TEXT_BYTES));
    for (expression, is_sound) in [
        ("replace(detail.long, 'x', 'y')", true),
        ("replace(detail.long, 'x', 'yy')", false),
        ("replace(detail.long, 'x', detail.long)", false),
        ("split(detail.pieces, 'a')", false),
        ("decode(detail.long)", true),
    ] {
        assert_eq!(
            Expression::compile(expression).unwrap().evaluate(&long).is_ok(),
            is_sound,
            "{expression}"
        );
    }
}
