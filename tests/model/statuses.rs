//! Concurrent statuses of one order: one copy of each event, or two copies of one.

use shared::message::OrderStatus::{Completed, Processing, Shipped};
use shared::protocol::Step;
use shared::provider::Provider::Meta;

use crate::check::{Sight, holds, is_found_out};
use crate::properties::ORDER_KEPT;
use crate::rules::Mutant;
use crate::scenario::{Rescue, Scenario, Told, policy, status};
use crate::world::Verdict::{Accepted, AcceptedUnheard, Throttled};

const SIGHTS: [Sight; 14] = [
    Sight::Sending,
    Sight::Waiting,
    Sight::Unknown,
    Sight::Accepted,
    Sight::Suppressed,
    Sight::CrashBeforeRead,
    Sight::CrashBeforeReadProgress,
    Sight::CrashBeforeTakePlace,
    Sight::CrashBeforeClaim,
    Sight::CrashBeforeSettle,
    Sight::CrashBeforeLeave,
    Sight::OvertakenByItself,
    Sight::OwnPlace,
    Sight::PlaceLeft,
];

fn scenario(steps: &[Step], copies: &[u8]) -> Scenario {
    Scenario {
        told: Told::Statuses(steps.to_vec()),
        providers: vec![Meta],
        policy: policy("resend"),
        verdicts: vec![Accepted, AcceptedUnheard, Throttled],
        copies: copies.to_vec(),
        rescue: Rescue::Queue,
        keeps: false,
        person: None,
        stale: 3,
        mended: None,
        throttles: None,
        changed: None,
        faults: 1,
        calls: 0,
        mutant: None,
    }
}

fn two() -> [Step; 2] {
    [status(Processing, 1), status(Shipped, 2)]
}

#[test]
fn two_statuses_at_once_are_told_in_their_order() {
    holds("processing, shipped", scenario(&two(), &[0, 1]), &SIGHTS);
}

#[test]
fn a_status_that_is_sent_again_after_a_crash_keeps_its_place() {
    let verdicts = vec![AcceptedUnheard, Throttled];
    let longer = Scenario { stale: 4, verdicts, ..scenario(&two(), &[0, 1]) };
    holds("processing, shipped, resend after a crash", longer, &[Sight::Resend, Sight::AcceptedTwice]);
}

#[test]
fn a_second_copy_of_the_newer_one_changes_nothing() {
    let copies = Scenario { stale: 2, verdicts: vec![Accepted, Throttled], ..scenario(&two(), &[0, 1, 1]) };
    holds("processing, shipped twice", copies, &SIGHTS);
}

#[test]
fn nothing_follows_a_final_one() {
    let steps = [status(Processing, 1), status(Shipped, 3), status(Completed, 2)];
    holds("processing, completed, shipped", Scenario { stale: 1, ..scenario(&steps, &[0, 1, 2]) }, &[]);
}

/// Two statuses of the same second.
fn tie() -> Scenario {
    let verdicts = vec![Accepted, Throttled];
    Scenario { stale: 2, verdicts, ..scenario(&[status(Processing, 1), status(Shipped, 1)], &[0, 1]) }
}

#[test]
fn of_two_statuses_with_the_same_time_the_earlier_in_an_orders_life_never_follows() {
    holds("processing, shipped at the same time", tie(), &[Sight::Accepted, Sight::Suppressed]);
}

#[test]
fn taking_two_statuses_with_the_same_time_as_they_come_is_found_out() {
    let scenario = Scenario { mutant: Some(Mutant::TiesAsTheyCome), ..tie() };
    is_found_out("ties as they come", scenario, ORDER_KEPT);
}

#[test]
fn telling_a_status_without_regard_to_its_turn_is_found_out() {
    found_out("ignore the turn", Mutant::IgnoreTurn, &[0, 1]);
}

#[test]
fn sharing_a_place_between_two_copies_is_found_out() {
    found_out("share a place", Mutant::SharePlace, &[0, 1, 1]);
}

#[test]
fn forgetting_a_dead_claim_of_the_same_status_is_found_out() {
    found_out("forget the own dead claim", Mutant::ForgetOwnDeadClaim, &[0, 1]);
}

#[test]
fn leaving_an_unsettled_status_as_not_told_is_found_out() {
    found_out("unsettled is not told", Mutant::UnsettledIsNotTold, &[0, 1]);
}

#[test]
fn taking_a_told_status_back_is_found_out() {
    found_out("a later attempt untells", Mutant::LaterAttemptUntells, &[0, 1]);
}

fn found_out(name: &str, mutant: Mutant, copies: &[u8]) {
    let scenario = Scenario { stale: 4, mutant: Some(mutant), ..scenario(&two(), copies) };
    is_found_out(name, scenario, ORDER_KEPT);
}
