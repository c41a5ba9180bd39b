//! Plain labels for the table's codes.

use std::fmt::Display;
use std::time::Duration;

use shared::protocol::{Reason, ReasonClass};
use shared::provider::Provider;
use shared::table::ProviderAnswer;

/// The name of the provider that was asked; "nobody" if there was none.
pub fn whoever(asked: Option<Provider>) -> &'static str {
    asked.map_or("nobody", Provider::title)
}

/// A reason, with its code.
pub fn reason(reason: &Reason) -> String {
    coded(&reason.text, Some(&reason.code))
}

/// A text and a code, either of which may be missing.
pub fn coded(text: &str, code: Option<&str>) -> String {
    match (text, code) {
        ("", None) => "no reason was given".to_owned(),
        ("", Some(code)) => format!("code {code}"),
        (text, None) => text.to_owned(),
        (text, Some(code)) => format!("{text} ({code})"),
    }
}

/// Why a notification waits.
pub fn wait(why: &Reason, asked: Option<Provider>) -> String {
    match (why.class, asked) {
        (ReasonClass::Throttled, Some(asked)) => format!("{} throttles ({})", asked.title(), why.code),
        _ => reason(why),
    }
}

/// What a provider answered that did not take a notification.
pub fn answer(answer: &ProviderAnswer) -> String {
    let what = match (answer.requests, answer.reason.class) {
        (Some(0), _) => "was not asked",
        (_, ReasonClass::Throttled) => "throttled it",
        (_, ReasonClass::Unavailable) => "was not available",
        (_, ReasonClass::Unclear) => "gave no clear answer",
        _ => "refused it",
    };
    format!("{} {what}: {}", answer.provider.title(), reason(&answer.reason))
}

/// "1 event", "2 events".
pub fn count(number: usize, what: impl Display) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}

/// "3 days", "2 hours 5 minutes": the largest unit, and the next smaller one if it isn't zero.
pub fn duration(duration: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(24 * 60 * 60, "day"), (60 * 60, "hour"), (60, "minute"), (1, "second")];
    let mut rest = duration.as_secs();
    let mut parts = Vec::new();
    for (seconds, name) in UNITS {
        let number = rest / seconds;
        rest %= seconds;
        if number > 0 {
            parts.push(count(usize::try_from(number).unwrap_or(usize::MAX), name));
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() { "0 seconds".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_by_its_two_largest_units() {
        for (seconds, told) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (125, "2 minutes 5 seconds"),
            (3 * 24 * 60 * 60, "3 days"),
            (24 * 60 * 60 + 59, "1 day"),
            (2 * 60 * 60 + 5 * 60 + 7, "2 hours 5 minutes"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), told);
        }
    }

    #[test]
    fn a_reason_is_told_with_what_there_is_of_it() {
        for (text, code, told) in [
            ("not on WhatsApp", Some("131026"), "not on WhatsApp (131026)"),
            ("not on WhatsApp", None, "not on WhatsApp"),
            ("", Some("131026"), "code 131026"),
            ("", None, "no reason was given"),
        ] {
            assert_eq!(coded(text, code), told);
        }
    }

    #[test]
    fn an_answer_says_who_did_what_and_why() {
        let told = |requests, class, code: &str| {
            let reason = Reason::new(class, code, "text");
            let at = jiff::Timestamp::UNIX_EPOCH;
            answer(&ProviderAnswer { provider: Provider::Meta, at, reason, requests })
        };
        for (requests, class, words) in [
            (Some(1), ReasonClass::Credentials, "Meta refused it: text (190)"),
            (Some(0), ReasonClass::Credentials, "Meta was not asked: text (190)"),
            (Some(3), ReasonClass::Throttled, "Meta throttled it: text (190)"),
            (Some(3), ReasonClass::Unavailable, "Meta was not available: text (190)"),
            (None, ReasonClass::Unclear, "Meta gave no clear answer: text (190)"),
        ] {
            assert_eq!(told(requests, class, "190"), words);
        }
    }

    #[test]
    fn who_throttles_is_named() {
        let why = |class| Reason::new(class, "429", "too many messages at once");
        assert_eq!(wait(&why(ReasonClass::Throttled), Some(Provider::Kaleyra)), "Kaleyra throttles (429)");
        let text = "too many messages at once (429)";
        assert_eq!(wait(&why(ReasonClass::Unavailable), Some(Provider::Kaleyra)), text);
    }
}
