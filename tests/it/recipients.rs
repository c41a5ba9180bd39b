//! The stage guard: with `RECIPIENTS` set to `none` or to a list, no other recipient gets a message.

use std::time::Duration;

use local::environment::key_secret;
use shared::protocol::{Recipients, State};
use shared::provider::Provider;
use shared::table::NotificationRow;

use crate::support::{Event, Opening, Shop, with};

const INVOCATION: Duration = Duration::from_secs(30);
const ALWAYS_THROTTLED: u8 = 11;

async fn opened(recipients: &str) -> Shop {
    Opening::default().setting("RECIPIENTS", recipients).open().await
}

#[track_caller]
fn assert_not_allowed(view: &NotificationRow) {
    let reason = view.record.reason.as_ref().unwrap();
    assert_eq!((view.record.state, reason.code.as_str()), (State::Suppressed, "not_allowed"), "{reason}");
}

/// The number of orders with a record of their statuses' progress.
async fn progress_records(shop: &Shop) -> usize {
    let items = shop.scan().await;
    items.iter().filter(|item| item["sk"].as_s().is_ok_and(|sk| sk == "PROGRESS")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_none_no_provider_is_asked_about_anybody_and_no_status_takes_the_orders_progress() {
    for provider in Provider::WITH_WEBHOOK {
        let shop = Opening::default().preferring(provider).setting("RECIPIENTS", "none").open().await;
        let samples = ["order-cancelled", "return-registered", "stock-arrived", "order-status-shipped"];
        for sample in samples {
            shop.publish(&Event::sample(sample).order(sample)).await;
        }
        // The guard comes before consent and age.
        let old = Event::sample("stock-arrived").order("old").ago(Duration::from_hours(24 * 30));
        shop.publish(&old).await;
        shop.publish(&Event::sample("return-registered-no-consent").order("no consent")).await;
        for order in samples.into_iter().chain(["old", "no consent"]) {
            assert_not_allowed(&shop.until_state(order, State::Suppressed).await);
        }
        shop.until_quiet().await;
        assert!(shop.ledger().requests.is_empty(), "{provider}: {:?}", shop.ledger().requests);
        assert_eq!(progress_records(&shop).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_list_those_on_it_are_reached_and_no_one_else() {
    let hashed = Recipients::parse_entry("+12025550101").unwrap();
    let hashed = Recipients::hashed_entry(&hashed, &key_secret().unwrap());
    let shop = opened(&format!("+1 (202) 555-0100,{hashed}")).await;
    let listed = ["L0", "L1"];
    for (number, order) in (0..).zip(listed) {
        shop.publish(&Event::sample("order-cancelled").order(order).magic(number)).await;
    }
    // The final status of the same order goes to another number.
    shop.publish(&Event::sample("order-status-completed").order("S1").magic(2)).await;
    assert_not_allowed(&shop.until_state("S1", State::Suppressed).await);
    shop.publish(&Event::sample("order-cancelled").order("N3").magic(3)).await;
    assert_not_allowed(&shop.until_state("N3", State::Suppressed).await);
    shop.publish(&Event::sample("order-status-processing").order("S1").magic(0)).await;
    for order in listed {
        shop.until_state(order, State::Accepted).await;
        shop.the_send_about(order);
    }
    // The first status has its outcome already: only an empty queue shows that the second has one too.
    shop.until_quiet().await;
    let statuses = shop.until("S1", "an outcome of both", |view| view.record.state.is_terminal()).await;
    let accepted = |it: &&NotificationRow| it.record.state == State::Accepted;
    assert_eq!((statuses.len(), statuses.iter().filter(accepted).count()), (2, 1));
    shop.the_send_about("S1");
    assert_eq!(shop.ledger().accepted.len(), 3);
    assert!(shop.sends_about("N3").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_allowed_is_sent_only_if_its_event_comes_again_after_the_setting_changed() {
    let shop = opened("none").await;
    let event = Event::sample("order-cancelled").order("G1");
    let reply = shop.invoke(event.0.clone()).await.unwrap();
    assert_eq!((&reply["outcome"], &reply["reason"]["code"]), (&"suppressed".into(), &"not_allowed".into()));
    assert_eq!(shop.invoke(event.0.clone()).await.unwrap()["outcome"], "suppressed");
    assert!(shop.ledger().requests.is_empty());

    let open = with(&shop.local.variables().environment(), &[("RECIPIENTS", "all")]);
    let reply = shop.invoke_in(&open, INVOCATION, event.0).await.unwrap();
    assert_eq!(reply["outcome"], "accepted");
    shop.the_send_about("G1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_not_sent_any_more_once_its_recipient_is_not_allowed() {
    let shop = opened("all").await;
    let event = Event::sample("order-cancelled").order("W1").magic(ALWAYS_THROTTLED);
    let _waiting = shop.invoke(event.0.clone()).await.unwrap_err();
    shop.until_state("W1", State::Waiting).await;
    let asked = shop.ledger().requests.len();
    assert!(asked > 0);

    let closed = with(&shop.local.variables().environment(), &[("RECIPIENTS", "none")]);
    shop.invoke_in(&closed, INVOCATION, event.0).await.unwrap();
    assert_not_allowed(&shop.notification("W1").await);
    assert_eq!(shop.ledger().requests.len(), asked);
}
