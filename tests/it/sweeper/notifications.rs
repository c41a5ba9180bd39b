//! Notifications whose events aren't delivered again.

use std::time::Duration;

use local::simulator::Intake;
use serde_json::json;
use shared::protocol::{Held, State};
use shared::provider::Provider;
use shared::table::NotificationRow;

use super::{counts, opening, sweep_with};
use crate::support::{Event, Opening, Shop, simulated};

/// Every notification is stuck at once, and the window ends as soon as it begins.
pub(super) const AT_ONCE: [(&str, &str); 2] = [("STUCK_AFTER", "0s"), ("CONFIRMATION_WINDOW", "0s")];

/// A shop whose queue loses unfinished messages.
pub(super) async fn with_lost_event(
    opening: Opening,
    event: &Event,
    order: &str,
    state: State,
) -> (Shop, NotificationRow) {
    let mut shop = opening.open().await;
    shop.publish(event).await;
    let view = shop.until_state(order, state).await;
    shop.local.crash_notifier();
    (shop, view)
}

pub(super) fn waiting() -> Event {
    Event::sample("stock-arrived").order("N1").magic(11)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_notification_is_held_with_its_reason() {
    let (shop, before) = with_lost_event(opening(), &waiting(), "N1", State::Waiting).await;
    assert_eq!(counts(&sweep_with(&shop, &[("STUCK_AFTER", "0s")]).await), json!({}), "it isn't due yet");

    shop.end_the_wait("N1").await;
    assert_eq!(
        counts(&sweep_with(&shop, &[("STUCK_AFTER", "10000d")]).await),
        json!({"due": 1, "skipped": 1})
    );
    assert_eq!(counts(&sweep_with(&shop, &AT_ONCE).await), json!({"due": 1, "held": 1}));
    let after = shop.notification("N1").await;
    assert_eq!(after.record.state, State::Held);
    assert_eq!((after.record.reason, after.record.attempt), (before.record.reason, before.record.attempt));
    assert_eq!((after.template, after.language), (before.template, before.language));
    assert_eq!(after.record.fingerprint, before.record.fingerprint);
    assert_eq!(counts(&sweep_with(&shop, &AT_ONCE).await), json!({}), "it is no longer in the index");
    assert!(shop.sends_about("N1").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_ended_in_a_crash_is_unknown_and_then_held() {
    let event = Event::sample("stock-arrived").order("N2").magic(20);
    let opening = opening().function_timeout(Duration::from_secs(9));
    let (shop, _) = with_lost_event(opening, &event, "N2", State::Sending).await;
    assert_eq!(counts(&sweep_with(&shop, &AT_ONCE).await), json!({}), "its lease is alive");
    shop.end_the_wait("N2").await;
    assert_eq!(counts(&sweep_with(&shop, &AT_ONCE).await), json!({"due": 1, "unknown": 1}));
    let unknown = shop.notification("N2").await.record;
    assert_eq!((unknown.state, unknown.reason.unwrap().code.as_str()), (State::Unknown, "lease_over"));
    assert!(unknown.due_at.is_some());
    assert_eq!(counts(&sweep_with(&shop, &AT_ONCE).await), json!({"due": 1, "held": 1}));
    let view = shop.notification("N2").await;
    // The request went out, and its answer could not be stored.
    let answers: Vec<_> = view.answers.iter().map(|it| (it.reason.code.as_str(), it.requests)).collect();
    assert_eq!((view.requests, answers), (Some(1), vec![("lease_over", None)]));
    let held = view.record;
    assert_eq!(
        (held.state, held.attempt, held.reason.unwrap().code.as_str()),
        (State::Held, 1, "lease_over")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evidence_of_acceptance_beats_a_sweep_that_held() {
    let opening = opening().preferring(Provider::Meta).setting("CONFIRMATION_WINDOW", "1h");
    let mut shop = opening.open().await;
    // The provider accepts, and the reply is cut off; the callbacks that would settle it are ten times slower than
    // the sweep.
    shop.simulator().set_timing(20.0);
    shop.publish(&Event::sample("stock-arrived").order("N3").magic(24)).await;
    shop.until_state("N3", State::Unknown).await;
    shop.local.crash_notifier();
    shop.end_the_wait("N3").await;
    assert_eq!(counts(&sweep_with(&shop, &AT_ONCE).await), json!({"due": 1, "held": 1}));
    assert_eq!(shop.notification("N3").await.record.state, State::Held);

    let view = shop.until_state("N3", State::Accepted).await;
    assert_eq!((view.record.reason, view.record.due_at), (None, None));
    assert_eq!(shop.sends_about("N3").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_event_sends_a_notification_that_was_held_unsent() {
    let mut shop = opening().open().await;
    shop.simulator().fail_next(simulated(Provider::OneMsg), 3, Intake::ThrottleAlways);
    shop.publish(&Event::sample("stock-arrived").order("N1")).await;
    shop.until_state("N1", State::Waiting).await;
    shop.local.crash_notifier();
    shop.end_the_wait("N1").await;
    sweep_with(&shop, &AT_ONCE).await;
    assert_eq!(shop.notification("N1").await.record.held_as(), Some(Held::Unsent));
    shop.local.start_notifier().unwrap();
    let after = shop.until_state("N1", State::Accepted).await;
    assert_eq!(after.record.attempt, 2);
    shop.the_send_about("N1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_event_sends_nothing_that_may_have_been_sent() {
    let event = Event::sample("stock-arrived").order("N5").magic(24);
    let opening = opening().setting("UNKNOWN_OUTCOME", "hold");
    let (mut shop, _) = with_lost_event(opening, &event, "N5", State::Unknown).await;
    shop.end_the_wait("N5").await;
    sweep_with(&shop, &AT_ONCE).await;
    assert_eq!(shop.notification("N5").await.record.held_as(), Some(Held::Unclear));
    shop.local.start_notifier().unwrap();
    shop.until_quiet().await;
    assert_eq!(shop.notification("N5").await.record.held_as(), Some(Held::Unclear));
    assert_eq!(shop.sends_asked_of(Provider::OneMsg), 1);
}
