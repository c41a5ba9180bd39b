//! Classifies Meta's reply to a message (seed 004).
//!
//! A reply with `messages[0].id` means acceptance. An `error` object means that the message was not accepted,
//! with any HTTP status; its `code` gives the reason. Without either, only the HTTP status counts.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::message::MessageId;
use crate::protocol::{Answer, Reason, ReasonClass};
use crate::providers::http::Reply;
use crate::providers::lenient::{self, Object};
use crate::providers::reply_text::{ReplyText, is_yes, without_json};
use crate::providers::sanitizer::Sanitizer;
use crate::providers::{codes, http_status};

pub(in crate::providers) fn answer(reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
    let Some(body) = lenient::object(&reply.body) else {
        return without_json(reply, sanitizer);
    };
    let success = (200..=299).contains(&reply.status);
    let error = ["error", "errors"].iter().find_map(|name| lenient::error(&body, name));
    let error = error.and_then(|error| lenient::items(Some(error)).first());
    match (error, id(&body)) {
        // `message_status` may say that the message is held for a quality check or paused; Meta has accepted
        // it anyway.
        (None, id @ Some(_)) if success => Answer::Accepted(id),
        (_, Some(_)) if !success => http_status::contradiction(reply.status),
        (Some(Value::Object(error)), None) => refused(reply, &body, error, sanitizer),
        // Perhaps a gateway's reply, with an error as text.
        (error, None) => classify_text(reply, &body, error.is_some(), sanitizer),
        // Neither an id nor an error, or both.
        _ => http_status::answer(reply.status, reply.retry_after, None),
    }
}

/// Interprets the text of a reply whose error is not in Meta's form.
fn classify_text(reply: &Reply, body: &Object, has_error: bool, sanitizer: &Sanitizer<'_>) -> Answer {
    let reply_text = ReplyText::from_json(body, sanitizer);
    let raw_text = lenient::error_texts(body).into_iter().next().unwrap_or_default();
    let clean = || sanitizer.clean(&raw_text);
    let by_status = http_status::answer(reply.status, reply.retry_after, Some(clean()));
    let refuses = http_status::defers_to_text(reply.status, &by_status);
    if refuses && reply_text.says_taken() {
        return http_status::contradiction(reply.status);
    }
    if matches!(by_status, Answer::Unreadable(_)) && (reply_text.says_accepted() || reply_text.says_taken()) {
        return by_status;
    }
    // The text of a success may contain the code of another message.
    let code_in_text = || reply_text.code().filter(|_| refuses || has_error || reply_text.refuses());
    let code = codes::certain_in_members(body, reply.status).or_else(code_in_text);
    if let Some(answer) = code.and_then(|code| codes::answer(code, reply.retry_after, clean)) {
        return answer;
    }
    let is_error_at_success =
        has_error && matches!(by_status, Answer::Unreadable(_)) && !reply_text.says_accepted();
    if !refuses && !is_error_at_success {
        return by_status;
    }
    let reason = |class| Reason::new(class, http_status::code(reply.status), clean());
    reply_text.answer(reply.retry_after, reason).unwrap_or(by_status)
}

fn id(body: &Object) -> Option<MessageId> {
    lenient::id(lenient::items(body.get("messages")).first()?.get("id"))
}

/// The subcodes of an expired login: <https://developers.facebook.com/docs/graph-api/guides/error-handling>.
const LOGIN_EXPIRED: RangeInclusive<u32> = 458..=468;

fn refused(reply: &Reply, body: &Object, error: &Object, sanitizer: &Sanitizer<'_>) -> Answer {
    let clean = || sanitizer.clean(&error_text(error));
    let transient = is_yes(error.get("is_transient"));
    // "Object with this id does not exist" has Graph's general code. Only the subcode shows that the phone
    // number id in the credentials is wrong, and not the message.
    let code = match (lenient::code(error.get("code")), lenient::code(error.get("error_subcode"))) {
        (Some(100), Some(33)) => Some(33),
        (code, Some(subcode))
            if LOGIN_EXPIRED.contains(&subcode) && code.and_then(codes::class).is_none() =>
        {
            Some(codes::EXPIRED)
        }
        (code, _) => code
            .or_else(|| codes::certain_in_members(body, reply.status))
            .or_else(|| codes::find_in(&sanitizer.normalize(&error_text(error)))),
    };
    if let Some(answer) = code.and_then(|code| codes::answer(code, reply.retry_after, clean)) {
        return answer;
    }
    let code = code.map(|code| code.to_string());
    if transient {
        let code = code.unwrap_or_else(|| http_status::code(reply.status));
        return not_sent(Reason::new(ReasonClass::Unavailable, code, clean()), reply);
    }
    let by_status = http_status::answer(reply.status, reply.retry_after, Some(clean()));
    // With a code, or with a status that refuses, the message was not accepted. The text can only show that
    // the problem is temporary or the result unknown; everything else has a code.
    if http_status::defers_to_text(reply.status, &by_status) || code.is_some() && reply.status != 401 {
        let reply_text = ReplyText::new(lenient::error_texts(error).iter().map(String::as_str), sanitizer);
        let code = code.clone().unwrap_or_else(|| http_status::code(reply.status));
        let answer = reply_text.answer(reply.retry_after, |class| Reason::new(class, code.clone(), clean()));
        if let Some(answer @ (Answer::Unknown(_) | Answer::NotSent { .. })) = answer {
            return answer;
        }
    }
    if code.is_none() && !error.contains_key("code") && codes::is_oauth(error) {
        let text = "Meta refuses the access token";
        return Answer::Refused(Reason::new(ReasonClass::Credentials, http_status::code(reply.status), text));
    }
    match (by_status, code) {
        // An undocumented code with a status that shows nothing: it is still an error object, so the message
        // was not accepted.
        (Answer::Unknown(_) | Answer::Unreadable(_), Some(code)) => {
            let text = sanitizer.clean_or(&error_text(error), "Meta reports an unspecified failure");
            Answer::Unrecognised(Reason::new(ReasonClass::Unavailable, code, text))
        }
        (answer, code) => http_status::with_code(answer, code),
    }
}

fn not_sent(reason: Reason, reply: &Reply) -> Answer {
    Answer::NotSent { reason, retry_after: reply.retry_after }
}

/// The details, which Meta gives as a member of an object or as a string, or else the message.
fn error_text(error: &Object) -> String {
    let data = error.get("error_data");
    data.and_then(|data| lenient::text(data.get("details")))
        .or_else(|| lenient::text(data))
        .or_else(|| lenient::text(error.get("message")))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::providers::summary::{self, summary};

    fn classify(status: u16, body: &str) -> Answer {
        summary::classify(answer, status, body)
    }

    fn refusal(status: u16, code: u32) -> String {
        let body = json!({"error": {"message": "(#1) m", "type": "OAuthException", "code": code,
            "error_data": {"messaging_product": "whatsapp", "details": "d"}, "fbtrace_id": "A"}});
        summary(&classify(status, &body.to_string()))
    }

    #[test]
    fn an_id_is_an_acceptance_with_any_message_status() {
        let reply_text = r#"{"messaging_product":"whatsapp","contacts":[{"input":"+1","wa_id":"1"}],"messages":[{"id":"wamid.A="}]}"#;
        assert_eq!(summary(&classify(200, reply_text)), "accepted wamid.A=");
        for status in ["accepted", "held_for_quality_assessment", "paused", "something_new"] {
            let body = json!({"messages": [{"id": "wamid.A=", "message_status": status}]}).to_string();
            assert_eq!(summary(&classify(200, &body)), "accepted wamid.A=", "{status}");
        }
    }

    #[test]
    fn an_empty_error_is_ignored_and_an_invalid_text_does_not_hide_the_id() {
        for error in ["null", "{}", "[]", "\"\"", "0", "false", r#"{"code":0,"message":""}"#] {
            let body = format!(
                r#"{{"messages":{{"id":"wamid.A=",}},"error":{error} "contacts":[{{"input":"\ud83d"}}]}}"#
            );
            assert_eq!(summary(&classify(200, &body)), "accepted wamid.A=", "{body}");
        }
    }

    #[test]
    fn every_documented_code_counts_with_any_http_status() {
        for status in [200, 400, 401, 403, 404, 429, 500, 503] {
            for (codes, meaning) in [
                (&[1, 2, 131_000, 131_016, 133_004][..], "not sent unavailable CODE"),
                (&[4, 17, 32, 341, 613, 80_000, 80_007, 130_429], "not sent throttled CODE"),
                (&[131_057], "not sent unavailable CODE 60s"),
                (&[131_056], "not sent throttled CODE 6s"),
                (&[131_048, 131_064, 133_015, 134_101], "not sent account CODE"),
                (&[0, 190], "refused credentials CODE"),
                (
                    &[
                        3, 10, 33, 200, 250, 299, 368, 130_497, 131_005, 131_030, 131_031, 131_037, 131_042,
                        131_045, 133_000, 133_005, 133_006, 133_008, 133_009, 133_010, 134_011,
                    ],
                    "refused account CODE",
                ),
                (
                    &[132_000, 132_001, 132_005, 132_007, 132_008, 132_012, 132_015, 132_016],
                    "refused template CODE",
                ),
                (&[130_472, 131_021, 131_026, 131_049, 131_050], "rejected recipient CODE"),
                (&[100, 131_008, 131_009, 131_051, 132_018, 135_000], "refused content CODE"),
                (&[2046, 2047, 130_403, 131_047, 131_055, 137_000], "rejected content CODE"),
            ] {
                for code in codes {
                    assert_eq!(
                        refusal(status, *code),
                        meaning.replace("CODE", &code.to_string()),
                        "{status}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_undocumented_code_is_unrecognised_unless_transient() {
        assert_eq!(refusal(400, 999_999), "unrecognised content 999999");
        assert_eq!(refusal(401, 999_999), "refused credentials 999999");
        assert_eq!(refusal(403, 999_999), "unrecognised account 999999");
        assert_eq!(refusal(429, 999_999), "not sent throttled 999999");
        assert_eq!(refusal(500, 999_999), "unrecognised unavailable 999999");
        for (status, body, meaning) in [
            (500, r#"{"error":{"code":999999,"is_transient":true}}"#, "not sent unavailable 999999"),
            (400, r#"{"error":{"code":"999999","is_transient":true}}"#, "not sent unavailable 999999"),
            (400, r#"{"error":{"code":131026,"is_transient":true}}"#, "rejected recipient 131026"),
            (400, r#"{"error":{"code":999999,"is_transient":"true"}}"#, "not sent unavailable 999999"),
            (400, r#"{"error":{"code":999999,"is_transient":"false"}}"#, "unrecognised content 999999"),
            (
                400,
                r#"{"error":{"message":"(#80008) There have been too many calls"}}"#,
                "not sent throttled 80008",
            ),
            (400, r#"{"error":"(#4) Application request limit reached"}"#, "not sent throttled 4"),
            (400, r#"{"error":[{"code":131026}]}"#, "rejected recipient 131026"),
            (400, r#"{"errors":[{"code":131026.0}]}"#, "rejected recipient 131026"),
            (500, "\u{feff}{\"error\":{\"code\":1,\"message\":\"half \\ud83d\"},}", "not sent unavailable 1"),
            (503, r#"{"error":{"message":"m","is_transient":true}}"#, "not sent unavailable http_503"),
            (503, r#"{"error":{"message":"m"}}"#, "unknown unclear http_503"),
            (400, r#"{"error":{"message":"m"}}"#, "unrecognised content http_400"),
            (400, r#"{"error":{"code":100,"error_subcode":33}}"#, "refused account 33"),
            (400, r#"{"error":{"code":100,"error_subcode":2494010}}"#, "refused content 100"),
            (400, r#"{"error":{"code":-1}}"#, "unrecognised content http_400"),
            (400, r#"{"error":"text"}"#, "unrecognised content http_400"),
            (500, r#"{"error":"text"}"#, "unknown unclear http_500"),
            (200, r#"{"error":"text"}"#, "unreadable unclear unreadable"),
            (200, r#"{"error":{}}"#, "unreadable unclear unreadable"),
            (
                504,
                r#"{"error":{"message":"upstream timed out","details":[{"code":4}]}}"#,
                "unknown unclear http_504",
            ),
            (504, r#"{"error":"Gateway Timeout","errors":[{"code":1}]}"#, "unknown unclear http_504"),
            (200, r#"{"error":true,"errors":[{"code":2}]}"#, "unreadable unclear unreadable"),
            (200, r#"{"code":131000,"message":"Message was sent"}"#, "unreadable unclear unreadable"),
            (
                500,
                r#"{"error":{"message":"An unexpected error","type":"OAuthException","code":-1}}"#,
                "unknown unclear http_500",
            ),
            (429, "", "not sent throttled http_429"),
            (400, r#"{"error":{"code":463,"error_subcode":463}}"#, "refused credentials 190"),
            (400, r#"{"error":{"code":131026,"error_subcode":463}}"#, "rejected recipient 131026"),
            (400, r#"{"error":{"message":"m","type":"OAuthException"}}"#, "refused credentials http_400"),
            (
                400,
                r#"{"error":{"message":"m","type":"OAuthException","is_transient":true}}"#,
                "not sent unavailable http_400",
            ),
            (400, r#"{"error":{"error":{"code":80007,"message":"m"}}}"#, "not sent throttled 80007"),
            (400, r#"{"error":{"message":"m","errors":[{"code":4}]}}"#, "not sent throttled 4"),
            (400, r#"{"code":130429,"message":"m"}"#, "not sent throttled 130429"),
            (400, r#"{"code":"131026"}"#, "rejected recipient 131026"),
            (400, r#"{"code":100,"message":"m"}"#, "unrecognised content http_400"),
        ] {
            assert_eq!(summary(&classify(status, body)), meaning, "{status} {body}");
        }
    }

    #[test]
    fn an_id_with_a_refusal_is_unknown() {
        for (status, body) in [
            (400, r#"{"error":{"code":131026},"messages":[{"id":"wamid.A"}]}"#),
            (400, r#"{"messages":[{"id":"wamid.A"}]}"#),
            (401, r#"{"error":"m","messages":{"id":"wamid.A"}}"#),
            (429, r#"{"errors":[{"code":4}],"messages":[{"id":"wamid.A"}]}"#),
            (500, r#"{"error":{"code":1},"messages":[{"id":"wamid.A"}]}"#),
            (308, r#"{"messages":[{"id":"wamid.A"}]}"#),
        ] {
            assert_eq!(summary(&classify(status, body)), format!("unknown unclear http_{status}"), "{body}");
        }
    }

    #[test]
    fn texts_of_gateways_and_of_undocumented_codes_are_classified() {
        for (status, body, meaning) in [
            (400, r#"{"error":"socket hang up"}"#, "unknown unclear http_400"),
            (200, r#"{"error":"fetch failed"}"#, "unknown unclear http_200"),
            (200, r#"{"error":"Rate limit exceeded"}"#, "not sent throttled http_200"),
            (200, r#"{"error":"warning","message":"Message was sent"}"#, "unreadable unclear unreadable"),
            (400, r#"{"message":"Request failed with status code 502"}"#, "unknown unclear http_400"),
            (403, r#"{"statusCode":503,"message":"m"}"#, "unknown unclear http_403"),
            (404, r#"{"message":"no healthy upstream"}"#, "not sent unavailable http_404"),
            (400, r#"{"message":"Duplicate request"}"#, "unknown unclear http_400"),
            (403, r#"{"message":"Too many requests"}"#, "not sent throttled http_403"),
            (403, "upstream timed out", "unknown unclear http_403"),
            (
                400,
                r#"{"error":{"code":999999,"message":"Please retry your request later, rate limit"}}"#,
                "not sent throttled 999999",
            ),
            (500, r#"{"error":{"code":999999,"message":"Timeout"}}"#, "unknown unclear 999999"),
            (
                400,
                r#"{"error":{"code":-2,"message":"m","error_data":{"details":"Timeout"}}}"#,
                "unknown unclear http_400",
            ),
            // These have codes of their own, and no text makes them final.
            (400, r#"{"error":{"code":999999,"message":"re-engagement"}}"#, "unrecognised content 999999"),
            (400, r#"{"error":{"code":999999,"message":"blocked"}}"#, "unrecognised content 999999"),
            (400, r#"{"error":{"code":506,"message":"m"}}"#, "unrecognised content 506"),
            (400, r#"{"error":{"code":131026,"message":"timeout"}}"#, "rejected recipient 131026"),
            (401, r#"{"error":{"message":"Session timed out"}}"#, "refused credentials http_401"),
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
            r#"{"messages":[]}"#,
            r#"{"messages":[{}]}"#,
            r#"{"messages":null}"#,
            r#"{"messages":[{"id":["wamid.A"]}]}"#,
            r#"{"messages":[{"id":""}]}"#,
            r#"{"messages":[{"id":0}]}"#,
            r#"{"messages":[{"id":"null"}]}"#,
            r#"{"messages":[{"id":"wam"#,
            r#"{"messages":[{"id":"wamid.A"}],"error":{"code":131026}}"#,
        ] {
            assert_eq!(summary(&classify(200, body)), "unreadable unclear unreadable", "{body}");
        }
        summary::assert_classified_by_status(answer, &["", "{\"error\":{", "<html>", "{}", "[]"]);
    }

    #[test]
    fn waits_and_texts_are_passed_on() {
        let body = r#"{"error":{"code":130429}}"#.into();
        let reply = Reply { status: 403, retry_after: Some(Duration::from_secs(2)), error_type: None, body };
        assert_eq!(summary(&answer(&reply, &Sanitizer::default())), "not sent throttled 130429 2s");
        for (body, text) in [
            (r#"{"error":{"code":131026,"message":"x"}}"#, "the customer can't be reached on WhatsApp"),
            (
                r#"{"error":{"code":999999,"message":"m","error_data":{"details":"to 12025550100"}}}"#,
                "to […]",
            ),
            (r#"{"error":{"code":999999,"message":"m","error_data":"why"}}"#, "why"),
            (r#"{"error":{"code":999999,"message":"m"}}"#, "m"),
            (r#"{"error":{"code":999999}}"#, "the provider refuses the message"),
        ] {
            assert_eq!(summary::text(&classify(400, body)), text);
        }
    }
}
