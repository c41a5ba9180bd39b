//! A waiting record is delivered again when its wait is over: each wait costs one receive, and other records are not
//! delayed.

use std::time::Duration;

use local::aws::queue::Message;
use local::simulator::Intake;
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider;

use crate::support::{Event, Opening, Shop, eventually, simulated};

/// The one invisible message and the rest of its visibility timeout, once that is at most `at_most`. Shortly before,
/// the record is still being processed, under the queue's own timeout.
async fn postponed(shop: &Shop, at_most: Duration) -> (Message, Duration) {
    eventually("a postponed record", async || {
        let mut invisible = shop.local.queue().invisible();
        match invisible.pop() {
            Some((message, left)) if invisible.is_empty() && left <= at_most => Ok((message, left)),
            last => {
                Err(format!("{} invisible messages, for {:?}", invisible.len(), last.map(|(_, left)| left)))
            }
        }
    })
    .await
}

/// Every provider refuses the credentials of the next event, which causes a wait of one minute.
fn refuse_credentials(shop: &Shop) {
    for provider in Provider::WITH_WEBHOOK {
        shop.simulator().fail_next(simulated(provider), 2, Intake::RefuseCredentialsAlways);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_uses_one_receive_and_its_end_another() {
    let mut shop = Opening::default().paced().open().await;
    refuse_credentials(&shop);
    shop.publish(&Event::sample("stock-arrived").order("P1")).await;
    let (message, _) = postponed(&shop, Duration::from_secs(61)).await;
    assert_eq!(message.receive_count, 1);
    let waiting = shop.until_state("P1", State::Waiting).await;

    shop.publish(&Event::sample("stock-arrived").order("P2")).await;
    shop.until_status("P2", DeliveryStatus::Read).await;
    assert_eq!(shop.notification("P1").await.record, waiting.record, "others don't wait");

    // The wait is over.
    shop.end_the_wait("P1").await;
    shop.local.crash_notifier();
    shop.local.start_notifier().unwrap();
    shop.until_status("P1", DeliveryStatus::Read).await;
    shop.until_quiet().await;
    assert_eq!(shop.local.queue().receives(), 3, "one of P2, two of P1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttled_record_waits_as_long_as_the_provider_asks() {
    // Kaleyra asks for five minutes, and gets no further request within the invocation.
    for (provider, wait, tries) in
        [(Provider::OneMsg, 30, 3), (Provider::Kaleyra, 300, 1), (Provider::Meta, 30, 3)]
    {
        let shop = Opening::default().paced().preferring(provider).open().await;
        shop.publish(&Event::sample("stock-arrived").order("P3").magic(11)).await;
        let view = shop.until_state("P3", State::Waiting).await;
        for number in 0..5 {
            shop.publish(&Event::sample("stock-arrived").order(&format!("P4-{number}"))).await;
        }
        for number in 0..5 {
            shop.until_status(&format!("P4-{number}"), DeliveryStatus::Read).await;
        }
        let (message, left) = postponed(&shop, Duration::from_secs(wait + 1)).await;
        let due_in = view.record.due_at.unwrap().duration_since(jiff::Timestamp::now());
        let due_in = Duration::try_from(due_in).unwrap();
        assert_eq!(message.receive_count, 1, "{provider}");
        assert!(
            left >= due_in && left <= due_in + Duration::from_secs(1),
            "{provider}: {left:?}, {due_in:?}"
        );
        assert!(
            due_in <= Duration::from_secs(wait)
                && due_in + Duration::from_secs(25) >= Duration::from_secs(wait)
        );
        assert_eq!(shop.sends_asked_of(provider), tries + 5, "{provider}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_batch_of_waiting_records_is_postponed_at_once() {
    let shop = Opening::default().paced().open().await;
    for number in 0..25 {
        shop.redeliver(&Event::sample("stock-arrived").order(&format!("P5-{number}")).magic(11).0);
    }
    eventually("25 postponed records", async || {
        let invisible = shop.local.queue().invisible();
        let long = invisible.iter().filter(|(_, left)| *left < Duration::from_secs(31)).count();
        if long == 25 { Ok(()) } else { Err(format!("{long} of {}", invisible.len())) }
    })
    .await;
    assert_eq!(shop.local.queue().receives(), 25);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_answer_of_the_queue_its_own_timeout_applies() {
    let shop = Opening::default()
        .setting("ORDER_EVENTS_QUEUE_URL", "http://127.0.0.1:9/111122223333/order-events")
        .setting("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
        .open()
        .await;
    refuse_credentials(&shop);
    shop.publish(&Event::sample("stock-arrived").order("P6")).await;
    shop.until("P6", "a minute's wait", |view| {
        view.record.state == State::Waiting && view.record.rounds == 1
    })
    .await;
    shop.end_the_wait("P6").await;
    shop.until_status("P6", DeliveryStatus::Read).await;
    assert!(shop.local.queue().receives() >= 2);
}
