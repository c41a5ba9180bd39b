//! What an HTTP status says by itself, where the body doesn't say it: it is missing, cut off, or of another make.

use std::time::Duration;

use crate::protocol::{Answer, Reason, ReasonClass};

/// In our words alone: the provider's may repeat the token, in a form that no rule recognises.
pub(super) const CREDENTIALS_REFUSED: &str = "the provider refuses the credentials";

/// The code of a reason that an HTTP status gives.
pub(super) fn code(status: u16) -> String {
    format!("http_{status}")
}

/// What a status means by itself. `text` is what the provider said, fit to keep.
///
/// A 4xx is a refusal: one that can be mended where the status says what is refused, else one that no table here knows. A
/// 5xx may come from a gateway in front of a server that
/// has taken the message, so it tells nothing. Section numbers are RFC 9110's.
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
            "the reply says neither that the message was taken nor that it was refused",
        )),
        // The address has moved or is another (15.4.2, 15.4.8, 15.4.9): the request wasn't carried out here. No
        // provider documents it, so our base URL is wrong.
        301 | 307 | 308 => Answer::Refused(reason(ReasonClass::Account, MOVED)),
        401 => Answer::Refused(Reason::new(ReasonClass::Credentials, code(status), CREDENTIALS_REFUSED)),
        402 | 403 => Answer::Refused(reason(ReasonClass::Account, "the provider refuses the account")),
        404 | 405 | 410 => Answer::Refused(reason(
            ReasonClass::Account,
            "the provider has nothing at this address: the base URL or an id in the credentials is wrong",
        )),
        // By its definition the server got no complete request (15.5.9), but servers also answer it when a server
        // behind them is slow. 409 may mean that an earlier try of the same message was taken, and 499 is what a proxy
        // writes when the other side has hung up.
        408 | 409 | 499 => Answer::Unknown(reason(ReasonClass::Unclear, "the provider gave up waiting")),
        // A proxy (15.5.8) or a network that wants a login first (RFC 6585, section 6) has kept the request to itself.
        407 | 511 => Answer::Refused(reason(
            ReasonClass::Account,
            "something between us and the provider wants a login, and hands nothing on: mend the network or its proxy",
        )),
        // The server is none for this address, and says so before it looks at the request (15.5.20).
        421 => not_sent(reason(ReasonClass::Unavailable, "another server has answered"), retry_after),
        // Refused before it was looked at (RFC 8470, section 5.2).
        425 => not_sent(reason(ReasonClass::Unavailable, "the provider asks to try again"), retry_after),
        429 => not_sent(reason(ReasonClass::Throttled, "too many messages at once"), retry_after),
        400..=499 => Answer::Unrecognised(reason(ReasonClass::Content, "the provider refuses the message")),
        500..=599 => Answer::Unknown(reason(ReasonClass::Unclear, "the provider had a failure of its own")),
        // Of the rest, 302 and 303 are what servers answer *after* they have carried out a POST (15.4.3, 15.4.4).
        _ => {
            Answer::Unknown(reason(ReasonClass::Unclear, "the reply doesn't tell what became of the message"))
        }
    }
}

const MOVED: &str = "the provider has moved to another address: its base URL must be changed";

/// A redirect to the same resource at another address, whatever its status: nothing was carried out at this one.
pub(super) fn moved(status: u16) -> Answer {
    Answer::Refused(Reason::new(ReasonClass::Account, code(status), MOVED))
}

/// Whether a body is a web page. No provider answers a message with one: a website, a proxy or a portal does.
pub(super) fn is_web_page(body: &[u8]) -> bool {
    let beginning = body.get(..WEB_PAGE_BEGINNING).unwrap_or(body);
    let text = String::from_utf8_lossy(beginning).to_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<')
        && ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| text.contains(tag))
}

/// A page may begin with comments.
const WEB_PAGE_BEGINNING: usize = 1024;

/// A 2xx with a web page. What has answered may have handed the message on before, so that this is no refusal.
pub(super) fn web_page() -> Answer {
    Answer::Unreadable(Reason::new(
        ReasonClass::Unclear,
        "web_page",
        "a web page came in place of the provider's answer: its base URL is wrong, or a proxy or portal has answered",
    ))
}

/// A status that doesn't accept, with a body that says that the message was taken.
pub(super) fn yes_and_no(status: u16) -> Answer {
    let text = "the reply says both that the message was taken and that it was refused";
    Answer::Unknown(Reason::new(ReasonClass::Unclear, code(status), text))
}

/// Whether the words beside a status may say more than the status itself: it refuses, and doesn't say what for. The body of
/// a 401 repeats the token, and the status says it all.
pub(super) fn leaves_it_to_words(status: u16, by_status: &Answer) -> bool {
    status != 401 && matches!(by_status, Answer::Refused(_) | Answer::Unrecognised(_))
}

/// A status's answer with the code that the provider gave. A code that no table here knows says more than the status,
/// and yet not what to do; only 401 speaks of nothing but the credentials.
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
    fn every_status_has_one_reading() {
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
    fn a_web_page_is_told_from_what_a_provider_answers() {
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
    fn the_providers_words_are_kept_and_silence_is_not() {
        let said = |words: Option<&str>| text(&answer(403, None, words.map(str::to_owned))).to_owned();
        assert_eq!(said(Some("Trial ended")), "Trial ended");
        assert_eq!(said(Some("")), "the provider refuses the account");
        assert_eq!(said(None), "the provider refuses the account");
        assert_eq!(text(&answer(401, None, Some("Wrong token t".to_owned()))), CREDENTIALS_REFUSED);
    }

    #[test]
    fn a_code_that_no_table_knows_makes_a_refusal_unrecognised_unless_the_credentials_are_refused() {
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
    fn a_wait_is_handed_on() {
        let wait = Some(Duration::from_secs(7));
        assert_eq!(summary(&answer(429, wait, None)), "not sent throttled http_429 7s");
        assert_eq!(summary(&answer(425, wait, None)), "not sent unavailable http_425 7s");
    }
}
