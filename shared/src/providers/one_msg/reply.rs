//! Classifies 1MSG's reply to `sendTemplate`.
//!
//! Only a 2xx with `"sent": true` means acceptance (seeds 000 to 002), or with `sent` as a string and the
//! message's id. Refusals may also have HTTP 200, with a WhatsApp code somewhere in the body or with just a
//! text.

use serde_json::Value;

use crate::protocol::{Answer, Reason, ReasonClass};
use crate::providers::codes::FIRST_WHATSAPP_CODE;
use crate::providers::http::Reply;
use crate::providers::lenient::{self, Object};
use crate::providers::reply_text::{ReplyText, is_failure, is_success, is_taken, is_yes};
use crate::providers::sanitizer::Sanitizer;
use crate::providers::{codes, http_status};

pub(in crate::providers) fn answer(reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
    let body = match lenient::object(&reply.body) {
        Some(body) => body,
        None if (200..=299).contains(&reply.status) => return http_status::answer(reply.status, None, None),
        // A text that is not JSON is treated as a `message`.
        None => Object::from_iter([("message".to_owned(), lenient::plain_text(&reply.body).into())]),
    };
    let (raw_text, reply_text) = (error_text(&body), ReplyText::from_json(&body, sanitizer));
    match reply.status {
        _ if lenient::member(&body, "jobId").is_some() && !is_sent(&body) => {
            let text = "1MSG has queued the message and names no id";
            Answer::Unreadable(Reason::new(ReasonClass::Unclear, "queued", text))
        }
        200..=299 => ok(reply, &body, &reply_text, sanitizer),
        status if says_accepted(&body, &reply_text) => http_status::contradiction(status),
        // The body of a 401 repeats the token.
        401 => http_status::answer(401, None, None),
        status => {
            let by_status = http_status::answer(status, reply.retry_after, Some(sanitizer.clean(&raw_text)));
            if !http_status::defers_to_text(status, &by_status) {
                return by_status;
            }
            let code = meta_code(&body, &reply_text);
            classify_refusal(reply, &body, code, &reply_text, sanitizer)
                .unwrap_or_else(|| by_refusal(by_status, code))
        }
    }
}

fn ok(reply: &Reply, body: &Object, reply_text: &ReplyText, sanitizer: &Sanitizer<'_>) -> Answer {
    let id = lenient::accepted_id(body);
    let unreadable = || http_status::answer(reply.status, None, None);
    let refused = || {
        let code = meta_code(body, reply_text);
        classify_refusal(reply, body, code, reply_text, sanitizer)
            .unwrap_or_else(|| unrecognised(body, code, sanitizer))
    };
    // An empty `sent` means the same as none.
    match body.get("sent").filter(|sent| sent.is_boolean() || !lenient::is_empty(sent)) {
        // The reply contains both acceptance and refusal.
        Some(sent) if is_yes(Some(sent)) && error(body).is_some() => unreadable(),
        Some(Value::Bool(true)) => Answer::Accepted(id),
        // In another form, `sent` counts only together with the message's id.
        Some(sent) if is_yes(Some(sent)) && lenient::names_a_message(body) && !is_failure(body) => {
            Answer::Accepted(id)
        }
        _ if lenient::names_a_message(body) => unreadable(),
        Some(sent) if is_no(sent) && !is_taken(body) && !reply_text.says_taken() => refused(),
        None if is_success(body) || is_taken(body) || reply_text.says_accepted() => unreadable(),
        None if error(body).is_some() || is_failure(body) => refused(),
        // A bare id may be that of the message, if only a text refuses it.
        None if id.is_none() && is_refusal(body, reply_text) => refused(),
        _ => unreadable(),
    }
}

fn is_sent(body: &Object) -> bool {
    body.get("sent") == Some(&Value::Bool(true))
}

/// Whether `sent` means no; 1MSG may also send it as a string.
fn is_no(sent: &Value) -> bool {
    const WORDS: [&str; 6] = ["false", "no", "0", "failed", "error", "rejected"];
    sent == &Value::Bool(false)
        || sent.as_str().is_some_and(|sent| WORDS.iter().any(|word| sent.trim().eq_ignore_ascii_case(word)))
}

/// Whether a reply whose status refuses says that the message was accepted.
fn says_accepted(body: &Object, reply_text: &ReplyText) -> bool {
    body.get("sent").is_some_and(|sent| !lenient::is_empty(sent) && !is_no(sent))
        || lenient::names_a_message(body)
        || is_success(body)
        || is_taken(body)
        || reply_text.says_taken()
}

/// Whether a 2xx without `sent` and without an error is a refusal, such as `{"message":"body: Param text: …"}`. An
/// acceptance may also mention a rate limit, a login or an account problem, so the text must deny something and say
/// nothing unknown.
fn is_refusal(body: &Object, reply_text: &ReplyText) -> bool {
    let has_code = codes::in_members(body).and_then(codes::class).is_some();
    has_code || error_text(body).to_lowercase().contains("param text") || reply_text.refuses()
}

fn unrecognised(body: &Object, code: Option<u32>, sanitizer: &Sanitizer<'_>) -> Answer {
    let code = code.map_or_else(|| "refused".to_owned(), |code| code.to_string());
    let text = sanitizer.clean_or(&error_text(body), "1MSG refuses the message and doesn't say why");
    Answer::Unrecognised(Reason::new(ReasonClass::Content, code, text))
}

/// The meaning of a documented code, or else of the text. Programs such as cURL and gRPC also use low codes:
/// for those the text takes precedence, unless the error is Graph's.
fn classify_refusal(
    reply: &Reply,
    body: &Object,
    code: Option<u32>,
    reply_text: &ReplyText,
    sanitizer: &Sanitizer<'_>,
) -> Option<Answer> {
    let clean = || sanitizer.clean_or(&error_text(body), "1MSG refuses the message and doesn't say why");
    let name = match (code, reply.status) {
        (Some(code), _) => code.to_string(),
        (None, 200..=299 | 400) => "refused".to_owned(),
        (None, status) => http_status::code(status),
    };
    let by_code = || codes::answer(code?, reply.retry_after, clean);
    let by_text = || reply_text.answer(reply.retry_after, |class| Reason::new(class, name.clone(), clean()));
    let may_be_foreign = code.is_some_and(|code| code < FIRST_WHATSAPP_CODE) && !codes::is_graphs(body);
    if may_be_foreign { by_text().or_else(by_code) } else { by_code().or_else(by_text) }
}

/// A status that refuses, if neither a documented code nor the text is more specific.
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

/// `error`, or `response.error` if 1MSG passes on its upstream's reply.
fn error(body: &Object) -> Option<&Value> {
    let upstream = || lenient::error(body.get("response")?.as_object()?, "error");
    lenient::error(body, "error").or_else(upstream)
}

/// The code in a member, or else in the text without our own values.
fn meta_code(body: &Object, reply_text: &ReplyText) -> Option<u32> {
    codes::in_members(body).or_else(|| reply_text.code())
}

/// The text of the error, from the first place that has one.
fn error_text(body: &Object) -> String {
    let error = error(body);
    let keys = ["message", "error_user_msg", "error_user_title"];
    let in_error = keys.iter().find_map(|key| error.and_then(|error| lenient::text(error.get(*key))));
    lenient::text(error)
        .or(in_error)
        .or_else(|| lenient::text(body.get("message")))
        .or_else(|| lenient::text(body.get("description")))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
