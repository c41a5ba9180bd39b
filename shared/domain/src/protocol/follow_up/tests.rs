use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::super::decide::{NO_CONSENT, NOT_ALLOWED};
use super::super::resend::{AcceptedRisks, Resend, resend};
use super::*;
use crate::catalogue::Triggers;
use crate::delivery::{FactKind, Failure};
use crate::provider::Provider;

const START: Timestamp = Timestamp::constant(1_780_000_000, 0);

fn minutes(minutes: i64) -> Timestamp {
    START + SignedDuration::from_mins(minutes)
}

fn case(on: Triggers, retries: bool) -> FollowUpCase {
    let channels = vec![Provider::AwsSms, Provider::AwsEmail];
    let terms = FallbackTerms { after: Duration::from_hours(1), on, retries, channels };
    FollowUpCase { terms, usable: vec![0, 1], ends_at: minutes(3 * 24 * 60) }
}

fn all() -> FollowUpCase {
    case(Triggers::default(), false)
}

fn only(trigger: &str) -> FollowUpCase {
    let is = |name| name == trigger;
    case(Triggers { failed: is("failed"), rejected: is("rejected"), undelivered: is("undelivered") }, false)
}

fn seen(link: Link, state: State) -> Seen {
    let record = Record { state, attempt: 1, provider: Some(Provider::Meta), ..Record::untried("f") };
    Seen { link, record, created_at: START, facts: DeliveryFacts::default() }
}

fn because(code: &str, mut seen: Seen) -> Seen {
    seen.record.reason = Some(Reason::new(ReasonClass::OurChoice, code, "text"));
    seen
}

fn with(kind: FactKind, code: Option<&str>, mut seen: Seen) -> Seen {
    let failure = code.map(|code| Failure { code: Some(code.to_owned()), ..Failure::default() });
    seen.facts.add(kind, minutes(1), failure.as_ref());
    seen
}

fn decided(seen: &[Seen], case: &FollowUpCase, after: i64) -> FollowUp {
    follow_up(seen, seen.last().map(|it| it.link), case, minutes(after))
}

const SMS: Link = Link::Channel(0);
const EMAIL: Link = Link::Channel(1);

#[test]
fn after_a_delivery_nothing_follows_whatever_else_is_known() {
    for kind in [FactKind::Delivered, FactKind::Read] {
        let first = with(FactKind::Failed, None, with(kind, None, seen(Link::First, State::Accepted)));
        assert_eq!(decided(std::slice::from_ref(&first), &all(), 600), FollowUp::Ended);
        assert_eq!(decided(&[first.clone(), seen(SMS, State::Accepted)], &all(), 600), FollowUp::Ended);
        // A text message that was throttled is not needed any more.
        let waiting = decided(&[first, seen(SMS, State::Waiting)], &all(), 600);
        let FollowUp::Replace { link: SMS, next, .. } = waiting else { panic!("{waiting:?}") };
        assert_eq!((next.state, next.reason.as_ref().unwrap().code.as_str()), (State::Suppressed, ARRIVED));
    }
}

#[test]
fn a_message_without_a_delivery_is_followed_when_its_time_is_over() {
    for state in [State::Accepted, State::Rejected, State::Unknown] {
        let first = seen(Link::First, state);
        let case = only("undelivered");
        let waits = if state == State::Unknown {
            FollowUp::Deliver(Link::First)
        } else {
            FollowUp::Wait(minutes(60))
        };
        assert_eq!(follow_up(std::slice::from_ref(&first), None, &case, minutes(59)), waits, "{state}");
        assert_eq!(decided(&[first], &case, 60), FollowUp::Deliver(SMS), "{state}");
    }
    let sent = with(FactKind::Sent, None, seen(Link::First, State::Accepted));
    assert_eq!(decided(&[sent], &all(), 60), FollowUp::Deliver(SMS));
}

#[test]
fn a_failure_and_a_refusal_are_followed_at_once_if_the_terms_say_so() {
    let failed = with(FactKind::Failed, Some("131026"), seen(Link::First, State::Accepted));
    let rejected = seen(Link::First, State::Rejected);
    for (first, trigger) in [(failed, "failed"), (rejected, "rejected")] {
        let first = [first];
        assert_eq!(decided(&first, &all(), 2), FollowUp::Deliver(SMS), "{trigger}");
        assert_eq!(decided(&first, &only(trigger), 2), FollowUp::Deliver(SMS), "{trigger}");
        assert_eq!(decided(&first, &only("undelivered"), 2), FollowUp::Wait(minutes(60)), "{trigger}");
        assert_eq!(decided(&first, &only("undelivered"), 60), FollowUp::Deliver(SMS), "{trigger}");
    }
    // With nothing but failures as a trigger, a late failure is still followed.
    let silent = [seen(Link::First, State::Accepted)];
    assert_eq!(decided(&silent, &only("failed"), 600), FollowUp::Wait(minutes(660)));
    assert_eq!(decided(&[seen(Link::First, State::Rejected)], &only("failed"), 600), FollowUp::Ended);
}

#[test]
fn a_message_that_is_definitely_unsent_is_replaced_before_another_follows() {
    for state in [State::Waiting, State::Held] {
        let first = seen(Link::First, state);
        let replaced = decided(std::slice::from_ref(&first), &all(), 60);
        let FollowUp::Replace { link: Link::First, known, next } = replaced else { panic!("{replaced:?}") };
        assert_eq!((*known, next.state), (first.record, State::Suppressed));
        let first = Seen { record: *next, ..seen(Link::First, state) };
        assert_eq!(decided(&[first], &all(), 60), FollowUp::Deliver(SMS));
    }
    // What may have been sent keeps its state.
    let mut unclear = seen(Link::First, State::Held);
    unclear.record.unclear = true;
    assert_eq!(decided(&[unclear], &all(), 60), FollowUp::Deliver(SMS));
    // While an attempt runs, nothing follows.
    let mut sending = seen(Link::First, State::Sending);
    sending.record.due_at = Some(minutes(61));
    assert_eq!(decided(std::slice::from_ref(&sending), &all(), 60), FollowUp::Wait(minutes(61)));
    assert_eq!(follow_up(&[sending], None, &all(), minutes(62)), FollowUp::Deliver(Link::First));
}

#[test]
fn a_customer_without_consent_for_one_channel_may_have_given_it_for_the_next() {
    let first = because(NO_CONSENT, seen(Link::First, State::Suppressed));
    assert_eq!(decided(std::slice::from_ref(&first), &all(), 0), FollowUp::Deliver(SMS));
    assert_eq!(decided(std::slice::from_ref(&first), &only("failed"), 0), FollowUp::Ended);
    let sms = because(NO_CONSENT, seen(SMS, State::Suppressed));
    assert_eq!(decided(&[first, sms], &all(), 0), FollowUp::Deliver(EMAIL));
    for code in [NOT_ALLOWED, "stale", "superseded"] {
        assert_eq!(
            decided(&[because(code, seen(Link::First, State::Suppressed))], &all(), 0),
            FollowUp::Ended,
            "{code}"
        );
    }
}

#[test]
fn the_channels_follow_each_other_and_then_nothing_does() {
    let first = with(FactKind::Failed, None, seen(Link::First, State::Accepted));
    let sent = seen(SMS, State::Accepted);
    assert_eq!(decided(&[first.clone(), sent.clone()], &all(), 10), FollowUp::Wait(minutes(60)));
    assert_eq!(decided(&[first.clone(), sent], &all(), 60), FollowUp::Deliver(EMAIL));
    let refused = seen(SMS, State::Rejected);
    assert_eq!(decided(&[first.clone(), refused.clone()], &all(), 10), FollowUp::Deliver(EMAIL));
    let email = seen(EMAIL, State::Accepted);
    assert_eq!(decided(&[first.clone(), refused, email], &all(), 10), FollowUp::Ended);
    let throttled = Seen {
        record: Record { due_at: Some(minutes(11)), ..seen(EMAIL, State::Waiting).record },
        ..seen(EMAIL, State::Waiting)
    };
    assert_eq!(decided(&[first, throttled], &all(), 10), FollowUp::Wait(minutes(11)));
}

#[test]
fn a_channel_without_a_message_is_left_out() {
    let failed = [with(FactKind::Failed, None, seen(Link::First, State::Accepted))];
    let usable = |usable: &[usize]| FollowUpCase { usable: usable.to_vec(), ..all() };
    assert_eq!(decided(&failed, &usable(&[1]), 2), FollowUp::Deliver(EMAIL));
    assert_eq!(decided(&failed, &usable(&[]), 2), FollowUp::Ended);
    assert_eq!(decided(&[seen(Link::First, State::Accepted)], &usable(&[]), 2), FollowUp::Ended);
    // The message itself is still sent.
    let waiting = [seen(Link::First, State::Waiting)];
    assert_eq!(follow_up(&waiting, None, &usable(&[]), minutes(60)), FollowUp::Deliver(Link::First));
}

#[test]
fn a_failure_that_another_time_mends_is_sent_once_more_and_only_once() {
    let case = case(Triggers::default(), true);
    let failed = |code| with(FactKind::Failed, Some(code), seen(Link::First, State::Accepted));
    let a_day_later = 24 * 60 + 1;
    assert_eq!(decided(&[failed("131049")], &case, 60), FollowUp::Wait(minutes(a_day_later)));
    assert_eq!(decided(&[failed("131049")], &case, a_day_later), FollowUp::Deliver(Link::Again));
    assert_eq!(decided(&[failed("131026")], &case, 2), FollowUp::Deliver(SMS));
    let mut again = with(FactKind::Failed, Some("131049"), seen(Link::Again, State::Accepted));
    assert_eq!(decided(&[failed("131049"), again.clone()], &case, a_day_later), FollowUp::Deliver(SMS));
    again.facts = DeliveryFacts::default();
    again.created_at = minutes(a_day_later);
    let chain = [failed("131049"), again];
    assert_eq!(decided(&chain, &case, a_day_later + 1), FollowUp::Wait(minutes(a_day_later + 60)));
    // There must be time for it.
    let short = FollowUpCase { ends_at: minutes(600), ..case };
    assert_eq!(decided(&[failed("131049")], &short, 60), FollowUp::Deliver(SMS));
}

#[test]
fn when_the_event_is_too_old_nothing_follows() {
    let end = 3 * 24 * 60;
    let failed = with(FactKind::Failed, None, seen(Link::First, State::Accepted));
    assert_eq!(decided(&[failed], &all(), end), FollowUp::Ended);
    // The send machine decides about what waits.
    let waiting = [seen(Link::First, State::Waiting)];
    assert_eq!(follow_up(&waiting, None, &all(), minutes(end)), FollowUp::Deliver(Link::First));
    assert_eq!(decided(&waiting, &all(), end), FollowUp::Ended);
}

#[test]
fn only_codes_that_time_mends_are_sent_again() {
    for code in ["131049", " 131049 ", "131000", "130429"] {
        assert!(another_time(Some(code)).is_some(), "{code}");
    }
    for code in ["131026", "131047", "131050", "131053", "132001", "", "x"] {
        assert_eq!(another_time(Some(code)), None, "{code}");
    }
    assert_eq!(another_time(None), None);
}

#[test]
fn what_the_operator_sends_again_is_sent_although_another_channel_has_followed() {
    let rejected = seen(Link::First, State::Rejected);
    let resent = resend(&rejected.record, AcceptedRisks::default(), "ann", START);
    let Resend::Move(record) = resent else { panic!("{resent:?}") };
    let first = Seen { record, ..rejected };
    assert!(is_released(&first.record), "{:?}", first.record);
    let chain = [first, seen(SMS, State::Accepted)];
    assert_eq!(follow_up(&chain, None, &all(), minutes(10)), FollowUp::Deliver(Link::First));
}

#[test]
fn a_channel_that_the_catalogue_no_longer_has_counts_only_by_its_arrival() {
    let failed = with(FactKind::Failed, None, seen(Link::First, State::Accepted));
    let former = |arrived| {
        let former = seen(Link::Former, State::Accepted);
        if arrived { with(FactKind::Delivered, None, former) } else { former }
    };
    assert_eq!(decided(&[former(true), failed.clone()], &all(), 10), FollowUp::Ended);
    assert_eq!(decided(&[former(false), failed.clone()], &all(), 10), FollowUp::Deliver(SMS));
    // Nothing can replace it: its record is found by the sweeper.
    let waiting = seen(Link::Former, State::Waiting);
    let read = with(FactKind::Read, None, failed);
    assert_eq!(decided(&[waiting, read], &all(), 10), FollowUp::Ended);
}

#[test]
fn a_message_of_unknown_outcome_beside_one_that_arrived_waits_for_its_answer_and_is_held() {
    let read = |link| with(FactKind::Read, None, seen(link, State::Accepted));
    for (arrived, open) in [(Link::First, SMS), (SMS, Link::First)] {
        let chain = |state| {
            let other = seen(open, state);
            let reason = Some(Reason::new(ReasonClass::Unclear, "timeout", "no answer in time"));
            let due_at = Some(minutes(15));
            let message_ids = BTreeSet::default();
            let unclear = state == State::Unknown;
            let record = Record { unclear, due_at, reason, message_ids, ..other.record };
            [read(arrived), Seen { record, ..other }]
        };
        for state in [State::Sending, State::Unknown] {
            assert_eq!(decided(&chain(state), &all(), 10), FollowUp::Wait(minutes(15)), "{state}");
        }
        assert_eq!(decided(&chain(State::Sending), &all(), 15), FollowUp::Deliver(open));
        let unknown = chain(State::Unknown);
        let FollowUp::Replace { link, known, next } = decided(&unknown, &all(), 15) else {
            panic!("a replacement")
        };
        assert_eq!((link, &*known), (open, &unknown[1].record));
        assert_eq!((next.held_as(), next.reason.unwrap().code.as_str()), (Some(Held::Unclear), "timeout"));
    }
}

#[test]
fn a_reordered_list_of_channels_still_uses_each() {
    let failed = with(FactKind::Failed, None, seen(Link::First, State::Accepted));
    let second = Seen { created_at: minutes(5), ..seen(EMAIL, State::Rejected) };
    assert_eq!(decided(&[failed, second], &all(), 10), FollowUp::Deliver(SMS));
}

#[test]
fn a_channel_that_cannot_be_used_does_not_stop_the_next_one() {
    let failed = with(FactKind::Failed, None, seen(Link::First, State::Accepted));
    let waiting = seen(SMS, State::Waiting);
    let chain = [failed.clone(), waiting];
    let FollowUp::Replace { link: SMS, .. } = decided(&chain, &only("failed"), 60) else {
        panic!("a replacement")
    };
    for code in [NO_CONSENT, NOT_ALLOWED] {
        let suppressed = because(code, seen(SMS, State::Suppressed));
        assert_eq!(
            decided(&[failed.clone(), suppressed], &only("failed"), 10),
            FollowUp::Deliver(EMAIL),
            "{code}"
        );
    }
}

#[test]
fn a_suppressed_message_whose_event_comes_again_is_tried_again() {
    for code in [NO_CONSENT, NOT_ALLOWED] {
        let mut first = because(code, seen(Link::First, State::Suppressed));
        first.record.attempt = 0;
        assert_eq!(
            follow_up(&[first.clone()], None, &all(), minutes(1)),
            FollowUp::Deliver(Link::First),
            "{code}"
        );
        let after = if code == NO_CONSENT { FollowUp::Deliver(SMS) } else { FollowUp::Ended };
        assert_eq!(decided(&[first], &all(), 1), after, "{code}");
    }
}

#[test]
fn what_the_operator_releases_is_not_sent_after_another_channel_has_arrived() {
    let rejected = seen(Link::First, State::Rejected);
    let Resend::Move(record) = resend(&rejected.record, AcceptedRisks::default(), "ann", START) else {
        panic!("a move")
    };
    let chain = [Seen { record, ..rejected }, with(FactKind::Delivered, None, seen(SMS, State::Accepted))];
    let FollowUp::Replace { link: Link::First, .. } = follow_up(&chain, None, &all(), minutes(10)) else {
        panic!("a replacement")
    };
}

#[test]
fn an_e_mail_that_comes_back_has_not_arrived() {
    let mut email = with(FactKind::Delivered, None, seen(SMS, State::Accepted));
    email.record.provider = Some(Provider::AwsEmail);
    email.facts.add(FactKind::Failed, minutes(2), None);
    let failed = with(FactKind::Failed, None, seen(Link::First, State::Accepted));
    assert_eq!(decided(&[failed.clone(), email.clone()], &all(), 10), FollowUp::Deliver(EMAIL));
    email.facts.add(FactKind::Read, minutes(3), None);
    assert_eq!(decided(&[failed, email], &all(), 10), FollowUp::Ended);
}

#[test]
fn with_failures_as_the_only_trigger_the_facts_are_read_again_and_again() {
    let silent = [seen(Link::First, State::Accepted)];
    assert_eq!(decided(&silent, &only("failed"), 10), FollowUp::Wait(minutes(60)));
    assert_eq!(decided(&silent, &only("failed"), 60), FollowUp::Wait(minutes(120)));
    let end = 3 * 24 * 60;
    assert_eq!(decided(&silent, &only("failed"), end - 1), FollowUp::Wait(minutes(end)));
}
