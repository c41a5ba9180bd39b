//! However often an event is delivered, and wherever a crash happens, at most one send of its notification is
//! accepted.

use std::time::Duration;

use local::simulator::Endpoint;
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};

use crate::support::{Event, Opening, Shop, eventually, simulated};

const SHORT_INVOCATION: Duration = Duration::from_secs(9);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_event_delivered_five_times_at_once_is_sent_once() {
    for sample in ["order-cancelled", "order-status-shipped"] {
        // One invocation for each delivery, and the policy `resend`.
        let shop = Opening::default()
            .options(|options| {
                options.mapping.batch_size = 1;
                options.mapping.maximum_concurrency = 5;
            })
            .unknown_outcome("resend", "10s")
            .open()
            .await;
        let event = Event::sample(sample).order("D1");
        for _ in 0..5 {
            shop.redeliver(&event.0);
        }
        shop.until_status("D1", DeliveryStatus::Read).await;
        shop.until_quiet().await;
        shop.the_send_about("D1");
        assert_eq!(shop.ledger().requests.len(), 1, "{sample}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_put_and_a_replay_after_acceptance_change_nothing() {
    let shop = Shop::open().await;
    let event = Event::sample("return-updated").order("D2");
    let (first, second) = (shop.publish(&event).await, shop.publish(&event).await);
    assert_ne!(first, second, "the bus gives every put its own id");
    let accepted = shop.until_status("D2", DeliveryStatus::Read).await;
    shop.until_quiet().await;

    shop.redeliver(&event.0);
    // The same content with the language in another letter case, at another time.
    shop.publish(&event.clone().ago(Duration::from_secs(30)).language("EN")).await;
    shop.until_quiet().await;
    assert_eq!(shop.notification("D2").await, accepted);
    assert_eq!(shop.ledger().requests.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_next_step_is_another_notification() {
    let shop = Shop::open().await;
    let event = Event::sample("return-updated").order("D3");
    shop.publish(&event).await;
    shop.publish(&event.with("/detail/next_step", "The refund is on its way.")).await;
    shop.until_quiet().await;
    let views = shop.order("D3").await;
    assert_eq!(views.len(), 2);
    assert!(views.iter().all(|view| view.record.state == State::Accepted));
    assert_eq!(shop.sends_about("D3").len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_while_onemsg_is_silent_is_held_and_never_sent_again() {
    let held = async |number: u8, accepted: usize| {
        let shop = crashed(OneMsg, "hold", "X1", number).await;
        let view = shop.until_state("X1", State::Held).await;
        assert_eq!(view.record.attempt, 1);
        assert_eq!(view.record.reason.unwrap().code, "lease_over");
        shop.until_quiet().await;
        assert_eq!(shop.sends_about("X1").len(), accepted);
        assert_eq!(shop.ledger().requests.len(), 1);
    };
    futures_util::join!(held(20, 0), held(21, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_after_an_acceptance_is_settled_by_the_callback_even_with_resend() {
    for provider in [Kaleyra, Meta] {
        let shop = crashed(provider, "resend", "X22", 21).await;
        let view = shop.until_status("X22", DeliveryStatus::Read).await;
        assert_eq!((view.record.attempt, view.record.provider), (1, Some(provider)));
        shop.until_quiet().await;
        shop.the_send_about("X22");
        assert_eq!(shop.sends_asked_of(provider), 1);
    }
}

/// A shop whose order-notifier crashed while it waited for the provider's reply, and was started again.
async fn crashed(provider: Provider, policy: &str, order: &str, number: u8) -> Shop {
    let mut shop = Opening::default()
        .preferring(provider)
        .unknown_outcome(policy, "1s")
        .function_timeout(SHORT_INVOCATION)
        .open()
        .await;
    shop.publish(&Event::sample("order-cancelled").order(order).magic(number)).await;
    eventually("a request under way", async || {
        match shop.ledger().requests_to(simulated(provider), Endpoint::Send) {
            1 => Ok(()),
            other => Err(format!("{other} requests")),
        }
    })
    .await;
    shop.local.crash_notifier();
    shop.local.start_notifier().unwrap();
    shop
}
