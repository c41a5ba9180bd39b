//! The finding for a failed administrative call to a provider.

use shared::provider::Provider;

use super::finding::Finding;
use crate::providers::{CallError, Refusal};

/// `what` is the part that is unknown because of the error, such as "Meta's templates".
pub(super) fn finding(what: &str, error: &CallError) -> Finding {
    let name = error.provider().title();
    let fix = sentence(&error.remedy());
    match error {
        CallError::Unusable { .. } | CallError::Credentials { .. } => Finding::fault(
            format!("{error}."),
            format!("{name} refuses every request with them, so no message is sent."),
            fix,
        ),
        CallError::Unreachable(_) | CallError::NoAnswer(_) => Finding::fault(
            format!("{what} can't be checked: {error}."),
            "Faults in this part would go unnoticed; and if the functions can't reach it either, nothing is sent.",
            fix,
        ),
        CallError::Refused { provider: Provider::Meta, refusal } if lacks_permission(refusal) => {
            Finding::warning(
                format!("{what} can't be checked: {error}."),
                "The token may still be able to send, but faults in this part would go unnoticed.",
                fix,
            )
        }
        CallError::Refused { .. } => Finding::fault(
            format!("{what} can't be checked: {error}."),
            "Faults in this part would go unnoticed.",
            fix,
        ),
        CallError::Unreadable { .. } => {
            Finding::warning(format!("{what}: {error}."), "Faults in this part would go unnoticed.", fix)
        }
    }
}

/// Whether Meta says that the token lacks a permission or that the object doesn't exist, which the Graph API doesn't
/// distinguish: codes 10 and 200 to 299, and 100 with subcode 33
/// (<https://developers.facebook.com/docs/graph-api/guides/error-handling>).
fn lacks_permission(refusal: &Refusal) -> bool {
    match refusal.code.as_deref().and_then(|code| code.parse::<u32>().ok()) {
        Some(10 | 200..=299) => true,
        Some(100) => refusal.subcode == Some(33),
        _ => false,
    }
}

/// With a capital and a full stop.
fn sentence(remedy: &str) -> String {
    let mut characters = remedy.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn every_error_is_a_finding_with_a_remedy() {
        let provider = Provider::Meta;
        let refusal =
            Refusal { status: 400, code: Some("100".to_owned()), subcode: None, text: "no".to_owned() };
        for (error, severity, said) in [
            (
                CallError::Credentials { provider, status: 401 },
                Severity::Fault,
                "Meta does not take the credentials",
            ),
            (CallError::Unusable { provider, problem: "p" }, Severity::Fault, "Meta can't be called: p."),
            (
                CallError::Unreachable(provider),
                Severity::Fault,
                "The number can't be checked: Meta can't be reached.",
            ),
            (CallError::NoAnswer(provider), Severity::Fault, "gave no complete answer"),
            (CallError::Refused { provider, refusal }, Severity::Fault, "code 100"),
            (
                CallError::Unreadable { provider, status: 200, expected: "x" },
                Severity::Warning,
                "The number: ",
            ),
        ] {
            let finding = finding("The number", &error);
            assert!(finding.severity == severity && finding.what.contains(said), "{finding:?}");
            let fix = finding.fix.unwrap();
            assert!(fix.starts_with(char::is_uppercase) && fix.ends_with('.'), "{fix}");
        }
    }

    #[test]
    fn a_token_without_permission_is_a_warning() {
        let refused = |code: &str, subcode| {
            let refusal =
                Refusal { status: 400, code: Some(code.to_owned()), subcode, text: "no".to_owned() };
            finding("The templates", &CallError::Refused { provider: Provider::Meta, refusal }).severity
        };
        for (code, subcode, severity) in [
            ("10", None, Severity::Warning),
            ("200", None, Severity::Warning),
            ("299", None, Severity::Warning),
            ("100", Some(33), Severity::Warning),
            ("100", None, Severity::Fault),
            ("300", None, Severity::Fault),
            ("131031", None, Severity::Fault),
        ] {
            assert_eq!(refused(code, subcode), severity, "{code}");
        }
    }
}
