//! The summary and the next step for each state.

use shared::delivery::FactKind;
use shared::message::{MessageId, MessageKey, Reference};
use shared::metric_names::MetricNames;
use shared::protocol::{Finding, NO_USABLE_NUMBER, Reason, Record, Resolution, resolve};
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
        names: MetricNames::default(),
        event_time: NOW - SignedDuration::from_mins(10),
        order_status: None,
        created_at: None,
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
    next_of_followed(view, &Followers::default())
}

fn next_of_followed(view: &NotificationRow, followers: &Followers) -> Option<Next> {
    next_step(view, followers, &Tool::for_deployment(&Named::Environment), NOW)
}

#[test]
fn every_state_has_a_summary() {
    use ReasonClass::{OurChoice, Recipient, Throttled, Unclear};
    let timeout = Some((Unclear, "timeout", "no answer in time"));
    for (view, expected) in [
        (
            view(State::Sending, Some(30), None),
            "being sent by 1MSG, until 2026-11-20 09:00:30 UTC at the latest",
        ),
        (
            view(State::Sending, Some(-30), None),
            "1MSG was asked and had not answered by 2026-11-20 08:59:30 UTC",
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
            "not known yet whether 1MSG sent it (no answer in time (timeout)); a callback may settle it until 2026-11-20 09:01:00 UTC",
        ),
        (
            view(State::Rejected, None, Some((Recipient, "131026", "not on WhatsApp"))),
            "permanently refused by 1MSG: not on WhatsApp (131026)",
        ),
        (
            view(State::Rejected, None, Some((Recipient, NO_USABLE_NUMBER, "no usable phone number"))),
            "not sent on WhatsApp: no usable phone number (no_usable_number)",
        ),
        (
            view(State::Suppressed, None, Some((OurChoice, "no_consent", "the customer has not agreed"))),
            "deliberately not sent: the customer has not agreed (no_consent)",
        ),
        (
            view(State::Held, Some(-60), timeout),
            "held (unclear) since 2026-11-20 08:59:00 UTC: it is unknown whether 1MSG sent it: no answer in time (timeout)",
        ),
        (
            view(State::Held, Some(-60), Some((Throttled, "http_429", "too many"))),
            "held (unsent) since 2026-11-20 08:59:00 UTC: it was not sent: too many (http_429)",
        ),
    ] {
        assert_eq!(summary(&view, NOW), expected);
    }
}

#[test]
fn reported_facts_are_shown_with_their_times() {
    use FactKind::{Delivered, Failed, Read, Sent};
    for (facts, expected, rated) in [
        (&[][..], "accepted by 1MSG 2026-11-20 09:00:00 UTC; no delivery report yet", Rating::Pending),
        (&[(Sent, 1)], "sent 2026-11-20 09:00:01 UTC, not delivered yet", Rating::Pending),
        (&[(Sent, 1), (Delivered, 2)], "delivered 2026-11-20 09:00:02 UTC, not read yet", Rating::Good),
        (
            &[(Delivered, 2), (Read, 3)],
            "delivered 2026-11-20 09:00:02 UTC, read 2026-11-20 09:00:03 UTC",
            Rating::Good,
        ),
        (&[(Read, 3)], "read 2026-11-20 09:00:03 UTC", Rating::Good),
        (&[(Sent, 1), (Failed, 4)], "failed 2026-11-20 09:00:04 UTC: not delivered (131049)", Rating::Bad),
    ] {
        let view = accepted(facts);
        assert_eq!((summary(&view, NOW).as_str(), rating(&view)), (expected, rated));
    }
    for provider in [Provider::AwsSms, Provider::AwsEmail] {
        let mut delivered = accepted(&[(Delivered, 2)]);
        delivered.record.provider = Some(provider);
        assert_eq!(summary(&delivered, NOW), "delivered 2026-11-20 09:00:02 UTC", "{provider}");
    }
    let mut unconfirmed = accepted(&[]);
    unconfirmed.messages[0].unconfirmed_at = Some(NOW);
    assert!(summary(&unconfirmed, NOW).contains("could not be confirmed"));
}

#[test]
fn a_held_notification_has_the_commands_that_settle_it() {
    let unclear = next_of(&view(State::Held, None, Some((ReasonClass::Unclear, "timeout", "")))).unwrap();
    assert!(unclear.what.contains("1MSG channel's cabinet"), "{unclear:?}");
    let resolve = "ops resolve notification/k/10482 --as";
    assert_eq!(unclear.commands, [format!("{resolve} sent"), format!("{resolve} not-sent")]);

    let certain = next_of(&view(State::Held, None, Some((ReasonClass::Throttled, "http_429", "")))).unwrap();
    let replay = "ops replay --from 2026-11-20T08:48:00Z --to 2026-11-20T08:52:00Z";
    assert_eq!(certain.commands, ["ops resend notification/k/10482 --apply".to_owned(), replay.to_owned()]);
}

#[test]
fn only_overdue_held_and_failed_notifications_need_an_operator() {
    for state in [State::Sending, State::Waiting, State::Unknown] {
        assert_eq!(next_of(&view(state, Some(-60), None)), None, "{state}");
        assert!(next_of(&view(state, Some(-600), None)).is_some(), "{state}: it is overdue");
    }
    assert_eq!(next_of(&view(State::Suppressed, None, None)), None);
    assert_eq!(next_of(&accepted(&[(FactKind::Read, 1)])), None);
    assert!(next_of(&accepted(&[(FactKind::Failed, 1)])).is_some());
}

/// A notification that an operator has released after `attempt - 1` attempts.
fn released(attempt: u32) -> NotificationRow {
    let mut held = view(State::Held, Some(-600), Some((ReasonClass::Unclear, "timeout", "")));
    held.record.attempt = attempt - 1;
    let Resolution::Move(record) = resolve(&held.record, &Finding::NotSent, NOW) else { panic!("a move") };
    NotificationRow { record, ..held }
}

#[test]
fn a_released_notification_has_the_commands_that_bring_its_event_back() {
    let released = released(2);
    assert_eq!(
        summary(&released, NOW),
        "not sent: an operator released it 2026-11-20 09:00:00 UTC, and it waits for its event to come again"
    );
    let next = next_of(&released).unwrap();
    assert!(next.what.contains("STUCK_AFTER") && next.what.contains("held again"), "{next:?}");
    assert_eq!(
        next.commands,
        ["ops replay --from 2026-11-20T08:48:00Z --to 2026-11-20T08:52:00Z", "ops send event.json"]
    );
}

#[test]
fn requests_are_counted_not_attempts() {
    let text = |count| requests(&NotificationRow { requests: count, ..released(3) });
    assert_eq!(text(Some(0)).as_deref(), Some("no request"));
    assert_eq!(text(Some(1)).as_deref(), Some("1 request"));
    assert_eq!(text(Some(2)).as_deref(), Some("2 requests"));
    assert_eq!(text(None), None, "written by an earlier version");
}

#[test]
fn an_outcome_without_a_providers_time_has_the_time_of_its_write() {
    let without_id = NotificationRow { messages: Vec::new(), ..accepted(&[]) };
    for (view, expected) in [
        (view(State::Rejected, None, None), true),
        (view(State::Suppressed, None, None), true),
        (without_id, true),
        (accepted(&[]), false),
        (view(State::Held, Some(-60), None), false),
    ] {
        assert_eq!(decided_at(&view), expected.then_some(view.updated_at), "{}", view.record.state);
    }
}

#[test]
fn the_next_step_after_a_refusal_names_the_sender() {
    let commands = |reference: &str| {
        let mut view = view(State::Rejected, None, Some((ReasonClass::Template, "132001", "no template")));
        view.reference = Reference::parse(reference).unwrap();
        next_of(&view).unwrap().commands
    };
    assert_eq!(commands("notification/k/10482"), ["ops templates plan"]);
    assert_eq!(commands("notification:acme/k/10482"), ["ops templates plan --sender acme"]);
}

#[test]
fn a_customer_is_contacted_only_if_no_message_has_arrived_and_none_can() {
    let with_key = |row: NotificationRow, suffix: &str| NotificationRow {
        reference: Reference::parse("notification/k/10482").unwrap().derived(suffix),
        ..row
    };
    let refused = view(State::Rejected, None, Some((ReasonClass::Recipient, "131026", "not on WhatsApp")));
    let failed = accepted(&[(FactKind::Failed, 1)]);
    let words = |rows: &[&NotificationRow], is_kept: bool| {
        let all: Vec<NotificationRow> = rows.iter().copied().cloned().collect();
        let due_at = is_kept.then_some(NOW);
        let followers = Followers::new(&all[0], &all, due_at, |row| summary(row, NOW));
        next_of_followed(&all[0], &followers).map(|next| next.what)
    };
    let text = |facts: &[(FactKind, i64)]| with_key(accepted(facts), "sms");
    for first in [&refused, &failed] {
        assert_eq!(words(&[first, &text(&[(FactKind::Delivered, 2)])], false), None);
        assert_eq!(words(&[first, &text(&[])], false), None, "it may still arrive");
        assert!(words(&[first], true).unwrap().starts_with("nothing yet"));
        let lost = text(&[(FactKind::Failed, 2)]);
        assert_eq!(words(&[first, &lost], true), None, "an e-mail may follow");
        let over =
            "no message about it has arrived, and nothing else follows: contact the customer in another way";
        assert_eq!(words(&[first, &lost], false).as_deref(), Some(over));
        // The step stands at the first message.
        assert_eq!(words(&[&lost, first], false), None);
        // Another event of the same order.
        let other = NotificationRow {
            reference: Reference::parse("notification/other:sms/10482").unwrap(),
            ..accepted(&[(FactKind::Read, 2)])
        };
        assert!(words(&[first, &other], false).unwrap().contains("in another way"));
    }
    // With or without a fallback, a template is mended.
    let template = view(State::Rejected, None, Some((ReasonClass::Template, "132001", "no template")));
    assert!(words(&[&template, &text(&[])], false).unwrap().contains("ops resend"));
}

#[test]
fn what_follows_is_promised_no_earlier_than_its_event_is_due() {
    let failed = accepted(&[(FactKind::Failed, 1)]);
    let next = |minutes| {
        let due_at = NOW + SignedDuration::from_mins(minutes);
        let followers = Followers::new(&failed, &[], Some(due_at), |_| String::new());
        next_of_followed(&failed, &followers).unwrap().what
    };
    assert!(next(0).contains("within five minutes delivery-sweeper requeues its event"), "{}", next(0));
    assert!(next(720).contains("follows 2026-11-20 21:00:00 UTC at the earliest"), "{}", next(720));
}

#[test]
fn followers_are_in_the_order_in_which_they_were_first_written() {
    let first = accepted(&[(FactKind::Failed, 1)]);
    let follower = |suffix: &str, created: i64, updated: i64| NotificationRow {
        reference: first.reference.derived(suffix),
        created_at: (created > 0).then(|| NOW + SignedDuration::from_secs(created)),
        updated_at: NOW + SignedDuration::from_secs(updated),
        ..accepted(&[])
    };
    let order = |all: &[NotificationRow]| -> Vec<&str> {
        let followers = Followers::new(&first, all, None, |_| String::new());
        followers.messages().iter().map(|it| it.message).collect()
    };
    // The e-mail followed the text message, which was written again later.
    assert_eq!(order(&[follower("email", 20, 25), follower("sms", 10, 90)]), ["a text message", "an e-mail"]);
    assert_eq!(order(&[follower("email", 0, 25), follower("sms", 0, 90)]), ["an e-mail", "a text message"]);
}
