//! Texts for reasons, answers, counts and durations.

use std::fmt::Display;
use std::time::Duration;

use shared::protocol::{Reason, ReasonClass};
use shared::provider::Provider;
use shared::table::ProviderAnswer;

pub fn provider(provider: Option<Provider>) -> &'static str {
    provider.map_or("no provider", Provider::title)
}

/// A reason's text and code.
pub fn reason(reason: &Reason) -> String {
    coded(&reason.text, Some(&reason.code))
}

/// `text` may be empty.
pub fn coded(text: &str, code: Option<&str>) -> String {
    match (text, code) {
        ("", None) => "no reason was given".to_owned(),
        ("", Some(code)) => format!("code {code}"),
        (text, None) => text.to_owned(),
        (text, Some(code)) => format!("{text} ({code})"),
    }
}

/// Why a notification waits.
pub fn wait(why: &Reason, provider: Option<Provider>) -> String {
    match (why.class, provider) {
        (ReasonClass::Throttled, Some(provider)) => format!("{} throttles ({})", provider.title(), why.code),
        _ => reason(why),
    }
}

/// The answer of a provider that did not accept a notification.
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
pub fn count<N: Copy + Display + PartialEq + From<u8>>(number: N, what: impl Display) -> String {
    let s = if number == N::from(1) { "" } else { "s" };
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
            parts.push(count(number, name));
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
    fn a_duration_has_its_two_largest_units() {
        for (seconds, expected) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (125, "2 minutes 5 seconds"),
            (3 * 24 * 60 * 60, "3 days"),
            (24 * 60 * 60 + 59, "1 day"),
            (2 * 60 * 60 + 5 * 60 + 7, "2 hours 5 minutes"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn a_text_or_a_code_may_be_missing() {
        for (text, code, expected) in [
            ("not on WhatsApp", Some("131026"), "not on WhatsApp (131026)"),
            ("not on WhatsApp", None, "not on WhatsApp"),
            ("", Some("131026"), "code 131026"),
            ("", None, "no reason was given"),
        ] {
            assert_eq!(coded(text, code), expected);
        }
    }

    #[test]
    fn an_answer_has_provider_result_and_reason() {
        let text = |requests, class, code: &str| {
            let reason = Reason::new(class, code, "text");
            let at = jiff::Timestamp::UNIX_EPOCH;
            answer(&ProviderAnswer { provider: Provider::Meta, at, reason, requests })
        };
        for (requests, class, expected) in [
            (Some(1), ReasonClass::Credentials, "Meta refused it: text (190)"),
            (Some(0), ReasonClass::Credentials, "Meta was not asked: text (190)"),
            (Some(3), ReasonClass::Throttled, "Meta throttled it: text (190)"),
            (Some(3), ReasonClass::Unavailable, "Meta was not available: text (190)"),
            (None, ReasonClass::Unclear, "Meta gave no clear answer: text (190)"),
        ] {
            assert_eq!(text(requests, class, "190"), expected);
        }
    }

    #[test]
    fn the_throttling_provider_is_named() {
        let why = |class| Reason::new(class, "429", "too many messages at once");
        assert_eq!(wait(&why(ReasonClass::Throttled), Some(Provider::Kaleyra)), "Kaleyra throttles (429)");
        let text = "too many messages at once (429)";
        assert_eq!(wait(&why(ReasonClass::Unavailable), Some(Provider::Kaleyra)), text);
    }
}
