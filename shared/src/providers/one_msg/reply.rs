//! What 1MSG's reply to `sendTemplate` means.
//!
//! Accepted is a 2xx whose body says `"sent": true` (seeds 000 to 002), as a text with the message's id, and nothing else is. Refusals come with
//! HTTP 200 too, with one of WhatsApp's own codes somewhere in the body, or in plain words.

use serde_json::Value;

use crate::protocol::{Answer, Reason, ReasonClass};
use crate::providers::http::Reply;
use crate::providers::lenient::{self, Object};
use crate::providers::plain_words::{PlainWords, is_failure, is_success, is_taken, is_yes};
use crate::providers::words::Words;
use crate::providers::{codes, http_status};

/// WhatsApp's codes start here (2046); below are Graph's and HTTP's, which a top-level `code` may be as well.
const FIRST_WHATSAPP_CODE: u32 = 1000;

pub(in crate::providers) fn answer(reply: &Reply, words: &Words<'_>) -> Answer {
    let body = match lenient::object(&reply.body) {
        Some(body) => body,
        None if (200..=299).contains(&reply.status) => return http_status::answer(reply.status, None, None),
        // Words that are no JSON mean what they would in a `message`.
        None => Object::from_iter([("message".to_owned(), lenient::plain_text(&reply.body).into())]),
    };
    let (said, plain) = (said(&body), PlainWords::of(&body, words));
    match reply.status {
        _ if lenient::member(&body, "jobId").is_some() && !is_sent(&body) => {
            let text = "1MSG has queued the message and names no id";
            Answer::Unreadable(Reason::new(ReasonClass::Unclear, "queued", text))
        }
        200..=299 => ok(reply, &body, &said, &plain, words),
        status if says_yes(&body, &plain) => http_status::yes_and_no(status),
        // The body of a 401 repeats the token.
        401 => http_status::answer(401, None, None),
        status => {
            let by_status = http_status::answer(status, reply.retry_after, Some(words.fit(&said)));
            if !http_status::leaves_it_to_words(status, &by_status) {
                return by_status;
            }
            let code = meta_code(&body, &plain);
            explained(reply, &said, code, &plain, words).unwrap_or_else(|| by_refusal(by_status, code))
        }
    }
}

fn ok(reply: &Reply, body: &Object, said: &str, plain: &PlainWords, words: &Words<'_>) -> Answer {
    let id = lenient::accepted_id(body);
    let unreadable = || http_status::answer(reply.status, None, None);
    // An empty one says nothing, like none.
    match body.get("sent").filter(|sent| sent.is_boolean() || !lenient::is_empty(sent)) {
        // Yes and no at once.
        Some(sent) if is_yes(Some(sent)) && error(body).is_some() => unreadable(),
        Some(Value::Bool(true)) => Answer::Accepted(id),
        // In another form it counts with the message's id alone.
        Some(sent) if is_yes(Some(sent)) && id.is_some() => Answer::Accepted(id),
        _ if id.is_some() => unreadable(),
        Some(sent) if is_no(sent) && !is_taken(body) && !plain.say_taken() => {
            let code = meta_code(body, plain);
            explained(reply, said, code, plain, words).unwrap_or_else(|| unrecognised(said, code, words))
        }
        None if explains(body) && !is_success(body) && !is_taken(body) && !plain.say_yes() => {
            let code = meta_code(body, plain);
            let is_no = error(body).is_some() || is_failure(body) || code.is_some();
            if !is_no && plain.may_say_yes() {
                return unreadable();
            }
            explained(reply, said, code, plain, words).unwrap_or_else(|| unrecognised(said, code, words))
        }
        _ => unreadable(),
    }
}

fn is_sent(body: &Object) -> bool {
    body.get("sent") == Some(&Value::Bool(true))
}

/// 1MSG also writes it as a text.
fn is_no(sent: &Value) -> bool {
    const WORDS: [&str; 6] = ["false", "no", "0", "failed", "error", "rejected"];
    sent == &Value::Bool(false)
        || sent.as_str().is_some_and(|sent| WORDS.iter().any(|word| sent.trim().eq_ignore_ascii_case(word)))
}

/// Whether a reply whose status refuses says that the message was taken.
fn says_yes(body: &Object, plain: &PlainWords) -> bool {
    body.get("sent").is_some_and(|sent| !lenient::is_empty(sent) && !is_no(sent))
        || lenient::names_a_message(body)
        || is_success(body)
        || is_taken(body)
        || plain.say_taken()
}

/// Whether a body without `sent` says anything: `{"message":"body: Param text: …"}` is a refusal, `{}` is nothing.
fn explains(body: &Object) -> bool {
    error(body).is_some() || lenient::member(body, "message").is_some() || is_failure(body)
}

fn unrecognised(said: &str, code: Option<u32>, words: &Words<'_>) -> Answer {
    let code = code.map_or_else(|| "refused".to_owned(), |code| code.to_string());
    let text = words.fit_or(said, "1MSG refuses the message and doesn't say why");
    Answer::Unrecognised(Reason::new(ReasonClass::Content, code, text))
}

/// What a documented code says, else the words.
fn explained(
    reply: &Reply,
    said: &str,
    code: Option<u32>,
    plain: &PlainWords,
    words: &Words<'_>,
) -> Option<Answer> {
    let fit = || words.fit_or(said, "1MSG refuses the message and doesn't say why");
    if let Some(answer) = code.and_then(|code| codes::answer(code, reply.retry_after, fit)) {
        return Some(answer);
    }
    let code = match (code, reply.status) {
        (Some(code), _) => code.to_string(),
        (None, 200..=299 | 400) => "refused".to_owned(),
        (None, status) => http_status::code(status),
    };
    plain.answer(reply.retry_after, |class| Reason::new(class, code.clone(), fit()))
}

/// A status that refuses, where neither a documented code nor the words say more.
fn by_refusal(by_status: Answer, code: Option<u32>) -> Answer {
    let template = |code| {
        let text = "the variables or the namespace differ from the template's";
        Answer::Refused(Reason::new(ReasonClass::Template, code, text))
    };
    match by_status.reason() {
        // A wrong number of variables, or no namespace.
        Some(reason) if reason.code == http_status::code(422) => template(reason.code.clone()),
        _ => http_status::with_code(by_status, code.map(|code| code.to_string())),
    }
}

/// `error`, or `response.error` where 1MSG hands on what its own upstream said.
fn error(body: &Object) -> Option<&Value> {
    let upstream = || lenient::error(body.get("response")?.as_object()?, "error");
    lenient::error(body, "error").or_else(upstream)
}

/// The code in an error's `code` or `error_code`, one that is documented before another, or in `code`, else the one that
/// stands in the text, outside of our own values.
fn meta_code(body: &Object, plain: &PlainWords) -> Option<u32> {
    let errors = lenient::error_objects(body);
    let codes = || {
        let codes = errors.iter().flat_map(|error| ["code", "error_code"].map(|name| error.get(name)));
        codes.filter_map(lenient::code)
    };
    codes()
        .find(|code| codes::class(*code).is_some())
        .or_else(|| codes().next())
        .or_else(|| lenient::code(body.get("code")).filter(|code| *code >= FIRST_WHATSAPP_CODE))
        .or_else(|| plain.code())
}

/// The words of the error, wherever they stand.
fn said(body: &Object) -> String {
    let error = error(body);
    let keys = ["message", "error_user_msg", "error_user_title"];
    let of_error = keys.iter().find_map(|key| error.and_then(|error| lenient::text(error.get(*key))));
    lenient::text(error)
        .or(of_error)
        .or_else(|| lenient::text(body.get("message")))
        .or_else(|| lenient::text(body.get("description")))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::providers::summary::{self, summary};

    fn read(status: u16, body: &str) -> Answer {
        let reply = Reply { status, retry_after: None, body: body.into() };
        answer(&reply, &Words::default())
    }

    #[test]
    fn every_documented_reply_has_its_meaning() {
        for (status, body, meaning) in [
            (
                200,
                r#"{"sent":true,"id":"wamid.A=","message":"Sent to 1","description":"d"}"#,
                "accepted wamid.A=",
            ),
            (201, r#"{"id":"gBGGx","sent":true}"#, "accepted gBGGx"),
            (200, r#"{"sent":true,"id":"wamid.A=","error":null}"#, "accepted wamid.A="),
            (200, r#"{"sent":true,"message":"Sent"}"#, "accepted without id"),
            (200, r#"{"sent":"true","id":"wamid.A=","error":"none"}"#, "accepted wamid.A="),
            (200, r#"{"sent":"true","id":"wamid.A=","error":"m"}"#, "unreadable unclear unreadable"),
            (200, r#"{"sent":false,"error":131042}"#, "refused account 131042"),
            (200, r#"{"sent":false,"error":"130429"}"#, "not sent throttled 130429"),
            (200, r#"{"sent":true,"id":""}"#, "accepted without id"),
            (200, r#"{"sent":true,"id":["wamid.A"]}"#, "accepted without id"),
            (200, r#"{"sent":false,"jobId":"j-1"}"#, "unreadable unclear queued"),
            (200, r#"{"jobId":7}"#, "unreadable unclear queued"),
            (200, r#"{"sent":false,"message":"body: Param text: too long"}"#, "unrecognised content refused"),
            (200, r#"{"message":"body: Param text: too long"}"#, "unrecognised content refused"),
            (200, r#"{"sent":false,"jobId":null}"#, "unrecognised content refused"),
            (200, r#"{"sent":false}"#, "unrecognised content refused"),
            (200, r#"{"sent":false,"error":{"code":131047},"message":"m"}"#, "rejected content 131047"),
            (200, r#"{"sent":false,"error":{"error_code":"131026"}}"#, "rejected recipient 131026"),
            (200, r#"{"sent":false,"code":132015}"#, "refused template 132015"),
            (200, r#"{"sent":false,"code":200,"message":"no"}"#, "unrecognised content refused"),
            (200, r#"{"sent":false,"message":"(#131049) healthy ecosystem"}"#, "rejected recipient 131049"),
            (
                200,
                r#"{"sent":false,"error":"(#131000) Something went wrong"}"#,
                "not sent unavailable 131000",
            ),
            (200, r#"{"sent":false,"error":{"code":130429}}"#, "not sent throttled 130429"),
            (200, r#"{"sent":false,"error":{"code":131056}}"#, "not sent throttled 131056 6s"),
            (200, r#"{"sent":false,"error":{"code":190}}"#, "refused credentials 190"),
            (200, r#"{"sent":false,"error":{"code":999999}}"#, "unrecognised content 999999"),
            (200, r#"{"response":{"error":{"code":131042}}}"#, "refused account 131042"),
            (200, r#"{"response":{"error":"upstream said no"}}"#, "unrecognised content refused"),
            (401, r#"{"error":"Wrong token \"t\" for channel \"c\"."}"#, "refused credentials http_401"),
            (403, "Trial period ended", "refused account http_403"),
            (403, r#"{"error":"Subscription blocked"}"#, "refused account http_403"),
            (400, r#"{"message":"template is not defined"}"#, "refused template refused"),
            (400, r#"{"message":"The recipient is odd"}"#, "unrecognised content http_400"),
            (403, r#"{"error":{"code":131047}}"#, "rejected content 131047"),
            (403, r#"{"error":{"code":999999}}"#, "unrecognised account 999999"),
            (422, r#"{"message":"Dialog window is closed"}"#, "rejected content 131047"),
            (404, r#"{"message":"instance is not active"}"#, "refused account http_404"),
            (400, r#"{"sent":false,"jobId":"j-1"}"#, "unreadable unclear queued"),
            (200, r#"{"sent":true,"jobId":"","messages":[{"id":"wamid.A="}]}"#, "accepted wamid.A="),
            (
                200,
                "\u{feff}{\"sent\":true,\"id\":\"wamid.A=\",\"message\":\"to Ana \\ud83d\",}",
                "accepted wamid.A=",
            ),
            (200, r#"{"sent":true,"id":"wamid.A=","error":""}"#, "accepted wamid.A="),
            (
                200,
                r#"{"sent":true,"id":"wamid.A=","error":{"code":131026}}"#,
                "unreadable unclear unreadable",
            ),
            (400, r#"{"message":"Dialog window is closed"}"#, "rejected content 131047"),
            (400, r#"{"error":{"code":131026}}"#, "rejected recipient 131026"),
            (404, r#"{"error":"Not found"}"#, "refused account http_404"),
            (422, r#"{"message":"any"}"#, "refused template http_422"),
            (422, "", "refused template http_422"),
            (422, r#"{"error":{"code":132000}}"#, "refused template 132000"),
            (429, r#"{"message":"rate limit"}"#, "not sent throttled http_429"),
            (429, r#"{"error":"x"}"#, "not sent throttled http_429"),
            (429, "", "not sent throttled http_429"),
            (500, r#"{"error":"Internal"}"#, "unknown unclear http_500"),
            (500, r#"{"error":{"code":131026}}"#, "unknown unclear http_500"),
            // An empty `sent` says nothing.
            (200, r#"{"sent":null,"message":"template is not defined"}"#, "refused template refused"),
            (200, r#"{"sent":"","message":"(#131026) m"}"#, "rejected recipient 131026"),
            (200, r#"{"sent":0,"error":{"code":132015}}"#, "refused template 132015"),
            (200, r#"{"sent":[],"message":"rate limit"}"#, "not sent throttled refused"),
            (200, r#"{"sent":{},"error":"Wrong token"}"#, "refused credentials refused"),
            (200, r#"{"sent":"no","message":"Too many parameters"}"#, "unrecognised content refused"),
            (200, r#"{"sent":"FAILED","message":"m"}"#, "unrecognised content refused"),
            // Codes and words, wherever an error has them.
            (
                200,
                r#"{"sent":false,"error":"Error","message":"template is not defined"}"#,
                "refused template refused",
            ),
            (
                200,
                r#"{"sent":false,"error":{"code":400,"details":{"code":131026}}}"#,
                "rejected recipient 131026",
            ),
            (
                200,
                r#"{"sent":false,"message":"{\"error\":{\"message\":\"m\",\"code\":131026}}"}"#,
                "rejected recipient 131026",
            ),
            (400, r#"{"errors":[{"code":"131049"}]}"#, "rejected recipient 131049"),
            (200, r#"{"status":"error","message":"something new"}"#, "unrecognised content refused"),
            (200, r#"{"success":false,"message":"OK"}"#, "unrecognised content refused"),
            (400, r#"{"message":"Too many parameters"}"#, "unrecognised content http_400"),
        ] {
            assert_eq!(summary(&read(status, body)), meaning, "{status} {body}");
        }
    }

    #[test]
    fn plain_words_have_their_meaning_whatever_the_status() {
        for (said, meaning) in [
            ("Template order_return is not defined", "refused template refused"),
            ("template does not exist", "refused template refused"),
            ("Too many requests", "not sent throttled refused"),
            ("Wrong token", "refused credentials refused"),
            ("instance is not active", "refused account refused"),
            ("Your trial has expired", "refused account refused"),
            ("stopped due to non-payment", "refused account refused"),
            ("Re-engagement message", "rejected content 131047"),
            ("Request timed out", "unknown unclear refused"),
            ("socket hang up", "unknown unclear refused"),
            (
                "Your instance has been stopped due to non-payment. Extend your subscription to activate it.",
                "refused account refused",
            ),
            ("The template is paused", "refused template refused"),
            ("read ETIMEDOUT", "unknown unclear refused"),
            ("Too many messages", "not sent throttled refused"),
            ("Service temporarily unavailable, try again later", "not sent unavailable refused"),
            ("(#613) Calls to this api have exceeded the rate limit.", "not sent throttled 613"),
            ("something new", "unrecognised content refused"),
        ] {
            let at_400 = if said == "something new" { "unrecognised content http_400" } else { meaning };
            assert_eq!(summary(&read(400, &format!(r#"{{"message":"{said}"}}"#))), at_400, "{said}");
            for (status, body) in [
                (200, format!(r#"{{"sent":false,"message":"{said}"}}"#)),
                (200, format!(r#"{{"sent":"false","message":"{said}"}}"#)),
                (200, format!(r#"{{"error":"{said}"}}"#)),
            ] {
                assert_eq!(summary(&read(status, &body)), meaning, "{status} {body}");
            }
        }
        assert_eq!(summary(&read(403, "Template x is not approved")), "refused template http_403");
    }

    #[test]
    fn a_failure_of_its_upstream_is_no_refusal() {
        for (status, body, meaning) in [
            (
                200,
                r#"{"sent":false,"message":"Request failed with status code 502"}"#,
                "unknown unclear refused",
            ),
            (
                400,
                r#"{"sent":false,"message":"Request failed with status code 502"}"#,
                "unknown unclear refused",
            ),
            (200, r#"{"sent":false,"code":502}"#, "unknown unclear refused"),
            (200, r#"{"sent":false,"error":{"code":504}}"#, "unknown unclear 504"),
            (400, r#"{"statusCode":503,"message":"m"}"#, "unknown unclear refused"),
            (200, r#"{"message":"fetch failed"}"#, "unknown unclear refused"),
            (200, r#"{"error":"other side closed"}"#, "unknown unclear refused"),
            (
                200,
                r#"{"response":{"error":{"message":"cURL error 52: Empty reply from server"}}}"#,
                "unknown unclear refused",
            ),
            (403, "upstream timed out", "unknown unclear http_403"),
            (400, "socket hang up", "unknown unclear refused"),
            (
                200,
                r#"{"sent":false,"message":"connect ECONNREFUSED 127.0.0.1:80"}"#,
                "not sent unavailable refused",
            ),
            (400, "getaddrinfo ENOTFOUND graph.facebook.com", "not sent unavailable refused"),
            // A documented code says it for certain.
            (
                200,
                r#"{"sent":false,"error":{"code":131026,"message":"timeout"}}"#,
                "rejected recipient 131026",
            ),
        ] {
            assert_eq!(summary(&read(status, body)), meaning, "{status} {body}");
        }
    }

    #[test]
    fn a_yes_in_other_words_is_no_refusal() {
        for body in [
            r#"{"message":"Template message has been sent"}"#,
            r#"{"status":"success","message":"OK"}"#,
            r#"{"message":"Request accepted"}"#,
            r#"{"success":true,"message":"template is not defined"}"#,
            r#"{"success":"true","error":{"code":131026}}"#,
            r#"{"status":"queued","message":"m"}"#,
            r#"{"message":"OK"}"#,
            r#"{"message":"Your message is being processed, sent soon"}"#,
            r#"{"message":"Order received, payment pending"}"#,
            r#"{"sent":null,"message":"Message was sent to 1"}"#,
            r#"{"sent":false,"message":"Message already sent"}"#,
            r#"{"sent":false,"status":"queued"}"#,
            r#"{"sent":null,"id":"wamid.A","message":"template is not defined"}"#,
            r#"{"message":"Message sent. Your subscription ends soon."}"#,
        ] {
            assert_eq!(summary(&read(200, body)), "unreadable unclear unreadable", "{body}");
        }
        for body in [
            r#"{"message":"Message has not been sent"}"#,
            r#"{"message":"Message couldn't be sent"}"#,
            r#"{"message":"Unable to accept: error"}"#,
        ] {
            assert_eq!(summary(&read(200, body)), "unrecognised content refused", "{body}");
        }
        assert_eq!(
            summary(&read(200, r#"{"message":"too many messages sent from this number"}"#)),
            "not sent throttled refused"
        );
    }

    #[test]
    fn yes_and_no_at_once_is_unknown_at_every_status_that_refuses() {
        for body in [
            r#"{"sent":true,"id":"wamid.A"}"#,
            r#"{"sent":true}"#,
            r#"{"sent":"true","error":"m"}"#,
            r#"{"sent":1,"message":"m"}"#,
            r#"{"error":{"code":131026},"messages":[{"id":"wamid.A"}]}"#,
            r#"{"error":"m","data":{"message_id":"A1"}}"#,
            r#"{"message":"m","id":"wamid.A"}"#,
            r#"{"success":true}"#,
            r#"{"message":"Message already sent"}"#,
            r#"{"status":"accepted"}"#,
        ] {
            for status in [302, 308, 400, 401, 403, 404, 422, 429] {
                let expected = format!("unknown unclear http_{status}");
                assert_eq!(summary(&read(status, body)), expected, "{status} {body}");
            }
        }
        for body in
            [r#"{"message":"m","id":"request-7"}"#, r#"{"sent":"","message":"m","data":{"message_id":0}}"#]
        {
            assert_eq!(summary(&read(400, body)), "unrecognised content http_400", "{body}");
        }
    }

    #[test]
    fn what_1msg_repeats_of_ours_is_not_read_as_its_own() {
        let message = crate::providers::samples::body_of(["blocked", "131026", "a timeout", "x"]);
        let said = "body: Param text: blocked, 131026, a timeout";
        let body = format!(r#"{{"sent":false,"message":"{said}"}}"#);
        let reply = Reply { status: 200, retry_after: None, body: body.into() };
        assert_eq!(summary(&answer(&reply, &Words::about(&message))), "unrecognised content refused");
        // The order's number isn't masked where it comes back in another form; it is no code either.
        for said in [
            "body: Param text: 130429 cannot have new-line/tab characters or more than 4 consecutive spaces",
            "body: Param text: (#130429) blocked, cannot have new-line/tab characters",
            "order 130429 refused",
            "№130429",
        ] {
            let body = format!(r#"{{"message":"{said}"}}"#);
            assert_eq!(summary(&read(200, &body)), "unrecognised content refused", "{said}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_never_taken_for_certain_knowledge() {
        for body in [
            "",
            "OK",
            "null",
            "true",
            "[]",
            "{}",
            r#"["sent"]"#,
            r#"{"sent":true,"id":"wam"#,
            "<html></html>",
            r#"{"sent":"true"}"#,
            r#"{"sent":1}"#,
            r#"{"sent":null,"id":"wamid.A"}"#,
            r#"{"id":"wamid.A"}"#,
            r#"{"sent":false,"id":"wamid.A"}"#,
            r#"{"error":null}"#,
            r#"{"error":""}"#,
            r#"{"message":"","error":{"code":0}}"#,
            r#"{"message":"Sent to 1"}"#,
            r#"{"message":"Message queued"}"#,
            "\u{fffd}",
        ] {
            assert_eq!(summary(&read(200, body)), "unreadable unclear unreadable", "{body}");
        }
        for (status, meaning) in [
            (302, "unknown unclear http_302"),
            (308, "refused account http_308"),
            (400, "unrecognised content http_400"),
            (403, "refused account http_403"),
            (408, "unknown unclear http_408"),
            (502, "unknown unclear http_502"),
        ] {
            for body in ["", "{\"sent\":tr", "<html>"] {
                assert_eq!(summary(&read(status, body)), meaning, "{status} {body}");
            }
        }
    }

    #[test]
    fn a_wait_that_1msg_asks_for_is_handed_on() {
        let reply = Reply { status: 429, retry_after: Some(Duration::from_secs(1)), body: vec![] };
        assert_eq!(summary(&answer(&reply, &Words::default())), "not sent throttled http_429 1s");
    }

    #[test]
    fn reasons_have_words_and_no_secrets() {
        for (status, body, text) in [
            (401, r#"{"error":"Wrong token \"t\""}"#, "the provider refuses the credentials"),
            (403, "Trial ended for 12025550100", "Trial ended for […]"),
            (403, "<html>Forbidden</html>", "the provider refuses the account"),
            (400, r#"{"message":"The template is odd"}"#, "The template is odd"),
            (200, r#"{"sent":false}"#, "1MSG refuses the message and doesn't say why"),
            (
                200,
                r#"{"sent":false,"error":{"code":131026,"message":"x"}}"#,
                "the customer can't be reached on WhatsApp",
            ),
        ] {
            assert_eq!(summary::text(&read(status, body)), text);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_accept(status in 100u16..700, body: Vec<u8>) {
            let reply = Reply { status, retry_after: None, body };
            prop_assert!(!matches!(answer(&reply, &Words::default()), Answer::Accepted(_)));
        }

        #[test]
        fn no_json_makes_it_panic(status in 100u16..700, json in crate::hostile::any_json()) {
            let reply = Reply { status, retry_after: None, body: json.to_string().into() };
            let accepted = matches!(answer(&reply, &Words::default()), Answer::Accepted(_));
            prop_assert!(!accepted || (200..300).contains(&status) && is_yes(json.get("sent")));
        }
    }
}
