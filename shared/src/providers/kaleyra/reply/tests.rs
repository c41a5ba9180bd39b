//! Tests Kaleyra's replies, code by code.

use super::*;
use crate::providers::summary::{self, summary};

fn classify(status: u16, body: &str) -> Answer {
    summary::classify(answer, status, body)
}

#[test]
fn every_documented_reply_is_classified() {
    for (status, body, meaning) in [
        (
            202,
            r#"{"code":"WA202","message":"Request Accepted","data":{"message_id":"AXXX"},"error":{}}"#,
            "accepted AXXX",
        ),
        // As printed on the page, with two commas missing.
        (
            202,
            "{\n\"code\":\"WA202\"\n\"message\":\"Request Accepted\",\n\"data\":{\n\"message_id\":\"AXXXXXXXXXXXXXXXXXXXX\"\n}\n\"error\":{}\n}",
            "accepted AXXXXXXXXXXXXXXXXXXXX",
        ),
        (202, "\u{feff}{\"code\":\"WA202\",\"data\":{\"message_id\":\"AXXX\",},}", "accepted AXXX"),
        (
            202,
            r#"{"code":"WA202","message":"Caf\ud83d","data":[{"message_id":"AXXX"}],"error":[]}"#,
            "accepted AXXX",
        ),
        (200, r#"{"messages":[{"id":"wamid.A="}]}"#, "accepted wamid.A="),
        (200, r#"{"id":"AXXX","code":"WA200","data":{}}"#, "accepted AXXX"),
        (200, r#"{"id":"d0b238ef-7","code":"RBC001","error":{"error":"x"}}"#, "refused credentials RBC001"),
        // The id may be the message's.
        (200, r#"{"id":"d0b238ef-7","code":"X1","error":{"error":"x"}}"#, "unreadable unclear unreadable"),
        (200, r#"{"id":"d0b238ef-7","error":{"error":"Too many requests"}}"#, "not sent throttled http_200"),
        (202, r#"{"code":"WA202","data":{"message_id":"null"}}"#, "accepted without id"),
        (200, r#"[{"code":"WA202","data":{"message_id":"AXXX"}}]"#, "accepted AXXX"),
        (202, r#"{"code":"WA202","data":{"message_id":"AXXX"},"error":{"error":""}}"#, "accepted AXXX"),
        (
            202,
            r#"{"code":"WA202","data":{"message_id":"AXXX"},"error":{"code":0,"payload":null,"x":[{}]}}"#,
            "accepted AXXX",
        ),
        (202, r#"{"code":"WA202","data":{"message_id":"AXXX"},"error":0}"#, "accepted AXXX"),
        (400, r#"{"code":"x1","error":{"code":131026,"message":"m"}}"#, "rejected recipient 131026"),
        (400, r#"{"error":{"error_code":"e110"}}"#, "not sent account E110"),
        (400, r#"{"code":"X1","message":"upstream timed out"}"#, "unknown unclear X1"),
        (200, r#"{"code":"WA200","data":{"message_id":"AXXX"},"error":null}"#, "accepted AXXX"),
        (202, r#"{"code":"WA202","data":{"message_id":"AXXX"},"error":[]}"#, "accepted AXXX"),
        (202, r#"{"code":"WA202","data":{"message_id":"AXXX"}}"#, "accepted AXXX"),
        (202, r#"{"code":"WA202","data":[],"error":{}}"#, "accepted without id"),
        (202, r#"{"code":"WA202","data":{}}"#, "accepted without id"),
        (
            401,
            r#"{"code":"RBC001","message":"Incorrect SID or API key.","data":[],"error":{"error":"x"}}"#,
            "refused credentials RBC001",
        ),
        (401, r#"{"code":"WA401","data":{},"error":{"phone_number":"x"}}"#, "refused account WA401"),
        (401, r#"{"code":"WA-401","data":{},"error":{"account":"x"}}"#, "refused account WA-401"),
        (401, r#"{"code":"WA-401","data":{},"error":{"phone_number":"x"}}"#, "refused account WA-401"),
        (400, r#"{"code":"WA400","data":{},"error":{"payload":"x"}}"#, "refused content WA400"),
        (400, r#"{"code":"E110","data":{},"error":{"balance":"x"}}"#, "not sent account E110"),
        (403, r#"{"code":"WAV2101","message":"Account daily limit reached"}"#, "not sent account WAV2101"),
        (429, r#"{"code":"WA429"}"#, "not sent throttled WA429 300s"),
        (500, r#"{"code":"WA500","data":{},"error":{"error":"x"}}"#, "not sent unavailable WA500 300s"),
        (400, r#"{"code":"131026","message":"x"}"#, "rejected recipient 131026"),
        (400, r#"{"code":132015,"message":"x"}"#, "refused template 132015"),
        (400, r#"{"code":"WA499","message":"x","error":{"a":"b"}}"#, "unrecognised content WA499"),
        (403, r#"{"code":"WA403"}"#, "unrecognised account WA403"),
        (200, r#"{"code":"WA400","data":{},"error":{"payload":"x"}}"#, "refused content WA400"),
        (200, r#"{"code":"X1","data":{},"error":{"payload":"x"}}"#, "unrecognised content X1"),
        (200, r#"{"data":{},"error":"no"}"#, "unrecognised content http_200"),
    ] {
        assert_eq!(summary(&classify(status, body)), meaning, "{status} {body}");
    }
}

#[test]
fn an_unclear_reply_is_unreadable() {
    for body in [
        "",
        "OK",
        "null",
        "[]",
        "{}",
        r#"{"code":"WA202","data":{"message_"#,
        r#"{"data":[]}"#,
        r#"{"code":"WA202","data":{"message_id":"AXXX"},"error":{"payload":"x"}}"#,
        r#"{"code":"WA400","data":{"message_id":"AXXX"}}"#,
        r#"{"code":"NEW1","data":{}}"#,
        r#"{"code":200}"#,
        r#"{"code":"SUCCESS","message":"Registered. Remaining balance: 20"}"#,
        r#"{"code":0,"message":"Registered, 12 credits left"}"#,
        r#"{"code":"X1","message":"Registered. Rate limit remaining: 79"}"#,
        r#"{"code":"X1","message":"Registered, maintenance is planned"}"#,
        r#"{"code":"X1","message":"Rate limit not exceeded"}"#,
        r#"{"message":"Registered. The last one was refused (#130429)"}"#,
    ] {
        assert_eq!(summary(&classify(202, body)), "unreadable unclear unreadable", "{body}");
    }
    for body in [
        r#"{"code":"WA202","data":{"message_id":[1]},"error":{}}"#,
        r#"{"code":"WA202","data":{"message_id":"a b"},"error":{}}"#,
        r#"{"code":"WA202","data":"AXXX","error":{}}"#,
    ] {
        assert_eq!(summary(&classify(202, body)), "accepted without id", "{body}");
    }
    summary::assert_classified_by_status(answer, &["", "{\"code\":\"WA", "<html>", "{}", "[]"]);
    assert_eq!(summary(&classify(500, r#"{"code":"WA777"}"#)), "unknown unclear http_500");
}

#[test]
fn texts_and_codes_of_the_upstream_are_recognised() {
    for (status, body, meaning) in [
        (
            400,
            r#"{"code":"E429","message":"Rate limit exceeded, try again later"}"#,
            "not sent throttled E429",
        ),
        (
            200,
            r#"{"code":"E429","message":"Rate limit exceeded, try again later"}"#,
            "not sent throttled E429",
        ),
        (400, r#"{"code":429,"message":"m"}"#, "not sent throttled 429"),
        (400, r#"{"code":"X1","errors":[{"code":131026}]}"#, "rejected recipient 131026"),
        (200, r#"{"errors":[{"title":"t","code":"132015"}]}"#, "refused template 132015"),
        (400, r#"{"message":"(#131026) Message undeliverable"}"#, "rejected recipient 131026"),
        (
            400,
            r#"{"code":"WA999","message":"Error","error":{"payload":"(#131049) m"}}"#,
            "rejected recipient 131049",
        ),
        (400, r#"{"code":"X1","error":{"error":{"error_data":{"code":131047}}}}"#, "rejected content 131047"),
        (400, r#"{"code":"X1","message":"{\"error\":{\"code\":131026}}"}"#, "rejected recipient 131026"),
        (400, r#"{"code":"X1","message":"template does not exist"}"#, "refused template X1"),
        (403, r#"{"message":"Your account is suspended"}"#, "refused account http_403"),
        (400, r#"{"code":"X1","message":"Too many parameters"}"#, "unrecognised content X1"),
        (400, r#"{"code":"X1","message":"Request failed with status code 502"}"#, "unknown unclear X1"),
        (200, r#"{"code":"X1","error":{"error":"socket hang up"}}"#, "unknown unclear X1"),
        (400, r#"{"code":"500","message":"m"}"#, "unknown unclear 500"),
        (403, "upstream timed out", "unknown unclear http_403"),
        (400, "Too many requests", "not sent throttled http_400"),
        (400, r#"{"error":"connect ECONNREFUSED 10.0.0.1:443"}"#, "not sent unavailable http_400"),
        // The documented code takes precedence, then the text, then the status.
        (400, r#"{"code":"E110","message":"timed out"}"#, "not sent account E110"),
        (400, r#"{"code":"WA400","message":"(#131026) m"}"#, "refused content WA400"),
        (401, r#"{"code":"X1","message":"Session timed out"}"#, "refused credentials X1"),
    ] {
        assert_eq!(summary(&classify(status, body)), meaning, "{status} {body}");
    }
}

#[test]
fn acceptance_and_refusal_together_are_unknown() {
    for (status, body) in [
        (400, r#"{"code":"WA400","data":{"message_id":"AXXX"}}"#),
        (500, r#"{"code":"WA500","data":{"message_id":"AXXX"}}"#),
        (400, r#"{"code":"X1","data":[{"message_id":"AXXX"}]}"#),
        (429, r#"{"code":"WA429","messages":[{"id":"wamid.A"}]}"#),
        (400, r#"{"code":"E110","message_id":"AXXX"}"#),
        (400, r#"{"data":{"messages":[{"id":"wamid.A"}]}}"#),
        (401, r#"{"code":"RBC001","id":"wamid.A"}"#),
        (400, r#"{"code":"WA202","message":"Request Accepted"}"#),
        (400, r#"{"code":"X1","message":"Duplicate request"}"#),
        (400, r#"{"status":"success","error":{"a":"b"}}"#),
        (308, r#"{"code":"WA202","data":{"message_id":"AXXX"}}"#),
    ] {
        assert_eq!(summary(&classify(status, body)), format!("unknown unclear http_{status}"), "{body}");
    }
    for body in [
        r#"{"code":"WA202","data":{},"error":{"payload":"x"}}"#,
        r#"{"code":"WA202","data":{},"error":{"code":131026}}"#,
        r#"{"message":"Request Accepted","error":{"payload":"x"}}"#,
        r#"{"status":"queued","error":{"payload":"x"}}"#,
        r#"{"message":"Message was sent. (#131026)"}"#,
        r#"{"code":"WA203","message":"Request received, payment pending"}"#,
        r#"{"code":"WA203","message":"Registered; payment will be charged"}"#,
        r#"{"code":201,"message":"Registered; payment will be charged"}"#,
        r#"{"message":"Registered; payment will be charged"}"#,
        r#"{"status":"pending","error":{"payload":"x"}}"#,
    ] {
        assert_eq!(summary(&classify(202, body)), "unreadable unclear unreadable", "{body}");
    }
    // The id of a request is not that of a message.
    assert_eq!(summary(&classify(400, r#"{"code":"WA400","id":"request-7"}"#)), "refused content WA400");
    assert_eq!(
        summary(&classify(400, r#"{"code":"WA400","data":{"message_id":0}}"#)),
        "refused content WA400"
    );
}

#[test]
fn a_wait_in_the_header_replaces_the_advised_one() {
    for (code, seconds, meaning) in [
        ("WA429", 1, "not sent throttled WA429 1s"),
        ("WA500", 7, "not sent unavailable WA500 7s"),
        ("E110", 1, "not sent account E110 1s"),
        ("WAV2101", 7200, "not sent account WAV2101 7200s"),
    ] {
        let body = format!("{{\"code\":\"{code}\"}}").into();
        let reply =
            Reply { status: 429, retry_after: Some(Duration::from_secs(seconds)), error_type: None, body };
        assert_eq!(summary(&answer(&reply, &Sanitizer::default())), meaning);
    }
}

#[test]
fn the_providers_text_is_redacted() {
    for (body, text) in [
        (r#"{"code":"X1","message":"bad +1 202 555 0100"}"#, "bad +[…]"),
        (r#"{"code":"X1","error":{"payload":"Incorrect"}}"#, "Incorrect"),
        (r#"{"code":"X1"}"#, "the provider refuses the message"),
    ] {
        assert_eq!(summary::text(&classify(400, body)), text);
    }
    assert_eq!(summary(&classify(400, r#"{"code":"12025550100"}"#)), "unrecognised content http_400");
}
