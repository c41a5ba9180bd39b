//! Tests 1MSG's replies, status by status.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::providers::summary::{self, summary};

fn classify(status: u16, body: &str) -> Answer {
    summary::classify(answer, status, body)
}

#[test]
fn every_documented_reply_is_classified() {
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
        (200, r#"{"sent":1,"id":"gBGGx"}"#, "accepted gBGGx"),
        (200, r#"{"sent":"true","id":"wamid.A=","error":"m"}"#, "unreadable unclear unreadable"),
        (200, r#"{"sent":"true","id":"wamid.A=","success":false}"#, "unreadable unclear unreadable"),
        (200, r#"{"sent":"true","id":"request-7"}"#, "unreadable unclear unreadable"),
        (200, r#"{"sent":false,"error":131042}"#, "refused account 131042"),
        (200, r#"{"sent":false,"error":"130429"}"#, "not sent throttled 130429"),
        (200, r#"{"sent":true,"id":""}"#, "accepted without id"),
        (200, r#"{"sent":true,"id":["wamid.A"]}"#, "accepted without id"),
        (200, r#"{"sent":true,"id":"undefined"}"#, "accepted without id"),
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
        (200, r#"{"sent":false,"error":"(#131000) Something went wrong"}"#, "not sent unavailable 131000"),
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
        (200, r#"{"sent":true,"id":"wamid.A=","error":{"code":131026}}"#, "unreadable unclear unreadable"),
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
        // An empty `sent` means nothing.
        (200, r#"{"sent":null,"message":"template is not defined"}"#, "refused template refused"),
        (200, r#"{"sent":"","message":"(#131026) m"}"#, "rejected recipient 131026"),
        (200, r#"{"sent":0,"error":{"code":132015}}"#, "refused template 132015"),
        (200, r#"{"sent":[],"message":"rate limit exceeded"}"#, "not sent throttled refused"),
        (200, r#"{"sent":{},"error":"Wrong token"}"#, "refused credentials refused"),
        (200, r#"{"sent":"no","message":"Too many parameters"}"#, "unrecognised content refused"),
        (200, r#"{"sent":"FAILED","message":"m"}"#, "unrecognised content refused"),
        // Codes and texts, wherever an error has them.
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
        assert_eq!(summary(&classify(status, body)), meaning, "{status} {body}");
    }
}

#[test]
fn known_texts_are_classified_at_any_status() {
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
        assert_eq!(summary(&classify(400, &format!(r#"{{"message":"{said}"}}"#))), at_400, "{said}");
        for (status, body) in [
            (200, format!(r#"{{"sent":false,"message":"{said}"}}"#)),
            (200, format!(r#"{{"sent":"false","message":"{said}"}}"#)),
            (200, format!(r#"{{"error":"{said}"}}"#)),
        ] {
            assert_eq!(summary(&classify(status, &body)), meaning, "{status} {body}");
        }
    }
    assert_eq!(summary(&classify(403, "Template x is not approved")), "refused template http_403");
}

#[test]
fn a_failure_of_the_upstream_is_not_a_refusal() {
    for (status, body, meaning) in [
        (200, r#"{"sent":false,"message":"Request failed with status code 502"}"#, "unknown unclear refused"),
        (400, r#"{"sent":false,"message":"Request failed with status code 502"}"#, "unknown unclear refused"),
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
        // A documented code is certain, unless programs such as cURL or gRPC use it too.
        (200, r#"{"sent":false,"error":{"code":131026,"message":"timeout"}}"#, "rejected recipient 131026"),
        (
            200,
            r#"{"sent":false,"error":{"code":0,"message":"cURL error 28: Operation timed out after 30001 milliseconds with 0 bytes received"}}"#,
            "unknown unclear refused",
        ),
        (400, r#"{"error":{"code":4,"message":"DEADLINE_EXCEEDED"}}"#, "unknown unclear 4"),
        (200, r#"{"sent":false,"error":{"code":2,"message":"timeout"}}"#, "unknown unclear 2"),
        (
            200,
            r#"{"sent":false,"error":{"code":0,"message":"template is not defined"}}"#,
            "refused template refused",
        ),
        (200, r#"{"sent":false,"error":{"code":0,"message":"m"}}"#, "unrecognised content refused"),
        (200, r#"{"sent":false,"error":{"code":2,"message":"m"}}"#, "not sent unavailable 2"),
        (
            200,
            r#"{"error":{"code":2,"message":"timeout","type":"OAuthException"}}"#,
            "not sent unavailable 2",
        ),
        (400, r#"{"error":{"code":0,"message":"m","fbtrace_id":"A"}}"#, "refused credentials 0"),
        (400, r#"{"error":{"code":4,"details":{"code":131026}}}"#, "rejected recipient 131026"),
    ] {
        assert_eq!(summary(&classify(status, body)), meaning, "{status} {body}");
    }
}

#[test]
fn an_acceptance_in_another_form_is_not_a_refusal() {
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
        r#"{"message":"Mensaje enviado"}"#,
        r#"{"message":"Mensaje enviado. No responda a este mensaje"}"#,
        r#"{"message":"Message sent, do not reply"}"#,
        r#"{"message":"Your message is being processed, please do not resend"}"#,
        r#"{"message":"Message received, no action needed"}"#,
        r#"{"message":"Сообщение поставлено в очередь"}"#,
        r#"{"message":"Registered; payment will be charged"}"#,
        r#"{"status":"pending","message":"Template message registered"}"#,
        r#"{"sent":false,"status":"pending"}"#,
        r#"{"id":"5f1c-7","message":"template is not defined"}"#,
        r#"{"code":20000,"message":"Registered"}"#,
        // These only mention a problem.
        r#"{"message":"Registered. Rate limit remaining: 79"}"#,
        r#"{"message":"Registered, rate limit: 79 of 80"}"#,
        r#"{"message":"Registrado. Too many requests today: 0"}"#,
        r#"{"message":"Rate limit: 79 of 80"}"#,
        r#"{"message":"Rate limit not exceeded"}"#,
        r#"{"message":"Rate limit exceeded: no. Errors: 0"}"#,
        r#"{"message":"Errors: 0"}"#,
        r#"{"message":"Your limit has not been exceeded"}"#,
        r#"{"message":"Maintenance is planned"}"#,
        r#"{"message":"Registered. If it does not arrive, try again later"}"#,
        r#"{"message":"Registered. Renew your access token: it expires soon"}"#,
        r#"{"message":"Please renew your access token"}"#,
        r#"{"message":"Registered. Template is not approved in Spanish"}"#,
        r#"{"message":"Registered, no action needed"}"#,
        r#"{"message":"No action needed"}"#,
        r#"{"message":"Do not reply to this"}"#,
        r#"{"message":"Not sent yet"}"#,
        r#"{"message":"Messages sent: too many for a trial"}"#,
        r#"{"message":"Sent but the instance is blocked"}"#,
        r#"{"message":"Registered","description":"Daily limit not reached"}"#,
        r#"{"message":"Registered. An earlier one failed (#130429)"}"#,
        r#"{"message":"Registered. Request timeout is 30 s"}"#,
        r#"{"sent":null,"message":"Registered; dialog window is closed"}"#,
        r#"{"code":429,"message":"Registered"}"#,
    ] {
        assert_eq!(summary(&classify(200, body)), "unreadable unclear unreadable", "{body}");
    }
    for body in [
        r#"{"message":"Message has not been sent"}"#,
        r#"{"message":"Message couldn't be sent"}"#,
        r#"{"message":"Unable to accept: error"}"#,
        r#"{"message":"Message was refused. It never left"}"#,
        // The id of a request is not that of a message, and does not mean acceptance.
        r#"{"sent":false,"id":"5f1c-7","message":"m"}"#,
        r#"{"id":"5f1c-7","error":"m"}"#,
    ] {
        assert_eq!(summary(&classify(200, body)), "unrecognised content refused", "{body}");
    }
    for (body, meaning) in [
        (r#"{"message":"too many messages sent from this number"}"#, "not sent throttled refused"),
        (r#"{"message":"Rate limit exceeded, try again later"}"#, "not sent throttled refused"),
        (r#"{"message":"Message not sent: too many requests"}"#, "not sent throttled refused"),
        (r#"{"message":"template is not defined"}"#, "refused template refused"),
        (r#"{"message":"Wrong token"}"#, "refused credentials refused"),
        (
            r#"{"message":"Your instance has been stopped due to non-payment. Extend your subscription to activate it."}"#,
            "refused account refused",
        ),
        (r#"{"message":"socket hang up"}"#, "unknown unclear refused"),
        (r#"{"message":"131047: re-engagement"}"#, "rejected content 131047"),
        (r#"{"code":429}"#, "not sent throttled refused"),
    ] {
        assert_eq!(summary(&classify(200, body)), meaning, "{body}");
    }
}

#[test]
fn acceptance_and_refusal_together_are_unknown_at_every_refusing_status() {
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
            assert_eq!(summary(&classify(status, body)), expected, "{status} {body}");
        }
    }
    for body in
        [r#"{"message":"m","id":"request-7"}"#, r#"{"sent":"","message":"m","data":{"message_id":0}}"#]
    {
        assert_eq!(summary(&classify(400, body)), "unrecognised content http_400", "{body}");
    }
}

#[test]
fn repeated_values_of_the_message_are_not_classified() {
    let message = crate::providers::samples::body_of(["blocked", "131026", "a timeout", "x"]);
    let said = "body: Param text: blocked, 131026, a timeout";
    let body = format!(r#"{{"sent":false,"message":"{said}"}}"#);
    let reply = Reply { status: 200, retry_after: None, error_type: None, body: body.into() };
    assert_eq!(summary(&answer(&reply, &Sanitizer::about(&message))), "unrecognised content refused");
    // The order's number is not masked if it comes back in another form, and it is not a code.
    for said in [
        "body: Param text: 130429 cannot have new-line/tab characters or more than 4 consecutive spaces",
        "body: Param text: (#130429) blocked, cannot have new-line/tab characters",
        "order 130429 refused",
        "№130429 refused",
    ] {
        let body = format!(r#"{{"message":"{said}"}}"#);
        assert_eq!(summary(&classify(200, &body)), "unrecognised content refused", "{said}");
    }
}

#[test]
fn a_templates_name_is_not_classified() {
    let mut message = crate::providers::samples::order_cancelled();
    for name in ["payment_timeout", "order_already_processed"] {
        message.template.name = name.to_owned();
        let body = format!(r#"{{"sent":false,"message":"template {name} is not defined"}}"#);
        let reply = Reply { status: 200, retry_after: None, error_type: None, body: body.into() };
        assert_eq!(
            summary(&answer(&reply, &Sanitizer::about(&message))),
            "refused template refused",
            "{name}"
        );
    }
}

#[test]
fn an_unclear_reply_is_unreadable() {
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
        assert_eq!(summary(&classify(200, body)), "unreadable unclear unreadable", "{body}");
    }
    summary::assert_classified_by_status(answer, &["", "{\"sent\":tr", "<html>"]);
}

#[test]
fn a_requested_wait_is_passed_on() {
    let reply =
        Reply { status: 429, retry_after: Some(Duration::from_secs(1)), error_type: None, body: vec![] };
    assert_eq!(summary(&answer(&reply, &Sanitizer::default())), "not sent throttled http_429 1s");
}

#[test]
fn reasons_have_a_text_without_secrets() {
    for (status, body, text) in [
        (401, r#"{"error":"Wrong token \"t\""}"#, "the provider refuses the credentials"),
        (403, "Trial ended for 12025550100", "Trial ended for […]"),
        (403, "<html>Forbidden</html>", "the provider refuses the account"),
        (400, r#"{"message":"The template is odd"}"#, "The template is odd"),
        (200, r#"{"sent":false}"#, "1MSG refuses the message and doesn't say why"),
        (
            403,
            r#"{"error":"Wrong token \"xxx7i1crxjxpkxxx\" for channel \"1\"."}"#,
            "the provider refuses the credentials",
        ),
        (200, r#"{"message":"body: Param text: Ana L&oacute;"}"#, "body: Param text: […]"),
        (
            200,
            r#"{"sent":false,"error":{"code":131026,"message":"x"}}"#,
            "the customer can't be reached on WhatsApp",
        ),
    ] {
        assert_eq!(summary::text(&classify(status, body)), text);
    }
}

proptest! {
    #[test]
    fn no_json_causes_a_panic(status in 100u16..700, json in hostile_json::any_json()) {
        let reply = Reply { status, retry_after: None, error_type: None, body: json.to_string().into() };
        let accepted = matches!(answer(&reply, &Sanitizer::default()), Answer::Accepted(_));
        prop_assert!(!accepted || (200..300).contains(&status) && is_yes(json.get("sent")));
    }
}
