//! The protocol's table, row by row.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::catalogue::Consent;
use crate::message::{MessageId, MessageKey, NotificationKey, OrderStatus};
use crate::provider::Provider::{self, Kaleyra, Meta, OneMsg};

const ALL: [Provider; 3] = [OneMsg, Meta, Kaleyra];

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

fn record(state: State, attempt: u32, due: Option<i64>) -> Record {
    Record {
        state,
        attempt,
        provider: Some(OneMsg),
        refused_by: BTreeSet::new(),
        due_at: due.map(at),
        reason: None,
        message_ids: BTreeSet::new(),
        fingerprint: "f".to_owned(),
    }
}

fn situation(policy: &Policy) -> Situation<'_> {
    Situation {
        now: at(100),
        lease_end: at(135),
        fingerprint: "f",
        providers: &ALL,
        consent: Consent::Given,
        staleness: Staleness::Fresh,
        policy,
    }
}

fn reason(class: ReasonClass) -> Reason {
    Reason::new(class, "code", "text")
}

fn moved(settlement: Settlement) -> Record {
    match settlement {
        Settlement::Move(record) => record,
        Settlement::Leave => panic!("nothing was settled"),
    }
}

fn attempt_of(record: &Record) -> Attempt {
    Attempt { number: record.attempt, provider: record.provider.unwrap() }
}

fn settled(record: &Record, answer: &Answer) -> Settlement {
    settle(record, attempt_of(record), answer, &ALL, &Policy::default(), at(100))
}

#[test]
fn nothing_found_is_claimed_for_the_preferred_provider() {
    let policy = Policy::default();
    let Decision::Claim(claimed) = decide(None, &situation(&policy)) else { panic!("a claim") };
    assert_eq!((claimed.state, claimed.attempt, claimed.provider), (State::Sending, 1, Some(OneMsg)));
    assert_eq!(claimed.due_at, Some(at(135)));
}

#[test]
fn what_nobody_agreed_to_or_what_is_stale_is_suppressed_before_any_attempt() {
    let policy = Policy::default();
    for (changed, code) in [
        (Situation { consent: Consent::NotGiven, ..situation(&policy) }, "no_consent"),
        (Situation { staleness: Staleness::Stale, ..situation(&policy) }, "stale"),
        (Situation { staleness: Staleness::Pointless, ..situation(&policy) }, "stale"),
    ] {
        let Decision::Move(record) = decide(None, &changed) else { panic!("a move") };
        assert_eq!((record.state, record.attempt), (State::Suppressed, 0));
        assert_eq!(record.reason.unwrap().code, code);
    }
}

#[test]
fn a_live_lease_is_waited_for_and_a_dead_one_is_unknown() {
    let policy = Policy::default();
    let alive = decide(Some(&record(State::Sending, 1, Some(101))), &situation(&policy));
    assert_eq!(alive, Decision::Wait { until: at(101), state: State::Sending, reason: None });
    let Decision::Move(unknown) = decide(Some(&record(State::Sending, 1, Some(100))), &situation(&policy))
    else {
        panic!("a move")
    };
    assert_eq!((unknown.state, unknown.attempt, unknown.due_at), (State::Unknown, 1, Some(at(100 + 900))));
}

#[test]
fn what_is_unknown_waits_for_its_window_then_follows_the_policy() {
    let policy: Policy = "onemsg=hold,meta=resend".parse().unwrap();
    let open = decide(Some(&record(State::Unknown, 1, Some(101))), &situation(&policy));
    assert_eq!(open, Decision::Wait { until: at(101), state: State::Unknown, reason: None });
    let Decision::Move(held) = decide(Some(&record(State::Unknown, 1, Some(99))), &situation(&policy)) else {
        panic!("held")
    };
    assert_eq!((held.state, held.due_at), (State::Held, Some(at(100))), "since when it waits for a person");
    let by_meta = Record { provider: Some(Meta), ..record(State::Unknown, 1, Some(99)) };
    let Decision::Claim(again) = decide(Some(&by_meta), &situation(&policy)) else { panic!("a claim") };
    assert_eq!((again.attempt, again.provider), (2, Some(Meta)));
    let stale = Situation { staleness: Staleness::Stale, ..situation(&policy) };
    assert!(matches!(decide(Some(&by_meta), &stale), Decision::Move(held) if held.state == State::Held));
}

#[test]
fn what_waits_is_claimed_when_due_and_given_up_when_stale() {
    let policy = Policy::default();
    let waiting = record(State::Waiting, 2, Some(150));
    let not_due = decide(Some(&waiting), &situation(&policy));
    assert_eq!(not_due, Decision::Wait { until: at(150), state: State::Waiting, reason: None });
    let due = Record { provider: Some(Meta), due_at: Some(at(100)), ..waiting.clone() };
    let Decision::Claim(claimed) = decide(Some(&due), &situation(&policy)) else { panic!("a claim") };
    assert_eq!((claimed.state, claimed.attempt, claimed.provider), (State::Sending, 3, Some(Meta)));
    for (staleness, state) in [(Staleness::Stale, State::Held), (Staleness::Pointless, State::Suppressed)] {
        let situation = Situation { staleness, ..situation(&policy) };
        assert!(
            matches!(decide(Some(&waiting), &situation), Decision::Move(given_up) if given_up.state == state)
        );
    }
}

#[test]
fn what_has_its_outcome_is_done_whatever_the_situation() {
    let policy: Policy = "resend".parse().unwrap();
    for state in [State::Accepted, State::Rejected, State::Suppressed, State::Held] {
        for staleness in [Staleness::Fresh, Staleness::Stale, Staleness::Pointless] {
            let situation = Situation { staleness, consent: Consent::NotGiven, ..situation(&policy) };
            let record = record(state, 1, None);
            assert_eq!(decide(Some(&record), &situation), Decision::Done(record));
        }
    }
}

#[test]
fn the_same_key_for_something_else_is_a_conflict_in_every_state() {
    let policy = Policy::default();
    for state in [State::Sending, State::Waiting, State::Unknown, State::Accepted, State::Held] {
        let other = Record { fingerprint: "g".to_owned(), ..record(state, 1, Some(0)) };
        assert_eq!(decide(Some(&other), &situation(&policy)), Decision::Conflict);
    }
}

#[test]
fn a_provider_that_left_the_catalogue_is_replaced_by_one_that_has_not_refused() {
    let policy = Policy::default();
    let waiting = record(State::Waiting, 1, Some(0));
    let providers = [Kaleyra, Meta];
    let situation = Situation { providers: &providers, ..situation(&policy) };
    let refused = Record { refused_by: [Kaleyra].into(), ..waiting.clone() };
    assert!(matches!(decide(Some(&refused), &situation), Decision::Claim(it) if it.provider == Some(Meta)));
    let all = Record { refused_by: [Kaleyra, Meta].into(), ..waiting };
    assert!(matches!(decide(Some(&all), &situation), Decision::Move(it) if it.state == State::Held));
}

#[test]
fn an_acceptance_wins_over_every_state() {
    let id = MessageId::parse("wamid.1").unwrap();
    for state in [
        State::Sending,
        State::Waiting,
        State::Unknown,
        State::Held,
        State::Rejected,
        State::Accepted,
        State::Suppressed,
    ] {
        let accepted = moved(settled(&record(state, 1, Some(135)), &Answer::Accepted(Some(id.clone()))));
        assert_eq!((accepted.state, accepted.due_at), (State::Accepted, None));
        assert!(accepted.message_ids.contains(&MessageKey { provider: OneMsg, id: id.clone() }));
        assert_eq!(settled(&accepted, &Answer::Accepted(Some(id.clone()))), Settlement::Leave);
        assert_eq!(settled(&accepted, &Answer::Accepted(None)), Settlement::Leave);
    }
}

#[test]
fn other_answers_count_only_for_their_own_attempt() {
    let answers = [
        Answer::Rejected(reason(ReasonClass::Recipient)),
        Answer::NotSent { reason: reason(ReasonClass::Throttled), retry_after: None },
        Answer::Unknown(reason(ReasonClass::Unclear)),
    ];
    for answer in &answers {
        for state in [State::Waiting, State::Accepted, State::Rejected, State::Held, State::Suppressed] {
            assert_eq!(settled(&record(state, 1, None), answer), Settlement::Leave, "{state} {answer:?}");
        }
        let later = record(State::Sending, 2, Some(135));
        assert_eq!(
            settle(
                &later,
                Attempt { number: 1, provider: OneMsg },
                answer,
                &ALL,
                &Policy::default(),
                at(100)
            ),
            Settlement::Leave
        );
    }
    let unknown = record(State::Unknown, 1, Some(900));
    assert_eq!(moved(settled(&unknown, &answers[0])).state, State::Rejected);
    assert_eq!(moved(settled(&unknown, &answers[1])).state, State::Waiting);
    assert_eq!(settled(&unknown, &answers[2]), Settlement::Leave);
}

#[test]
fn a_refusal_of_the_providers_own_goes_to_the_next_until_none_is_left() {
    let answer = Answer::Rejected(reason(ReasonClass::Account));
    let first = moved(settled(&record(State::Sending, 1, Some(135)), &answer));
    assert_eq!((first.state, first.provider, first.due_at), (State::Waiting, Some(Meta), Some(at(100))));
    assert_eq!(first.refused_by, [OneMsg].into());
    let second = moved(settled(&Record { state: State::Sending, attempt: 2, ..first }, &answer));
    assert_eq!((second.state, second.provider), (State::Waiting, Some(Kaleyra)));
    let last = moved(settled(&Record { state: State::Sending, attempt: 3, ..second }, &answer));
    assert_eq!((last.state, last.due_at), (State::Rejected, None));
    assert_eq!(last.refused_by, ALL.into());
}

#[test]
fn a_refusal_that_every_provider_would_repeat_is_final() {
    for class in [ReasonClass::Recipient, ReasonClass::Content, ReasonClass::Unclear] {
        assert_eq!(
            moved(settled(&record(State::Sending, 1, Some(135)), &Answer::Rejected(reason(class)))).state,
            State::Rejected
        );
    }
}

#[test]
fn what_was_not_sent_waits_longer_each_time_and_as_long_as_the_provider_says() {
    let throttled = |retry_after| Answer::NotSent { reason: reason(ReasonClass::Throttled), retry_after };
    let wait = |attempt, retry_after| {
        let waiting = moved(settled(&record(State::Sending, attempt, Some(135)), &throttled(retry_after)));
        assert_eq!((waiting.state, waiting.provider), (State::Waiting, Some(OneMsg)));
        waiting.due_at.unwrap().duration_since(at(100))
    };
    for (attempt, seconds) in [(1, 30), (2, 60), (3, 120), (6, 900), (60, 900)] {
        assert_eq!(wait(attempt, None), SignedDuration::from_secs(seconds), "attempt {attempt}");
    }
    assert_eq!(wait(1, Some(Duration::from_secs(5))), SignedDuration::from_secs(30));
    assert_eq!(wait(1, Some(Duration::from_hours(1))), SignedDuration::from_hours(1));
}

#[test]
fn a_provider_that_cannot_be_reached_gives_way_once_round_then_waits_for_the_first_again() {
    let down = Answer::NotSent { reason: reason(ReasonClass::Unavailable), retry_after: None };
    let mut record = record(State::Sending, 1, Some(135));
    for next in [Meta, Kaleyra] {
        let waiting = moved(settled(&record, &down));
        assert_eq!((waiting.provider, waiting.due_at), (Some(next), Some(at(100))));
        record = Record { state: State::Sending, attempt: waiting.attempt + 1, ..waiting };
    }
    let waiting = moved(settled(&record, &down));
    assert_eq!((waiting.state, waiting.provider), (State::Waiting, Some(OneMsg)));
    assert!(waiting.due_at.unwrap() > at(100));
}

#[test]
fn after_one_could_not_be_reached_and_the_others_refused_the_first_is_tried_again() {
    let sending =
        Record { provider: Some(Kaleyra), refused_by: [Meta].into(), ..record(State::Sending, 3, Some(135)) };
    let waiting = moved(settled(&sending, &Answer::Rejected(reason(ReasonClass::Credentials))));
    assert_eq!((waiting.state, waiting.provider), (State::Waiting, Some(OneMsg)));
    assert!(waiting.due_at.unwrap() > at(100));
}

#[test]
fn an_unknown_answer_opens_the_confirmation_window() {
    let unknown =
        moved(settled(&record(State::Sending, 1, Some(135)), &Answer::Unknown(reason(ReasonClass::Unclear))));
    assert_eq!((unknown.state, unknown.due_at), (State::Unknown, Some(at(1000))));
}

fn step(key: &str, status: OrderStatus, second: i64) -> Step {
    Step { key: NotificationKey::parse(key).unwrap(), status, time: at(second) }
}

fn relevant(progress: &Progress, step: &Step) -> Progress {
    match relevance(progress, step, at(100), at(135)) {
        Relevance::Relevant(progress) => progress,
        other => panic!("not relevant: {other:?}"),
    }
}

#[test]
fn an_older_status_never_follows_a_newer_one_nor_anything_a_final_one() {
    let shipped = step("b", OrderStatus::Shipped, 50);
    let told = relevant(&Progress::default(), &shipped).released(&shipped, true).unwrap();
    assert_eq!(
        relevance(&told, &step("a", OrderStatus::Processing, 49), at(100), at(135)),
        Relevance::Superseded
    );
    relevant(&told, &step("c", OrderStatus::PartiallyShipped, 50));
    let completed = step("d", OrderStatus::Completed, 60);
    let told = relevant(&told, &completed).released(&completed, true).unwrap();
    assert_eq!(
        relevance(&told, &step("e", OrderStatus::Shipped, 70), at(100), at(135)),
        Relevance::Superseded
    );
    relevant(&told, &completed);
}

#[test]
fn a_status_that_was_not_told_stands_in_nobodys_way() {
    let shipped = step("b", OrderStatus::Shipped, 50);
    let not_told = relevant(&Progress::default(), &shipped).released(&shipped, false).unwrap();
    assert_eq!(not_told.sent, None);
    relevant(&not_told, &step("a", OrderStatus::Processing, 49));
}

#[test]
fn while_one_is_being_sent_the_others_wait_and_a_dead_claim_counts_as_told() {
    let shipped = step("b", OrderStatus::Shipped, 50);
    let sending = relevant(&Progress::default(), &shipped);
    let newer = step("c", OrderStatus::Completed, 60);
    for step in [&newer, &shipped] {
        assert_eq!(relevance(&sending, step, at(100), at(135)), Relevance::Wait { until: at(135) });
    }
    let older = step("a", OrderStatus::Processing, 40);
    assert_eq!(relevance(&sending, &older, at(135), at(170)), Relevance::Superseded);
    let Relevance::Relevant(taken_over) = relevance(&sending, &newer, at(135), at(170)) else {
        panic!("relevant")
    };
    assert_eq!(taken_over.sent, Some(shipped.clone()));
    assert_eq!(taken_over.released(&shipped, false), None);
}

#[test]
fn a_dead_claim_counts_as_told_for_its_own_status_too_whatever_becomes_of_the_next_attempt() {
    let shipped = step("b", OrderStatus::Shipped, 50);
    let sending = relevant(&Progress::default(), &shipped);
    let Relevance::Relevant(again) = relevance(&sending, &shipped, at(135), at(170)) else {
        panic!("relevant")
    };
    let not_told = again.released(&shipped, false).unwrap();
    assert_eq!(not_told.sent, Some(shipped));
    let older = step("a", OrderStatus::Processing, 40);
    assert_eq!(relevance(&not_told, &older, at(140), at(175)), Relevance::Superseded);
}

#[test]
fn every_write_of_the_progress_is_one_version_on_and_a_release_ends_the_claim() {
    let (older, newer) = (step("1", OrderStatus::Processing, 1), step("2", OrderStatus::Shipped, 2));
    let mut progress = Progress::default();
    for (version, step) in [(1, &older), (3, &newer)] {
        progress = relevant(&progress, step);
        assert_eq!((progress.version, progress.lease_end), (version, Some(at(135))));
        for told in [true, false] {
            let released = progress.released(step, told).unwrap();
            assert_eq!((released.version, released.sending, released.lease_end), (version + 1, None, None));
        }
        progress = progress.released(step, true).unwrap();
    }
    assert_eq!(progress.sent, Some(newer));
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
        (Answer::NotSent { reason: reason.clone(), retry_after: None }, "not_sent"),
        (Answer::Unknown(reason.clone()), "unknown"),
    ] {
        assert_eq!(answer.kind().name(), kind);
        assert_eq!(answer.reason(), (kind != "accepted").then_some(&reason));
    }
}
