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
