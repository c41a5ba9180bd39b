//! Classifies replies by their HTTP status alone, if the body is missing, truncated or of an unknown form.

use std::time::Duration;

use crate::protocol::{Answer, Reason, ReasonClass};

/// Our own text, because the provider's may repeat the token in a form that redaction does not recognise.
pub(super) const CREDENTIALS_REFUSED: &str = "the provider refuses the credentials";

pub(super) fn code(status: u16) -> String {
    format!("http_{status}")
}

/// Classifies a status. `text` is the provider's redacted text.
///
/// A 4xx is a refusal: fixable if the status names the cause, otherwise unrecognised. A 5xx may come from a gateway in
/// front of a server that has accepted the message, so the outcome is unknown. Section numbers refer to RFC 9110.
pub(super) fn answer(status: u16, retry_after: Option<Duration>, text: Option<String>) -> Answer {
    let reason = |class, ours: &str| {
        Reason::new(
            class,
            code(status),
            text.filter(|text| !text.is_empty()).unwrap_or_else(|| ours.to_owned()),
        )
    };
    match status {
        200..=299 => Answer::Unreadable(Reason::new(
            ReasonClass::Unclear,
            "unreadable",
            "the reply says neither that the message was accepted nor that it was refused",
        )),
        // The resource has another address (15.4.2, 15.4.8, 15.4.9), so the request was not processed here.
        // No provider documents this, so our base URL is wrong.
        301 | 307 | 308 => Answer::Refused(reason(ReasonClass::Account, MOVED)),
        401 => Answer::Refused(Reason::new(ReasonClass::Credentials, code(status), CREDENTIALS_REFUSED)),
        402 | 403 => Answer::Refused(reason(ReasonClass::Account, "the provider refuses the account")),
        404 | 405 | 410 => Answer::Refused(reason(
            ReasonClass::Account,
            "the provider has nothing at this address: the base URL or an id in the credentials is wrong",
        )),
        // 408 means that the server got an incomplete request (15.5.9), but servers also send it if a server
        // behind them is slow. 409 may mean that an earlier try of the same message was accepted. Proxies use
        // 499 when the other side has closed the connection.
        408 | 409 | 499 => Answer::Unknown(reason(ReasonClass::Unclear, "the provider timed out")),
        // A proxy (15.5.8) or a network that requires a login (RFC 6585, section 6) has not forwarded the
        // request.
        407 | 511 => Answer::Refused(reason(
            ReasonClass::Account,
            "a proxy or network requires a login and forwards nothing: fix the network or its proxy",
        )),
        // The server is not responsible for this address, and says so before it processes the request
        // (15.5.20).
        421 => not_sent(reason(ReasonClass::Unavailable, "the wrong server replied"), retry_after),
        // Refused before it was processed (RFC 8470, section 5.2).
        425 => not_sent(reason(ReasonClass::Unavailable, "the provider asks to try again"), retry_after),
        429 => not_sent(reason(ReasonClass::Throttled, "too many messages at once"), retry_after),
        400..=499 => Answer::Unrecognised(reason(ReasonClass::Content, "the provider refuses the message")),
        500..=599 => Answer::Unknown(reason(ReasonClass::Unclear, "the provider had a failure of its own")),
        // Among the others are 302 and 303, which servers send *after* they have processed a POST (15.4.3,
        // 15.4.4).
        _ => Answer::Unknown(reason(
            ReasonClass::Unclear,
            "the reply doesn't show whether the message was accepted",
        )),
    }
}

const MOVED: &str = "the provider has moved to another address: its base URL must be changed";

/// A redirect to the same resource at another address, with any status: nothing was processed here.
pub(super) fn moved(status: u16) -> Answer {
    Answer::Refused(Reason::new(ReasonClass::Account, code(status), MOVED))
}

/// Whether a body is a web page. No provider replies with one; a website, a proxy or a captive portal does.
pub(super) fn is_web_page(body: &[u8]) -> bool {
    let beginning = body.get(..WEB_PAGE_BEGINNING).unwrap_or(body);
    let text = String::from_utf8_lossy(beginning).to_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<')
        && ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| text.contains(tag))
}

/// A page may begin with comments.
const WEB_PAGE_BEGINNING: usize = 1024;

/// A 2xx with a web page. The server may have forwarded the message before, so this is not a refusal.
pub(super) fn web_page() -> Answer {
    Answer::Unreadable(Reason::new(
        ReasonClass::Unclear,
        "web_page",
        "the reply is a web page: the base URL is wrong, or a proxy or portal replied",
    ))
}

/// A status that does not accept the message, with a body that says it was accepted.
pub(super) fn contradiction(status: u16) -> Answer {
    let text = "the reply says both that the message was accepted and that it was refused";
    Answer::Unknown(Reason::new(ReasonClass::Unclear, code(status), text))
}

/// Whether the text may be more specific than the status, which refuses without saying why. A 401 needs no
/// text, and its body repeats the token.
pub(super) fn defers_to_text(status: u16, by_status: &Answer) -> bool {
    status != 401 && matches!(by_status, Answer::Refused(_) | Answer::Unrecognised(_))
}

/// Adds the provider's code to a status's answer. An undocumented code makes a refusal unrecognised, except at 401,
/// which is always about the credentials.
pub(super) fn with_code(answer: Answer, code: Option<String>) -> Answer {
    let Some(code) = code else { return answer };
    match answer {
        Answer::Refused(reason) if reason.class == ReasonClass::Credentials => {
            Answer::Refused(Reason { code, ..reason })
        }
        Answer::Refused(reason) | Answer::Unrecognised(reason) => {
            Answer::Unrecognised(Reason { code, ..reason })
        }
        Answer::NotSent { reason, retry_after } => not_sent(Reason { code, ..reason }, retry_after),
        other => other,
    }
}

fn not_sent(reason: Reason, retry_after: Option<Duration>) -> Answer {
    Answer::NotSent { reason, retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::summary::{summary, text};

    #[test]
    fn every_status_has_one_classification() {
        for (statuses, reading) in [
            (
                vec![100, 101, 300, 302, 303, 304, 408, 409, 499, 500, 501, 502, 503, 504, 599, 600],
                "unknown unclear",
            ),
            (vec![301, 307, 308, 402, 403, 404, 405, 407, 410, 511], "refused account"),
            (vec![401], "refused credentials"),
            (vec![400, 406, 411, 413, 414, 415, 422, 431, 451], "unrecognised content"),
            (vec![421, 425], "not sent unavailable"),
            (vec![429], "not sent throttled"),
        ] {
            for status in statuses {
                assert_eq!(summary(&answer(status, None, None)), format!("{reading} http_{status}"));
            }
        }
        for status in [200, 202, 204, 299] {
            assert_eq!(summary(&answer(status, None, None)), "unreadable unclear unreadable");
        }
    }

    #[test]
    fn a_web_page_is_distinguished_from_a_providers_reply() {
        for page in [
            "<!DOCTYPE html><html><body>Sign in</body></html>",
            "\u{feff}\r\n <HTML lang=\"en\">",
            "<!-- portal 7 -->\n<html><head><meta http-equiv=\"refresh\" content=\"0; url=https://portal.example/\"></head>",
            "<head><title>Blocked</title>",
        ] {
            assert!(is_web_page(page.as_bytes()), "{page}");
        }
        for other in [
            "",
            "ok",
            "{\"message\":\"<html>\"}",
            "<br />{\"sent\":true,\"id\":\"a\"}",
            "<?xml version=\"1.0\"?><error/>",
        ] {
            assert!(!is_web_page(other.as_bytes()), "{other}");
        }
        assert_eq!(summary(&web_page()), "unreadable unclear web_page");
        assert_eq!(summary(&moved(302)), "refused account http_302");
    }

    #[test]
    fn the_providers_text_is_used_unless_it_is_empty() {
        let said = |text_of_reply: Option<&str>| {
            text(&answer(403, None, text_of_reply.map(str::to_owned))).to_owned()
        };
        assert_eq!(said(Some("Trial ended")), "Trial ended");
        assert_eq!(said(Some("")), "the provider refuses the account");
        assert_eq!(said(None), "the provider refuses the account");
        assert_eq!(text(&answer(401, None, Some("Wrong token t".to_owned()))), CREDENTIALS_REFUSED);
    }

    #[test]
    fn an_undocumented_code_makes_a_refusal_unrecognised_except_at_401() {
        for (status, reading) in [
            (400, "unrecognised content X1"),
            (403, "unrecognised account X1"),
            (401, "refused credentials X1"),
            (429, "not sent throttled X1"),
            (500, "unknown unclear http_500"),
            (200, "unreadable unclear unreadable"),
        ] {
            let answer = with_code(answer(status, None, None), Some("X1".to_owned()));
            assert_eq!(summary(&answer), reading);
        }
    }

    #[test]
    fn a_requested_wait_is_passed_on() {
        let wait = Some(Duration::from_secs(7));
        assert_eq!(summary(&answer(429, wait, None)), "not sent throttled http_429 7s");
        assert_eq!(summary(&answer(425, wait, None)), "not sent unavailable http_425 7s");
    }
}
