//! The protocol's table, row by row.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::catalogue::Consent;
use crate::message::{MessageId, MessageKey, NotificationKey, OrderStatus};
use crate::provider::Provider::{self, Kaleyra, Meta, OneMsg};

pub(super) const TOKEN: ClaimToken = ClaimToken(7);
const ALL: [Provider; 3] = [OneMsg, Meta, Kaleyra];

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

pub(super) fn record(state: State, attempt: u32, due: Option<i64>) -> Record {
    Record {
        state,
        attempt,
        provider: Some(OneMsg),
        unclear: state == State::Unknown,
        due_at: due.map(at),
        ..Record::untried("f")
    }
}

pub(super) fn context(policy: &Policy) -> Context<'_> {
    Context {
        now: at(100),
        lease_end: at(135),
        token: TOKEN,
        may_send: true,
        fingerprint: "f",
        is_same_event: false,
        providers: &ALL,
        consent: Consent::Given,
        event_time: at(90),
        staleness: Staleness::Fresh,
        is_urgent: false,
        policy,
    }
}

pub(super) fn reason(class: ReasonClass) -> Reason {
    Reason::new(class, "code", "text")
}

fn moved(settlement: Settlement) -> Record {
    match settlement {
        Settlement::Move(record) => record,
        Settlement::Leave => panic!("nothing was settled"),
    }
}

fn settled(record: &Record, answer: &Answer) -> Settlement {
    let attempt = Attempt { after_unclear: false, ..Attempt::of(record).unwrap() };
    settle(record, attempt, answer, &ALL, &Policy::default(), false, at(100))
}

#[test]
fn nothing_found_is_claimed_for_the_preferred_provider() {
    let policy = Policy::default();
    let Decision::Claim(claimed) = decide(None, &context(&policy)) else { panic!("a claim") };
    assert_eq!((claimed.state, claimed.attempt, claimed.provider), (State::Sending, 1, Some(OneMsg)));
    assert_eq!((claimed.due_at, claimed.token), (Some(at(135)), Some(TOKEN)));
}

#[test]
fn what_nobody_agreed_to_or_what_is_stale_is_suppressed_before_any_attempt() {
    let policy = Policy::default();
    for (changed, code) in [
        (Context { consent: Consent::NotGiven, ..context(&policy) }, "no_consent"),
        (Context { staleness: Staleness::Stale, ..context(&policy) }, "stale"),
        (Context { staleness: Staleness::Pointless, ..context(&policy) }, "stale"),
    ] {
        let Decision::Move(record) = decide(None, &changed) else { panic!("a move") };
        assert_eq!((record.state, record.attempt), (State::Suppressed, 0));
        assert_eq!(record.reason.unwrap().code, code);
    }
}

#[test]
fn a_live_lease_is_waited_for_and_a_dead_one_is_unknown() {
    let policy = Policy::default();
    let alive = decide(Some(&record(State::Sending, 1, Some(101))), &context(&policy));
    assert_eq!(alive, Decision::Wait { until: at(101), state: State::Sending, reason: None });
    let Decision::Move(unknown) = decide(Some(&record(State::Sending, 1, Some(100))), &context(&policy))
    else {
        panic!("a move")
    };
    assert_eq!((unknown.state, unknown.attempt, unknown.due_at), (State::Unknown, 1, Some(at(100 + 900))));
}

#[test]
fn what_is_unknown_waits_for_its_window_then_follows_the_policy() {
    let policy: Policy = "onemsg=hold,meta=resend".parse().unwrap();
    let open = decide(Some(&record(State::Unknown, 1, Some(101))), &context(&policy));
    assert_eq!(open, Decision::Wait { until: at(101), state: State::Unknown, reason: None });
    let Decision::Move(held) = decide(Some(&record(State::Unknown, 1, Some(99))), &context(&policy)) else {
        panic!("held")
    };
    assert_eq!((held.state, held.due_at), (State::Held, Some(at(100))), "since when it waits for a person");
    let by_meta = Record { provider: Some(Meta), ..record(State::Unknown, 1, Some(99)) };
    let Decision::Claim(again) = decide(Some(&by_meta), &context(&policy)) else { panic!("a claim") };
    assert_eq!((again.attempt, again.provider, again.unclear), (2, Some(Meta), true));
    let once = Record { resend_spent: again.resend_spent, ..by_meta.clone() };
    let Decision::Move(held) = decide(Some(&once), &context(&policy)) else { panic!("resent once already") };
    assert_eq!(held.held_as(), Some(Held::Unclear));
    let stale = Context { staleness: Staleness::Stale, ..context(&policy) };
    assert!(matches!(decide(Some(&by_meta), &stale), Decision::Move(held) if held.state == State::Held));
}

#[test]
fn what_waits_is_claimed_when_due_and_given_up_when_stale() {
    let policy = Policy::default();
    let waiting = record(State::Waiting, 2, Some(150));
    let not_due = decide(Some(&waiting), &context(&policy));
    assert_eq!(not_due, Decision::Wait { until: at(150), state: State::Waiting, reason: None });
    let due = Record { provider: Some(Meta), due_at: Some(at(100)), ..waiting.clone() };
    let Decision::Claim(claimed) = decide(Some(&due), &context(&policy)) else { panic!("a claim") };
    assert_eq!((claimed.state, claimed.attempt, claimed.provider), (State::Sending, 3, Some(Meta)));
    for (staleness, state) in [(Staleness::Stale, State::Held), (Staleness::Pointless, State::Suppressed)] {
        let context = Context { staleness, ..context(&policy) };
        assert!(
            matches!(decide(Some(&waiting), &context), Decision::Move(given_up) if given_up.state == state)
        );
    }
}

#[test]
fn what_has_its_outcome_is_done_whatever_the_context() {
    let policy: Policy = "resend".parse().unwrap();
    for state in [State::Accepted, State::Rejected, State::Suppressed, State::Held] {
        let record = Record { unclear: true, ..record(state, 1, None) };
        for staleness in [Staleness::Fresh, Staleness::Stale, Staleness::Pointless] {
            let context = Context { staleness, consent: Consent::NotGiven, ..context(&policy) };
            assert_eq!(decide(Some(&record), &context), Decision::Done(record.clone()));
        }
    }
}

#[test]
fn what_is_held_unsent_is_claimed_when_its_event_comes_while_it_is_fresh() {
    let policy = Policy::default();
    let held = Record {
        provider: Some(Meta),
        refused_by: [OneMsg].into(),
        rounds: 6,
        ..record(State::Held, 6, Some(50))
    };
    let Decision::Claim(claimed) = decide(Some(&held), &context(&policy)) else { panic!("a claim") };
    assert_eq!((claimed.attempt, claimed.provider, claimed.rounds), (7, Some(OneMsg), 6));
    assert!(claimed.refused_by.is_empty());
    for staleness in [Staleness::Stale, Staleness::Pointless] {
        let context = Context { staleness, ..context(&policy) };
        assert_eq!(decide(Some(&held), &context), Decision::Done(held.clone()));
    }
    let nowhere = Context { providers: &[], ..context(&policy) };
    assert!(matches!(decide(Some(&held), &nowhere), Decision::Done(_)), "and not held again and again");
}

#[test]
fn what_a_person_has_sent_although_it_is_late_is_claimed_however_old_it_is() {
    let policy = Policy::default();
    let late = Record { although_late: true, ..record(State::Waiting, 2, Some(50)) };
    for staleness in [Staleness::Stale, Staleness::Pointless] {
        let context = Context { staleness, ..context(&policy) };
        let Decision::Claim(claimed) = decide(Some(&late), &context) else { panic!("a claim") };
        assert!(claimed.although_late, "a wait may follow");
        let not_permitted = Record { although_late: false, ..late.clone() };
        assert!(!matches!(decide(Some(&not_permitted), &context), Decision::Claim(_)));
    }
}

#[test]
fn a_notification_that_may_have_been_sent_has_no_other_end_than_held_or_accepted() {
    let policy = Policy::default();
    let waiting = Record { unclear: true, ..record(State::Waiting, 2, Some(50)) };
    let pointless = Context { staleness: Staleness::Pointless, ..context(&policy) };
    let Decision::Move(held) = decide(Some(&waiting), &pointless) else { panic!("a move") };
    assert_eq!((held.held_as(), held.due_at), (Some(Held::Unclear), Some(at(100))));
    let overtaken = superseded(Some(&waiting), "f", at(100));
    assert_eq!(overtaken.held_as(), Some(Held::Unclear));
    let sending = Record { unclear: true, resend_spent: true, ..record(State::Sending, 2, Some(135)) };
    let attempt = Attempt::of(&sending).unwrap();
    let rejected = Answer::Rejected(reason(ReasonClass::Recipient));
    let settled = settle(&sending, attempt, &rejected, &ALL, &policy, false, at(100));
    assert_eq!(moved(settled).held_as(), Some(Held::Unclear));
}

#[test]
fn a_record_of_an_earlier_version_may_have_been_sent() {
    let old = serde_json::json!({"state": "held", "attempt": 1, "fingerprint": "f"});
    let old: Record = serde_json::from_value(old).unwrap();
    assert_eq!((old.held_as(), old.token), (Some(Held::Unclear), None));
}

#[test]
fn the_same_key_for_something_else_is_a_conflict_in_every_state() {
    let policy = Policy::default();
    for state in [State::Sending, State::Waiting, State::Unknown, State::Accepted, State::Held] {
        let other = Record { fingerprint: "g".to_owned(), ..record(state, 1, Some(0)) };
        assert_eq!(decide(Some(&other), &context(&policy)), Decision::Conflict);
    }
}

#[test]
fn a_provider_that_left_the_catalogue_is_replaced_by_one_that_has_not_refused() {
    let policy = Policy::default();
    let waiting = record(State::Waiting, 1, Some(0));
    let providers = [Kaleyra, Meta];
    let context = Context { providers: &providers, ..context(&policy) };
    let refused = Record { refused_by: [Kaleyra].into(), ..waiting.clone() };
    assert!(matches!(decide(Some(&refused), &context), Decision::Claim(it) if it.provider == Some(Meta)));
    let all = Record { refused_by: [Kaleyra, Meta].into(), ..waiting };
    let Decision::Claim(first) = decide(Some(&all), &context) else { panic!("a claim") };
    assert_eq!(first.provider, Some(Kaleyra), "what it refused may be mended");
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
fn what_can_be_mended_goes_to_the_next_provider_and_then_waits_for_all_of_them() {
    let answer = Answer::Refused(reason(ReasonClass::Account));
    let first = moved(settled(&record(State::Sending, 1, Some(135)), &answer));
    assert_eq!((first.state, first.provider, first.due_at), (State::Waiting, Some(Meta), Some(at(100))));
    assert_eq!((first.refused_by.clone(), first.mendable), ([OneMsg].into(), true));
    let second = moved(settled(&Record { state: State::Sending, attempt: 2, ..first }, &answer));
    assert_eq!((second.state, second.provider), (State::Waiting, Some(Kaleyra)));
    // The last one's reason is unknown, but the first one's can be mended.
    let sending = Record { state: State::Sending, attempt: 3, rounds: 9, ..second };
    let last = moved(settled(&sending, &Answer::Unrecognised(reason(ReasonClass::Content))));
    assert_eq!(
        (last.state, last.provider, last.due_at),
        (State::Waiting, Some(OneMsg), Some(at(100 + 3600)))
    );
    assert_eq!((last.refused_by, last.mendable, last.rounds), ([].into(), false, 10));
}

#[test]
fn the_wait_for_something_to_be_mended_doubles_from_a_minute_to_an_hour() {
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
fn what_no_table_knows_is_tried_six_times_and_then_held_unsent_with_the_providers_words() {
    let answer = Answer::Unrecognised(reason(ReasonClass::Content));
    for (unrecognised_rounds, held) in
        [(0, None), (4, None), (5, Some(Held::Unsent)), (6, Some(Held::Unsent))]
    {
        let refused = Record {
            provider: Some(Kaleyra),
            refused_by: [OneMsg, Meta].into(),
            // Those in which somebody could mend something are no reason to give up.
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
fn what_is_throttled_goes_to_the_next_provider_only_when_little_time_is_left() {
    let answer = Answer::NotSent {
        reason: reason(ReasonClass::Throttled),
        retry_after: Some(Duration::from_hours(1)),
    };
    let settled = |record: &Record, is_urgent| {
        let attempt = Attempt::of(record).unwrap();
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
    let waiting = moved(settled(&sending, &Answer::Refused(reason(ReasonClass::Credentials))));
    assert_eq!((waiting.state, waiting.provider), (State::Waiting, Some(OneMsg)));
    assert!(waiting.due_at.unwrap() > at(100));
}

#[test]
fn a_provider_that_has_refused_is_asked_again_after_every_wait_whatever_the_others_do() {
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
fn nothing_is_sent_to_a_customer_who_has_taken_the_consent_back() {
    let policy: Policy = "resend".parse().unwrap();
    let context = Context { consent: Consent::NotGiven, ..context(&policy) };
    for (unclear, state) in [(false, State::Suppressed), (true, State::Held)] {
        let waiting = [50, 150].map(|due| record(State::Waiting, 2, Some(due)));
        for known in waiting.into_iter().chain([record(State::Unknown, 2, Some(50))]) {
            let known = Record { unclear: unclear || known.unclear, ..known };
            let state = if known.unclear { State::Held } else { state };
            let Decision::Move(next) = decide(Some(&known), &context) else { panic!("a move") };
            assert_eq!((next.state, next.reason.unwrap().code.as_str()), (state, "no_consent"));
        }
    }
    let Decision::Move(next) = decide(Some(&record(State::Held, 2, Some(50))), &context) else {
        panic!("a move")
    };
    assert_eq!((next.state, next.no_consent_at), (State::Suppressed, Some(at(90))));
}

#[test]
fn what_was_too_old_or_without_consent_before_anybody_was_asked_goes_out_when_a_later_event_may() {
    let policy = Policy::default();
    let first = |context: &Context<'_>| match decide(None, context) {
        Decision::Move(record) => record,
        other => panic!("a move, and not {other:?}"),
    };
    let other_words = Context { fingerprint: "g", event_time: at(91), ..context(&policy) };
    for refused in [
        Context { consent: Consent::NotGiven, ..context(&policy) },
        Context { staleness: Staleness::Stale, ..context(&policy) },
    ] {
        let suppressed = first(&refused);
        assert_eq!(decide(Some(&suppressed), &refused), Decision::Done(suppressed.clone()));
        let Decision::Claim(claimed) = decide(Some(&suppressed), &other_words) else { panic!("a claim") };
        assert_eq!((claimed.attempt, claimed.fingerprint.as_str()), (1, "g"));
        assert_eq!((claimed.reason, claimed.no_consent_at), (None, None));
    }
    let refused = first(&Context { consent: Consent::NotGiven, ..context(&policy) });
    let earlier = Context { event_time: at(89), ..context(&policy) };
    assert_eq!(
        decide(Some(&refused), &earlier),
        Decision::Done(refused.clone()),
        "the consent was taken back since"
    );
    // Said once more, later: what was said in between doesn't count either.
    let again = Context { consent: Consent::NotGiven, event_time: at(95), ..context(&policy) };
    for known in [refused, first(&Context { staleness: Staleness::Stale, ..context(&policy) })] {
        let Decision::Move(known) = decide(Some(&known), &again) else { panic!("a move") };
        assert_eq!((known.state, known.attempt, known.no_consent_at), (State::Suppressed, 0, Some(at(95))));
        assert_eq!(decide(Some(&known), &other_words), Decision::Done(known.clone()));
        let later = Context { event_time: at(96), ..context(&policy) };
        assert!(matches!(decide(Some(&known), &later), Decision::Claim(_)));
    }
    let overtaken = superseded(None, "f", at(100));
    assert_eq!(decide(Some(&overtaken), &context(&policy)), Decision::Done(overtaken));
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

fn step(key: &str, status: OrderStatus, second: i64) -> Step {
    Step { key: NotificationKey::parse(key).unwrap(), status, time: at(second) }
}

fn relevance(progress: &Progress, step: &Step, now: Timestamp, lease_end: Timestamp) -> Relevance {
    super::relevance(progress, step, now, lease_end, TOKEN)
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
    relevant(&told, &step("c", OrderStatus::Shipped, 50));
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
        assert_eq!(relevance(&sending, step, at(100), at(135)), Relevance::Wait { until: at(103) });
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
        assert_eq!(progress.token, Some(TOKEN));
        for told in [true, false] {
            let released = progress.released(step, told).unwrap();
            assert_eq!((released.version, released.sending, released.lease_end), (version + 1, None, None));
            assert_eq!(released.token, None);
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
