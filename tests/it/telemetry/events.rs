//! The metrics of order-notifier, and of a notification that delivery-sweeper finishes.

use local::simulator::Intake;
use shared::protocol::State;
use shared::provider::Provider::{Kaleyra, Meta, OneMsg};

use super::harness::Harness;
use crate::support::{Event, simulated};

fn cancelled(order: &str, number: u8) -> Event {
    Event::sample("order-cancelled").order(order).magic(number)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_is_counted_once_with_its_attempt_and_a_replay_counts_nothing() {
    for provider in [OneMsg, Kaleyra, Meta] {
        let harness = Harness::open(provider).await;
        let event = cancelled("T1", 0).0;
        harness.receive(&event, 1).await;
        assert_eq!(
            harness.out.metrics(),
            [
                format!("Attempts{{provider={provider},answer=accepted}} 1"),
                "EventAge{} ~".to_owned(),
                format!("Outcomes{{outcome=accepted}}{{outcome=accepted,provider={provider}}} 1"),
                format!("ProviderLatency{{provider={provider}}} ~"),
            ]
        );
        harness.receive(&event, 2).await;
        assert_eq!(harness.out.metrics(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsent_notification_is_counted_once_by_outcome_and_reason() {
    let harness = Harness::open(Meta).await;
    let stale = cancelled("T3", 0).ago(std::time::Duration::from_hours(2000));
    let no_consent = Event::sample("return-registered-no-consent").order("T2");
    let invalid = Event::sample("order-cancelled-invalid");
    for (event, metric) in [
        (no_consent, "Outcomes{outcome=suppressed}{outcome=suppressed,reason=our_choice} 1"),
        (stale, "Outcomes{outcome=suppressed}{outcome=suppressed,reason=our_choice} 1"),
        (invalid, "Outcomes{outcome=invalid} 1"),
    ] {
        harness.receive(&event.0, 1).await;
        assert_eq!(harness.out.metrics(), [metric]);
        harness.receive(&event.0, 2).await;
        assert_eq!(harness.out.metrics(), [""; 0], "{metric}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_event_far_in_the_future_is_counted() {
    let harness = Harness::open(Meta).await;
    let ahead = |order: &str, seconds: i64| {
        let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        cancelled(order, 12).at(time).0
    };
    for (event, counts) in [(ahead("T10", 3600), true), (ahead("T11", 60), false)] {
        harness.receive(&event, 1).await;
        assert_eq!(harness.out.metrics().contains(&"EventsAhead{} 1".to_owned()), counts);
        harness.receive(&event, 2).await;
        assert_eq!(harness.out.metrics(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_its_plan_lacks_is_counted_once_and_sent() {
    let harness = Harness::open(Meta).await;
    for (order, number, counts) in [("T12", "+16212345678", true), ("T13", "+5215541000145", false)] {
        let event = cancelled(order, 0).phone(number).0;
        harness.receive(&event, 1).await;
        let metrics = harness.out.metrics();
        assert_eq!(metrics.contains(&"DoubtfulNumbers{} 1".to_owned()), counts);
        assert!(metrics.iter().any(|line| line.starts_with("Outcomes{outcome=accepted}")), "{metrics:?}");
        harness.receive(&event, 2).await;
        assert_eq!(harness.out.metrics(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ignored_event_is_counted_at_each_delivery_because_it_has_no_record() {
    let harness = Harness::open(Meta).await;
    let ignored = cancelled("T4", 0).with("/source", "crm").0;
    for _ in 0..2 {
        harness.receive(&ignored, 1).await;
        assert_eq!(harness.out.metrics(), ["Outcomes{outcome=ignored} 1"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_counted_by_provider_and_reason() {
    let harness = Harness::open(Meta).await;
    harness.receive(&cancelled("T5", 12).0, 1).await;
    assert_eq!(
        harness.out.metrics(),
        [
            "Attempts{provider=meta,answer=rejected}{provider=meta,reason=recipient} 1",
            "Outcomes{outcome=rejected}{outcome=rejected,provider=meta}{outcome=rejected,reason=recipient} 1",
            "ProviderLatency{provider=meta} ~",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_provider_is_counted_although_the_next_one_accepts() {
    let harness = Harness::open(OneMsg).await;
    harness.shop.simulator().fail_next(simulated(OneMsg), 1, Intake::AccountTrouble);
    harness.receive(&cancelled("T6", 0).0, 1).await;
    assert_eq!(
        harness.out.metrics(),
        [
            "Attempts{provider=meta,answer=accepted} 1",
            "Attempts{provider=onemsg,answer=refused}{provider=onemsg,reason=account}{alarm=provider_refusals} 1",
            "EventAge{} ~",
            "Outcomes{outcome=accepted}{outcome=accepted,provider=meta} 1",
            "ProviderLatency{provider=meta} ~",
            "ProviderLatency{provider=onemsg} ~",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_to_a_throttled_provider_has_its_latency_and_no_outcome_is_counted() {
    let harness = Harness::open(Meta).await;
    harness.receive(&cancelled("T7", 11).0, 1).await;
    assert_eq!(
        harness.out.metrics(),
        [
            "Attempts{provider=meta,answer=not_sent}{provider=meta,reason=throttled} 1",
            "ProviderLatency{provider=meta} ~",
            "ProviderLatency{provider=meta} ~",
            "ProviderLatency{provider=meta} ~",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_answer_counts_as_an_attempt_and_its_resolution_as_an_outcome() {
    let harness = Harness::open(Meta).await;
    let event = cancelled("T8", 23).0;
    harness.receive(&event, 1).await;
    let answered = harness.out.metrics();
    let attempt =
        "Attempts{provider=meta,answer=unknown}{provider=meta,reason=unclear}{alarm=unknown_sends} 1";
    assert_eq!(answered[0], attempt);
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let mut later = answered[1..].to_vec();
    if harness.shop.notification("T8").await.record.state == State::Unknown {
        harness.receive(&event, 2).await;
        later.extend(harness.out.metrics());
    }
    later.sort();
    assert_eq!(
        later,
        [
            "Outcomes{outcome=held}{outcome=held,provider=meta}{outcome=held,reason=unclear} 1",
            "ProviderLatency{provider=meta} ~",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_notification_that_the_sweep_holds_is_counted_by_the_sweep() {
    let harness = Harness::open(Meta).await;
    harness.receive_with(&cancelled("T9", 23).0, 1, &[("CONFIRMATION_WINDOW", "15m")]).await;
    harness.out.lines();
    assert_eq!(harness.shop.notification("T9").await.record.state, State::Unknown);
    harness.lease_is_over("T9").await;
    harness.sweep(&[("STUCK_AFTER", "1ms")]).await;
    let held = "Outcomes{outcome=held}{outcome=held,provider=meta}{outcome=held,reason=unclear} 1";
    assert_eq!(harness.out.metrics(), [held]);
    harness.sweep(&[("STUCK_AFTER", "1ms")]).await;
    assert_eq!(harness.out.metrics(), [""; 0]);
}
