//! One body notification with two copies of its event and one fault.

use shared::provider::Provider::{self, Meta, OneMsg};

use crate::check::{Seen, check, detects};
use crate::mutant::Mutant;
use crate::properties::{
    ACCEPTANCE_STAYS, ALL_END, ALL_REACHED, ALL_STORED, EVIDENCE_COUNTS, NO_BLIND_RESEND, ONE_SEND,
    RESENT_ONCE, STORED_IS_SETTLED,
};
use crate::scenario::{NotificationKind, Operator, Recovery, Scenario, policy};
use crate::world::Response::{
    self, Accepted, AcceptedUnreadable, AcceptedWithoutId, Refused, Rejected, ReplyLost, RequestLost,
    Throttled, Unreachable,
};

/// The possible responses of a sole provider.
const SOLE: [Response; 7] =
    [Accepted, AcceptedWithoutId, ReplyLost, AcceptedUnreadable, Rejected, Throttled, RequestLost];
/// Responses with a removable cause, and acceptance.
const REMOVABLE: [Response; 4] = [Accepted, Refused, Throttled, Unreachable];

const CRASHES: [Seen; 6] = [
    Seen::CrashBeforeMove,
    Seen::CrashBeforeClaim,
    Seen::CrashBeforeAsk,
    Seen::CrashBeforeReply,
    Seen::CrashBeforeStoreMessage,
    Seen::CrashBeforeSettle,
];

const OUTCOMES: [Seen; 8] = [
    Seen::Sending,
    Seen::Waiting,
    Seen::Unknown,
    Seen::Accepted,
    Seen::Rejected,
    Seen::Held,
    Seen::Conflict,
    Seen::ConflictWithOwnWrite,
];

fn scenario(providers: &[Provider], choice: &str, responses: &[Response]) -> Scenario {
    Scenario {
        kind: NotificationKind::Body,
        providers: providers.to_vec(),
        policy: policy(choice),
        responses: responses.to_vec(),
        copies: vec![0, 0],
        recovery: Recovery::Queue,
        stores_events: false,
        operator: None,
        stale: 4,
        mended: None,
        throttles: None,
        changed_at: None,
        not_allowed: None,
        faults: 1,
        calls: 1,
        mutant: None,
    }
}

fn mutant(mutant: Mutant) -> Scenario {
    let right = scenario(&[Meta], "resend", &SOLE);
    let policy = Scenario::distorted_policy(right.policy.clone(), mutant);
    Scenario { mutant: Some(mutant), policy, ..right }
}

/// Every cause is removed after two ticks, and the sweeper has held the notifications that were stuck before.
fn mended() -> Scenario {
    Scenario { recovery: Recovery::Both, mended: Some(2), ..scenario(&[OneMsg, Meta], "hold", &REMOVABLE) }
}

#[test]
fn under_hold_at_most_one_send_is_accepted_and_a_callback_settles_an_unknown_outcome() {
    let expected = [
        &OUTCOMES[..],
        &CRASHES,
        &[Seen::Adopted, Seen::EarlyCallback, Seen::HeldThenAccepted],
        &[Seen::OwnClaim, Seen::Withdrawn, Seen::MessageStoredLate],
    ]
    .concat();
    check("Meta, hold", Scenario { calls: 2, faults: 2, ..scenario(&[Meta], "hold", &SOLE) }, &expected);
}

#[test]
fn under_resend_a_second_send_follows_only_an_unknown_outcome_after_its_window() {
    let expected = [&OUTCOMES[..], &CRASHES, &[Seen::Adopted, Seen::Resend, Seen::AcceptedTwice]].concat();
    check("Meta, resend", scenario(&[Meta], "resend", &SOLE), &expected);
}

#[test]
fn the_next_provider_is_asked_only_if_the_previous_one_did_not_send() {
    let expected = [&OUTCOMES[..], &CRASHES, &[Seen::Failover, Seen::Adopted]].concat();
    let hold = Scenario { stale: 3, ..scenario(&[OneMsg, Meta], "hold", &Response::ALL) };
    check("1MSG, then Meta, hold", hold, &expected);
}

#[test]
fn the_sweeper_alone_finishes_notifications_that_the_queue_gave_up() {
    let expected = [&OUTCOMES[..], &CRASHES, &[Seen::Swept, Seen::Suppressed]].concat();
    let swept =
        Scenario { recovery: Recovery::Sweeper, stale: 3, calls: 0, ..scenario(&[Meta], "resend", &SOLE) };
    check("Meta, resend, the sweeper", swept, &expected);
}

#[test]
fn once_every_cause_is_removed_every_certainly_unsent_notification_is_accepted() {
    let expected = [
        &CRASHES[1..],
        &[Seen::Waiting, Seen::Held, Seen::Accepted, Seen::Failover, Seen::Swept, Seen::Reopened],
        &[Seen::OwnClaim, Seen::Withdrawn, Seen::MessageStoredLate],
    ]
    .concat();
    check("1MSG, then Meta, mended", mended(), &expected);
}

/// 1MSG throttles throughout.
fn throttled() -> Scenario {
    Scenario { throttles: Some(OneMsg), copies: vec![0], ..mended() }
}

#[test]
fn the_next_provider_sends_a_notification_that_the_first_always_throttles() {
    let expected = [Seen::Waiting, Seen::Failover, Seen::Accepted, Seen::Reopened];
    check("1MSG throttled throughout, then Meta, mended", throttled(), &expected);
}

#[test]
fn detects_a_throttled_notification_that_never_reaches_the_next_provider() {
    let scenario = Scenario { mutant: Some(Mutant::NeverUrgent), ..throttled() };
    detects(scenario, ALL_REACHED);
}

#[test]
fn a_changed_catalogue_updates_waiting_notifications_and_sends_nothing_twice() {
    let changed = Scenario { changed_at: Some(1), copies: vec![0], ..mended() };
    let expected = [Seen::Waiting, Seen::Held, Seen::Accepted, Seen::ContentUpdated, Seen::Reopened];
    check("1MSG, then Meta, a changed catalogue", changed, &expected);
    let changed = Scenario { changed_at: Some(2), ..scenario(&[Meta], "resend", &SOLE) };
    check("Meta, resend, a changed catalogue", changed, &[Seen::Resend, Seen::ContentUpdated, Seen::Held]);
}

#[test]
fn detects_an_event_that_is_not_recognised_after_a_catalogue_change() {
    let scenario =
        Scenario { mutant: Some(Mutant::ForgetEvent), changed_at: Some(1), copies: vec![0], ..mended() };
    detects(scenario, ALL_REACHED);
}

#[test]
fn an_operators_correct_finding_leads_to_one_accepted_send() {
    let expected = [
        &OUTCOMES[..],
        &CRASHES,
        &[
            Seen::OperatorSaysSent,
            Seen::OperatorSaysNotSent,
            Seen::OperatorTooLate,
            Seen::SentAfterRelease,
            Seen::Adopted,
        ],
    ]
    .concat();
    let scenario = Scenario { operator: Some(Operator::RecordsTruth), ..scenario(&[Meta], "hold", &SOLE) };
    check("Meta, hold, an operator", scenario, &expected);
}

#[test]
fn detects_an_operators_wrong_not_sent() {
    let scenario = Scenario { operator: Some(Operator::RecordsNotSent), ..scenario(&[Meta], "hold", &SOLE) };
    detects(scenario, ONE_SEND);
}

#[test]
fn detects_a_resend_at_the_end_of_the_lease() {
    detects(mutant(Mutant::ResendWhenLeaseOver), ONE_SEND);
}

#[test]
fn detects_a_resend_within_the_window() {
    detects(mutant(Mutant::IgnoreWindow), NO_BLIND_RESEND);
}

#[test]
fn detects_an_unknown_answer_treated_as_not_sent() {
    detects(mutant(Mutant::UnknownIsNotSent), ONE_SEND);
}

#[test]
fn detects_a_settlement_that_overwrites_an_acceptance() {
    detects(mutant(Mutant::SettleOverAccepted), ACCEPTANCE_STAYS);
}

#[test]
fn detects_an_ignored_callback_with_our_reference() {
    detects(mutant(Mutant::EchoIsNoEvidence), EVIDENCE_COUNTS);
}

#[test]
fn detects_a_lease_that_never_ends() {
    detects(mutant(Mutant::EndlessLease), ALL_END);
}

#[test]
fn detects_a_held_unsent_notification_that_ignores_its_event() {
    let scenario = Scenario { mutant: Some(Mutant::HeldUnsentIsDone), ..mended() };
    detects(scenario, ALL_REACHED);
}

#[test]
fn detects_a_final_refusal_for_a_removable_cause() {
    let scenario = Scenario { mutant: Some(Mutant::RefusalIsFinal), ..mended() };
    detects(scenario, ALL_REACHED);
}

#[test]
fn detects_an_own_claim_treated_as_anothers() {
    let scenario = Scenario { mutant: Some(Mutant::ForgetToken), copies: vec![0], ..mended() };
    detects(scenario, ALL_REACHED);
}

#[test]
fn detects_a_failed_claim_that_is_not_withdrawn() {
    let scenario = Scenario { mutant: Some(Mutant::SkipWithdrawal), copies: vec![0], ..mended() };
    detects(scenario, ALL_REACHED);
}

#[test]
fn detects_a_resend_after_every_window() {
    detects(mutant(Mutant::ResendAgain), RESENT_ONCE);
}

#[test]
fn detects_a_resend_after_an_unreadable_2xx() {
    detects(mutant(Mutant::ResendUnreadable), RESENT_ONCE);
}

#[test]
fn detects_a_message_stored_before_the_settlement() {
    detects(mutant(Mutant::StoreBeforeSettle), STORED_IS_SETTLED);
}

#[test]
fn detects_an_accepted_message_that_is_not_stored() {
    detects(mutant(Mutant::SkipUpsert), ALL_STORED);
}
