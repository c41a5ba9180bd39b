//! The sequence of an order's statuses.

use super::*;
use crate::message::{MessageId, MessageKey, NotificationKey, OrderStatus};

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
fn statuses_wait_for_an_active_claim_and_of_an_expired_one_the_record_decides() {
    let shipped = step("b", OrderStatus::Shipped, 50);
    let sending = relevant(&Progress::default(), &shipped);
    let (older, newer) = (step("a", OrderStatus::Processing, 40), step("c", OrderStatus::Completed, 60));
    for step in [&newer, &shipped] {
        assert_eq!(relevance(&sending, step, at(100), at(135)), Relevance::Wait { until: at(103) });
    }
    assert_eq!((sending.expired(at(134)), sending.expired(at(135))), (None, Some(&shipped)));
    for step in [&older, &newer, &shipped] {
        let key = shipped.key.clone();
        assert_eq!(relevance(&sending, step, at(135), at(170)), Relevance::Expired { key });
    }
    let resumed = sending.after_expired(Some(&record(State::Sending, 2, Some(170))), at(135));
    assert_eq!(relevance(&resumed, &older, at(135), at(170)), Relevance::Wait { until: at(138) });
    let sent = sending.after_expired(Some(&record(State::Sending, 1, Some(135))), at(135));
    assert_eq!(relevance(&sent, &older, at(135), at(170)), Relevance::Superseded);
    let taken_over = relevant(&sent, &newer);
    assert_eq!((taken_over.version, &taken_over.sent), (sending.version + 1, &Some(shipped.clone())));
    assert_eq!(taken_over.released(&shipped, false), None);
}

#[test]
fn an_expired_claim_counts_as_sent_even_if_the_next_attempt_fails() {
    let shipped = step("b", OrderStatus::Shipped, 50);
    let sending = relevant(&Progress::default(), &shipped);
    let sent = sending.after_expired(Some(&record(State::Unknown, 1, Some(900))), at(135));
    let unsent = relevant(&sent, &shipped).released(&shipped, false).unwrap();
    assert_eq!(unsent.sent, Some(shipped));
    let older = step("a", OrderStatus::Processing, 40);
    assert_eq!(relevance(&unsent, &older, at(140), at(175)), Relevance::Superseded);
}

#[test]
fn an_expired_claim_counts_only_if_its_status_may_have_been_sent() {
    let (older, shipped) = (step("a", OrderStatus::Processing, 40), step("b", OrderStatus::Shipped, 50));
    let sending = relevant(&Progress::default(), &shipped);
    let unsent = [State::Waiting, State::Rejected, State::Suppressed, State::Held];
    let may_be_sent = [State::Sending, State::Unknown, State::Accepted];
    let is_over = |record: Option<&Record>| {
        relevance(&sending.after_expired(record, at(140)), &older, at(140), at(175)) == Relevance::Superseded
    };
    assert!(!is_over(None));
    for state in unsent {
        let record = record(state, 1, None);
        let message = MessageKey { provider: Meta, id: MessageId::parse("wamid.1").unwrap() };
        assert!(!is_over(Some(&record)), "{state}");
        assert!(is_over(Some(&Record { unclear: true, ..record.clone() })), "{state}");
        assert!(is_over(Some(&Record { message_ids: [message].into(), ..record })), "{state}");
    }
    for state in may_be_sent {
        assert!(is_over(Some(&record(state, 1, Some(100)))), "{state}");
    }
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
