//! WhatsApp's error codes, as numbered by Meta. 1MSG and Kaleyra pass them on.
//!
//! Source: Meta's page "Error codes" of the Cloud API and seed 004 (2046, 2047). Meta advises to rely on the
//! code and not on the HTTP status: throttling often has status 403. If the page does not explain a code, the
//! table has no text for it and the provider's own text is kept.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::lenient::{self, Object};
use crate::protocol::{Answer, Reason, ReasonClass};
use ReasonClass::{Account, Content, Credentials, Recipient, Template, Throttled, Unavailable};

/// The consequence of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// This customer, or this order's state, is refused for good.
    Rejected,
    /// The shop or the provider can fix the cause.
    Refused,
    /// It may be accepted later: after this time, if Meta's page says so.
    TryAgain(Option<Duration>),
}
use Verdict::{Refused, Rejected, TryAgain};

/// One message in six seconds between the same two numbers:
/// <https://developers.facebook.com/docs/whatsapp/cloud-api/overview#pair-rate-limits>.
const PAIR_WAIT: Duration = Duration::from_secs(6);
/// The maintenance of an account takes minutes.
const MAINTENANCE_WAIT: Duration = Duration::from_mins(1);

const NOW: Verdict = TryAgain(None);

/// A code, its consequence, its class and an explanation (empty if Meta gives none).
struct Row(u32, Verdict, ReasonClass, &'static str);

/// The range of Graph API permission errors; one row covers them all.
const PERMISSIONS: RangeInclusive<u32> = 200..=299;
const PERMISSION: Row = Row(200, Refused, Account, "the token lacks a permission");
/// The range of Meta's platform rate limits:
/// <https://developers.facebook.com/docs/graph-api/overview/rate-limiting>.
const RATE_LIMITS: RangeInclusive<u32> = 80_000..=80_014;
const RATE_LIMIT: Row = Row(80_000, NOW, Throttled, "a rate limit of Meta's platform is reached");

/// The access token has expired or is invalid.
pub(super) const EXPIRED: u32 = 190;
/// The lowest code of WhatsApp is 2046. Lower codes are Graph's, but may also come from HTTP, gRPC or
/// programs.
pub(super) const FIRST_WHATSAPP_CODE: u32 = 1000;

#[rustfmt::skip]
const ROWS: [Row; 63] = [
    Row(0, Refused, Credentials, "Meta can't authenticate the app: the token is no longer valid"),
    Row(1, NOW, Unavailable, "Meta had an unknown error"),
    Row(2, NOW, Unavailable, "Meta's service is down or overloaded"),
    Row(3, Refused, Account, "the app lacks a capability or permission"),
    Row(4, NOW, Throttled, "the app has reached its rate limit"),
    Row(10, Refused, Account, "a permission was not granted or has been removed"),
    Row(17, NOW, Throttled, "the user has reached a rate limit of Meta's platform"),
    Row(32, NOW, Throttled, "the page has reached a rate limit of Meta's platform"),
    Row(33, Refused, Account, "the business phone number has been deleted"),
    Row(100, Refused, Content, "a parameter is not supported or misspelt"),
    Row(102, Refused, Credentials, "the login has expired"),
    Row(EXPIRED, Refused, Credentials, "the access token has expired"),
    Row(341, NOW, Throttled, "a limit of the app is reached"),
    Row(368, Refused, Account, "the account is restricted for violating a policy"),
    Row(613, NOW, Throttled, "a rate limit of the call is reached"),
    Row(2046, Rejected, Content, "the order's status can't follow the one before, or no order_details message has its reference_id (India, Brazil and Singapore only)"),
    Row(2047, Rejected, Content, "the order can't be canceled: it has a payment"),
    Row(130_403, Rejected, Content, ""),
    Row(130_429, NOW, Throttled, "the phone number's throughput is reached"),
    Row(130_472, Rejected, Recipient, "the customer's number is part of an experiment of Meta's"),
    Row(130_497, Refused, Account, "the account may not write to customers of this country"),
    Row(131_000, NOW, Unavailable, "Meta had an unknown error"),
    Row(131_005, Refused, Account, "access denied: a permission was not granted or has been removed"),
    Row(131_008, Refused, Content, "a required parameter is missing"),
    Row(131_009, Refused, Content, "a parameter's value is not valid"),
    Row(131_016, NOW, Unavailable, "Meta's service is overloaded for the moment"),
    Row(131_021, Rejected, Recipient, "sender and recipient are the same number"),
    Row(131_026, Rejected, Recipient, "the customer can't be reached on WhatsApp"),
    Row(131_030, Refused, Account, "a test number may only write to the numbers on its list"),
    Row(131_031, Refused, Account, "the account has been locked"),
    Row(131_037, Refused, Account, "the display name of the phone number is not approved yet"),
    Row(131_042, Refused, Account, "there is a problem with the payment method"),
    Row(131_045, Refused, Account, "the phone number's registration failed"),
    Row(131_047, Rejected, Content, "the customer's last message is more than 24 hours old"),
    Row(131_048, NOW, Account, "the phone number is limited because its messages were reported as spam"),
    Row(131_049, Rejected, Recipient, "Meta chose not to deliver it, to keep a healthy ecosystem"),
    Row(131_050, Rejected, Recipient, "the customer has stopped marketing messages"),
    Row(131_051, Refused, Content, "the message's type is not supported"),
    Row(131_055, Rejected, Content, ""),
    Row(131_056, TryAgain(Some(PAIR_WAIT)), Throttled, "too many messages to this customer in a short time"),
    Row(131_057, TryAgain(Some(MAINTENANCE_WAIT)), Unavailable, "the account is in maintenance"),
    Row(131_064, NOW, Account, ""),
    Row(132_000, Refused, Template, "the number of variables differs from the template's"),
    Row(132_001, Refused, Template, "the template doesn't exist in this language or isn't approved"),
    Row(132_005, Refused, Template, "the filled-in template is too long"),
    Row(132_007, Refused, Template, "the template's content violates a policy"),
    Row(132_008, Refused, Template, ""),
    Row(132_012, Refused, Template, "a variable's format differs from the template's"),
    Row(132_015, Refused, Template, "the template is paused for its low quality"),
    Row(132_016, Refused, Template, "the template is disabled for its low quality"),
    Row(132_018, Refused, Content, "a variable has a line break, a tab or more than four spaces in a row"),
    Row(133_000, Refused, Account, "an earlier deregistration of the phone number is not complete"),
    Row(133_004, NOW, Unavailable, "Meta's server is unavailable for the moment"),
    Row(133_005, Refused, Account, "the two-step verification PIN is wrong"),
    Row(133_006, Refused, Account, "the phone number must be verified"),
    Row(133_008, Refused, Account, "the two-step verification PIN was guessed too often"),
    Row(133_009, Refused, Account, "the two-step verification PIN was entered too fast"),
    Row(133_010, Refused, Account, "the phone number is not registered"),
    Row(133_015, NOW, Account, "the phone number was deleted a short time ago"),
    Row(134_011, Refused, Account, "the terms for payments have not been accepted"),
    Row(134_101, NOW, Account, ""),
    Row(135_000, Refused, Content, "Meta had an unknown error with the request's parameters"),
    Row(137_000, Rejected, Content, ""),
];

fn row(code: u32) -> Option<&'static Row> {
    if PERMISSIONS.contains(&code) {
        return Some(&PERMISSION);
    }
    if RATE_LIMITS.contains(&code) {
        return Some(&RATE_LIMIT);
    }
    ROWS.iter().find(|row| row.0 == code)
}

/// The explanation of a code, if documented.
pub(super) fn text(code: u32) -> Option<&'static str> {
    row(code).map(|row| row.3).filter(|text| !text.is_empty())
}

/// The class of a code, if documented.
pub(super) fn class(code: u32) -> Option<ReasonClass> {
    row(code).map(|row| row.2)
}

/// The answer for a reply with this code; `None` if the code is not documented. `said` returns the provider's
/// redacted text. A longer wait requested by the provider replaces the documented one.
pub(super) fn answer(
    code: u32,
    retry_after: Option<Duration>,
    said: impl FnOnce() -> String,
) -> Option<Answer> {
    let Row(_, verdict, class, _) = row(code)?;
    let text = text(code).map_or_else(said, str::to_owned);
    let text =
        if text.is_empty() { "neither Meta's page nor the provider explains it".to_owned() } else { text };
    let reason = Reason::new(*class, code.to_string(), text);
    Some(match verdict {
        Rejected => Answer::Rejected(reason),
        Refused => Answer::Refused(reason),
        TryAgain(documented) => Answer::NotSent { reason, retry_after: (*documented).max(retry_after) },
    })
}

/// The code in an error's `code` or `error_code`: a WhatsApp code before a Graph code, and a documented code
/// before others; otherwise a WhatsApp code in `code` next to the errors. A 0 that is not Graph's means that
/// there is no code.
pub(super) fn in_members(body: &Object) -> Option<u32> {
    let errors = lenient::error_objects(body);
    let is_one = |code: &u32| *code != 0 || is_graphs(body);
    let codes = || {
        let codes = errors.iter().flat_map(|error| ["code", "error_code"].map(|name| error.get(name)));
        codes.filter_map(lenient::code).filter(is_one)
    };
    let documented = || codes().filter(|code| class(*code).is_some());
    documented()
        .find(|code| *code >= FIRST_WHATSAPP_CODE)
        .or_else(|| documented().next())
        .or_else(|| codes().next())
        .or_else(|| lenient::code(body.get("code")).filter(|code| *code >= FIRST_WHATSAPP_CODE))
}

/// Like [`in_members`], but only if the code is certainly Meta's. Other programs also use codes below WhatsApp's: a
/// gateway's 4 with a 5xx may be about a lost reply.
pub(super) fn certain_in_members(body: &Object, status: u16) -> Option<u32> {
    let is_certain =
        |code: &u32| *code >= FIRST_WHATSAPP_CODE || (400..=499).contains(&status) || is_graphs(body);
    in_members(body).filter(is_certain)
}

/// Whether an error is Graph's own: errors of other programs have none of these members.
pub(super) fn is_graphs(body: &Object) -> bool {
    let is_one = |error: &&Object| error.contains_key("fbtrace_id") || is_oauth(error);
    lenient::error_objects(body).iter().any(is_one)
}

/// Whether an error has the type of most Graph errors. Without a code it means that the access token is
/// refused: <https://developers.facebook.com/docs/graph-api/guides/error-handling>.
pub(super) fn is_oauth(error: &Object) -> bool {
    lenient::word(error.get("type")).is_some_and(|word| word == "OAuthException")
}

/// The provider's code if it may be stored: one short word with fewer digits than a phone number. Other content is a
/// text in the wrong member.
pub(super) fn storable(code: &str) -> Option<String> {
    let digits = code.chars().filter(char::is_ascii_digit).count();
    let fits = (1..=MAX_BYTES).contains(&code.len())
        && digits <= MAX_DIGITS
        && code.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    fits.then(|| code.to_owned())
}

/// More than twice the longest documented code (`WAV2101`).
const MAX_BYTES: usize = 16;
/// The most digits of Meta's own codes; the shortest international phone numbers have seven.
const MAX_DIGITS: usize = 6;

/// Codes are at the beginning of a text.
const MAX_SEARCHED: usize = 1000;

/// The first code of Meta in a text, if marked as one, as in `(#131026) Message undeliverable`, `131047:
/// re-engagement` or `error code 132015`, or if it is the whole text. An unmarked number may be an order
/// number.
pub(super) fn find_in(text: &str) -> Option<u32> {
    let text: String = text.trim().chars().take(MAX_SEARCHED).collect();
    let mut from = 0;
    while let Some(start) = text.get(from..)?.find(|c: char| c.is_ascii_digit()).map(|at| from + at) {
        let (before, digits) = text.split_at_checked(start)?;
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let (digits, after) = digits.split_at_checked(end)?;
        let before = before.to_lowercase();
        let named = before.trim_end_matches([' ', ':', '=', '#', '"', '\'']);
        let is_marked = before.ends_with("(#") && after.starts_with(')')
            || named.len() < before.len() && (named.ends_with("code") || named.ends_with("error"))
            || before.is_empty() && (after.is_empty() || after.starts_with(':'));
        let whatsapps = digits.len() == 6 && digits.starts_with("13");
        if is_marked && (whatsapps || before.ends_with("(#")) && digits.len() <= MAX_DIGITS {
            return digits.parse().ok();
        }
        from = start + end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::summary::summary;

    #[test]
    fn every_documented_code_has_a_row() {
        let codes = |codes: &[u32], expected: &str| {
            for code in codes {
                let answer = answer(*code, None, String::new).unwrap_or_else(|| panic!("{code} has no row"));
                assert_eq!(summary(&answer), expected.replace("CODE", &code.to_string()));
            }
        };
        codes(&[1, 2, 131_000, 131_016, 133_004], "not sent unavailable CODE");
        codes(&[4, 17, 32, 341, 613, 80_000, 80_007, 80_014, 130_429], "not sent throttled CODE");
        codes(&[131_057], "not sent unavailable CODE 60s");
        codes(&[131_056], "not sent throttled CODE 6s");
        codes(&[131_048, 131_064, 133_015, 134_101], "not sent account CODE");
        codes(&[0, 102, 190], "refused credentials CODE");
        codes(
            &[
                3, 10, 368, 131_005, 131_031, 131_037, 131_042, 131_045, 133_000, 133_005, 133_006, 133_008,
                133_009, 133_010, 134_011, 33, 130_497, 131_030,
            ],
            "refused account CODE",
        );
        codes(&(200..=299).collect::<Vec<_>>(), "refused account CODE");
        codes(
            &[132_000, 132_001, 132_005, 132_007, 132_008, 132_012, 132_015, 132_016],
            "refused template CODE",
        );
        codes(&[130_472, 131_021, 131_026, 131_049, 131_050], "rejected recipient CODE");
        codes(&[100, 131_008, 131_009, 131_051, 132_018, 135_000], "refused content CODE");
        codes(&[130_403, 131_047, 131_055, 137_000, 2046, 2047], "rejected content CODE");
    }

    #[test]
    fn no_code_has_two_rows() {
        for (index, row) in ROWS.iter().enumerate() {
            assert!(!ROWS[..index].iter().any(|other| other.0 == row.0), "{}", row.0);
            assert!(![PERMISSIONS, RATE_LIMITS].iter().any(|range| range.contains(&row.0)), "{}", row.0);
        }
    }

    #[test]
    fn an_undocumented_code_has_no_answer() {
        for code in [5, 199, 300, 999_999] {
            assert_eq!(answer(code, None, String::new), None);
        }
        // The page lists these codes without a remedy, so they are deliberately unrecognised.
        for code in [803, 2500, 131_060, 131_062, 131_063, 133_016, 134_100, 134_102] {
            assert_eq!(answer(code, None, String::new), None);
        }
    }

    #[test]
    fn our_text_replaces_the_providers_if_the_code_is_documented() {
        let explain = |code, said: &str| match answer(code, None, || said.to_owned()) {
            Some(Answer::Rejected(reason)) => reason.text,
            other => panic!("{other:?}"),
        };
        assert_eq!(explain(131_026, "said"), "the customer can't be reached on WhatsApp");
        assert_eq!(explain(137_000, "said"), "said");
        assert_eq!(explain(137_000, ""), "neither Meta's page nor the provider explains it");
        assert_eq!(text(137_000), None);
    }

    #[test]
    fn the_longer_wait_is_used() {
        let wait =
            |code, seconds| summary(&answer(code, Some(Duration::from_secs(seconds)), String::new).unwrap());
        assert_eq!(wait(131_056, 1), "not sent throttled 131056 6s");
        assert_eq!(wait(131_056, 9), "not sent throttled 131056 9s");
        assert_eq!(wait(130_429, 9), "not sent throttled 130429 9s");
    }

    #[test]
    fn only_a_text_in_the_form_of_a_code_is_stored() {
        for code in ["131026", "WA-401", "WAV2101", "E110", "0"] {
            assert_eq!(storable(code).as_deref(), Some(code));
        }
        for other in ["", "12025550100", "not sent", "EAAxxxxxxxxxxxxxxx", "+1202"] {
            assert_eq!(storable(other), None, "{other}");
        }
    }

    #[test]
    fn a_code_in_a_text_is_found_if_it_is_marked() {
        for (text, code) in [
            ("(#131026) Message undeliverable", Some(131_026)),
            ("error 132015", Some(132_015)),
            ("131047: re-engagement", Some(131_047)),
            (" 131047 ", Some(131_047)),
            ("Error Code: 131047", Some(131_047)),
            ("(#80008) There have been too many calls", Some(80_008)),
            ("order 12, (#4) Application request limit reached", Some(4)),
            ("to 12131026555", None),
            ("130429 can't have new lines", None),
            ("190", None),
            ("order 130429 is refused", None),
            ("№130429", None),
            ("order #130429: refused", None),
            ("error 200", None),
            ("code 12345 or 141026", None),
            ("", None),
        ] {
            assert_eq!(find_in(text), code, "{text}");
        }
    }
}
