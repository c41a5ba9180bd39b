//! Catalogues of 256 KB, the maximum size, and deeply nested expressions.

use serde_json::json;
use shared::catalogue::{Catalogue, Expression, OrderEvent};

use crate::measure::{alone, check_memory, check_work};

const MAX_BYTES: usize = 256 * 1024;

fn repeat_to(before: &str, unit: &str, after: &str, bytes: usize) -> String {
    format!("{before}{}{after}", unit.repeat((bytes - before.len() - after.len()) / unit.len()))
}

fn catalogues(bytes: usize) -> Vec<(&'static str, String)> {
    let numbered = |before: &str, line: &dyn Fn(usize) -> String, after: &str| {
        let mut text = before.to_owned();
        for number in 0.. {
            let line = line(number);
            if text.len() + line.len() + after.len() > bytes {
                break;
            }
            text += &line;
        }
        text + after
    };
    vec![
        ("lists in lists", repeat_to("a = ", "[", "", bytes)),
        ("tables in tables", repeat_to("a = ", "{a=", "", bytes)),
        ("a dotted name", repeat_to("a", ".a", " = 1", bytes)),
        ("a dotted header", repeat_to("[a", ".a", "]", bytes)),
        ("a dotted header of many tables", repeat_to("[[a", ".a", "]]", bytes)),
        ("a text", repeat_to("a = \"", "x", "\"", bytes)),
        ("a text that doesn't end", repeat_to("a = '''", "x", "", bytes)),
        ("a number", repeat_to("a = ", "9", "", bytes)),
        ("underlines", repeat_to("a = 1", "_1", "", bytes)),
        ("a duration", repeat_to("defaults = {max_age = \"", "9", "d\"}", bytes)),
        ("durations", repeat_to("defaults = {max_age = \"", "9d ", "\"}", bytes)),
        ("comments", repeat_to("", "#\n", "", bytes)),
        ("no TOML at all", repeat_to("", "\u{1f4e6}", "", bytes)),
        ("the same name", repeat_to("", "a=1\n", "", bytes)),
        ("names", numbered("", &|n| format!("a{n}=1\n"), "")),
        ("notifications", numbered("", &|n| format!("[notifications.a{n}]\n"), "")),
        ("tables", numbered("", &|n| format!("[a{n}.b.c]\n"), "")),
        ("sources", numbered("[notifications.a]\nsource = [", &|n| format!("'{n}',"), "]")),
        ("one source repeated", numbered("[notifications.a]\nsource = [", &|_| "'a',".to_owned(), "]")),
        ("variables", numbered("[notifications.a]\nbody = [", &|n| format!("'a{n}',"), "]")),
        ("entries that match the same events", numbered("", &|n| entry(n), "")),
    ]
}

/// A complete entry that matches the same events as every other entry.
fn entry(number: usize) -> String {
    format!(
        "[notifications.n{number}]\nsource=['s']\ndetail_type=['t']\norder='o'\nrecipient='r'\nconsent='c'\n\
         max_age='3d'\nproviders=['meta']\nbody=['b']\n[notifications.n{number}.templates]\n\
         meta={{name='t',languages=['en']}}\n"
    )
}

#[test]
fn a_larger_catalogue_is_refused() {
    let _alone = alone();
    let text = format!("#{}\n{}", "x".repeat(MAX_BYTES), entry(0));
    let faults = Catalogue::parse("n.toml", &text).unwrap_err();
    assert_eq!(faults.to_string(), "n.toml: is larger than 256 KB");
    assert_eq!(Catalogue::parse("n.toml", &entry(0)).unwrap().entries().len(), 1);
}

#[test]
fn every_catalogue_is_parsed_within_half_of_a_functions_memory() {
    for (what, text) in catalogues(MAX_BYTES) {
        let read = check_memory(what, || text, |text| Catalogue::parse("n.toml", text));
        assert!(read.is_err(), "{what}");
    }
}

#[test]
fn the_work_is_linear_in_the_catalogues_size() {
    for (index, (what, _)) in catalogues(400).into_iter().enumerate() {
        // The search for overlaps compares all pairs; the maximum size bounds it.
        if what == "entries that match the same events" {
            continue;
        }
        check_work(
            what,
            MAX_BYTES / 4,
            |bytes| catalogues(bytes).swap_remove(index).1,
            |text| {
                let _read = Catalogue::parse("n.toml", text);
            },
        );
    }
}

#[test]
fn deeply_nested_expressions_compile_or_fail_in_bounded_time() {
    let _alone = alone();
    let event = OrderEvent::parse(
        json!({"id": "1", "source": "s", "detail-type": "t", "time": "2026-11-20T09:00:00Z",
        "detail": {"a": [{"a": [{"a": 1}]}]}}),
    )
    .unwrap();
    for (before, unit, middle, close, after) in [
        ("", "(", "a", ")", ""),
        ("", "!", "a", "", ""),
        ("", "[", "a", "]", ""),
        ("", "{a:", "a", "}", ""),
        ("a", "[", "", "]", ""),
        ("a", "[]", "", "", ""),
        ("a", "[*]", "", "", ""),
        ("a", "[?a]", "", "", ""),
        ("a", "[?", "a", "]", ""),
        ("a", ".a", "", "", ""),
        ("a", ".*", "", "", ""),
        ("a", "||a", "", "", ""),
        ("a", "|a", "", "", ""),
        ("a", "&&a", "", "", ""),
        ("", "&", "a", "", ""),
        ("", "length(", "a", ")", ""),
        ("", "not_null(a,", "a", ")", ""),
        ("", "to_array(", "@", ")", ""),
        ("", "map(&", "a", ",@)", ""),
        ("`", "[", "1", "]", "`"),
        ("\"", "\\u0041", "", "", "\""),
    ] {
        for count in [1, 20, 60, 64, 200, 1000, 100_000] {
            let text = format!("{before}{}{middle}{}{after}", unit.repeat(count), close.repeat(count));
            match Expression::compile(&text) {
                Ok(expression) => {
                    let _found = expression.evaluate(&event);
                }
                // A syntax error quotes the expression, which comes from the catalogue, not from a customer.
                Err(problem) => assert!(problem.len() < 2 * text.len() + 1000, "{unit:?} {count}"),
            }
        }
    }
}
