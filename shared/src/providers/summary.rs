//! An answer in one line, so that the tests' tables can be read.

use crate::protocol::Answer;

/// `accepted <id>`, or the answer's kind, class and code, with the wait in seconds where there is one.
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

/// The reason's text; empty for an accepted message.
pub(super) fn text(answer: &Answer) -> &str {
    answer.reason().map_or("", |reason| &reason.text)
}
