//! The judge counts reachable customers, and finds those who got no message.

use super::*;

/// The reach and the violations of manipulated evidence.
fn reach(tamper: impl FnOnce(&mut Evidence)) -> (Reach, Vec<String>) {
    let mut evidence = sound();
    tamper(&mut evidence);
    publish_expected(&mut evidence);
    let verdict = judge(&evidence, Quiet::Reached);
    (verdict.reach, verdict.violations.iter().map(ToString::to_string).collect())
}

/// The notification was never sent, and has this record.
fn unsent(evidence: &mut Evidence, record: RecordSeen) {
    evidence.sends.remove(0);
    evidence.facts.remove(&message(Provider::OneMsg, BODY));
    evidence.records.insert(BODY.to_owned(), record);
}

#[test]
fn a_missed_reachable_customer_is_found() {
    let held_unsent = RecordSeen { unclear: false, ..record_in(State::Held) };
    for (record, violation) in [
        (held_unsent, "could have been sent, but is held"),
        (record_in(State::Waiting), "could have been sent, but is waiting"),
        (record_in(State::Rejected), "could have been sent, but is rejected"),
        (record_in(State::Suppressed), "could have been sent, but is suppressed"),
    ] {
        let (reach, violations) = reach(|it| unsent(it, record));
        assert_eq!((reach.reachable, reach.reached, reach.unclear_count()), (4, 3, 0));
        assert!(violations.iter().any(|it| it.contains(violation)), "{violation} not in {violations:?}");
    }
    // Accepted, and never delivered.
    found(|it| it.sends[0].reaches_the_customer = false, "could have been sent, but is accepted");
    // A customer to whom the provider doesn't deliver isn't reachable.
    let (reach, violations) = reach(|it| {
        unsent(it, record_in(State::Rejected));
        it.events[0].at_the_providers = Some(Expected::Rejected);
        it.events[0].is_refused_for_good = true;
    });
    assert_eq!((reach.reachable, reach.reached, violations), (3, 3, vec![]));
}

#[test]
fn an_avoidable_outcome_is_found_even_for_an_unreachable_customer() {
    let worse = |record: RecordSeen, expected: Expected| {
        violations(|it| {
            unsent(it, record);
            it.events[0].at_the_providers = Some(expected);
            it.events[0].is_refused_for_good = expected == Expected::Rejected;
        })
    };
    let held_unsent = RecordSeen { unclear: false, ..record_in(State::Held) };
    let held_for = |code: &str| RecordSeen { reason: Some(code.to_owned()), ..record_in(State::Held) };
    for (record, expected) in [
        (held_unsent, Expected::Rejected),
        (held_for("unreadable"), Expected::Rejected),
        (record_in(State::Rejected), Expected::Failed),
        (record_in(State::Rejected), Expected::Waiting),
        (record_in(State::Suppressed), Expected::Rejected),
    ] {
        let violations = worse(record.clone(), expected);
        let violation = format!("C1: its notification is {}", record.state);
        assert!(violations.iter().any(|it| it.starts_with(&violation)), "{violation} not in {violations:?}");
    }
    assert_eq!(worse(held_for("timeout"), Expected::Failed), [""; 0]);
    assert_eq!(worse(record_in(State::Rejected), Expected::Rejected), [""; 0]);
    // Without consent it can only be suppressed.
    let found = violations(|it| record(it, "notification/k/C5").state = State::Held);
    assert_eq!(found, ["C5: its notification is held, which was avoidable"]);
}

#[test]
fn an_unknowable_outcome_counts_as_missed_and_needs_a_reason() {
    let held = |code: &str| RecordSeen { reason: Some(code.to_owned()), ..record_in(State::Held) };
    let (missed, violations) = reach(|it| {
        unsent(it, held("http_500"));
        it.events[0].at_the_providers = Some(Expected::Unknown);
    });
    assert_eq!((missed.reachable, missed.reached, violations), (4, 3, vec![]));
    assert_eq!(missed.unclear, BTreeMap::from([(("onemsg", "http_500, text".to_owned()), 1)]));

    let (missed, violations) = reach(|it| {
        unsent(it, held("lease_over"));
        it.kills.push(SystemTime::UNIX_EPOCH);
    });
    assert_eq!((missed.unclear_count(), violations), (1, vec![]));
    // No invocation was killed, and the provider always answers.
    found(
        |it| unsent(it, held("lease_over")),
        "C1: notification/k/C1 was answered, but is held (lease_over)",
    );
    found(
        |it| unsent(it, held("unreadable")),
        "C1: notification/k/C1 was answered, but is held (unreadable)",
    );
}

#[test]
fn a_status_is_superseded_only_by_a_newer_one_that_may_have_been_sent() {
    let superseded = || RecordSeen { reason: Some("superseded".to_owned()), ..record_in(State::Suppressed) };
    let supersede = |it: &mut Evidence, place: usize| {
        it.sends.retain(|send| send.notification.as_deref() != Some(STATUSES[place]));
        it.facts.remove(&message(Provider::Kaleyra, STATUSES[place]));
        it.records.insert(STATUSES[place].to_owned(), superseded());
    };
    let (overtaken, violations) = reach(|it| supersede(it, 1));
    assert_eq!((overtaken.reachable, overtaken.reached, violations), (3, 3, vec![]));
    found(|it| supersede(it, 2), "notification/s2/C2 is superseded, but no newer status was sent");
}

#[test]
fn an_event_stored_in_the_table_is_not_lost() {
    let (_, violations) = reach(|it| {
        it.queued.clear();
        it.kept.insert("notification/k/C6".to_owned());
    });
    assert_eq!(violations, [""; 0]);
}
