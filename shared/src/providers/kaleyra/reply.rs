//! Classifies Kaleyra's reply to a message (seed 003).
//!
//! Kaleyra's own replies are an envelope `{code, message, data, error}`. `data` and `error` may each be an object, an
//! array, null or missing; an `error` whose members are all empty means that there was none. Without an envelope only
//! the HTTP status counts. The documented sample of a success lacks two commas.

use std::time::Duration;

use crate::protocol::{Answer, Reason, ReasonClass};
use crate::providers::http::Reply;
use crate::providers::lenient::{self, Object};
use crate::providers::reply_text::{ReplyText, is_success, is_taken, without_json};
use crate::providers::sanitizer::Sanitizer;
use crate::providers::{codes, http_status};
use ReasonClass::{Account, Content, Credentials, Throttled, Unavailable};

/// Kaleyra's pages advise to try again after 5, 10 and 15 minutes.
const ADVISED_WAIT: Duration = Duration::from_mins(5);

pub(in crate::providers) fn answer(reply: &Reply, sanitizer: &Sanitizer<'_>) -> Answer {
    let Some(body) = lenient::object(&reply.body) else {
        return without_json(reply, sanitizer);
    };
    let (raw_text, reply_text) = (error_text(&body), ReplyText::from_json(&body, sanitizer));
    let (code, refusal) = code_and_refusal(&body, reply, &raw_text, &reply_text, sanitizer);
    let is_accepted = ["WA200", "WA202"].contains(&code.as_str());
    let refuses = refusal.is_some() || has_error(&body);
    let by_status = http_status::answer(reply.status, reply.retry_after, Some(sanitizer.clean(&raw_text)));
    if !(200..=299).contains(&reply.status) {
        let says_yes = is_accepted
            || lenient::names_a_message(&body)
            || is_success(&body)
            || is_taken(&body)
            || reply_text.says_taken();
        return match refusal {
            _ if says_yes => http_status::contradiction(reply.status),
            Some(refusal) => refusal,
            None if http_status::defers_to_text(reply.status, &by_status) => {
                classify_text(reply, &code, &raw_text, &reply_text, sanitizer)
                    .unwrap_or_else(|| http_status::with_code(by_status, codes::storable(&code)))
            }
            None => http_status::with_code(by_status, codes::storable(&code)),
        };
    }
    let id = lenient::accepted_id(&body);
    let says_yes = is_accepted || is_success(&body) || is_taken(&body) || reply_text.says_accepted();
    // With an unknown success code, or none, the text may mean anything.
    let may_be_taken = ["", "0", "OK", "SUCCESS"].contains(&code.as_str())
        || ["2", "WA2"].iter().any(|first| code.starts_with(first));
    match refusal {
        // The reply contains both acceptance and refusal. Beside a known refusal, a bare id is the request's.
        _ if refuses && (lenient::names_a_message(&body) || says_yes) => by_status,
        _ if !refuses && (id.is_some() || is_accepted) => Answer::Accepted(id),
        _ if says_yes => by_status,
        Some(refusal) => refusal,
        None if !refuses && (may_be_taken || !reply_text.refuses()) => by_status,
        None => classify_text(reply, &code, &raw_text, &reply_text, sanitizer).unwrap_or_else(|| {
            // Beside an undocumented error the id may be the message's.
            if !refuses || id.is_some() {
                return by_status;
            }
            let code = codes::storable(&code).unwrap_or_else(|| http_status::code(reply.status));
            let text = sanitizer.clean_or(&raw_text, "Kaleyra refuses the message and doesn't say why");
            Answer::Unrecognised(Reason::new(Content, code, text))
        }),
    }
}

/// Interprets the text of a refusal without a documented code.
fn classify_text(
    reply: &Reply,
    code: &str,
    raw_text: &str,
    reply_text: &ReplyText,
    sanitizer: &Sanitizer<'_>,
) -> Option<Answer> {
    let code = codes::storable(code).unwrap_or_else(|| http_status::code(reply.status));
    let text = || sanitizer.clean_or(raw_text, "Kaleyra refuses the message and doesn't say why");
    reply_text.answer(reply.retry_after, |class| Reason::new(class, code.clone(), text()))
}

/// The first code in the envelope or an error, and the meaning of the first documented one. If there is none,
/// the meaning of a WhatsApp code in the text. Codes are compared without regard to case.
fn code_and_refusal(
    body: &Object,
    reply: &Reply,
    raw_text: &str,
    reply_text: &ReplyText,
    sanitizer: &Sanitizer<'_>,
) -> (String, Option<Answer>) {
    let error_codes = lenient::error_objects(body)
        .into_iter()
        .flat_map(|error| ["code", "error_code"].map(|name| lenient::text(error.get(name))));
    let codes = std::iter::once(lenient::text(body.get("code"))).chain(error_codes).flatten();
    let codes: Vec<String> = codes.map(|code| code.to_uppercase()).collect();
    let clean = || sanitizer.clean(raw_text);
    let documented = codes.iter().find_map(|code| refusal(code, reply.retry_after, clean));
    // The text of a success may contain the code of another message.
    let refuses = !(200..=299).contains(&reply.status) || has_error(body) || reply_text.refuses();
    let code_in_text = || reply_text.code().filter(|_| refuses);
    let refusal = documented.or_else(|| codes::answer(code_in_text()?, reply.retry_after, clean));
    (codes.into_iter().next().unwrap_or_default(), refusal)
}

/// The meaning of an error code that Kaleyra or WhatsApp documents.
fn refusal(code: &str, retry_after: Option<Duration>, raw_text: impl FnOnce() -> String) -> Option<Answer> {
    let refused = |class, text| Answer::Refused(Reason::new(class, code, text));
    let not_sent =
        |class, wait, text| Answer::NotSent { reason: Reason::new(class, code, text), retry_after: wait };
    Some(match code {
        "RBC001" => refused(Credentials, "the SID or the API key is wrong"),
        "WA401" => refused(Account, "the sending number does not belong to the account"),
        "WA-401" => {
            refused(Account, "the API or this version of it is not available to the account or number")
        }
        "WA400" => refused(Content, "Kaleyra rejects the message's format"),
        "E110" => not_sent(Account, retry_after, "the balance is too low"),
        "WAV2101" => not_sent(Account, retry_after, "the account's daily limit is reached"),
        "WA429" => not_sent(Throttled, retry_after.or(Some(ADVISED_WAIT)), "too many messages at once"),
        "WA500" => not_sent(
            Unavailable,
            retry_after.or(Some(ADVISED_WAIT)),
            "Kaleyra reports an internal failure and asks to try again",
        ),
        other => {
            return codes::answer(
                other.parse().ok().filter(|code| *code >= codes::FIRST_WHATSAPP_CODE)?,
                retry_after,
                raw_text,
            );
        }
    })
}

/// The class of one of Kaleyra's own codes, if documented.
pub(in crate::providers) fn class(code: &str) -> Option<ReasonClass> {
    refusal(code, None, String::new)?.reason().map(|reason| reason.class)
}

/// Whether `error` or `errors` contains an error.
fn has_error(body: &Object) -> bool {
    lenient::error(body, "error").or_else(|| lenient::error(body, "errors")).is_some()
}

/// The envelope's message, or else the first text of an error.
fn error_text(body: &Object) -> String {
    lenient::text(body.get("message"))
        .or_else(|| lenient::error_texts(body).into_iter().next())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
