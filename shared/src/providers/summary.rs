//! An answer in one line, so that the tests' tables can be read.

use crate::protocol::Answer;

/// `accepted <id>`, or the answer's kind, class and code, with the wait in seconds where there is one.
pub(super) fn summary(answer: &Answer) -> String {
    match answer {
        Answer::Accepted(id) => format!("accepted {}", id.as_ref().map_or("without id", |id| id.as_str())),
        Answer::Rejected(reason) => format!("rejected {} {}", reason.class.name(), reason.code),
        Answer::NotSent { reason, retry_after } => {
            let wait = retry_after.map(|wait| format!(" {}s", wait.as_secs())).unwrap_or_default();
            format!("not sent {} {}{wait}", reason.class.name(), reason.code)
        }
        Answer::Unknown(reason) => format!("unknown {} {}", reason.class.name(), reason.code),
    }
}

/// The reason's text; empty for an accepted message.
pub(super) fn text(answer: &Answer) -> &str {
    match answer {
        Answer::Accepted(_) => "",
        Answer::Rejected(reason) | Answer::NotSent { reason, .. } | Answer::Unknown(reason) => &reason.text,
    }
}
