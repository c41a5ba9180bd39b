//! Tests times, codes, ids and lists in every accepted form.

use serde_json::json;

use super::*;

#[test]
fn a_time_is_parsed_in_every_accepted_form() {
    let received_at: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
    let at: Timestamp = "2025-06-15T23:01:13Z".parse().unwrap();
    for value in [
        json!("1750028473"),
        json!(1_750_028_473),
        json!(1_750_028_473_000_i64),
        json!("1750028473000"),
        json!("1750028473000000"),
        json!(" 1750028473 "),
        json!("1750028473.25"),
        json!(1_750_028_473.0),
        json!("2025-06-15T23:01:13Z"),
        json!("2025-06-15T23:01:13.000Z"),
        json!("2025-06-16T04:31:13+05:30"),
        json!("2025-06-16T04:31:13+0530"),
        json!("2025-06-15 23:01:13Z"),
        json!("2025-06-16T04:31:13 05:30"),
        json!("2025-06-16 04:31:13 0530"),
        json!(1_750_028_473_000_000_000_i64),
        json!("1750028473000.7"),
        json!("2025-06-15 23:01:13 UTC"),
        json!("2025-06-15T23:01:13 GMT"),
        json!("2025-06-16 04:31:13 +0530"),
        json!("2025-06-15 23:01:13 +0000 UTC"),
        json!("2025-06-16 04:31:13 +0530 IST"),
        json!("Sun, 15 Jun 2025 23:01:13 GMT"),
        json!("Mon, 16 Jun 2025 04:31:13 +0530"),
    ] {
        assert_eq!(time(Some(&value), received_at), at, "{value}");
    }
    for value in [
        json!(null),
        json!(""),
        json!("now"),
        json!(0),
        json!("-5"),
        json!(1.5),
        json!("2025-06-15"),
        json!("2025-06-15T23:01:13"),
        json!("2025-06-15 23:01:13"),
        json!("2025-06-15T23:01:13 x"),
        json!("2025-06-15 23:01:13 PST"),
        json!(format!("2025-06-15 23:01:13{} UTC", " x".repeat(1_000_000))),
        json!("1999-01-01T00:00:00Z"),
        json!([]),
        json!({}),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1_863_000_000),
        json!(1_400_000_000),
    ] {
        assert_eq!(time(Some(&value), received_at), received_at, "{value}");
    }
    assert_eq!(time(None, received_at), received_at);
}

#[test]
fn a_single_object_is_a_list_of_one() {
    assert_eq!(items(Some(&json!([1, 2]))).len(), 2);
    assert_eq!(items(Some(&json!({"id": 1}))).len(), 1);
    assert_eq!(items(Some(&json!(null))).len(), 0);
    assert_eq!(items(None).len(), 0);
}

#[test]
fn a_code_is_a_number_or_a_string() {
    assert_eq!(code(Some(&json!(131_026))), Some(131_026));
    assert_eq!(code(Some(&json!(" 131026 "))), Some(131_026));
    assert_eq!(code(Some(&json!(131_026.0))), Some(131_026));
    for other in [
        json!(-1),
        json!(1.5),
        json!("x"),
        json!("1.5"),
        json!("."),
        json!(u64::MAX),
        json!(null),
        json!([131_026]),
    ] {
        assert_eq!(code(Some(&other)), None, "{other}");
    }
}

#[test]
fn values_without_meaning_are_empty() {
    for empty in [
        json!(null),
        json!(""),
        json!("  "),
        json!({}),
        json!([]),
        json!(0),
        json!(0.0),
        json!(false),
        json!({"error": ""}),
        json!({"a": [null, {"b": 0}], "c": {}}),
        json!([[]]),
    ] {
        assert!(is_empty(&empty), "{empty}");
    }
    for other in [json!("x"), json!("0"), json!(1), json!(true), json!([0, "x"]), json!({"a": {"b": "x"}})] {
        assert!(!is_empty(&other), "{other}");
    }
}

#[test]
fn an_error_member_may_mean_no_error() {
    for none in [
        json!("None"),
        json!(" no error "),
        json!({"code": "0", "message": "OK"}),
        json!([null, "null"]),
        json!({"code": "N/A", "details": "{}"}),
    ] {
        let body = json!({"error": none});
        assert_eq!(error(body.as_object().unwrap(), "error"), None, "{body}");
    }
    for some in [json!("no"), json!("x"), json!(true), json!({"code": "0", "message": "m"}), json!(["ok", 1])]
    {
        let body = json!({"error": some});
        assert_eq!(error(body.as_object().unwrap(), "error"), Some(&some), "{body}");
    }
}

#[test]
fn nested_lists_are_flattened() {
    let mut nested = json!([[1, [2, []]], {"a": [[{"b": [[3]]}]]}, "[4]"]);
    flatten(&mut nested);
    assert_eq!(nested, json!([1, 2, {"a": [{"b": [3]}]}, "[4]"]));
}

#[test]
fn an_accepted_id_is_found_in_every_documented_place() {
    for body in [
        json!({"data": {"message_id": "A1"}}),
        json!({"data": [{"message_id": "A1"}], "id": "request-7"}),
        json!({"data": {"id": "A1"}}),
        json!({"data": {"messages": [{"id": "A1"}]}}),
        json!({"messages": [{"id": "A1"}]}),
        json!({"messages": {"id": "A1"}}),
        json!({"message_id": "A1", "id": "request-7"}),
        json!({"messageId": "A1"}),
        json!({"id": "A1", "data": []}),
        json!({"data": "{\"message_id\":\"A1\"}"}),
        json!({"response": {"id": "request-7", "messages": [{"id": "A1"}]}}),
        json!({"result": {"messages": {"messageId": "A1"}}}),
    ] {
        let found = accepted_id(body.as_object().unwrap());
        assert_eq!(found.as_ref().map(MessageId::as_str), Some("A1"), "{body}");
    }
    let found = accepted_id(json!({"message": {"id": "wamid.A"}}).as_object().unwrap());
    assert_eq!(found.as_ref().map(MessageId::as_str), Some("wamid.A"));
    for body in [
        json!({}),
        json!({"message": {"id": "A1"}}),
        json!({"response": {"id": "A1"}}),
        json!({"data": "A1"}),
        json!({"messages": ["A1"]}),
        json!({"id": "a b"}),
        json!({"id": {}}),
        json!({"data": {"message_id": "null"}}),
        json!({"id": " Undefined "}),
        json!({"message_id": "0"}),
        json!({"id": "<message_id>"}),
        json!({"id": "%message_id%"}),
        json!({"id": "$message_id"}),
        json!({"messages": [{"id": "{{id}}"}]}),
    ] {
        assert_eq!(accepted_id(body.as_object().unwrap()), None, "{body}");
    }
}

#[test]
fn a_reply_is_an_object_or_an_array_of_one() {
    for body in ["{\"a\":1,}", "[{\"a\":1}]", r#""{\"a\":1}""#, r#""[{\"a\":1}]""#] {
        assert!(object(body.as_bytes()).is_some(), "{body}");
    }
    for other in [&b""[..], b"[]", b"[{},{}]", b"[1]", b"true", b"<html>"] {
        assert_eq!(object(other), None);
    }
}
