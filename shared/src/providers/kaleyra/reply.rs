//! What Kaleyra's reply to a message means (seed 003).
//!
//! Every reply of Kaleyra's own is an envelope `{code, message, data, error}`. `data` and `error` may each be an
//! object, an array, null or missing; an `error` whose members are all empty is none. Without an envelope only the HTTP
//! status speaks. The page's own sample of a success lacks two commas.

use std::time::Duration;

use crate::protocol::{Answer, Reason, ReasonClass};
use crate::providers::http::Reply;
use crate::providers::lenient::{self, Object};
use crate::providers::plain_words::{PlainWords, is_success, is_taken, without_json};
use crate::providers::words::Words;
use crate::providers::{codes, http_status};
use ReasonClass::{Account, Content, Credentials, Throttled, Unavailable};

/// Kaleyra advises to try again after 5, 10 and 15 minutes.
const ADVISED_WAIT: Duration = Duration::from_mins(5);
/// A balance and a daily limit change by a person's hand or the next day; an hour is no tight loop and loses little.
const LONG_WAIT: Duration = Duration::from_hours(1);

pub(in crate::providers) fn answer(reply: &Reply, words: &Words<'_>) -> Answer {
    let Some(body) = lenient::object(&reply.body) else {
        return without_json(reply, words);
    };
    let (said, plain) = (said(&body), PlainWords::of(&body, words));
    let (code, refusal) = code_and_refusal(&body, reply, &said, &plain, words);
    let is_accepted = ["WA200", "WA202"].contains(&code.as_str());
    let refuses = refusal.is_some() || has_error(&body);
    let by_status = http_status::answer(reply.status, reply.retry_after, Some(words.fit(&said)));
    if !(200..=299).contains(&reply.status) {
        let says_yes = is_accepted
            || lenient::names_a_message(&body)
            || is_success(&body)
            || is_taken(&body)
            || plain.say_taken();
        return match refusal {
            _ if says_yes => http_status::yes_and_no(reply.status),
            Some(refusal) => refusal,
            None if http_status::leaves_it_to_words(reply.status, &by_status) => {
                in_words(reply, &code, &said, &plain, words)
                    .unwrap_or_else(|| http_status::with_code(by_status, codes::fit(&code)))
            }
            None => http_status::with_code(by_status, codes::fit(&code)),
        };
    }
    let id = lenient::accepted_id(&body);
    let says_yes = is_accepted || is_success(&body) || is_taken(&body) || plain.say_yes();
    // A code of a success that no table knows, or none: the words beside it may say anything.
    let may_be_taken = ["", "0", "OK", "SUCCESS"].contains(&code.as_str())
        || ["2", "WA2"].iter().any(|first| code.starts_with(first));
    match refusal {
        // Yes and no at once: one of them is wrong. Beside a no, a bare id is the request's.
        _ if refuses && (lenient::names_a_message(&body) || says_yes) => by_status,
        _ if !refuses && (id.is_some() || is_accepted) => Answer::Accepted(id),
        _ if says_yes => by_status,
        Some(refusal) => refusal,
        None if !refuses && (may_be_taken || plain.may_say_yes()) => by_status,
        None => in_words(reply, &code, &said, &plain, words).unwrap_or_else(|| {
            if !refuses {
                return by_status;
            }
            let code = codes::fit(&code).unwrap_or_else(|| http_status::code(reply.status));
            let text = words.fit_or(&said, "Kaleyra refuses the message and doesn't say why");
            Answer::Unrecognised(Reason::new(Content, code, text))
        }),
    }
}

/// What the words of a refusal mean that has no documented code.
fn in_words(reply: &Reply, code: &str, said: &str, plain: &PlainWords, words: &Words<'_>) -> Option<Answer> {
    let code = codes::fit(code).unwrap_or_else(|| http_status::code(reply.status));
    let text = || words.fit_or(said, "Kaleyra refuses the message and doesn't say why");
    plain.answer(reply.retry_after, |class| Reason::new(class, code.clone(), text()))
}

/// The first code, the envelope's or an error's, and what the first one that is documented means; else what a code of
/// WhatsApp's in the words means. Codes are compared without regard to case.
fn code_and_refusal(
    body: &Object,
    reply: &Reply,
    said: &str,
    plain: &PlainWords,
    words: &Words<'_>,
) -> (String, Option<Answer>) {
    let of_errors = lenient::error_objects(body)
        .into_iter()
        .flat_map(|error| ["code", "error_code"].map(|name| lenient::text(error.get(name))));
    let codes = std::iter::once(lenient::text(body.get("code"))).chain(of_errors).flatten();
    let codes: Vec<String> = codes.map(|code| code.to_uppercase()).collect();
    let fit = || words.fit(said);
    let documented = codes.iter().find_map(|code| refusal(code, reply.retry_after, fit));
    let refusal = documented.or_else(|| codes::answer(plain.code()?, reply.retry_after, fit));
    (codes.into_iter().next().unwrap_or_default(), refusal)
}

/// What a code that Kaleyra or WhatsApp documents as an error means.
fn refusal(code: &str, retry_after: Option<Duration>, said: impl FnOnce() -> String) -> Option<Answer> {
    let refused = |class, text| Answer::Refused(Reason::new(class, code, text));
    let not_sent = |class, wait, text| Answer::NotSent {
        reason: Reason::new(class, code, text),
        retry_after: Some(wait),
    };
    Some(match code {
        "RBC001" => refused(Credentials, "the SID or the API key is wrong"),
        "WA401" => refused(Account, "the sending number does not belong to the account"),
        "WA-401" => {
            refused(Account, "the API or this version of it is not available to the account or number")
        }
        "WA400" => refused(Content, "Kaleyra finds the message's format wrong"),
        "E110" => not_sent(Account, LONG_WAIT.max(retry_after.unwrap_or_default()), "the balance is too low"),
        "WAV2101" => not_sent(
            Account,
            LONG_WAIT.max(retry_after.unwrap_or_default()),
            "the account's daily limit is reached",
        ),
        "WA429" => not_sent(Throttled, retry_after.unwrap_or(ADVISED_WAIT), "too many messages at once"),
        "WA500" => not_sent(
            Unavailable,
            retry_after.unwrap_or(ADVISED_WAIT),
            "Kaleyra had a failure and asks to try again",
        ),
        other => {
            return codes::answer(
                other.parse().ok().filter(|code| *code >= codes::FIRST_WHATSAPP_CODE)?,
                retry_after,
                said,
            );
        }
    })
}

/// What sort of trouble a code of Kaleyra's own is, where that is documented.
pub(in crate::providers) fn class(code: &str) -> Option<ReasonClass> {
    refusal(code, None, String::new)?.reason().map(|reason| reason.class)
}

/// Whether `error`, or `errors`, says anything.
fn has_error(body: &Object) -> bool {
    lenient::error(body, "error").or_else(|| lenient::error(body, "errors")).is_some()
}

/// The envelope's message, else the error's first words.
fn said(body: &Object) -> String {
    lenient::text(body.get("message"))
        .or_else(|| lenient::error_texts(body).into_iter().next())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::providers::summary::{self, summary};

    fn read(status: u16, body: &str) -> Answer {
        answer(&Reply { status, retry_after: None, body: body.into() }, &Words::default())
    }

    #[test]
    fn every_documented_reply_has_its_meaning() {
        for (status, body, meaning) in [
            (
                202,
                r#"{"code":"WA202","message":"Request Accepted","data":{"message_id":"AXXX"},"error":{}}"#,
                "accepted AXXX",
            ),
            // As the page prints it, with two commas missing.
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
            (
                200,
                r#"{"id":"d0b238ef-7","code":"RBC001","error":{"error":"x"}}"#,
                "refused credentials RBC001",
            ),
            (200, r#"{"id":"d0b238ef-7","code":"X1","error":{"error":"x"}}"#, "unrecognised content X1"),
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
            (400, r#"{"error":{"error_code":"e110"}}"#, "not sent account E110 3600s"),
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
            (400, r#"{"code":"E110","data":{},"error":{"balance":"x"}}"#, "not sent account E110 3600s"),
            (
                403,
                r#"{"code":"WAV2101","message":"Account daily limit reached"}"#,
                "not sent account WAV2101 3600s",
            ),
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
            assert_eq!(summary(&read(status, body)), meaning, "{status} {body}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_never_taken_for_certain_knowledge() {
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
        ] {
            assert_eq!(summary(&read(202, body)), "unreadable unclear unreadable", "{body}");
        }
        for body in [
            r#"{"code":"WA202","data":{"message_id":[1]},"error":{}}"#,
            r#"{"code":"WA202","data":{"message_id":"a b"},"error":{}}"#,
            r#"{"code":"WA202","data":"AXXX","error":{}}"#,
        ] {
            assert_eq!(summary(&read(202, body)), "accepted without id", "{body}");
        }
        for (status, meaning) in [
            (302, "unknown unclear http_302"),
            (308, "refused account http_308"),
            (400, "unrecognised content http_400"),
            (401, "refused credentials http_401"),
            (404, "refused account http_404"),
            (429, "not sent throttled http_429"),
            (500, "unknown unclear http_500"),
            (502, "unknown unclear http_502"),
        ] {
            for body in ["", "{\"code\":\"WA", "<html>", "{}", "[]"] {
                assert_eq!(summary(&read(status, body)), meaning, "{status} {body}");
            }
        }
        assert_eq!(summary(&read(500, r#"{"code":"WA777"}"#)), "unknown unclear http_500");
    }

    #[test]
    fn words_and_codes_that_are_handed_on_are_read() {
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
            (
                400,
                r#"{"code":"X1","error":{"error":{"error_data":{"code":131047}}}}"#,
                "rejected content 131047",
            ),
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
            // The documented code comes first, then the words, then the status.
            (400, r#"{"code":"E110","message":"timed out"}"#, "not sent account E110 3600s"),
            (400, r#"{"code":"WA400","message":"(#131026) m"}"#, "refused content WA400"),
            (401, r#"{"code":"X1","message":"Session timed out"}"#, "refused credentials X1"),
        ] {
            assert_eq!(summary(&read(status, body)), meaning, "{status} {body}");
        }
    }

    #[test]
    fn yes_and_no_at_once_is_unknown() {
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
            assert_eq!(summary(&read(status, body)), format!("unknown unclear http_{status}"), "{body}");
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
            assert_eq!(summary(&read(202, body)), "unreadable unclear unreadable", "{body}");
        }
        // A request's id is no message's.
        assert_eq!(summary(&read(400, r#"{"code":"WA400","id":"request-7"}"#)), "refused content WA400");
        assert_eq!(
            summary(&read(400, r#"{"code":"WA400","data":{"message_id":0}}"#)),
            "refused content WA400"
        );
    }

    #[test]
    fn a_wait_in_the_header_wins_but_never_shortens_the_long_one() {
        for (code, seconds, meaning) in [
            ("WA429", 1, "not sent throttled WA429 1s"),
            ("WA500", 7, "not sent unavailable WA500 7s"),
            ("E110", 1, "not sent account E110 3600s"),
            ("WAV2101", 7200, "not sent account WAV2101 7200s"),
        ] {
            let body = format!("{{\"code\":\"{code}\"}}").into();
            let reply = Reply { status: 429, retry_after: Some(Duration::from_secs(seconds)), body };
            assert_eq!(summary(&answer(&reply, &Words::default())), meaning);
        }
    }

    #[test]
    fn words_that_are_not_ours_are_fit_to_keep() {
        for (body, text) in [
            (r#"{"code":"X1","message":"bad +1 202 555 0100"}"#, "bad +[…]"),
            (r#"{"code":"X1","error":{"payload":"Incorrect"}}"#, "Incorrect"),
            (r#"{"code":"X1"}"#, "the provider refuses the message"),
        ] {
            assert_eq!(summary::text(&read(400, body)), text);
        }
        assert_eq!(summary(&read(400, r#"{"code":"12025550100"}"#)), "unrecognised content http_400");
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
            prop_assert!(!accepted || (200..300).contains(&status));
        }
    }
}
