//! One body notification, two copies of its event, one fault.

use shared::provider::Provider::{self, Meta, OneMsg};

use crate::check::{Sight, holds, is_found_out};
use crate::properties::{
    ACCEPTANCE_STAYS, ALL_END, ALL_REACHED, ALL_STORED, EVIDENCE_COUNTS, NO_BLIND_RESEND, ONE_SEND,
    RESENT_ONCE, STORED_IS_SETTLED,
};
use crate::rules::Mutant;
use crate::scenario::{Person, Rescue, Scenario, Told, policy};
use crate::world::Verdict::{
    self, Accepted, AcceptedUnheard, AcceptedUnreadable, AcceptedWithoutId, Lost, NotReached, Refused,
    RefusedForGood, Throttled,
};

/// The possible responses of a sole provider.
const ALONE: [Verdict; 7] =
    [Accepted, AcceptedWithoutId, AcceptedUnheard, AcceptedUnreadable, RefusedForGood, Throttled, Lost];
/// Responses with a removable cause, and acceptance.
const MENDED: [Verdict; 4] = [Accepted, Refused, Throttled, NotReached];

const CRASHES: [Sight; 6] = [
    Sight::CrashBeforeMove,
    Sight::CrashBeforeClaim,
    Sight::CrashBeforeAsk,
    Sight::CrashBeforeHear,
    Sight::CrashBeforeStoreMessage,
    Sight::CrashBeforeSettle,
];

const OUTCOMES: [Sight; 8] = [
    Sight::Sending,
    Sight::Waiting,
    Sight::Unknown,
    Sight::Accepted,
    Sight::Rejected,
    Sight::Held,
    Sight::Overtaken,
    Sight::OvertakenByItself,
];

fn scenario(providers: &[Provider], choice: &str, verdicts: &[Verdict]) -> Scenario {
    Scenario {
        told: Told::Body,
        providers: providers.to_vec(),
        policy: policy(choice),
        verdicts: verdicts.to_vec(),
        copies: vec![0, 0],
        rescue: Rescue::Queue,
        keeps: false,
        person: None,
        stale: 4,
        mended: None,
        throttles: None,
        changed: None,
        faults: 1,
        calls: 1,
        mutant: None,
    }
}

fn mutant(mutant: Mutant) -> Scenario {
    let right = scenario(&[Meta], "resend", &ALONE);
    let policy = Scenario::distorted_policy(right.policy.clone(), mutant);
    Scenario { mutant: Some(mutant), policy, ..right }
}

/// Every cause is removed after two ticks, and the sweeper has held the notifications that were stuck before.
fn mended() -> Scenario {
    Scenario { rescue: Rescue::Both, mended: Some(2), ..scenario(&[OneMsg, Meta], "hold", &MENDED) }
}

#[test]
fn under_hold_one_send_is_accepted_at_most_and_a_callback_settles_what_is_unknown() {
    let expected = [
        &OUTCOMES[..],
        &CRASHES,
        &[Sight::Adoption, Sight::EarlyCallback, Sight::HeldThenAccepted],
        &[Sight::OwnClaim, Sight::Withdrawn, Sight::StoredLate],
    ]
    .concat();
    holds("Meta, hold", Scenario { calls: 2, faults: 2, ..scenario(&[Meta], "hold", &ALONE) }, &expected);
}

#[test]
fn under_resend_a_second_send_follows_only_an_unknown_one_whose_window_was_over() {
    let expected =
        [&OUTCOMES[..], &CRASHES, &[Sight::Adoption, Sight::Resend, Sight::AcceptedTwice]].concat();
    holds("Meta, resend", scenario(&[Meta], "resend", &ALONE), &expected);
}

#[test]
fn the_next_provider_is_asked_only_after_one_that_did_not_send() {
    let expected = [&OUTCOMES[..], &CRASHES, &[Sight::FailOver, Sight::Adoption]].concat();
    let hold = Scenario { stale: 3, ..scenario(&[OneMsg, Meta], "hold", &Verdict::ALL) };
    holds("1MSG, then Meta, hold", hold, &expected);
}

#[test]
fn the_sweeper_alone_ends_what_the_queue_gave_up() {
    let expected = [&OUTCOMES[..], &CRASHES, &[Sight::Swept, Sight::Suppressed]].concat();
    let swept =
        Scenario { rescue: Rescue::Sweeper, stale: 3, calls: 0, ..scenario(&[Meta], "resend", &ALONE) };
    holds("Meta, resend, the sweeper", swept, &expected);
}

#[test]
fn when_everything_is_mended_in_time_every_message_is_accepted_that_was_certainly_not_sent() {
    let expected = [
        &CRASHES[1..],
        &[Sight::Waiting, Sight::Held, Sight::Accepted, Sight::FailOver, Sight::Swept, Sight::Reopened],
        &[Sight::OwnClaim, Sight::Withdrawn, Sight::StoredLate],
    ]
    .concat();
    holds("1MSG, then Meta, mended", mended(), &expected);
}

/// 1MSG throttles throughout.
fn throttled() -> Scenario {
    Scenario { throttles: Some(OneMsg), copies: vec![0], ..mended() }
}

#[test]
fn what_one_provider_throttles_for_ever_the_next_one_sends() {
    let expected = [Sight::Waiting, Sight::FailOver, Sight::Accepted, Sight::Reopened];
    holds("1MSG throttled throughout, then Meta, mended", throttled(), &expected);
}

#[test]
fn never_going_to_the_next_provider_with_what_is_throttled_is_found_out() {
    let scenario = Scenario { mutant: Some(Mutant::NeverUrgent), ..throttled() };
    is_found_out("never urgent", scenario, ALL_REACHED);
}

#[test]
fn a_changed_catalogue_mends_what_waits_and_sends_nothing_twice() {
    let changed = Scenario { changed: Some(1), copies: vec![0], ..mended() };
    let expected = [Sight::Waiting, Sight::Held, Sight::Accepted, Sight::Mended, Sight::Reopened];
    holds("1MSG, then Meta, a changed catalogue", changed, &expected);
    let changed = Scenario { changed: Some(2), ..scenario(&[Meta], "resend", &ALONE) };
    holds("Meta, resend, a changed catalogue", changed, &[Sight::Resend, Sight::Mended, Sight::Held]);
}

#[test]
fn not_recognising_an_event_once_the_catalogue_was_changed_is_found_out() {
    let scenario =
        Scenario { mutant: Some(Mutant::ForgetEvent), changed: Some(1), copies: vec![0], ..mended() };
    is_found_out("forget the event", scenario, ALL_REACHED);
}

#[test]
fn who_says_what_is_true_of_a_held_one_has_it_sent_once_and_accepted() {
    let expected = [
        &OUTCOMES[..],
        &CRASHES,
        &[Sight::FoundSent, Sight::FoundNotSent, Sight::FoundTooLate, Sight::SentAfterAll, Sight::Adoption],
    ]
    .concat();
    let person = Scenario { person: Some(Person::Right), ..scenario(&[Meta], "hold", &ALONE) };
    holds("Meta, hold, a person", person, &expected);
}

#[test]
fn who_says_not_sent_of_what_was_sent_is_found_out() {
    let person = Scenario { person: Some(Person::Wrong), ..scenario(&[Meta], "hold", &ALONE) };
    is_found_out("a person is wrong", person, ONE_SEND);
}

#[test]
fn sending_again_as_soon_as_the_lease_is_over_is_found_out() {
    is_found_out("resend when the lease is over", mutant(Mutant::ResendWhenLeaseOver), ONE_SEND);
}

#[test]
fn sending_again_inside_the_window_is_found_out() {
    is_found_out("ignore the window", mutant(Mutant::IgnoreWindow), NO_BLIND_RESEND);
}

#[test]
fn taking_an_unknown_answer_for_not_sent_is_found_out() {
    is_found_out("unknown is not sent", mutant(Mutant::UnknownIsNotSent), ONE_SEND);
}

#[test]
fn settling_over_an_acceptance_is_found_out() {
    is_found_out("settle over accepted", mutant(Mutant::SettleOverAccepted), ACCEPTANCE_STAYS);
}

#[test]
fn passing_over_a_callback_that_brings_the_reference_back_is_found_out() {
    is_found_out("an echo is no evidence", mutant(Mutant::EchoIsNoEvidence), EVIDENCE_COUNTS);
}

#[test]
fn never_giving_a_dead_lease_up_is_found_out() {
    is_found_out("leases for ever", mutant(Mutant::LeaseForEver), ALL_END);
}

#[test]
fn keeping_what_is_held_unsent_from_its_event_is_found_out() {
    let scenario = Scenario { mutant: Some(Mutant::HeldUnsentIsDone), ..mended() };
    is_found_out("held unsent is done", scenario, ALL_REACHED);
}

#[test]
fn refusing_for_good_what_can_be_mended_is_found_out() {
    let scenario = Scenario { mutant: Some(Mutant::RefusalIsFinal), ..mended() };
    is_found_out("a refusal is final", scenario, ALL_REACHED);
}

#[test]
fn taking_the_own_claim_for_anothers_is_found_out() {
    let scenario = Scenario { mutant: Some(Mutant::ForgetToken), copies: vec![0], ..mended() };
    is_found_out("forget the token", scenario, ALL_REACHED);
}

#[test]
fn leaving_a_claim_that_failed_to_run_out_is_found_out() {
    let scenario = Scenario { mutant: Some(Mutant::SkipWithdrawal), copies: vec![0], ..mended() };
    is_found_out("skip the withdrawal", scenario, ALL_REACHED);
}

#[test]
fn sending_again_in_every_window_is_found_out() {
    is_found_out("resend again", mutant(Mutant::ResendAgain), RESENT_ONCE);
}

#[test]
fn sending_again_after_an_unreadable_2xx_is_found_out() {
    is_found_out("resend the unreadable", mutant(Mutant::ResendUnreadable), RESENT_ONCE);
}

#[test]
fn storing_the_message_before_the_settlement_is_found_out() {
    is_found_out("store before settling", mutant(Mutant::StoreBeforeSettle), STORED_IS_SETTLED);
}

#[test]
fn not_storing_what_was_found_accepted_is_found_out() {
    is_found_out("skip the upsert", mutant(Mutant::SkipUpsert), ALL_STORED);
}
