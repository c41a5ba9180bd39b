//! An order's details are sent before its statuses, which then need no `reference_id` of their own.

use jiff::Timestamp;
use local::simulator::{Content, OrderState};
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta};
use shared::table::NotificationRow;

use crate::support::order_details::{self, PHONE, placed};
use crate::support::{Event, Opening, Shop, simulated};

/// Statuses no longer name their `reference_id`.
fn without_reference(catalogue: &mut toml::Table) {
    catalogue["notifications"]["order-status-changed"].as_table_mut().unwrap().remove("reference_id");
}

/// A shop whose accounts have the template, and whose providers know only the orders that they were sent.
async fn shop(provider: Provider) -> Shop {
    let shop = Opening::default()
        .catalogue(order_details::add_notification)
        .catalogue(without_reference)
        .preferring(provider)
        .open()
        .await;
    order_details::add_templates(shop.simulator());
    shop.simulator().require_order_details();
    shop
}

fn shipped(order: &str) -> Event {
    Event::sample("order-status-shipped").phone(PHONE).order(order).without("/detail/order/reference_id")
}

async fn until_all_accepted(shop: &Shop, order: &str, count: usize) -> Vec<NotificationRow> {
    shop.until_quiet().await;
    let views = shop.until(order, "all accepted", |view| view.record.state == State::Accepted).await;
    assert_eq!(views.len(), count);
    views
}

fn assert_both_were_sent(shop: &Shop, provider: Provider, order: &str) {
    let ledger = shop.ledger();
    let reference = format!("ref-{order}");
    let [details, status] = ledger.accepted_for(PHONE)[..] else { panic!("{:?}", ledger.accepted) };
    assert!([details, status].iter().all(|send| send.message.provider == simulated(provider)));
    let sent = details.message.template.order_details().unwrap();
    assert_eq!(
        (sent.reference_id.as_str(), sent.subtotal, sent.tax, sent.total),
        (reference.as_str(), 150_500, 10_000, 160_500)
    );
    let Content::OrderStatus(status) = &status.message.template.content else { panic!("no order status") };
    assert_eq!((status.reference_id.as_str(), status.state), (reference.as_str(), OrderState::Shipped));
    // Kaleyra accepts first and reports WhatsApp's refusal later.
    assert!(ledger.accepted_for(PHONE).iter().all(|send| send.reaches_the_customer()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_without_a_reference_follows_the_orders_details() {
    for provider in [Kaleyra, Meta] {
        let shop = shop(provider).await;
        shop.publish(&placed("D1")).await;
        until_all_accepted(&shop, "D1", 1).await;
        shop.publish(&shipped("D1")).await;
        until_all_accepted(&shop, "D1", 2).await;
        assert_both_were_sent(&shop, provider, "D1");

        // A status keeps the reference, and so does the next one.
        let item = shop.item("ORDER#D1", "PROGRESS").await.unwrap();
        assert_eq!(item["reference_id"].as_s().unwrap(), "ref-D1");
        assert!(item.contains_key("sent"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_that_comes_first_waits_for_the_orders_details() {
    for provider in [Kaleyra, Meta] {
        let shop = shop(provider).await;
        shop.publish(&shipped("D2")).await;
        let waiting = shop.until_state("D2", State::Waiting).await;
        assert_eq!(waiting.record.reason.unwrap().code, "no_reference_id");
        assert!(shop.ledger().accepted.is_empty());
        assert_eq!(shop.sends_asked_of(Kaleyra) + shop.sends_asked_of(Meta), 0);

        shop.publish(&placed("D2")).await;
        shop.until("D2", "details accepted", |view| {
            view.notification != "order-placed" || view.record.state == State::Accepted
        })
        .await;
        shop.end_the_wait("D2").await;
        until_all_accepted(&shop, "D2", 2).await;
        assert_both_were_sent(&shop, provider, "D2");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_orders_details_the_newer_counts() {
    let shop = shop(Meta).await;
    let now = Timestamp::now();
    let earlier = placed("D3").at(now - jiff::SignedDuration::from_secs(60));
    shop.publish(&placed("D3").at(now)).await;
    until_all_accepted(&shop, "D3", 1).await;
    // The same order with other content and an earlier time.
    let earlier = earlier.with("/detail/order/tax", 0).with("/detail/order/total", 1505);
    shop.publish(&earlier).await;
    until_all_accepted(&shop, "D3", 2).await;
    let item = shop.item("ORDER#D3", "PROGRESS").await.unwrap();
    let time: Timestamp = item["reference_time"].as_s().unwrap().parse().unwrap();
    assert_eq!(time.as_second(), now.round(jiff::Unit::Second).unwrap().as_second());
}
