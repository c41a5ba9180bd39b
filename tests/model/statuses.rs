//! Concurrent statuses of one order, with one copy of each event or two copies of one event.

use shared::message::OrderStatus::{Completed, Processing, Shipped};
use shared::protocol::Step;
use shared::provider::Provider::Meta;

use crate::check::{Seen, check, detects};
use crate::mutant::Mutant;
use crate::properties::{GUARDED, ORDER_KEPT, SUPERSEDED_BY_SENT};
use crate::scenario::{NotificationKind, Recovery, Scenario, policy, status};
use crate::world::Response::{Accepted, ReplyLost, Throttled};

const SITUATIONS: [Seen; 15] = [
    Seen::Sending,
    Seen::Waiting,
    Seen::Unknown,
    Seen::Accepted,
    Seen::Suppressed,
    Seen::CrashBeforeRead,
    Seen::CrashBeforeReadProgress,
    Seen::CrashBeforeClaimProgress,
    Seen::CrashBeforeClaim,
    Seen::CrashBeforeSettle,
    Seen::CrashBeforeReleaseProgress,
    Seen::ConflictWithOwnWrite,
    Seen::OwnTurn,
    Seen::ExpiredUnsent,
    Seen::TurnReleased,
];

fn scenario(steps: &[Step], copies: &[u8]) -> Scenario {
    Scenario {
        kind: NotificationKind::Statuses(steps.to_vec()),
        providers: vec![Meta],
        policy: policy("resend"),
        responses: vec![Accepted, ReplyLost, Throttled],
        copies: copies.to_vec(),
        recovery: Recovery::Queue,
        stores_events: false,
        operator: None,
        stale: 3,
        mended: None,
        throttles: None,
        changed_at: None,
        not_allowed: None,
        faults: 1,
        calls: 0,
        mutant: None,
    }
}

fn two() -> [Step; 2] {
    [status(Processing, 1), status(Shipped, 2)]
}

#[test]
fn two_concurrent_statuses_are_sent_in_order() {
    check("processing, shipped", scenario(&two(), &[0, 1]), &SITUATIONS);
}

#[test]
fn a_status_that_is_resent_after_a_crash_keeps_its_turn() {
    let responses = vec![ReplyLost, Throttled];
    let longer = Scenario { stale: 4, responses, ..scenario(&two(), &[0, 1]) };
    check("processing, shipped, resend after a crash", longer, &[Seen::Resend, Seen::AcceptedTwice]);
}

#[test]
fn a_second_copy_of_the_newer_status_changes_nothing() {
    let copies = Scenario { stale: 2, responses: vec![Accepted, Throttled], ..scenario(&two(), &[0, 1, 1]) };
    check("processing, shipped twice", copies, &SITUATIONS);
}

#[test]
fn no_status_follows_a_final_one() {
    let steps = [status(Processing, 1), status(Shipped, 3), status(Completed, 2)];
    check("processing, completed, shipped", Scenario { stale: 1, ..scenario(&steps, &[0, 1, 2]) }, &[]);
}

/// Two statuses of the same second.
fn tie() -> Scenario {
    let responses = vec![Accepted, Throttled];
    Scenario { stale: 2, responses, ..scenario(&[status(Processing, 1), status(Shipped, 1)], &[0, 1]) }
}

#[test]
fn of_two_statuses_with_the_same_time_the_lower_rank_is_never_sent_second() {
    check("processing, shipped at the same time", tie(), &[Seen::Accepted, Seen::Suppressed]);
}

#[test]
fn detects_statuses_of_the_same_time_sent_in_arrival_order() {
    let scenario = Scenario { mutant: Some(Mutant::TiesInArrivalOrder), ..tie() };
    detects(scenario, ORDER_KEPT);
}

/// The final status goes to a recipient who is not allowed, for example under another number of the customer's.
fn guarded() -> Scenario {
    let responses = vec![Accepted, Throttled];
    let steps = [status(Processing, 1), status(Completed, 2)];
    Scenario { stale: 2, responses, not_allowed: Some(1), ..scenario(&steps, &[0, 1]) }
}

#[test]
fn a_status_whose_recipient_is_not_allowed_is_not_sent_and_takes_no_turn() {
    let expected = [Seen::Sending, Seen::Waiting, Seen::Accepted, Seen::Suppressed, Seen::CrashBeforeMove];
    check("processing, completed not allowed", guarded(), &expected);
}

#[test]
fn detects_a_message_to_a_recipient_who_is_not_allowed() {
    detects(Scenario { mutant: Some(Mutant::IgnoreGuard), ..guarded() }, GUARDED);
}

#[test]
fn detects_a_status_sent_out_of_turn() {
    check_mutant(Mutant::IgnoreTurn, &[0, 1]);
}

#[test]
fn detects_a_turn_shared_by_two_copies() {
    check_mutant(Mutant::ShareTurn, &[0, 1, 1]);
}

#[test]
fn detects_a_forgotten_expired_claim_of_the_same_status() {
    check_mutant(Mutant::ForgetOwnExpiredClaim, &[0, 1]);
}

#[test]
fn detects_a_status_superseded_by_one_that_was_never_claimed() {
    detects(
        Scenario { mutant: Some(Mutant::ExpiredIsSent), ..scenario(&two(), &[0, 1]) },
        SUPERSEDED_BY_SENT,
    );
}

#[test]
fn detects_an_expired_turn_whose_record_is_ignored() {
    check_mutant(Mutant::ExpiredIsNotSent, &[0, 1]);
}

#[test]
fn detects_a_later_attempt_that_clears_a_sent_status() {
    check_mutant(Mutant::LaterAttemptClearsSent, &[0, 1]);
}

fn check_mutant(mutant: Mutant, copies: &[u8]) {
    let scenario = Scenario { stale: 4, mutant: Some(mutant), ..scenario(&two(), copies) };
    detects(scenario, ORDER_KEPT);
}
