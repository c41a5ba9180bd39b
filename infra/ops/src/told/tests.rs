//! The sentence and the next step for each state.

use shared::delivery::FactKind;
use shared::message::{MessageId, MessageKey, Reference};
use shared::protocol::{Finding, Record, Resolution, resolve};
use shared::table::MessageRow;

use super::*;
use crate::deployment::Named;

/// 2026-11-20 09:00:00 UTC.
const NOW: Timestamp = Timestamp::constant(1_795_165_200, 0);

fn view(state: State, due_in: Option<i64>, reason: Option<(ReasonClass, &str, &str)>) -> NotificationRow {
    NotificationRow {
        reference: Reference::parse("notification/k/10482").unwrap(),
        notification: "order-cancelled".into(),
        template: Some("order_cancelled".into()),
        language: Some("en".into()),
        event_time: NOW - SignedDuration::from_mins(10),
        order_status: None,
        updated_at: NOW - SignedDuration::from_mins(5),
        record: Record {
            state,
            attempt: 1,
            provider: Some(Provider::OneMsg),
            unclear: reason.is_some_and(|(class, ..)| class == ReasonClass::Unclear),
            due_at: due_in.map(|seconds| NOW + SignedDuration::from_secs(seconds)),
            reason: reason.map(|(class, code, text)| Reason::new(class, code, text)),
            ..Record::untried("")
        },
        requests: Some(1),
        answers: Vec::new(),
        messages: Vec::new(),
    }
}

fn accepted(facts: &[(FactKind, i64)]) -> NotificationRow {
    let mut reported = DeliveryFacts::default();
    let failure = Failure { code: Some("131049".into()), text: "not delivered".into() };
    for (kind, second) in facts {
        reported.add(*kind, NOW + SignedDuration::from_secs(*second), Some(&failure));
    }
    let message = MessageKey { provider: Provider::OneMsg, id: MessageId::parse("id-1").unwrap() };
    let message = MessageRow { accepted_at: Some(NOW), facts: reported, ..MessageRow::new(message) };
    NotificationRow { messages: vec![message], ..view(State::Accepted, None, None) }
}

fn next_of(view: &NotificationRow) -> Option<Next> {
    next(view, &Tool::called_for(&Named::Environment), NOW)
}

#[test]
fn every_state_is_told_in_plain_words() {
    use ReasonClass::{OurChoice, Recipient, Throttled, Unclear};
    let timeout = Some((Unclear, "timeout", "no answer in time"));
    for (view, told) in [
        (
            view(State::Sending, Some(30), None),
            "being sent by 1MSG, until 2026-11-20 09:00:30 UTC at the latest",
        ),
        (
            view(State::Sending, Some(-30), None),
            "1MSG was asked, and no word came until 2026-11-20 08:59:30 UTC",
        ),
        (
            view(State::Waiting, Some(60), Some((Throttled, "http_429", "too many"))),
            "waiting until 2026-11-20 09:01:00 UTC because 1MSG throttles (http_429)",
        ),
        (
            view(State::Waiting, Some(-60), None),
            "due since 2026-11-20 08:59:00 UTC, and waiting for its event to come again",
        ),
        (
            view(State::Unknown, Some(60), timeout),
            "nobody knows yet whether 1MSG sent it (no answer in time (timeout)); a callback may tell until 2026-11-20 09:01:00 UTC",
        ),
        (
            view(State::Rejected, None, Some((Recipient, "131026", "not on WhatsApp"))),
            "refused for good by 1MSG: not on WhatsApp (131026)",
        ),
        (
            view(State::Suppressed, None, Some((OurChoice, "no_consent", "the customer has not agreed"))),
            "not sent, on purpose: the customer has not agreed (no_consent)",
        ),
        (
            view(State::Held, Some(-60), timeout),
            "held (unclear) since 2026-11-20 08:59:00 UTC: nobody can tell whether 1MSG sent it: no answer in time (timeout)",
        ),
        (
            view(State::Held, Some(-60), Some((Throttled, "http_429", "too many"))),
            "held (unsent) since 2026-11-20 08:59:00 UTC: it was not sent: too many (http_429)",
        ),
    ] {
        assert_eq!(sentence(&view, NOW), told);
    }
}

#[test]
fn what_was_reported_of_a_message_is_told_with_its_times() {
    use FactKind::{Delivered, Failed, Read, Sent};
    for (facts, told, mood_of_it) in [
        (&[][..], "accepted by 1MSG 2026-11-20 09:00:00 UTC; nothing is reported yet", Mood::Pending),
        (&[(Sent, 1)], "sent 2026-11-20 09:00:01 UTC, not delivered yet", Mood::Pending),
        (&[(Sent, 1), (Delivered, 2)], "delivered 2026-11-20 09:00:02 UTC, not read yet", Mood::Good),
        (
            &[(Delivered, 2), (Read, 3)],
            "delivered 2026-11-20 09:00:02 UTC, read 2026-11-20 09:00:03 UTC",
            Mood::Good,
        ),
        (&[(Read, 3)], "read 2026-11-20 09:00:03 UTC", Mood::Good),
        (&[(Sent, 1), (Failed, 4)], "failed 2026-11-20 09:00:04 UTC: not delivered (131049)", Mood::Bad),
    ] {
        let view = accepted(facts);
        assert_eq!((sentence(&view, NOW).as_str(), mood(&view)), (told, mood_of_it));
    }
    let mut unconfirmed = accepted(&[]);
    unconfirmed.messages[0].unconfirmed_at = Some(NOW);
    assert!(sentence(&unconfirmed, NOW).contains("nobody could tell what became of it"));
}

#[test]
fn whoever_may_have_sent_a_held_one_is_named_with_the_commands_that_settle_it() {
    let unclear = next_of(&view(State::Held, None, Some((ReasonClass::Unclear, "timeout", "")))).unwrap();
    assert!(unclear.what.contains("1MSG channel's cabinet"), "{unclear:?}");
    let resolve = "ops resolve notification/k/10482 --as";
    assert_eq!(unclear.commands, [format!("{resolve} sent"), format!("{resolve} not-sent")]);

    let certain = next_of(&view(State::Held, None, Some((ReasonClass::Throttled, "http_429", "")))).unwrap();
    let replay = "ops replay --from 2026-11-20T08:48:00Z --to 2026-11-20T08:52:00Z";
    assert_eq!(certain.commands, ["ops resend notification/k/10482 --apply".to_owned(), replay.to_owned()]);
}

#[test]
fn nothing_is_asked_of_a_person_where_a_machine_goes_on_by_itself() {
    for state in [State::Sending, State::Waiting, State::Unknown] {
        assert_eq!(next_of(&view(state, Some(-60), None)), None, "{state}");
        assert!(next_of(&view(state, Some(-600), None)).is_some(), "{state}: it is overdue");
    }
    assert_eq!(next_of(&view(State::Suppressed, None, None)), None);
    assert_eq!(next_of(&accepted(&[(FactKind::Read, 1)])), None);
    assert!(next_of(&accepted(&[(FactKind::Failed, 1)])).is_some());
}

/// A notification that an operator has released after `attempt - 1` attempts.
fn let_go(attempt: u32) -> NotificationRow {
    let mut held = view(State::Held, Some(-600), Some((ReasonClass::Unclear, "timeout", "")));
    held.record.attempt = attempt - 1;
    let Resolution::Move(record) = resolve(&held.record, &Finding::NotSent, NOW) else { panic!("a move") };
    NotificationRow { record, ..held }
}

#[test]
fn what_a_person_has_let_go_says_how_it_goes_out_as_long_as_its_event_has_not_come() {
    let let_go = let_go(2);
    assert_eq!(
        sentence(&let_go, NOW),
        "not sent: a person let it go 2026-11-20 09:00:00 UTC, and it waits for its event to come again"
    );
    let next = next_of(&let_go).unwrap();
    assert!(next.what.contains("STUCK_AFTER") && next.what.contains("held again"), "{next:?}");
    assert_eq!(
        next.commands,
        ["ops replay --from 2026-11-20T08:48:00Z --to 2026-11-20T08:52:00Z", "ops send event.json"]
    );
}

#[test]
fn requests_are_counted_and_the_turns_of_the_record_are_not() {
    let told = |count| requests(&NotificationRow { requests: count, ..let_go(3) });
    assert_eq!(told(Some(0)).as_deref(), Some("no request"));
    assert_eq!(told(Some(1)).as_deref(), Some("1 request"));
    assert_eq!(told(Some(2)).as_deref(), Some("2 requests"));
    assert_eq!(told(None), None, "an earlier version has written it");
}

#[test]
fn an_outcome_without_a_providers_time_has_the_time_of_its_writing() {
    let without_id = NotificationRow { messages: Vec::new(), ..accepted(&[]) };
    for (view, is_told) in [
        (view(State::Rejected, None, None), true),
        (view(State::Suppressed, None, None), true),
        (without_id, true),
        (accepted(&[]), false),
        (view(State::Held, Some(-60), None), false),
    ] {
        assert_eq!(decided_at(&view), is_told.then_some(view.updated_at), "{}", view.record.state);
    }
}
