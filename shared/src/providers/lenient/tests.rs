//! Times, codes, ids and lists, in every form in which they are read.

use serde_json::json;

use super::*;

#[test]
fn a_time_is_read_as_string_or_number_of_seconds_or_milliseconds() {
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
fn one_thing_is_a_list_of_one() {
    assert_eq!(items(Some(&json!([1, 2]))).len(), 2);
    assert_eq!(items(Some(&json!({"id": 1}))).len(), 1);
    assert_eq!(items(Some(&json!(null))).len(), 0);
    assert_eq!(items(None).len(), 0);
}

#[test]
fn a_code_is_a_number_in_either_form() {
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
fn what_says_nothing_is_empty() {
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
fn an_accepted_id_is_found_wherever_it_stands() {
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
    ] {
        let found = accepted_id(body.as_object().unwrap());
        assert_eq!(found.as_ref().map(MessageId::as_str), Some("A1"), "{body}");
    }
    for body in [
        json!({}),
        json!({"data": "A1"}),
        json!({"messages": ["A1"]}),
        json!({"id": "a b"}),
        json!({"id": {}}),
    ] {
        assert_eq!(accepted_id(body.as_object().unwrap()), None, "{body}");
    }
}

#[test]
fn a_reply_is_an_object_or_the_only_one_of_an_array() {
    assert!(object(b"{\"a\":1,}").is_some() && object(b"[{\"a\":1}]").is_some());
    for other in [&b""[..], b"[]", b"[{},{}]", b"[1]", b"true", b"<html>"] {
        assert_eq!(object(other), None);
    }
}
