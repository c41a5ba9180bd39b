//! Decisions for each record, and for none.

use super::*;

#[test]
fn a_new_notification_is_claimed_for_the_preferred_provider() {
    let policy = Policy::default();
    let Decision::Claim(claimed) = decide(None, &context(&policy)) else { panic!("a claim") };
    assert_eq!((claimed.state, claimed.attempt, claimed.provider), (State::Sending, 1, Some(OneMsg)));
    assert_eq!((claimed.due_at, claimed.token), (Some(at(135)), Some(TOKEN)));
}

#[test]
fn a_notification_without_consent_or_too_old_is_suppressed_before_any_attempt() {
    let policy = Policy::default();
    for (changed, code) in [
        (Context { guard: Guard::NotAllowed, ..context(&policy) }, "not_allowed"),
        (Context { guard: Guard::NotAllowed, consent: Consent::NotGiven, ..context(&policy) }, "not_allowed"),
        (
            Context { guard: Guard::NotAllowed, staleness: Staleness::Stale, ..context(&policy) },
            "not_allowed",
        ),
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
fn an_active_lease_is_waited_for_and_an_expired_one_is_unknown() {
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
fn an_unknown_send_waits_for_its_window_then_follows_the_policy() {
    let policy: Policy = "onemsg=hold,meta=resend".parse().unwrap();
    let open = decide(Some(&record(State::Unknown, 1, Some(101))), &context(&policy));
    assert_eq!(open, Decision::Wait { until: at(101), state: State::Unknown, reason: None });
    let Decision::Move(held) = decide(Some(&record(State::Unknown, 1, Some(99))), &context(&policy)) else {
        panic!("held")
    };
    assert_eq!((held.state, held.due_at), (State::Held, Some(at(100))), "the time since which it is held");
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
fn a_waiting_notification_is_claimed_when_due_and_ended_when_stale() {
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
fn a_status_whose_reference_never_came_is_held_and_not_suppressed() {
    let policy = Policy::default();
    let reason = without_reference();
    let waiting = Record { reason: Some(reason.clone()), ..record(State::Waiting, 9, Some(150)) };
    let context = Context { staleness: Staleness::Pointless, ..context(&policy) };
    let Decision::Move(held) = decide(Some(&waiting), &context) else { panic!("a move") };
    assert_eq!((held.held_as(), held.reason), (Some(Held::Unsent), Some(reason)));
}

#[test]
fn an_outcome_is_done_in_every_context() {
    let policy: Policy = "resend".parse().unwrap();
    for state in [State::Accepted, State::Rejected, State::Suppressed, State::Held] {
        let record = Record { unclear: true, ..record(state, 1, None) };
        for staleness in [Staleness::Fresh, Staleness::Stale, Staleness::Pointless] {
            let context = Context { staleness, consent: Consent::NotGiven, ..context(&policy) };
            assert_eq!(decide(Some(&record), &context), Decision::Done(record.clone()));
            let context = Context { guard: Guard::NotAllowed, ..context };
            assert_eq!(decide(Some(&record), &context), Decision::Done(record.clone()));
        }
    }
}

#[test]
fn a_notification_held_unsent_is_claimed_when_its_fresh_event_comes() {
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
    let no_route = Context { providers: &[], ..context(&policy) };
    assert!(matches!(decide(Some(&held), &no_route), Decision::Done(_)), "it is not written again");
}

#[test]
fn a_late_notification_is_claimed_if_the_operator_accepted_that() {
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
fn a_notification_that_may_have_been_sent_ends_only_held_or_accepted() {
    let policy = Policy::default();
    let waiting = Record { unclear: true, ..record(State::Waiting, 2, Some(50)) };
    let pointless = Context { staleness: Staleness::Pointless, ..context(&policy) };
    let Decision::Move(held) = decide(Some(&waiting), &pointless) else { panic!("a move") };
    assert_eq!((held.held_as(), held.due_at), (Some(Held::Unclear), Some(at(100))));
    let superseded_record = superseded(Some(&waiting), "f", at(100));
    assert_eq!(superseded_record.held_as(), Some(Held::Unclear));
    let sending = Record { unclear: true, resend_spent: true, ..record(State::Sending, 2, Some(135)) };
    let attempt = Attempt::from_claim(&sending).unwrap();
    let rejected = Answer::Rejected(reason(ReasonClass::Recipient));
    let settled = settle(&sending, attempt, &rejected, &ALL, &policy, false, at(100));
    assert_eq!(moved(settled).held_as(), Some(Held::Unclear));
}

#[test]
fn the_same_key_for_other_content_is_a_conflict_in_every_state() {
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
    assert_eq!(first.provider, Some(Kaleyra), "the cause of its refusal may be mended");
}

#[test]
fn nothing_is_sent_after_a_customer_withdrew_the_consent() {
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
fn nothing_is_sent_to_a_recipient_who_is_no_longer_allowed() {
    let policy: Policy = "resend".parse().unwrap();
    let context = Context { guard: Guard::NotAllowed, ..context(&policy) };
    let late = Record { although_late: true, ..record(State::Waiting, 2, Some(50)) };
    let waiting = record(State::Waiting, 2, Some(150));
    for known in [waiting, late, record(State::Held, 2, Some(50))] {
        for (known, state) in
            [(known.clone(), State::Suppressed), (Record { unclear: true, ..known }, State::Held)]
        {
            match decide(Some(&known), &context) {
                Decision::Move(next) => {
                    assert_eq!((next.state, next.reason.unwrap().code.as_str()), (state, "not_allowed"));
                }
                done => {
                    assert_eq!((done, known.held_as()), (Decision::Done(known.clone()), Some(Held::Unclear)));
                }
            }
        }
    }
    let Decision::Move(next) = decide(Some(&record(State::Unknown, 1, Some(50))), &context) else {
        panic!("a move")
    };
    assert_eq!((next.state, next.reason.unwrap().code.as_str()), (State::Held, "not_allowed"));
    let running = record(State::Sending, 1, Some(150));
    assert!(matches!(decide(Some(&running), &context), Decision::Wait { .. }), "it may still be settled");
}

#[test]
fn a_recipient_who_was_not_allowed_gets_a_later_event_but_not_against_an_earlier_refusal() {
    let policy = Policy::default();
    let closed = Context { guard: Guard::NotAllowed, ..context(&policy) };
    let Decision::Move(suppressed) = decide(None, &closed) else { panic!("a move") };
    assert_eq!(decide(Some(&suppressed), &closed), Decision::Done(suppressed.clone()));
    assert!(matches!(decide(Some(&suppressed), &context(&policy)), Decision::Claim(_)));
    // The refusal of consent is remembered, whether it came first or later.
    let refused = Context { consent: Consent::NotGiven, event_time: at(95), ..closed.clone() };
    for known in [None, Some(&suppressed)] {
        let Decision::Move(known) = decide(known, &refused) else { panic!("a move") };
        assert_eq!((known.state, known.no_consent_at), (State::Suppressed, Some(at(95))));
        assert_eq!(known.reason.as_ref().unwrap().code, "not_allowed");
        assert_eq!(decide(Some(&known), &refused), Decision::Done(known.clone()));
        assert_eq!(decide(Some(&known), &context(&policy)), Decision::Done(known.clone()));
        let later = Context { event_time: at(96), ..context(&policy) };
        assert!(matches!(decide(Some(&known), &later), Decision::Claim(_)));
    }
}

#[test]
fn a_notification_suppressed_before_any_attempt_is_sent_for_a_later_valid_event() {
    let policy = Policy::default();
    let first = |context: &Context<'_>| match decide(None, context) {
        Decision::Move(record) => record,
        other => panic!("a move, and not {other:?}"),
    };
    let other_content = Context { fingerprint: "g", event_time: at(91), ..context(&policy) };
    for refused in [
        Context { consent: Consent::NotGiven, ..context(&policy) },
        Context { staleness: Staleness::Stale, ..context(&policy) },
    ] {
        let suppressed = first(&refused);
        assert_eq!(decide(Some(&suppressed), &refused), Decision::Done(suppressed.clone()));
        let Decision::Claim(claimed) = decide(Some(&suppressed), &other_content) else { panic!("a claim") };
        assert_eq!((claimed.attempt, claimed.fingerprint.as_str()), (1, "g"));
        assert_eq!((claimed.reason, claimed.no_consent_at), (None, None));
    }
    let refused = first(&Context { consent: Consent::NotGiven, ..context(&policy) });
    let earlier = Context { event_time: at(89), ..context(&policy) };
    assert_eq!(
        decide(Some(&refused), &earlier),
        Decision::Done(refused.clone()),
        "the consent was withdrawn since then"
    );
    // A later event without consent: the consent of the events in between does not count.
    let again = Context { consent: Consent::NotGiven, event_time: at(95), ..context(&policy) };
    for known in [refused, first(&Context { staleness: Staleness::Stale, ..context(&policy) })] {
        let Decision::Move(known) = decide(Some(&known), &again) else { panic!("a move") };
        assert_eq!((known.state, known.attempt, known.no_consent_at), (State::Suppressed, 0, Some(at(95))));
        assert_eq!(decide(Some(&known), &other_content), Decision::Done(known.clone()));
        let later = Context { event_time: at(96), ..context(&policy) };
        assert!(matches!(decide(Some(&known), &later), Decision::Claim(_)));
    }
    let superseded_record = superseded(None, "f", at(100));
    assert_eq!(decide(Some(&superseded_record), &context(&policy)), Decision::Done(superseded_record));
}

#[test]
fn what_follows_a_status_that_the_order_has_left_gets_no_claim() {
    let policy: Policy = "resend".parse().unwrap();
    let outdated = Context { is_outdated: true, ..context(&policy) };
    let code = |record: &Record| record.reason.as_ref().unwrap().code.clone();
    let held = Record { attempt: 6, ..record(State::Held, 6, Some(50)) };
    for unsent in [record(State::Waiting, 1, Some(100)), record(State::Waiting, 1, Some(900)), held] {
        let Decision::Move(next) = decide(Some(&unsent), &outdated) else { panic!("{unsent:?}") };
        assert_eq!((next.state, code(&next).as_str()), (State::Suppressed, "superseded"));
    }
    // A send of unknown outcome ends as any other, but is not repeated.
    let unknown = |due| Record {
        reason: Some(Reason::new(ReasonClass::Unclear, "timeout", "no reply in time")),
        ..record(State::Unknown, 1, Some(due))
    };
    assert!(matches!(decide(Some(&unknown(900)), &outdated), Decision::Wait { .. }));
    assert!(matches!(decide(Some(&unknown(100)), &context(&policy)), Decision::Claim(_)));
    let Decision::Move(next) = decide(Some(&unknown(100)), &outdated) else { panic!("held") };
    assert_eq!((next.held_as(), code(&next).as_str()), (Some(Held::Unclear), "timeout"));
    let resent = Record { unclear: true, ..record(State::Waiting, 2, Some(100)) };
    let Decision::Move(next) = decide(Some(&resent), &outdated) else { panic!("held") };
    assert_eq!(next.held_as(), Some(Held::Unclear));
    for state in [State::Accepted, State::Rejected, State::Suppressed] {
        let ended = record(state, 1, None);
        assert_eq!(decide(Some(&ended), &outdated), Decision::Done(ended));
    }
}

#[test]
fn without_a_usable_number_it_is_rejected_and_a_corrected_event_changes_nothing() {
    let policy = Policy::default();
    let no_number = Context { providers: &[], ..context(&policy) };
    let Decision::Move(rejected) = decide(None, &no_number) else { panic!("a move") };
    let reason = rejected.reason.as_ref().unwrap();
    assert_eq!((rejected.state, rejected.attempt, rejected.provider), (State::Rejected, 0, None));
    assert_eq!((reason.class, reason.code.as_str()), (ReasonClass::Recipient, NO_USABLE_NUMBER));
    assert!(rejected.lacks_number());
    for is_same_event in [false, true] {
        let corrected = Context { fingerprint: "g", is_same_event, ..context(&policy) };
        assert_eq!(decide(Some(&rejected), &corrected), Decision::Done(rejected.clone()));
    }
    // What is too old, or has no consent, is not about the number.
    for other in [
        Context { staleness: Staleness::Stale, ..no_number.clone() },
        Context { consent: Consent::NotGiven, ..no_number.clone() },
    ] {
        let Decision::Move(suppressed) = decide(None, &other) else { panic!("a move") };
        assert_eq!(suppressed.state, State::Suppressed);
    }
    // The catalogue finds no number any more.
    let waiting = record(State::Waiting, 2, Some(50));
    let Decision::Move(moved) = decide(Some(&waiting), &no_number) else { panic!("a move") };
    assert!(moved.lacks_number());
    let unclear = Record { unclear: true, ..waiting };
    let Decision::Move(moved) = decide(Some(&unclear), &no_number) else { panic!("a move") };
    assert_eq!(moved.held_as(), Some(Held::Unclear));
}

#[test]
fn an_operator_sends_it_again_once_its_event_has_a_number() {
    let policy = Policy::default();
    let no_number = Context { providers: &[], ..context(&policy) };
    let Decision::Move(rejected) = decide(None, &no_number) else { panic!("a move") };
    let Resend::Move(released) = resend(&rejected, AcceptedRisks::default(), "ann", at(100)) else {
        panic!("a move")
    };
    let corrected = Context { fingerprint: "g", is_same_event: true, ..context(&policy) };
    assert!(matches!(decide(Some(&released), &corrected), Decision::Claim(_)));
}
