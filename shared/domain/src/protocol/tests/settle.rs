//! Answers applied to records.

use std::time::Duration;

use jiff::SignedDuration;

use super::*;
use crate::message::{MessageId, MessageKey};

fn settled(record: &Record, answer: &Answer) -> Settlement {
    let attempt = Attempt { after_unclear: false, ..Attempt::from_claim(record).unwrap() };
    settle(record, attempt, answer, &ALL, &Policy::default(), false, at(100))
}

#[test]
fn an_acceptance_replaces_every_state() {
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
fn any_other_answer_applies_only_to_its_own_attempt() {
    let answers = [
        Answer::Rejected(reason(ReasonClass::Recipient)),
        Answer::NotSent { reason: reason(ReasonClass::Throttled), retry_after: None },
        Answer::Unknown(reason(ReasonClass::Unclear)),
        Answer::Unreadable(reason(ReasonClass::Unclear)),
        Answer::Refused(reason(ReasonClass::Account)),
        Answer::Unrecognised(reason(ReasonClass::Content)),
    ];
    for answer in &answers {
        for state in [State::Waiting, State::Accepted, State::Rejected, State::Held, State::Suppressed] {
            assert_eq!(settled(&record(state, 1, None), answer), Settlement::Leave, "{state} {answer:?}");
        }
        let later = record(State::Sending, 2, Some(135));
        assert_eq!(
            settle(
                &later,
                Attempt { number: 1, provider: OneMsg, after_unclear: false },
                answer,
                &ALL,
                &Policy::default(),
                false,
                at(100)
            ),
            Settlement::Leave
        );
    }
    let unknown = record(State::Unknown, 1, Some(900));
    assert_eq!(moved(settled(&unknown, &answers[0])).state, State::Rejected);
    let waiting = moved(settled(&unknown, &answers[1]));
    assert_eq!((waiting.state, waiting.unclear), (State::Waiting, false), "only its lease was unclear");
    assert_eq!(settled(&unknown, &answers[2]), Settlement::Leave);
    assert_eq!(settled(&unknown, &answers[3]), Settlement::Leave);
}

#[test]
fn a_refusal_that_can_be_mended_leads_to_the_next_provider_and_then_to_a_wait_for_all() {
    let answer = Answer::Refused(reason(ReasonClass::Account));
    let first = moved(settled(&record(State::Sending, 1, Some(135)), &answer));
    assert_eq!((first.state, first.provider, first.due_at), (State::Waiting, Some(Meta), Some(at(100))));
    assert_eq!((first.refused_by.clone(), first.mendable), ([OneMsg].into(), true));
    let second = moved(settled(&Record { state: State::Sending, attempt: 2, ..first }, &answer));
    assert_eq!((second.state, second.provider), (State::Waiting, Some(Kaleyra)));
    // The last provider's reason is unrecognised, but the first one's can be mended.
    let sending = Record { state: State::Sending, attempt: 3, rounds: 9, ..second };
    let last = moved(settled(&sending, &Answer::Unrecognised(reason(ReasonClass::Content))));
    assert_eq!(
        (last.state, last.provider, last.due_at),
        (State::Waiting, Some(OneMsg), Some(at(100 + 3600)))
    );
    assert_eq!((last.refused_by, last.mendable, last.rounds), ([].into(), false, 10));
}

#[test]
fn the_wait_after_refusals_that_can_be_mended_doubles_from_a_minute_to_an_hour() {
    let answer = Answer::Refused(reason(ReasonClass::Credentials));
    for (rounds, minutes) in [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (1000, 60), (u32::MAX, 60)] {
        let refused = Record {
            provider: Some(Kaleyra),
            refused_by: [OneMsg, Meta].into(),
            rounds,
            ..record(State::Sending, 3, Some(135))
        };
        let waiting = moved(settled(&refused, &answer));
        assert_eq!((waiting.state, waiting.due_at), (State::Waiting, Some(at(100 + minutes * 60))));
    }
}

#[test]
fn after_six_rounds_of_unrecognised_refusals_a_notification_is_held_with_the_last_reason() {
    let answer = Answer::Unrecognised(reason(ReasonClass::Content));
    for (unrecognised_rounds, held) in
        [(0, None), (4, None), (5, Some(Held::Unsent)), (6, Some(Held::Unsent))]
    {
        let refused = Record {
            provider: Some(Kaleyra),
            refused_by: [OneMsg, Meta].into(),
            // Rounds with a reason that can be mended do not count towards giving up.
            rounds: 50,
            unrecognised_rounds,
            ..record(State::Sending, 3, Some(135))
        };
        let next = moved(settled(&refused, &answer));
        assert_eq!(
            (next.held_as(), next.reason),
            (held, Some(reason(ReasonClass::Content))),
            "{unrecognised_rounds}"
        );
        assert_eq!(next.state == State::Waiting, held.is_none());
    }
}

#[test]
fn a_refusal_of_the_customer_is_final() {
    let answer = Answer::Rejected(reason(ReasonClass::Recipient));
    let rejected = moved(settled(&record(State::Sending, 1, Some(135)), &answer));
    assert_eq!((rejected.state, rejected.due_at), (State::Rejected, None));
}

#[test]
fn each_wait_is_longer_and_at_least_as_long_as_the_provider_asks() {
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
fn a_balance_and_a_quota_wait_as_long_as_what_a_person_mends() {
    let exhausted = |retry_after| Answer::NotSent { reason: reason(ReasonClass::Account), retry_after };
    for (retry_after, hours) in
        [(None, 1), (Some(Duration::from_secs(1)), 1), (Some(Duration::from_hours(2)), 2)]
    {
        let last = Record { provider: Some(Kaleyra), ..record(State::Sending, 1, Some(135)) };
        let waiting = moved(settled(&last, &exhausted(retry_after)));
        assert_eq!(waiting.due_at.unwrap().duration_since(at(100)), SignedDuration::from_hours(hours));
    }
}

#[test]
fn the_operator_sets_how_long_a_message_waits() {
    let mut policy = Policy::default();
    policy.retry_waits = "unsent=5s-8s,refused=2m-3m".parse().unwrap();
    let wait = |answer: &Answer, attempt, rounds| {
        let last = Record { provider: Some(Kaleyra), rounds, ..record(State::Sending, attempt, Some(135)) };
        let attempt = Attempt::from_claim(&last).unwrap();
        let waiting = moved(settle(&last, attempt, answer, &[Kaleyra], &policy, false, at(100)));
        waiting.due_at.unwrap().duration_since(at(100)).as_secs()
    };
    let throttled = Answer::NotSent { reason: reason(ReasonClass::Throttled), retry_after: None };
    let exhausted = Answer::NotSent { reason: reason(ReasonClass::Account), retry_after: None };
    let refused = Answer::Refused(reason(ReasonClass::Credentials));
    assert_eq!([1, 2].map(|attempt| wait(&throttled, attempt, 0)), [5, 8]);
    assert_eq!([0, 1].map(|rounds| wait(&refused, 1, rounds)), [120, 180]);
    assert_eq!(wait(&exhausted, 1, 0), 180);
    // Six rounds without a reason that can be mended still take half an hour.
    let unrecognised = Answer::Unrecognised(reason(ReasonClass::Content));
    assert_eq!([0, 3].map(|rounds| wait(&unrecognised, 1, rounds)), [120, 480]);
}

#[test]
fn a_throttled_message_goes_to_the_next_provider_only_when_little_time_is_left() {
    let answer = Answer::NotSent {
        reason: reason(ReasonClass::Throttled),
        retry_after: Some(Duration::from_hours(1)),
    };
    let settled = |record: &Record, is_urgent| {
        let attempt = Attempt::from_claim(record).unwrap();
        moved(settle(record, attempt, &answer, &ALL, &Policy::default(), is_urgent, at(100)))
    };
    let mut record = record(State::Sending, 1, Some(135));
    let patient = settled(&record, false);
    assert_eq!((patient.provider, patient.due_at), (Some(OneMsg), Some(at(3700))));
    for next in [Meta, Kaleyra] {
        let waiting = settled(&record, true);
        assert_eq!((waiting.state, waiting.unclear), (State::Waiting, false));
        assert_eq!((waiting.provider, waiting.due_at), (Some(next), Some(at(100))));
        record = Record { state: State::Sending, attempt: waiting.attempt + 1, ..waiting };
    }
    let all_throttle = settled(&record, true);
    assert_eq!((all_throttle.provider, all_throttle.due_at), (Some(OneMsg), Some(at(3700))));
}

#[test]
fn every_unreachable_provider_is_tried_once_then_the_first_again_after_a_wait() {
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
fn an_unreachable_first_provider_is_tried_again_after_the_others_refused() {
    let sending =
        Record { provider: Some(Kaleyra), refused_by: [Meta].into(), ..record(State::Sending, 3, Some(135)) };
    let waiting = moved(settled(&sending, &Answer::Refused(reason(ReasonClass::Credentials))));
    assert_eq!((waiting.state, waiting.provider), (State::Waiting, Some(OneMsg)));
    assert!(waiting.due_at.unwrap() > at(100));
}

#[test]
fn a_provider_that_has_refused_is_asked_again_after_every_wait() {
    let refused = Answer::Refused(reason(ReasonClass::Credentials));
    for without_it in [ReasonClass::Account, ReasonClass::Unavailable] {
        let down = Answer::NotSent { reason: reason(without_it), retry_after: None };
        let mut record = record(State::Sending, 1, Some(135));
        let mut asked = Vec::new();
        for _attempt in 0..12 {
            let provider = record.provider.unwrap();
            asked.push(provider);
            let waiting = moved(settled(&record, if provider == OneMsg { &down } else { &refused }));
            record = Record { state: State::Sending, attempt: waiting.attempt + 1, ..waiting };
        }
        for provider in ALL {
            let times = asked.iter().filter(|it| **it == provider).count();
            assert!(times >= 3, "{without_it:?}: {asked:?}");
        }
    }
}

#[test]
fn an_unknown_answer_opens_the_confirmation_window() {
    let unknown =
        moved(settled(&record(State::Sending, 1, Some(135)), &Answer::Unknown(reason(ReasonClass::Unclear))));
    assert_eq!((unknown.state, unknown.due_at), (State::Unknown, Some(at(1000))));
    assert_eq!((unknown.unclear, unknown.resend_spent), (true, false));
    let unreadable = Answer::Unreadable(reason(ReasonClass::Unclear));
    let unreadable = moved(settled(&record(State::Sending, 1, Some(135)), &unreadable));
    assert_eq!((unreadable.state, unreadable.resend_spent), (State::Unknown, true));
}
