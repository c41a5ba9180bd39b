//! The judge counts reachable customers, and finds those who got no message.

use super::*;

/// The reach and the violations of manipulated evidence.
fn reach(doctor: impl FnOnce(&mut Evidence)) -> (Reach, Vec<String>) {
    let mut evidence = sound();
    doctor(&mut evidence);
    tell(&mut evidence);
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
fn a_customer_who_could_be_reached_and_was_not_is_found() {
    let held_unsent = RecordSeen { unclear: false, ..record_in(State::Held) };
    for (record, accusation) in [
        (held_unsent, "could have been sent, and is held"),
        (record_in(State::Waiting), "could have been sent, and is waiting"),
        (record_in(State::Rejected), "could have been sent, and is rejected"),
        (record_in(State::Suppressed), "could have been sent, and is suppressed"),
    ] {
        let (reach, accusations) = reach(|it| unsent(it, record));
        assert_eq!((reach.reachable, reach.reached, reach.unclear_count()), (4, 3, 0));
        assert!(accusations.iter().any(|it| it.contains(accusation)), "{accusation} not in {accusations:?}");
    }
    // Accepted, and never delivered.
    found(|it| it.sends[0].reaches_the_customer = false, "could have been sent, and is accepted");
    // A customer to whom the provider doesn't deliver isn't reachable.
    let (reach, accusations) = reach(|it| {
        unsent(it, record_in(State::Rejected));
        it.events[0].at_the_providers = Some(Expected::Rejected);
        it.events[0].is_refused_for_good = true;
    });
    assert_eq!((reach.reachable, reach.reached, accusations), (3, 3, vec![]));
}

#[test]
fn an_end_that_is_worse_than_it_must_be_is_found_also_where_nobody_could_be_reached() {
    let worse = |record: RecordSeen, expected: Expected| {
        accusations(|it| {
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
        let accusations = worse(record.clone(), expected);
        let accusation = format!("C1: its notification is {}", record.state);
        assert!(
            accusations.iter().any(|it| it.starts_with(&accusation)),
            "{accusation} not in {accusations:?}"
        );
    }
    assert_eq!(worse(held_for("timeout"), Expected::Failed), [""; 0]);
    assert_eq!(worse(record_in(State::Rejected), Expected::Rejected), [""; 0]);
    // Without consent it can only be suppressed.
    let found = accusations(|it| record(it, "notification/k/C5").state = State::Held);
    assert_eq!(found, ["C5: its notification is held, and need not be"]);
}

#[test]
fn what_nobody_can_know_counts_as_missed_with_its_reason_and_must_have_one() {
    let held = |code: &str| RecordSeen { reason: Some(code.to_owned()), ..record_in(State::Held) };
    let (missed, accusations) = reach(|it| {
        unsent(it, held("http_500"));
        it.events[0].at_the_providers = Some(Expected::Unknown);
    });
    assert_eq!((missed.reachable, missed.reached, accusations), (4, 3, vec![]));
    assert_eq!(missed.unclear, BTreeMap::from([(("onemsg", "http_500, words".to_owned()), 1)]));

    let (missed, accusations) = reach(|it| {
        unsent(it, held("lease_over"));
        it.kills.push(SystemTime::UNIX_EPOCH);
    });
    assert_eq!((missed.unclear_count(), accusations), (1, vec![]));
    // No invocation was killed, and the provider always answers.
    found(
        |it| unsent(it, held("lease_over")),
        "C1: notification/k/C1 was answered, and is held (lease_over)",
    );
    found(
        |it| unsent(it, held("unreadable")),
        "C1: notification/k/C1 was answered, and is held (unreadable)",
    );
}

#[test]
fn a_status_is_superseded_only_by_a_newer_one_that_was_told_or_may_have_been() {
    let superseded = || RecordSeen { reason: Some("superseded".to_owned()), ..record_in(State::Suppressed) };
    let supersede = |it: &mut Evidence, place: usize| {
        it.sends.retain(|send| send.notification.as_deref() != Some(STATUSES[place]));
        it.facts.remove(&message(Provider::Kaleyra, STATUSES[place]));
        it.records.insert(STATUSES[place].to_owned(), superseded());
    };
    let (overtaken, accusations) = reach(|it| supersede(it, 1));
    assert_eq!((overtaken.reachable, overtaken.reached, accusations), (3, 3, vec![]));
    found(|it| supersede(it, 2), "notification/s2/C2 is superseded, and no newer status was told");
}

#[test]
fn an_event_that_the_table_keeps_is_not_lost() {
    let (_, accusations) = reach(|it| {
        it.queued.clear();
        it.kept.insert("notification/k/C6".to_owned());
    });
    assert_eq!(accusations, [""; 0]);
}
