//! One body notification whose event the table stores. The queue carries waits of one tick; the table carries longer
//! waits, unknown outcomes and held notifications.

use shared::provider::Provider::Meta;

use crate::check::{Sight, holds, is_found_out};
use crate::properties::{ALL_REACHED, GONE, OWNED};
use crate::rules::Mutant;
use crate::scenario::{Rescue, Scenario, Told, policy};
use crate::world::Verdict::{Accepted, AcceptedUnheard, Refused, Throttled};

/// Credentials are refused, sends are throttled and one reply is lost, until every cause is removed after two ticks.
/// The sweeper has already held the notifications that were stuck before.
fn scenario() -> Scenario {
    Scenario {
        told: Told::Body,
        providers: vec![Meta],
        policy: policy("hold"),
        verdicts: vec![Accepted, AcceptedUnheard, Refused, Throttled],
        copies: vec![0],
        rescue: Rescue::Both,
        keeps: true,
        person: None,
        stale: 4,
        mended: Some(2),
        throttles: None,
        changed: None,
        faults: 2,
        calls: 1,
        mutant: None,
    }
}

fn found_out(name: &str, mutant: Mutant, property: &'static str) {
    is_found_out(name, Scenario { mutant: Some(mutant), ..scenario() }, property);
}

#[test]
fn an_unfinished_event_has_one_owner_and_what_is_mended_is_sent() {
    let expected = [
        Sight::Waiting,
        Sight::Unknown,
        Sight::Accepted,
        Sight::Held,
        Sight::Swept,
        Sight::Reopened,
        Sight::Adoption,
        Sight::Kept,
        Sight::KeptForAPerson,
        Sight::BroughtBack,
        Sight::Dropped,
        Sight::DroppedByTheSweep,
        Sight::OwnClaim,
        Sight::Withdrawn,
        Sight::StoredLate,
        Sight::CrashBeforeClaim,
        Sight::CrashBeforeSettle,
        Sight::CrashBeforeStoreMessage,
        Sight::CrashBeforeKeepEvent,
        Sight::CrashBeforeDropEvent,
        Sight::CrashBeforeCopy,
    ];
    holds("Meta, mended, events kept", scenario(), &expected);
}

#[test]
fn acknowledging_the_queues_message_before_the_event_is_kept_is_found_out() {
    found_out("acknowledge first", Mutant::AcknowledgeFirst, OWNED);
}

#[test]
fn not_keeping_the_event_of_what_is_held_is_found_out() {
    found_out("forget the event of what is held", Mutant::ForgetHeldEvent, OWNED);
}

#[test]
fn removing_the_event_whose_copy_is_put_on_the_queue_is_found_out() {
    found_out("take for good", Mutant::TakeForGood, OWNED);
}

#[test]
fn keeping_the_event_of_what_a_callback_has_accepted_is_found_out() {
    found_out("look away", Mutant::LookAway, GONE);
}

#[test]
fn never_coming_to_the_kept_events_is_found_out() {
    found_out("starve the events", Mutant::StarveEvents, ALL_REACHED);
}
