//! Interprets the status of a report and the type of its item.

use serde_json::Value;

use super::lenient::{self, Object};
use crate::delivery::FactKind;

/// The types of items that report on something else. Their `failed` is not about a message, and their
/// `delivered` is about the goods.
const OTHERS: [&str; 4] = ["payment", "call", "order", "transaction"];
/// The same as parts of a type, such as `payment.failed`. `order` is excluded because `order_status` is one of our own
/// templates.
const OTHERS_AS_PARTS: [&str; 6] = ["payment", "payments", "call", "calls", "transaction", "transactions"];

/// Whether the type of an item, or of its envelope, is about something other than a message.
pub(super) fn is_about_other_subject(of: &Value) -> bool {
    let Some(of) = lenient::word(Some(of)).map(|word| word.to_lowercase()) else { return false };
    OTHERS.contains(&of.as_str())
        || of.split(|c: char| !c.is_alphanumeric()).any(|word| OTHERS_AS_PARTS.contains(&word))
}

/// Whether an object has a message id and a known message status.
pub(super) fn is_about_message(object: &Object) -> bool {
    let has_id =
        ["id", "message_id", "messageId"].iter().any(|name| lenient::id(object.get(*name)).is_some());
    has_id && status(object).is_some_and(|status| kind(&status).is_some())
}

/// A status in lower case, without separators.
pub(super) fn normalize(status: &str) -> String {
    status.chars().filter(|c| !" -_".contains(*c)).flat_map(char::to_lowercase).collect()
}

/// The statuses of the providers. Meta: sent, delivered, read, failed, played. 1MSG also: viewed and
/// undelivered. Kaleyra also: `NOT-SENT` and `not sent`. The others come from carriers, whose words SMPP abbreviates
/// (<https://smpp.org/SMPP_v3_4_Issue1_2.pdf>, appendix B), and from similar providers.
pub(super) fn kind(status: &str) -> Option<FactKind> {
    match normalize(status).as_str() {
        "sent" | "sentnodlr" | "enviado" => Some(FactKind::Sent),
        "delivered" | "delivrd" | "entregado" => Some(FactKind::Delivered),
        "read" | "viewed" | "played" | "seen" | "opened" | "leído" | "leido" => Some(FactKind::Read),
        "failed" | "undelivered" | "undeliverable" | "undeliv" | "notsent" | "rejected" | "rejectd"
        | "expired" | "error" | "fallido" => Some(FactKind::Failed),
        _ => None,
    }
}

/// Statuses that say nothing about the delivery: the message is still on its way to WhatsApp, it is deleted, or a part of it is
/// unavailable. Kaleyra's and carriers' words for the first are among them. WhatsApp's `deleted` means that the customer has deleted the
/// message, SMPP's that the carrier has. SMPP's other final states without a delivery, `ACCEPTD` and `UNKNOWN`, are not among them, so
/// that they are noticed. `success` and `ok` are the result of a relay's own call.
const NO_FACTS: [&str; 18] = [
    "accepted",
    "awaiteddlr",
    "created",
    "deleted",
    "dispatched",
    "enqueued",
    "enroute",
    "inprogress",
    "inprocess",
    "ok",
    "pending",
    "processing",
    "queued",
    "scheduled",
    "sending",
    "submitted",
    "success",
    "warning",
];

/// Whether a status says nothing about the delivery, so that nothing is missing without it.
pub(super) fn is_no_fact(status: &str) -> bool {
    NO_FACTS.contains(&normalize(status).as_str())
}

/// The status of an item, which may be in a list with one item, or in an object's `status` or `name`.
pub(super) fn status(item: &Object) -> Option<String> {
    let [value] = lenient::items(item.get("status")) else { return None };
    let inside = || ["status", "name"].iter().find_map(|name| lenient::word(value.get(*name)));
    lenient::word(Some(value)).or_else(inside)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_documented_status_has_its_kind() {
        for (words, kind_of_all) in [
            (&["sent", "SENT", " Sent ", "SENT - NO DLR", "Enviado"][..], Some(FactKind::Sent)),
            (&["delivered", "DELIVERED", "DELIVRD", "Entregado"], Some(FactKind::Delivered)),
            (&["read", "viewed", "played", "READ", "seen", "Opened", "LEÍDO"], Some(FactKind::Read)),
            (
                &["failed", "undelivered", "not sent", "NOT-SENT", "not_sent", "notsent", "FAILED"],
                Some(FactKind::Failed),
            ),
            (&["Rejected", "expired", "UNDELIVERABLE", "error", "Fallido"], Some(FactKind::Failed)),
            (&["UNDELIV", "REJECTD"], Some(FactKind::Failed)),
            // No provider documents them, and a failed message is followed by a fallback.
            (&["NOT-DELIVERED", "Failure", "Delivery failed"], None),
            (&["", "deleted", "pending", "warning", "enqueued", "submitted", "0", "1", "sents", "İ"], None),
        ] {
            for word in words {
                assert_eq!(kind(word), kind_of_all, "{word}");
            }
        }
    }

    #[test]
    fn ignored_statuses_have_no_kind() {
        for word in ["deleted", "AWAITED-DLR", "En Route", "in progress", "success"] {
            assert!(is_no_fact(word), "{word}");
        }
        assert!(NO_FACTS.iter().all(|word| kind(word).is_none() && normalize(word) == *word));
        for word in ["teleported", "", "UNKNOWN", "ACCEPTD", "not delivered", "failure"] {
            assert!(!is_no_fact(word), "{word}");
        }
    }

    #[test]
    fn a_status_is_found_in_a_list_or_an_object() {
        for value in [json!("read"), json!(["read"]), json!({"name": "read"}), json!([{"status": "read"}])] {
            assert_eq!(status(json!({"status": value}).as_object().unwrap()).as_deref(), Some("read"));
        }
        for value in [json!(null), json!([]), json!({"code": 1}), json!([["read"]]), json!(["sent", "read"])]
        {
            assert_eq!(status(json!({"status": value}).as_object().unwrap()), None);
        }
    }
}
