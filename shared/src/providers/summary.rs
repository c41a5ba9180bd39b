//! Summarises an answer on one line, for readable test tables.

use super::http::Reply;
use super::sanitizer::Sanitizer;
use crate::protocol::Answer;

/// `accepted <id>`, or the answer's kind, class and code, with the wait in seconds if there is one.
pub(super) fn summary(answer: &Answer) -> String {
    match answer {
        Answer::Accepted(id) => format!("accepted {}", id.as_ref().map_or("without id", |id| id.as_str())),
        Answer::NotSent { reason, retry_after } => {
            let wait = retry_after.map(|wait| format!(" {}s", wait.as_secs())).unwrap_or_default();
            format!("not sent {} {}{wait}", reason.class.name(), reason.code)
        }
        Answer::Rejected(reason)
        | Answer::Refused(reason)
        | Answer::Unrecognised(reason)
        | Answer::Unknown(reason)
        | Answer::Unreadable(reason) => {
            format!("{} {} {}", answer.kind().name(), reason.class.name(), reason.code)
        }
    }
}

/// Classifies a reply with this status and body.
pub(super) fn classify(answer: fn(&Reply, &Sanitizer<'_>) -> Answer, status: u16, body: &str) -> Answer {
    answer(&Reply { status, retry_after: None, error_type: None, body: body.into() }, &Sanitizer::default())
}

/// Asserts that replies with these bodies are classified by their status alone.
pub(super) fn assert_classified_by_status(answer: fn(&Reply, &Sanitizer<'_>) -> Answer, bodies: &[&str]) {
    for (status, meaning) in [
        (302, "unknown unclear http_302"),
        (308, "refused account http_308"),
        (400, "unrecognised content http_400"),
        (401, "refused credentials http_401"),
        (404, "refused account http_404"),
        (408, "unknown unclear http_408"),
        (429, "not sent throttled http_429"),
        (500, "unknown unclear http_500"),
        (502, "unknown unclear http_502"),
    ] {
        for body in bodies {
            assert_eq!(summary(&classify(answer, status, body)), meaning, "{status} {body}");
        }
    }
}

/// The reason's text; empty for an accepted message.
pub(super) fn text(answer: &Answer) -> &str {
    answer.reason().map_or("", |reason| &reason.text)
}
