//! What 1MSG's reply to `sendTemplate` means.
//!
//! Accepted is a 2xx whose body says `"sent": true` (seeds 000 to 002), and nothing else is. Refusals come with
//! HTTP 200 too, with one of WhatsApp's own codes somewhere in the body, or in plain words.

use std::time::Duration;

use serde_json::Value;

use crate::protocol::{Answer, Reason, ReasonClass};
use crate::providers::http::Reply;
use crate::providers::lenient::{self, Object};
use crate::providers::words::{Words, say_that_it_is_lost};
use crate::providers::{codes, http_status};

/// WhatsApp's codes start here (2046); below are Graph's and HTTP's, which a top-level `code` may be as well.
const FIRST_WHATSAPP_CODE: u32 = 1000;

pub(in crate::providers) fn answer(reply: &Reply, words: &Words<'_>) -> Answer {
    let body = lenient::object(&reply.body);
    match (reply.status, &body) {
        (_, Some(body)) if lenient::member(body, "jobId").is_some() && !is_sent(body) => {
            let text = "1MSG has queued the message and names no id";
            Answer::Unreadable(Reason::new(ReasonClass::Unclear, "queued", text))
        }
        (200..=299, Some(body)) => ok(reply, body, words),
        // The body of a 401 repeats the token, and the status says it all.
        (401, _) => http_status::answer(401, None, None),
        (status, body) => {
            let said = body.as_ref().map_or_else(|| plain_text(&reply.body), said);
            match http_status::answer(status, reply.retry_after, Some(words.fit(&said))) {
                by_status @ (Answer::Refused(_) | Answer::Unrecognised(_)) => {
                    let code = body.as_ref().and_then(|body| meta_code(body, words));
                    explained(reply, &said, code, words).unwrap_or_else(|| by_refusal(by_status, code))
                }
                by_status => by_status,
            }
        }
    }
}

fn ok(reply: &Reply, body: &Object, words: &Words<'_>) -> Answer {
    let id = lenient::accepted_id(body);
    let unreadable = || http_status::answer(reply.status, None, None);
    match body.get("sent") {
        // Yes and no at once.
        Some(Value::Bool(true)) if error(body).is_some() => unreadable(),
        Some(Value::Bool(true)) => Answer::Accepted(id),
        None if id.is_none() && explains(body, words) => refused(reply, body, words),
        Some(sent) if id.is_none() && is_no(sent) => refused(reply, body, words),
        _ => unreadable(),
    }
}

fn is_sent(body: &Object) -> bool {
    body.get("sent") == Some(&Value::Bool(true))
}

/// 1MSG also writes it as a text.
fn is_no(sent: &Value) -> bool {
    sent == &Value::Bool(false) || sent.as_str().is_some_and(|sent| sent.trim().eq_ignore_ascii_case("false"))
}

/// Whether a body without `sent` says why: `{"message":"body: Param text: …"}` is a refusal, `{}` is nothing, and a
/// message that the message was sent is no refusal.
fn explains(body: &Object, words: &Words<'_>) -> bool {
    let says_yes = || {
        let own = words.providers(&said(body));
        let own = own.trim_start().trim_start_matches("message ");
        ["sent", "queued", "success"].iter().any(|yes| own.starts_with(yes))
    };
    error(body).is_some() || lenient::member(body, "message").is_some() && !says_yes()
}

fn refused(reply: &Reply, body: &Object, words: &Words<'_>) -> Answer {
    let said = said(body);
    let code = meta_code(body, words);
    explained(reply, &said, code, words).unwrap_or_else(|| {
        let code = code.map_or_else(|| "refused".to_owned(), |code| code.to_string());
        let text = words.fit_or(&said, "1MSG refuses the message and doesn't say why");
        Answer::Unrecognised(Reason::new(ReasonClass::Content, code, text))
    })
}

/// What a documented code says, else the words.
fn explained(reply: &Reply, said: &str, code: Option<u32>, words: &Words<'_>) -> Option<Answer> {
    let fit = || words.fit_or(said, "1MSG refuses the message and doesn't say why");
    if let Some(answer) = code.and_then(|code| codes::answer(code, reply.retry_after, fit)) {
        return Some(answer);
    }
    let code = match (code, reply.status) {
        (Some(code), _) => code.to_string(),
        (None, 200..=299 | 400) => "refused".to_owned(),
        (None, status) => http_status::code(status),
    };
    by_words(said, &code, reply.retry_after, words)
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

/// WhatsApp's code for a message outside of the window that the customer's last message opens.
const WINDOW_IS_CLOSED: u32 = 131_047;

/// What 1MSG says in plain words, with whatever status. Seen in its own n8n node and in recorded replies.
fn by_words(said: &str, code: &str, retry_after: Option<Duration>, words: &Words<'_>) -> Option<Answer> {
    let own = words.providers(said);
    let has = |any: &[&str]| any.iter().any(|it| own.contains(it));
    let reason = |class| Reason::new(class, code, words.fit(said));
    let not_sent = |class| Answer::NotSent { reason: reason(class), retry_after };
    let template = ["template", "namespace"].iter().any(|it| own.contains(it))
        && has(&[
            "not defined",
            "not exist",
            "n't exist",
            "not approved",
            "not found",
            "rejected",
            "paused",
            "disabled",
        ]);
    Some(if say_that_it_is_lost(&own) {
        Answer::Unknown(reason(ReasonClass::Unclear))
    } else if template {
        Answer::Refused(reason(ReasonClass::Template))
    } else if has(&["too many", "rate limit", "throttl"]) {
        not_sent(ReasonClass::Throttled)
    } else if has(&["dialog window", "outside the allowed window", "re-engagement"]) {
        codes::answer(WINDOW_IS_CLOSED, None, String::new)?
    } else if has(&["wrong token", "invalid token", "unauthorized", "unauthenticated"]) {
        Answer::Refused(reason(ReasonClass::Credentials))
    } else if has(&[
        "not active",
        "inactive",
        "expired",
        "payment",
        "unpaid",
        "subscription",
        "locked",
        "blocked",
        "suspended",
        "stopped",
    ]) {
        Answer::Refused(reason(ReasonClass::Account))
    } else if has(&["try again", "try later", "temporarily", "unavailable", "overloaded", "maintenance"]) {
        not_sent(ReasonClass::Unavailable)
    } else {
        return None;
    })
}

/// `error`, or `response.error` where 1MSG hands on what its own upstream said.
fn error(body: &Object) -> Option<&Value> {
    let upstream = || lenient::member(body.get("response")?.as_object()?, "error");
    lenient::member(body, "error").or_else(upstream)
}

/// The code in `error.code`, `error.error_code` or `code`, else the one that stands in the text, outside of our own
/// values.
fn meta_code(body: &Object, words: &Words<'_>) -> Option<u32> {
    let error = error(body);
    let of_error = |key| error.and_then(|error| lenient::code(error.get(key)));
    of_error("code")
        .or_else(|| of_error("error_code"))
        .or_else(|| lenient::code(body.get("code")).filter(|code| *code >= FIRST_WHATSAPP_CODE))
        .or_else(|| codes::find_in(&words.providers(&said(body))))
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

/// A body that is no JSON but words (`403` comes with such); a page of HTML is none.
fn plain_text(body: &[u8]) -> String {
    let text = std::str::from_utf8(body).unwrap_or_default().trim();
    if text.starts_with(['<', '{', '[']) { String::new() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
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
            r#"{"sent":"true","id":"wamid.A"}"#,
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
            prop_assert!(!accepted || (200..300).contains(&status) && json["sent"] == true);
        }
    }
}
