//! The sequence of an order's statuses.

use super::*;
use crate::message::{NotificationKey, OrderStatus};

fn step(key: &str, status: OrderStatus, second: i64) -> Step {
    Step { key: NotificationKey::parse(key).unwrap(), status, time: at(second) }
}

fn relevance(progress: &Progress, step: &Step, now: Timestamp, lease_end: Timestamp) -> Relevance {
    crate::protocol::relevance(progress, step, now, lease_end, TOKEN)
}

fn relevant(progress: &Progress, step: &Step) -> Progress {
    match relevance(progress, step, at(100), at(135)) {
        Relevance::Relevant(progress) => progress,
        other => panic!("not relevant: {other:?}"),
    }
}

#[test]
fn no_status_follows_a_newer_or_a_final_one() {
    let shipped = step("b", OrderStatus::Shipped, 50);
    let sent_progress = relevant(&Progress::default(), &shipped).released(&shipped, true).unwrap();
    assert_eq!(
        relevance(&sent_progress, &step("a", OrderStatus::Processing, 49), at(100), at(135)),
        Relevance::Superseded
    );
    relevant(&sent_progress, &step("c", OrderStatus::Shipped, 50));
    let completed = step("d", OrderStatus::Completed, 60);
    let sent_progress = relevant(&sent_progress, &completed).released(&completed, true).unwrap();
    assert_eq!(
        relevance(&sent_progress, &step("e", OrderStatus::Shipped, 70), at(100), at(135)),
        Relevance::Superseded
    );
    relevant(&sent_progress, &completed);
}

#[test]
fn a_status_that_was_not_sent_supersedes_no_other() {
    let shipped = step("b", OrderStatus::Shipped, 50);
    let unsent = relevant(&Progress::default(), &shipped).released(&shipped, false).unwrap();
    assert_eq!(unsent.sent, None);
    relevant(&unsent, &step("a", OrderStatus::Processing, 49));
}

#[test]
fn statuses_wait_for_an_active_claim_and_an_expired_one_counts_as_sent() {
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
fn an_expired_claim_counts_as_sent_even_if_the_next_attempt_fails() {
    let shipped = step("b", OrderStatus::Shipped, 50);
    let sending = relevant(&Progress::default(), &shipped);
    let Relevance::Relevant(again) = relevance(&sending, &shipped, at(135), at(170)) else {
        panic!("relevant")
    };
    let unsent = again.released(&shipped, false).unwrap();
    assert_eq!(unsent.sent, Some(shipped));
    let older = step("a", OrderStatus::Processing, 40);
    assert_eq!(relevance(&unsent, &older, at(140), at(175)), Relevance::Superseded);
}

#[test]
fn every_write_increases_the_version_and_a_release_ends_the_claim() {
    let (older, newer) = (step("1", OrderStatus::Processing, 1), step("2", OrderStatus::Shipped, 2));
    let mut progress = Progress::default();
    for (version, step) in [(1, &older), (3, &newer)] {
        progress = relevant(&progress, step);
        assert_eq!((progress.version, progress.lease_end), (version, Some(at(135))));
        assert_eq!(progress.token, Some(TOKEN));
        for was_sent in [true, false] {
            let released = progress.released(step, was_sent).unwrap();
            assert_eq!((released.version, released.sending, released.lease_end), (version + 1, None, None));
            assert_eq!(released.token, None);
        }
        progress = progress.released(step, true).unwrap();
    }
    assert_eq!(progress.sent, Some(newer));
}
