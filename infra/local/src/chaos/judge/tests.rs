//! The judge detects violations: sound evidence passes, and each manipulation is found.

mod followers;
mod reach;

use std::time::SystemTime;

use jiff::Timestamp;
use shared::message::{MessageId, MessageKey};
use simulator::Expected;

use shared::status_event::StatusEventType;

use super::*;
use crate::chaos::evidence::{CallbackSeen, Delivery};
use crate::chaos::planned_event::PlannedStatus;

const BODY: &str = "notification/k/C1";
/// The functions' time at which every record was written first.
const START: Timestamp = Timestamp::constant(1_780_000_000, 0);
const STATUSES: [&str; 3] = ["notification/s0/C2", "notification/s1/C2", "notification/s2/C2"];

fn record_in(state: State) -> RecordSeen {
    let unclear = matches!(state, State::Held | State::Unknown);
    RecordSeen {
        state,
        reason: None,
        text: "text".to_owned(),
        unclear,
        provider: Some(Provider::OneMsg),
        messages: BTreeSet::new(),
        created_at: START,
    }
}

fn message(provider: Provider, id: &str) -> MessageKey {
    MessageKey { provider, id: MessageId::parse(id).unwrap() }
}

fn send(provider: Provider, reference: &str) -> SendSeen {
    let message = message(provider, reference);
    let callback = |kind| CallbackSeen { kind, end: CallbackEnd::Taken, tries: 1 };
    SendSeen {
        provider,
        notification: Some(reference.to_owned()),
        ids: BTreeSet::from([message.clone()]),
        message,
        at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000),
        language: "en".to_owned(),
        reaches_the_customer: true,
        reply: ReplySeen::Complete,
        polled: BTreeSet::new(),
        callbacks: vec![callback(FactKind::Sent), callback(FactKind::Delivered)],
    }
}

/// An order with a notification through 1MSG, an order with three statuses, and one event each that is invalid,
/// ignored, without consent, and still queued.
fn sound() -> Evidence {
    let mut evidence = Evidence::default();
    let mut add = |order: &str, due: Due, status: Option<PlannedStatus>| {
        let event = evidence.events.len();
        let at_the_providers = matches!(due, Due::Sendable(_)).then_some(Expected::Delivered);
        evidence.events.push(EventSeen {
            order: order.to_owned(),
            due,
            status,
            at_the_providers,
            is_refused_for_good: false,
            language: None,
            misread: None,
            fallback: None,
        });
        evidence.deliveries.push(Delivery { event, id: format!("event-{event}") });
    };
    add("C1", Due::Sendable(BODY.to_owned()), None);
    for (place, reference) in STATUSES.iter().enumerate() {
        let status = PlannedStatus { place, is_final: place == 2 };
        add("C2", Due::Sendable((*reference).to_owned()), Some(status));
    }
    add("C3", Due::Invalid, None);
    add("C4", Due::Ignored, None);
    add("C5", Due::Unsendable("notification/k/C5".to_owned()), None);
    add("C6", Due::Sendable("notification/k/C6".to_owned()), None);
    // Its provider always throttles.
    evidence.events[7].at_the_providers = Some(Expected::Waiting);
    evidence.invalid.insert("event-4".to_owned());
    evidence.records.insert("notification/k/C5".to_owned(), record_in(State::Suppressed));
    evidence.records.insert("notification/k/C6".to_owned(), record_in(State::Waiting));
    evidence.queued.insert("event-7".to_owned(), 1);
    accept(&mut evidence, Provider::OneMsg, BODY);
    for reference in STATUSES {
        accept(&mut evidence, Provider::Kaleyra, reference);
    }
    publish_expected(&mut evidence);
    evidence
}

/// Publishes the status events for the evidence so far.
fn publish_expected(evidence: &mut Evidence) {
    evidence.published = status_events::expected(evidence).into_iter().map(|event| (event, 1)).collect();
}

fn accept(evidence: &mut Evidence, provider: Provider, reference: &str) {
    let send = send(provider, reference);
    let record = RecordSeen { messages: send.ids.clone(), ..record_in(State::Accepted) };
    evidence.facts.insert(send.message.clone(), taken(&send));
    evidence.records.insert(reference.to_owned(), record);
    evidence.sends.push(send);
}

fn violations<T>(tamper: impl FnOnce(&mut Evidence) -> T) -> Vec<String> {
    let mut evidence = sound();
    tamper(&mut evidence);
    publish_expected(&mut evidence);
    judge(&evidence, Quiet::Reached).violations.iter().map(ToString::to_string).collect()
}

fn found<T>(tamper: impl FnOnce(&mut Evidence) -> T, violation: &str) {
    let violations = violations(tamper);
    assert!(violations.iter().any(|it| it.contains(violation)), "{violation} not in {violations:?}");
}

fn record<'a>(evidence: &'a mut Evidence, reference: &str) -> &'a mut RecordSeen {
    evidence.records.get_mut(reference).unwrap()
}

#[test]
fn valid_evidence_has_no_violation_and_every_message_an_outcome() {
    let verdict = judge(&sound(), Quiet::Reached);
    assert_eq!(verdict.violations, []);
    let ends = [("accepted", 4), ("ignored", 1), ("invalid", 1), (STILL_QUEUED, 1), ("suppressed", 1)];
    assert_eq!(verdict.tally, ends.into());
    assert_eq!(verdict.reach, Reach { reachable: 4, reached: 4, unclear: BTreeMap::new() });
}

#[test]
fn an_unfinished_run_is_a_violation() {
    assert_eq!(judge(&sound(), Quiet::OutOfTime).violations.len(), 1);
}

#[test]
fn an_event_that_left_the_queue_without_an_outcome_is_found() {
    found(
        |it| it.records.remove("notification/k/C5"),
        "C5: event event-6 has left the queue without a record",
    );
    found(|it| it.invalid.remove("event-4"), "C3: event event-4 has left the queue");
    found(|it| it.queued.clear(), "C6: event event-7 has left the queue without an outcome");
    // One of two copies is still queued; the other is lost nevertheless.
    found(|it| it.deliveries.push(Delivery { event: 7, id: "event-7".into() }), "C6: event event-7 has left");
}

#[test]
fn records_and_sends_without_an_event_are_found() {
    found(|it| it.queued.insert("event-0".into(), 2), "event-0: is on the queue more often");
    found(|it| it.invalid.insert("event-0".into()), "event-0: is recorded as invalid");
    found(
        |it| {
            let record = record(it, BODY).clone();
            it.records.insert("notification/x/C9".into(), record);
        },
        "notification/x/C9: is recorded",
    );
    found(|it| it.sends[0].notification = None, "accepted a send without an event");
    found(
        |it| it.facts.insert(message(Provider::Meta, "stray"), BTreeSet::new()),
        "is in the table, but no provider accepted it",
    );
}

#[test]
fn two_accepted_sends_of_one_notification_are_found() {
    found(|it| it.sends.push(send(Provider::OneMsg, BODY)), "C1: notification/k/C1 was accepted 2 times");
    // Also by two providers.
    found(|it| accept(it, Provider::Meta, BODY), "C1: notification/k/C1 was accepted 2 times");
}

#[test]
fn a_send_that_must_not_be_is_found() {
    found(
        |it| accept(it, Provider::Meta, "notification/k/C5"),
        "C5: notification/k/C5 was sent, but must not be",
    );
}

#[test]
fn a_record_that_contradicts_its_send_is_found() {
    for state in [State::Held, State::Rejected, State::Suppressed] {
        found(|it| record(it, BODY).state = state, "C1: notification/k/C1 was accepted by OneMsg and is");
    }
    found(|it| it.records.remove(BODY), "C1: notification/k/C1 was accepted, but has no record");
    found(|it| record(it, BODY).messages.clear(), "its id isn't recorded");
    found(|it| it.sends.remove(0), "C1: notification/k/C1 is accepted, but no provider accepted it");
}

#[test]
fn only_an_unknowable_outcome_may_be_held() {
    let held = |it: &mut Evidence, reference| {
        *record(it, reference) = record_in(State::Held);
    };
    // 1MSG's lost replies, and answers that a kill has prevented from being stored.
    let lost = violations(|it| {
        held(it, BODY);
        it.sends[0].reply = ReplySeen::Lost;
    });
    assert_eq!(lost, [""; 0]);
    let kill_after = |seconds| {
        move |it: &mut Evidence| {
            held(it, BODY);
            it.kills.push(it.sends[0].at + Duration::from_secs(seconds));
        }
    };
    assert_eq!(violations(kill_after(1)), [""; 0]);
    found(kill_after(60), "C1: notification/k/C1 was accepted by OneMsg and is held");
    // Kaleyra's callbacks prove the acceptance, even if the reply was lost.
    found(
        |it| {
            held(it, STATUSES[0]);
            it.sends[1].reply = ReplySeen::Lost;
            it.kills.push(it.sends[1].at);
        },
        "was accepted by Kaleyra and is held",
    );
    // A rejected notification that was accepted is always a violation.
    found(
        |it| {
            record(it, BODY).state = State::Rejected;
            it.sends[0].reply = ReplySeen::Lost;
        },
        "was accepted by OneMsg and is rejected",
    );
}

#[test]
fn a_lost_fact_and_an_invented_one_are_found() {
    let change = |change: fn(&mut BTreeSet<FactKind>) -> bool| {
        move |it: &mut Evidence| change(it.facts.get_mut(&message(Provider::OneMsg, BODY)).unwrap())
    };
    found(change(|facts| facts.remove(&FactKind::Delivered)), "the webhook accepted {Sent, Delivered}");
    found(change(|facts| facts.insert(FactKind::Read)), "there are {Sent, Delivered, Read}");
    found(|it| it.facts.remove(&message(Provider::OneMsg, BODY)), "under the message's id there are {}");
    found(
        |it| record(it, BODY).messages = BTreeSet::from([message(Provider::OneMsg, "other")]),
        "of the notification there are {}",
    );
}

#[test]
fn facts_from_polling_1msg_are_optional() {
    let asked = |it: &mut Evidence| it.sends[0].polled = BTreeSet::from(FactKind::ALL);
    assert_eq!(violations(asked), [""; 0]);
    let stored = violations(|it| {
        asked(it);
        it.facts.insert(message(Provider::OneMsg, BODY), BTreeSet::from(FactKind::ALL));
    });
    assert_eq!(stored, [""; 0]);
}

#[test]
fn without_a_kill_only_a_late_answer_excuses_a_held_notification() {
    let held_for = |code: &'static str| {
        move |it: &mut Evidence| {
            let reason = Some(code.to_owned());
            *record(it, BODY) = RecordSeen { reason, ..record_in(State::Held) };
        }
    };
    assert_eq!(violations(held_for("timeout")), [""; 0]);
    found(held_for("unreadable"), "was accepted by OneMsg and is held (unreadable)");
    found(held_for("lease_over"), "was accepted by OneMsg and is held (lease_over)");
}

#[test]
fn missing_repeated_and_invented_status_events_are_found() {
    let found = |tamper: fn(&mut BTreeMap<(String, StatusEventType), usize>), violation: &str| {
        let mut evidence = sound();
        tamper(&mut evidence.published);
        let violations = judge(&evidence, Quiet::Reached).violations;
        assert!(violations.iter().any(|it| it.to_string().contains(violation)), "{violations:?}");
    };
    let key = |about: &str, status| (about.to_owned(), status);
    for status in [StatusEventType::Accepted, StatusEventType::Sent, StatusEventType::Delivered] {
        assert_eq!(sound().published.get(&key(BODY, status)), Some(&1));
    }
    assert!(sound().published.contains_key(&key("event-4", StatusEventType::Invalid)));
    found(
        |it| it.retain(|event, _| event.1 != StatusEventType::Sent),
        "notification/k/C1: no status event reports Notification Sent",
    );
    found(
        |it| it.values_mut().for_each(|count| *count = 2),
        "C1: 2 status events report Notification Delivered",
    );
    found(
        |it| _ = it.insert((BODY.into(), StatusEventType::Read), 1),
        "C1: a status event reports Notification Read",
    );
    found(
        |it| _ = it.insert(("x".into(), StatusEventType::Invalid), 1),
        "x: a status event reports Order Event Invalid",
    );

    let mut evidence = sound();
    evidence.published.insert(key(BODY, StatusEventType::Held), 1);
    assert_eq!(judge(&evidence, Quiet::Reached).violations, [], "held, until a callback proved the send");
}

#[test]
fn a_callback_that_was_never_accepted_is_found() {
    found(|it| it.sends[0].callbacks[0].end = CallbackEnd::GivenUp, "accepted no try of a callback");
}

#[test]
fn an_older_status_after_a_newer_and_any_after_a_final_one_are_found() {
    found(|it| it.sends.swap(1, 2), "C2: status 0 was accepted after status 1");
    found(|it| it.sends.swap(2, 3), "C2: status 1 was accepted after status 2");
    found(
        |it| it.events[2].status = Some(PlannedStatus { place: 1, is_final: true }),
        "C2: status 2 was accepted after a final one",
    );
}

#[test]
fn a_misread_event_and_a_wrong_language_are_found() {
    found(|it| it.events[0].misread = Some("must be sendable".to_owned()), "C1: must be sendable");
    found(|it| it.events[0].language = Some("zh_TW"), "must be sent in zh_TW, but was in en");
    assert_eq!(violations(|it| it.events[0].language = Some("en")), [""; 0]);
}

#[test]
fn a_report_by_another_id_counts_only_if_the_notification_has_that_id() {
    let by_reference = message(Provider::Kaleyra, "reference:1");
    let moved = |it: &mut Evidence| {
        it.has_foreign_reports = true;
        let facts = it.facts.remove(&message(Provider::Kaleyra, STATUSES[0])).unwrap();
        it.facts.insert(by_reference.clone(), facts);
    };
    found(moved, "of the notification there are {}");
    let known = violations(|it| {
        moved(it);
        record(it, STATUSES[0]).messages.insert(by_reference.clone());
    });
    assert_eq!(known, [""; 0]);
}
