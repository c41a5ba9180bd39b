//! Recognises acceptance and refusal in the members of a JSON reply, such as `"status": "queued"`.

use serde_json::Value;

use crate::providers::lenient::{self, Object};

/// Whether a member of the body says that the call succeeded.
pub(in crate::providers) fn is_success(body: &Object) -> bool {
    const WORDS: &[&str] = &["success", "successful", "succeeded", "ok", "okay", "done", "completed"];
    ["success", "succeeded", "ok"].iter().any(|name| is_yes(body.get(*name)))
        || ["status", "result"].iter().any(|name| is_yes(body.get(*name)) || is_word(body.get(*name), WORDS))
}

/// Whether a member of the body says that the message was accepted.
pub(in crate::providers) fn is_taken(body: &Object) -> bool {
    const WORDS: &[&str] = &[
        "sent",
        "accepted",
        "queued",
        "enqueued",
        "submitted",
        "scheduled",
        "delivered",
        "sending",
        "dispatched",
        "pending",
        "processing",
        "in_progress",
        "waiting",
        "buffered",
        "created",
        "received",
    ];
    ["accepted", "queued", "enqueued"].iter().any(|name| is_yes(body.get(*name)))
        || ["status", "state", "result", "message_status"].iter().any(|name| is_word(body.get(*name), WORDS))
}

/// Whether a member of the body says that the call failed.
pub(in crate::providers) fn is_failure(body: &Object) -> bool {
    const WORDS: &[&str] = &["error", "fail", "failed", "failure", "rejected", "refused", "false"];
    ["success", "succeeded", "ok", "accepted"]
        .iter()
        .any(|name| body.get(*name) == Some(&Value::Bool(false)) || is_word(body.get(*name), WORDS))
        || ["status", "state", "result"]
            .iter()
            .any(|name| body.get(*name) == Some(&Value::Bool(false)) || is_word(body.get(*name), WORDS))
}

/// Whether a value means yes, as a boolean, a number or a word.
pub(in crate::providers) fn is_yes(value: Option<&Value>) -> bool {
    value == Some(&Value::Bool(true)) || is_word(value, &["true", "yes", "1"])
}

fn is_word(value: Option<&Value>, words: &[&str]) -> bool {
    lenient::word(value).is_some_and(|word| words.iter().any(|it| word.eq_ignore_ascii_case(it)))
}
