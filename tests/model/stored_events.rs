//! One body notification whose event the table stores. The queue holds events that wait for one tick. The table holds
//! events with longer waits, unknown outcomes and held notifications.

use shared::provider::Provider::Meta;

use crate::check::{Seen, check, detects};
use crate::mutant::Mutant;
use crate::properties::{ALL_REACHED, EVENT_OWNED, FINISHED_EVENTS_DELETED};
use crate::scenario::{NotificationKind, Recovery, Scenario, policy};
use crate::world::Response::{Accepted, Refused, ReplyLost, Throttled};

/// The provider refuses credentials, throttles sends and loses a reply, until every cause is removed after two ticks.
/// The sweeper holds notifications that are stuck before that.
fn scenario() -> Scenario {
    Scenario {
        kind: NotificationKind::Body,
        providers: vec![Meta],
        policy: policy("hold"),
        responses: vec![Accepted, ReplyLost, Refused, Throttled],
        copies: vec![0],
        recovery: Recovery::Both,
        stores_events: true,
        operator: None,
        stale: 4,
        mended: Some(2),
        throttles: None,
        changed_at: None,
        not_allowed: None,
        faults: 2,
        calls: 1,
        mutant: None,
    }
}

fn check_mutant(mutant: Mutant, property: &'static str) {
    detects(Scenario { mutant: Some(mutant), ..scenario() }, property);
}

#[test]
fn an_unfinished_event_has_one_owner_and_is_sent_once_its_cause_is_removed() {
    let expected = [
        Seen::Waiting,
        Seen::Unknown,
        Seen::Accepted,
        Seen::Held,
        Seen::Swept,
        Seen::Reopened,
        Seen::Adopted,
        Seen::EventStored,
        Seen::HeldEventStored,
        Seen::CopyEnqueued,
        Seen::EventDeleted,
        Seen::EventDeletedBySweep,
        Seen::OwnClaim,
        Seen::Withdrawn,
        Seen::MessageStoredLate,
        Seen::CrashBeforeClaim,
        Seen::CrashBeforeSettle,
        Seen::CrashBeforeStoreMessage,
        Seen::CrashBeforeStoreEvent,
        Seen::CrashBeforeDeleteEvent,
        Seen::CrashBeforeCopy,
    ];
    check("Meta, mended, events stored", scenario(), &expected);
}

#[test]
fn detects_an_acknowledgement_before_the_event_is_stored() {
    check_mutant(Mutant::AcknowledgeFirst, EVENT_OWNED);
}

#[test]
fn detects_a_held_notification_whose_event_is_not_stored() {
    check_mutant(Mutant::ForgetHeldEvent, EVENT_OWNED);
}

#[test]
fn detects_an_event_deleted_when_its_copy_is_enqueued() {
    check_mutant(Mutant::DeleteEnqueuedEvent, EVENT_OWNED);
}

#[test]
fn detects_the_stored_event_of_an_accepted_notification() {
    check_mutant(Mutant::KeepAcceptedEvent, FINISHED_EVENTS_DELETED);
}

#[test]
fn detects_stored_events_that_the_sweeper_never_reads() {
    check_mutant(Mutant::StarveEvents, ALL_REACHED);
}
