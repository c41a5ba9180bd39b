//! The largest and most unusual callbacks that API Gateway forwards.

use std::fmt::Write as _;

use jiff::Timestamp;
use shared::providers::{Callback, Unparsable, kaleyra, meta, one_msg};

use crate::measure::{check_memory, check_work};

const MB: usize = 1024 * 1024;
const MAX_BYTES: usize = 6 * MB;
const RECEIVED_AT: Timestamp = Timestamp::constant(1_795_165_200, 0);

type Parse = fn(&[u8], Timestamp) -> Result<Callback, Unparsable>;
/// Each provider's parser, and the text before and after its reports.
const PARSERS: [(&str, Parse, Envelope); 3] = [
    ("onemsg", one_msg::callback::parse, ("{\"ack\":[", "]}")),
    ("kaleyra", kaleyra::callback::parse, ("{\"meta_object\":{\"value\":{\"statuses\":[", "]}}}")),
    ("meta", meta::callback::parse, ("{\"entry\":[{\"changes\":[{\"value\":{\"statuses\":[", "]}}]}]}")),
];
type Envelope = (&'static str, &'static str);

/// The pattern of a body of any size. Bodies are built one at a time, because all of them would fill the memory.
struct Shape {
    what: &'static str,
    before: String,
    unit: String,
    after: String,
}

impl Shape {
    /// A body with one very long item: `unit` repeated.
    fn long(what: &'static str, before: impl Into<String>, unit: &str, after: impl Into<String>) -> Self {
        Self { what, before: before.into(), unit: unit.to_owned(), after: after.into() }
    }

    /// A body with many items, separated by commas. The last one is null.
    fn many(what: &'static str, before: &str, item: &str, after: &str) -> Self {
        Self { what, before: before.to_owned(), unit: format!("{item},"), after: format!("null{after}") }
    }

    fn body(&self, bytes: usize) -> Vec<u8> {
        let count = bytes.saturating_sub(self.before.len() + self.after.len()) / self.unit.len();
        [self.before.as_bytes(), &self.unit.as_bytes().repeat(count), self.after.as_bytes()].concat()
    }
}

/// Bodies that consist of one very long item and don't have the form of a provider.
fn long() -> Vec<Shape> {
    vec![
        Shape::long("lists in lists", "", "[", ""),
        Shape::long("objects in objects", "", "{\"ack\":", ""),
        Shape::long("white space", "", " ", ""),
        Shape::long("white space before JSON", "", "\n", "{}"),
        Shape::long("zeros", "", "\0", ""),
        Shape::long("a number", "", "9", ""),
        Shape::long("a number with a point", "0.", "9", ""),
        Shape::long("an exponent", "1e", "9", ""),
        Shape::long("a string", "\"", "x", "\""),
        Shape::long("a name", "{\"", "x", "\":1}"),
        Shape::long("escapes", "\"", "\\u0041", "\""),
        Shape::long("an unpaired surrogate", "\"", "\\ud83d", "\""),
        Shape::long("a form's name", "", "x", "=1"),
        Shape::long("a form's value", "id=1&status=", "%41", ""),
        Shape::long("a form of spaces", "error=", "+", "&id=1&status=failed"),
        Shape::long("a form of many variables", "a=1", "&b=1", ""),
        Shape::long("a form of nothing", "a=", "&", ""),
        Shape::long("a form's name of many parts", "a", "[a]", "=1&id=1&status=sent"),
        Shape::long("a form's JSON", "payload=[", "{},", "{}]"),
        Shape::long("a form's plus signs", "a=/", "+", ""),
        Shape::long("a form of many parts", "", "--a\n name=b\n\nc\n", ""),
        Shape::long("comments", "[", "/*'*/", "1]"),
        Shape::long("single quotes", "[", "'", "]"),
        Shape::long("JSON in a text", "\"[", "{},", "{}]\""),
        Shape::long(
            "JSON in texts",
            "{\"extra_info\":[",
            "\"[{},{},{},{},{},{},{},{},{},{},{},{}]\",",
            "0]}",
        ),
    ]
}

/// Bodies with one very long report.
fn long_reports((before, after): Envelope) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (what, open, unit, close) in [
        ("an id", "{\"status\":\"sent\",\"id\":\"", "x", "\"}"),
        ("a status", "{\"id\":\"a\",\"status\":\"", "x", "\"}"),
        ("a status of digits", "{\"id\":\"a\",\"status\":\"", "1", "\"}"),
        ("a time", "{\"id\":\"a\",\"status\":\"sent\",\"timestamp\":\"", "1", "\"}"),
        ("an error", "{\"id\":\"a\",\"status\":\"failed\",\"error\":\"", "12025550100 x ", "\"}"),
        ("a detail", "{\"id\":\"a\",\"status\":\"failed\",\"errors\":[{\"message\":\"", "a ", "\"}]}"),
        ("a code", "{\"id\":\"a\",\"status\":\"failed\",\"errors\":[{\"code\":\"", "1", "\"}]}"),
        ("a reference", "{\"id\":\"a\",\"biz_opaque_callback_data\":\"notification/", "k", "/1\"}"),
    ] {
        shapes.push(Shape::long(what, format!("{before}{open}"), unit, format!("{close}{after}")));
    }
    shapes
}

/// Bodies with many items.
fn many((before, after): Envelope) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (what, item) in [
        ("numbers", "7"),
        ("empty lists", "[]"),
        ("empty objects", "{}"),
        ("the smallest objects", "{\"\":0}"),
        ("reports", "{\"id\":\"a\",\"status\":\"sent\"}"),
        ("reports without a status", "{\"id\":\"a\"}"),
        ("reports without an id", "{\"status\":\"x\"}"),
        ("errors", "{\"id\":\"a\",\"status\":\"failed\",\"errors\":[{}]}"),
        ("deeply nested lists", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
    ] {
        shapes.push(Shape::many(what, before, item, after));
    }
    shapes
}

/// A body whose outer members are each a third of its size, with reports in the rest.
fn long_envelope(bytes: usize) -> Vec<u8> {
    let long = "x".repeat(bytes / 3);
    let before = format!(
        "{{\"message_id\":\"{long}\",\"status\":\"{long}\",\"meta_object\":{{\"value\":{{\"statuses\":["
    );
    Shape::many("", &before, "{}", "]}}}").body(bytes)
}

/// The bodies for a provider. Kaleyra's parser alone gets those of `long`: all share the JSON parser, and it adds forms.
fn shapes(name: &str, envelope: Envelope) -> Vec<Shape> {
    let mut shapes = if name == "kaleyra" { long() } else { Vec::new() };
    shapes.extend(long_reports(envelope));
    shapes.extend(many(envelope));
    shapes
}

fn check_callback(name: &str, parse: Parse, what: &str, body: impl FnOnce() -> Vec<u8>) {
    let what = format!("{name}: {what}");
    let callback = check_memory(&what, body, |body| parse(body, RECEIVED_AT));
    for fact in callback.iter().flat_map(|callback| &callback.facts) {
        let failure = fact.failure.as_ref().map_or(0, |failure| failure.text.chars().count());
        assert!(fact.message_id.as_str().len() <= 512 && failure <= 201, "{what}");
    }
}

#[test]
fn every_callback_is_parsed_within_half_of_a_functions_memory() {
    for (name, parse, envelope) in PARSERS {
        for shape in shapes(name, envelope) {
            check_callback(name, parse, shape.what, || shape.body(MAX_BYTES));
        }
        check_callback(name, parse, "a long envelope", || long_envelope(MAX_BYTES));
        check_callback(name, parse, "no UTF-8", || {
            let mut body = Shape::long("", "{\"ack\":\"", "x", "").body(MAX_BYTES);
            body.extend([0xff, b'"', b'}']);
            body
        });
        // The maximum number of the items that need the most memory.
        let most = Shape::many("", "[", "{\"\":0}", "]");
        check_callback(name, parse, "the maximum number of objects", || most.body(49_990 * most.unit.len()));
    }
}

#[test]
fn the_work_is_linear_in_the_callbacks_size() {
    for (name, parse, envelope) in PARSERS {
        let parse_body = |body: &Vec<u8>| {
            let _parsed = parse(body, RECEIVED_AT);
        };
        for shape in shapes(name, envelope) {
            check_work(&format!("{name}: {}", shape.what), 75_000, |bytes| shape.body(bytes), parse_body);
        }
        check_work(&format!("{name}: a long envelope"), 12_000, long_envelope, parse_body);
    }
}

#[test]
fn ten_thousand_reports_are_parsed_and_a_million_are_refused() {
    for (name, parse, (before, after)) in PARSERS {
        let reports = |count: usize| {
            let mut body = before.to_owned();
            for n in 0..count {
                let comma = if n > 0 { "," } else { "" };
                write!(body, "{comma}{{\"id\":\"wamid.{n}\",\"status\":\"read\"}}").unwrap();
            }
            body + after
        };
        let ten_thousand = check_memory(name, || reports(10_000), |body| parse(body.as_bytes(), RECEIVED_AT));
        assert_eq!(ten_thousand.map(|callback| callback.facts.len()), Ok(10_000), "{name}");
        let million = check_memory(name, || reports(1_000_000), |body| parse(body.as_bytes(), RECEIVED_AT));
        assert_eq!(million, Err(Unparsable::TooManyValues), "{name}");
    }
}

#[test]
fn a_query_of_a_megabyte_is_parsed_within_the_memory() {
    for shape in long() {
        let query = || String::from_utf8(shape.body(MB)).unwrap();
        check_memory(shape.what, query, |query| kaleyra::callback::parse_query(query, RECEIVED_AT));
    }
}
