//! Tests the largest and strangest callbacks that API Gateway passes on.

use std::fmt::Write as _;

use jiff::Timestamp;
use shared::providers::{Callback, Unparsable, kaleyra, meta, one_msg};

use crate::measure::{linear, within_memory};

const MB: usize = 1024 * 1024;
const LARGEST: usize = 6 * MB;
const RECEIVED_AT: Timestamp = Timestamp::constant(1_795_165_200, 0);

type Read = fn(&[u8], Timestamp) -> Result<Callback, Unparsable>;
/// Each provider's parser, and the text before and after its reports.
const READERS: [(&str, Read, Envelope); 3] = [
    ("onemsg", one_msg::callback::read, ("{\"ack\":[", "]}")),
    ("kaleyra", kaleyra::callback::read, ("{\"meta_object\":{\"value\":{\"statuses\":[", "]}}}")),
    ("meta", meta::callback::read, ("{\"entry\":[{\"changes\":[{\"value\":{\"statuses\":[", "]}}]}]}")),
];
type Envelope = (&'static str, &'static str);

/// A kind of body, built in about the requested size. Bodies are built one at a time, because together they
/// would fill the memory.
struct Shape {
    what: &'static str,
    before: String,
    unit: String,
    after: String,
}

impl Shape {
    /// One very long item.
    fn long(what: &'static str, before: impl Into<String>, unit: &str, after: impl Into<String>) -> Self {
        Self { what, before: before.into(), unit: unit.to_owned(), after: after.into() }
    }

    /// Many items separated by commas; the last is a null.
    fn many(what: &'static str, before: &str, item: &str, after: &str) -> Self {
        Self { what, before: before.to_owned(), unit: format!("{item},"), after: format!("null{after}") }
    }

    fn body(&self, bytes: usize) -> Vec<u8> {
        let count = bytes.saturating_sub(self.before.len() + self.after.len()) / self.unit.len();
        [self.before.as_bytes(), &self.unit.as_bytes().repeat(count), self.after.as_bytes()].concat()
    }
}

/// Bodies that consist of one very long item and are not a provider's.
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
        Shape::long("half a pair", "\"", "\\ud83d", "\""),
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
        ("deep ones", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
    ] {
        shapes.push(Shape::many(what, before, item, after));
    }
    shapes
}

/// A body with many reports, in which each member around them is a third of the body's size.
fn long_envelope(bytes: usize) -> Vec<u8> {
    let long = "x".repeat(bytes / 3);
    let before = format!(
        "{{\"message_id\":\"{long}\",\"status\":\"{long}\",\"meta_object\":{{\"value\":{{\"statuses\":["
    );
    Shape::many("", &before, "{}", "]}}}").body(bytes)
}

/// Bodies that one parser rejects are rejected by the others too; only Kaleyra's also parses forms.
fn shapes(name: &str, envelope: Envelope) -> Vec<Shape> {
    let mut shapes = if name == "kaleyra" { long() } else { Vec::new() };
    shapes.extend(long_reports(envelope));
    shapes.extend(many(envelope));
    shapes
}

fn read_within_memory(name: &str, read: Read, what: &str, body: impl FnOnce() -> Vec<u8>) {
    let what = format!("{name}: {what}");
    let callback = within_memory(&what, body, |body| read(body, RECEIVED_AT));
    for fact in callback.iter().flat_map(|callback| &callback.facts) {
        let failure = fact.failure.as_ref().map_or(0, |failure| failure.text.chars().count());
        assert!(fact.message_id.as_str().len() <= 512 && failure <= 201, "{what}");
    }
}

#[test]
fn no_body_takes_more_than_half_of_a_functions_memory() {
    for (name, read, envelope) in READERS {
        for shape in shapes(name, envelope) {
            read_within_memory(name, read, shape.what, || shape.body(LARGEST));
        }
        read_within_memory(name, read, "a long envelope", || long_envelope(LARGEST));
        read_within_memory(name, read, "no UTF-8", || {
            let mut body = Shape::long("", "{\"ack\":\"", "x", "").body(LARGEST);
            body.extend([0xff, b'"', b'}']);
            body
        });
        // As many of the items that take the most memory as are parsed.
        let most = Shape::many("", "[", "{\"\":0}", "]");
        read_within_memory(name, read, "as many objects as are read", || most.body(49_990 * most.unit.len()));
    }
}

#[test]
fn the_work_grows_as_the_body_does() {
    for (name, read, envelope) in READERS {
        let read = |body: &Vec<u8>| {
            let _read = read(body, RECEIVED_AT);
        };
        for shape in shapes(name, envelope) {
            linear(&format!("{name}: {}", shape.what), 75_000, |bytes| shape.body(bytes), read);
        }
        linear(&format!("{name}: a long envelope"), 12_000, long_envelope, read);
    }
}

#[test]
fn a_million_reports_are_refused_and_ten_thousand_are_read() {
    for (name, read, (before, after)) in READERS {
        let reports = |count: usize| {
            let mut body = before.to_owned();
            for n in 0..count {
                let comma = if n > 0 { "," } else { "" };
                write!(body, "{comma}{{\"id\":\"wamid.{n}\",\"status\":\"read\"}}").unwrap();
            }
            body + after
        };
        let ten_thousand = within_memory(name, || reports(10_000), |body| read(body.as_bytes(), RECEIVED_AT));
        assert_eq!(ten_thousand.map(|callback| callback.facts.len()), Ok(10_000), "{name}");
        let million = within_memory(name, || reports(1_000_000), |body| read(body.as_bytes(), RECEIVED_AT));
        assert_eq!(million, Err(Unparsable::TooManyValues), "{name}");
    }
}

#[test]
fn a_query_of_a_megabyte_is_read_as_a_form_is() {
    for shape in long() {
        let query = || String::from_utf8(shape.body(MB)).unwrap();
        within_memory(shape.what, query, |query| kaleyra::callback::read_query(query, RECEIVED_AT));
    }
}
