//! The metrics of order-notifier, and of a notification that delivery-sweeper finishes.

use local::simulator::Intake;
use shared::protocol::State;
use shared::provider::Provider::{Kaleyra, Meta, OneMsg};

use super::stage::Stage;
use crate::support::{Event, simulated};

fn cancelled(order: &str, number: u8) -> Event {
    Event::sample("order-cancelled").order(order).magic(number)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_is_counted_once_with_its_attempt_and_a_replay_counts_nothing() {
    for provider in [OneMsg, Kaleyra, Meta] {
        let stage = Stage::open(provider).await;
        let event = cancelled("T1", 0).0;
        stage.receive(&event, 1).await;
        assert_eq!(
            stage.out.metrics(),
            [
                format!("Attempts{{provider={provider},answer=accepted}} 1"),
                "EventAge{} ~".to_owned(),
                format!("Outcomes{{outcome=accepted}}{{outcome=accepted,provider={provider}}} 1"),
                format!("ProviderLatency{{provider={provider}}} ~"),
            ]
        );
        stage.receive(&event, 2).await;
        assert_eq!(stage.out.metrics(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_sent_is_counted_once_by_its_outcome_and_reason() {
    let stage = Stage::open(Meta).await;
    let stale = cancelled("T3", 0).ago(std::time::Duration::from_hours(2000));
    let no_consent = Event::sample("return-registered-no-consent").order("T2");
    let invalid = Event::sample("order-cancelled-invalid");
    for (event, metric) in [
        (no_consent, "Outcomes{outcome=suppressed}{outcome=suppressed,reason=our_choice} 1"),
        (stale, "Outcomes{outcome=suppressed}{outcome=suppressed,reason=our_choice} 1"),
        (invalid, "Outcomes{outcome=invalid} 1"),
    ] {
        stage.receive(&event.0, 1).await;
        assert_eq!(stage.out.metrics(), [metric]);
        stage.receive(&event.0, 2).await;
        assert_eq!(stage.out.metrics(), [""; 0], "{metric}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_from_the_future_is_counted_once_and_one_of_another_clock_is_not() {
    let stage = Stage::open(Meta).await;
    let ahead = |order: &str, seconds: i64| {
        let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        cancelled(order, 12).at(time).0
    };
    for (event, counts) in [(ahead("T10", 3600), true), (ahead("T11", 60), false)] {
        stage.receive(&event, 1).await;
        assert_eq!(stage.out.metrics().contains(&"EventsAhead{} 1".to_owned()), counts);
        stage.receive(&event, 2).await;
        assert_eq!(stage.out.metrics(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_its_plan_lacks_is_counted_once_and_sent() {
    let stage = Stage::open(Meta).await;
    for (order, number, counts) in [("T12", "+16212345678", true), ("T13", "+5215541000145", false)] {
        let event = cancelled(order, 0).phone(number).0;
        stage.receive(&event, 1).await;
        let metrics = stage.out.metrics();
        assert_eq!(metrics.contains(&"DoubtfulNumbers{} 1".to_owned()), counts);
        assert!(metrics.iter().any(|line| line.starts_with("Outcomes{outcome=accepted}")), "{metrics:?}");
        stage.receive(&event, 2).await;
        assert_eq!(stage.out.metrics(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_nothing_listens_to_is_counted_however_often_it_comes_for_nothing_remembers_it() {
    let stage = Stage::open(Meta).await;
    let ignored = cancelled("T4", 0).with("/source", "crm").0;
    for _ in 0..2 {
        stage.receive(&ignored, 1).await;
        assert_eq!(stage.out.metrics(), ["Outcomes{outcome=ignored} 1"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_counted_by_who_refused_and_why() {
    let stage = Stage::open(Meta).await;
    stage.receive(&cancelled("T5", 12).0, 1).await;
    assert_eq!(
        stage.out.metrics(),
        [
            "Attempts{provider=meta,answer=rejected}{provider=meta,reason=recipient} 1",
            "Outcomes{outcome=rejected}{outcome=rejected,provider=meta}{outcome=rejected,reason=recipient} 1",
            "ProviderLatency{provider=meta} ~",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_in_trouble_is_counted_although_the_next_one_accepts() {
    let stage = Stage::open(OneMsg).await;
    stage.shop.simulator().fail_next(simulated(OneMsg), 1, Intake::AccountTrouble);
    stage.receive(&cancelled("T6", 0).0, 1).await;
    assert_eq!(
        stage.out.metrics(),
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
    let stage = Stage::open(Meta).await;
    stage.receive(&cancelled("T7", 11).0, 1).await;
    assert_eq!(
        stage.out.metrics(),
        [
            "Attempts{provider=meta,answer=not_sent}{provider=meta,reason=throttled} 1",
            "ProviderLatency{provider=meta} ~",
            "ProviderLatency{provider=meta} ~",
            "ProviderLatency{provider=meta} ~",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_answer_is_an_attempt_and_what_becomes_of_it_an_outcome() {
    let stage = Stage::open(Meta).await;
    let event = cancelled("T8", 23).0;
    stage.receive(&event, 1).await;
    let answered = stage.out.metrics();
    let attempt =
        "Attempts{provider=meta,answer=unknown}{provider=meta,reason=unclear}{alarm=unknown_sends} 1";
    assert_eq!(answered[0], attempt);
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let mut later = answered[1..].to_vec();
    if stage.shop.notification("T8").await.record.state == State::Unknown {
        stage.receive(&event, 2).await;
        later.extend(stage.out.metrics());
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
    let stage = Stage::open(Meta).await;
    stage.receive_with(&cancelled("T9", 23).0, 1, &[("CONFIRMATION_WINDOW", "15m")]).await;
    stage.out.lines();
    assert_eq!(stage.shop.notification("T9").await.record.state, State::Unknown);
    stage.lease_is_over("T9").await;
    stage.sweep(&[("STUCK_AFTER", "1ms")]).await;
    let held = "Outcomes{outcome=held}{outcome=held,provider=meta}{outcome=held,reason=unclear} 1";
    assert_eq!(stage.out.metrics(), [held]);
    stage.sweep(&[("STUCK_AFTER", "1ms")]).await;
    assert_eq!(stage.out.metrics(), [""; 0]);
}
