//! The stored forms of records, reasons and answers.

use super::*;

#[test]
fn a_record_of_an_earlier_version_is_unclear() {
    let old = serde_json::json!({"state": "held", "attempt": 1, "fingerprint": "f"});
    let old: Record = serde_json::from_value(old).unwrap();
    assert_eq!((old.held_as(), old.token), (Some(Held::Unclear), None));
}

#[test]
fn a_state_a_class_and_an_answer_have_the_same_name_everywhere() {
    use State::{Accepted, Held, Rejected, Sending, Suppressed, Unknown, Waiting};
    for state in [Sending, Waiting, Unknown, Accepted, Rejected, Suppressed, Held] {
        assert_eq!(serde_json::json!(state), state.name());
        assert_eq!(state.to_string(), state.name());
    }
    assert_eq!(Sending.name(), "sending");
    for class in ReasonClass::ALL {
        assert_eq!(serde_json::json!(class), class.name());
    }
    let reason = reason(ReasonClass::OurChoice);
    assert_eq!(reason.to_string(), format!("our_choice: {} ({})", reason.text, reason.code));
    for (answer, kind) in [
        (Answer::Accepted(None), "accepted"),
        (Answer::Rejected(reason.clone()), "rejected"),
        (Answer::Refused(reason.clone()), "refused"),
        (Answer::Unrecognised(reason.clone()), "unrecognised"),
        (Answer::Unreadable(reason.clone()), "unreadable"),
        (Answer::NotSent { reason: reason.clone(), retry_after: None }, "not_sent"),
        (Answer::Unknown(reason.clone()), "unknown"),
    ] {
        assert_eq!(answer.kind().name(), kind);
        assert_eq!(answer.reason(), (kind != "accepted").then_some(&reason));
    }
}
