//! An order's statuses are sent in their order: an older one never follows a newer one, and none follows a final one.

use std::time::Duration;

use jiff::Timestamp;
use local::environment::TABLE;
use local::simulator::{Content, OrderState};
use shared::message::{NotificationKey, OrderId, OrderNumber, OrderStatus};
use shared::protocol::{ClaimToken, Progress, ReasonClass, State, Step};
use shared::provider::Provider::{Kaleyra, Meta};
use shared::table::{Table, Written};

use crate::support::{Event, Opening, Shop};

fn status(order: &str, status: &str, at: Timestamp) -> Event {
    Event::sample("order-status-shipped").order(order).with("/detail/order/status", status).at(at)
}

fn sent_statuses(shop: &Shop, order: &str) -> Vec<OrderState> {
    let state = |content: &Content| match content {
        Content::OrderStatus(status) => status.state,
        Content::Body(_) => panic!("no order status"),
    };
    shop.sends_about(order).iter().map(|send| state(&send.message.template.content)).collect()
}

/// Waits until every notification of the order has its outcome.
async fn until_decided(shop: &Shop, order: &str, count: usize) {
    shop.until(order, "decided", |view| view.record.state.is_terminal()).await;
    shop.until_quiet().await;
    let views = shop.order(order).await;
    assert_eq!(views.len(), count);
    for view in views.iter().filter(|view| view.record.state != State::Accepted) {
        let reason = view.record.reason.as_ref().unwrap();
        assert_eq!(view.record.state, State::Suppressed);
        assert_eq!((reason.class, reason.code.as_str()), (ReasonClass::OurChoice, "superseded"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statuses_in_order_are_all_sent() {
    for provider in [Kaleyra, Meta] {
        let shop = Opening::default().preferring(provider).open().await;
        let now = Timestamp::now();
        let words = ["processing", "partially_shipped", "shipped", "completed"];
        for (index, word) in (0u8..).zip(words) {
            let at = now.checked_sub(Duration::from_secs(60 - u64::from(index))).unwrap();
            shop.publish(&status("S1", word, at)).await;
            shop.until("S1", "accepted", |view| view.record.state == State::Accepted).await;
            shop.until_quiet().await;
        }
        let all = [
            OrderState::Processing,
            OrderState::PartiallyShipped,
            OrderState::Shipped,
            OrderState::Completed,
        ];
        assert_eq!(sent_statuses(&shop, "S1"), all);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_status_is_suppressed_and_other_orders_are_unaffected() {
    let shop = Shop::open().await;
    let now = Timestamp::now();
    let earlier = now.checked_sub(Duration::from_secs(10)).unwrap();
    shop.publish(&status("S2", "shipped", now)).await;
    shop.until_state("S2", State::Accepted).await;
    shop.publish(&status("S2", "processing", earlier)).await;
    shop.publish(&status("S3", "processing", earlier)).await;
    shop.until_state("S3", State::Accepted).await;
    until_decided(&shop, "S2", 2).await;
    assert_eq!(sent_statuses(&shop, "S2"), [OrderState::Shipped]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_follows_completed_and_canceled() {
    let shop = Shop::open().await;
    let now = Timestamp::now();
    for (last, state) in [("completed", OrderState::Completed), ("canceled", OrderState::Canceled)] {
        shop.publish(&status(last, last, now.checked_sub(Duration::from_secs(10)).unwrap())).await;
        shop.until_state(last, State::Accepted).await;
        for word in ["shipped", if last == "completed" { "canceled" } else { "completed" }] {
            shop.publish(&status(last, word, now)).await;
        }
        until_decided(&shop, last, 3).await;
        assert_eq!(sent_statuses(&shop, last), [state]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_statuses_never_overtake_each_other() {
    // One invocation for each, so that they run concurrently where possible.
    let shop = Opening::default()
        .options(|options| {
            options.mapping.batch_size = 1;
            options.mapping.maximum_concurrency = 8;
        })
        .open()
        .await;
    let words = ["shipped", "completed", "processing", "partially_shipped"];
    let order_of_time = [2, 3, 0, 1];
    let now = Timestamp::now();
    let orders = ["A1", "A2", "A3", "A4", "A5"];
    for (first, order) in (0..).zip(orders) {
        let events = words.into_iter().zip(order_of_time).cycle().skip(first).take(words.len());
        for (word, position) in events {
            let at = now.checked_sub(Duration::from_secs(60 - position)).unwrap();
            shop.publish(&status(order, word, at)).await;
        }
    }
    let rank = |state: &OrderState| match state {
        OrderState::Processing => 0,
        OrderState::PartiallyShipped => 1,
        OrderState::Shipped => 2,
        OrderState::Completed | OrderState::Canceled => 3,
    };
    for order in orders {
        until_decided(&shop, order, words.len()).await;
        let sent = sent_statuses(&shop, order);
        assert!(sent.is_sorted_by_key(rank), "{order}: {sent:?}");
        assert_eq!(sent.last(), Some(&OrderState::Completed), "the last one is always sent");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsent_status_does_not_block_an_older_one() {
    let shop = Opening::default().preferring(Meta).open().await;
    let now = Timestamp::now();
    let refused = status("S4", "completed", now).magic(12);
    shop.publish(&refused).await;
    shop.until_state("S4", State::Rejected).await;
    let earlier = now.checked_sub(Duration::from_secs(10)).unwrap();
    shop.publish(&status("S4", "shipped", earlier)).await;
    shop.until("S4", "decided", |view| view.record.state.is_terminal()).await;
    shop.until_quiet().await;
    assert_eq!(sent_statuses(&shop, "S4"), [OrderState::Shipped]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_that_was_never_claimed_does_not_suppress_an_older_one() {
    let shop = Shop::open().await;
    let now = Timestamp::now();
    // What a run leaves that is killed between its turn and its claim.
    let key = NotificationKey::parse("killed").unwrap();
    let taken = Progress {
        version: 1,
        sending: Some(Step { key, status: OrderStatus::Completed, time: now }),
        lease_end: Some(now),
        token: Some(ClaimToken(1)),
        ..Progress::default()
    };
    let order = OrderId { sender: None, number: OrderNumber::parse("S7").unwrap() };
    let table = Table::new(shop.local.dynamodb().client(), TABLE);
    let written = table.move_progress(&order, &Progress::default(), &taken, now).await.unwrap();
    assert_eq!(written, Written::Done);
    shop.publish(&status("S7", "shipped", now.checked_sub(Duration::from_secs(10)).unwrap())).await;
    shop.until("S7", "decided", |view| view.record.state.is_terminal()).await;
    shop.until_quiet().await;
    assert_eq!(sent_statuses(&shop, "S7"), [OrderState::Shipped]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_same_second_the_later_status_of_an_orders_life_is_newer() {
    let shop = Shop::open().await;
    let now = Timestamp::now();
    shop.publish(&status("S5", "shipped", now)).await;
    shop.until_state("S5", State::Accepted).await;
    shop.publish(&status("S5", "processing", now)).await;
    until_decided(&shop, "S5", 2).await;
    assert_eq!(sent_statuses(&shop, "S5"), [OrderState::Shipped]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_future_time_is_replaced_by_the_first_receipt_and_its_record_outlives_it() {
    let shop = Shop::open().await;
    let now = Timestamp::now();
    let ahead = now.checked_add(Duration::from_hours(400 * 24)).unwrap();
    shop.publish(&status("S6", "processing", ahead)).await;
    let view = shop.until_state("S6", State::Accepted).await;
    let read_as = view.event_time.duration_since(now).as_secs();
    assert!((0..60).contains(&read_as), "{}", view.event_time);
    let item = shop.item("ORDER#S6", &format!("NOTIFICATION#{}", view.reference.key)).await.unwrap();
    let expires_at: i64 = item["expires_at"].as_n().unwrap().parse().unwrap();
    assert!(
        expires_at >= ahead.as_second() + 89 * 24 * 3600,
        "its event could be sent again after {expires_at}"
    );

    // A difference of a few seconds between clocks is no future time.
    let next = Timestamp::now().checked_add(Duration::from_secs(20)).unwrap();
    shop.publish(&status("S6", "shipped", next)).await;
    until_decided(&shop, "S6", 2).await;
    assert_eq!(sent_statuses(&shop, "S6"), [OrderState::Processing, OrderState::Shipped]);
    let shipped = shop.order("S6").await.into_iter().find(|it| it.reference != view.reference).unwrap();
    assert_eq!(shipped.event_time.as_second(), next.round(jiff::Unit::Second).unwrap().as_second());
}
