//! An order's details are sent before its statuses, which then need no `reference_id` of their own.

use std::time::Duration;

use jiff::Timestamp;
use local::simulator::{Content, Intake, OrderState, Reply};
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta};
use shared::table::NotificationRow;

use crate::support::order_details::{self, PHONE, placed};
use crate::support::{Event, Opening, Shop, simulated};
use crate::sweeper::sweep_with;

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
        // Between the providers it waits only for a moment.
        let soon = Timestamp::now() + Duration::from_secs(30);
        let waits = |view: &NotificationRow| view.record.due_at.is_some_and(|due_at| due_at > soon);
        shop.until("D2", "a long wait", |view| view.record.state == State::Waiting && waits(view)).await;
        let waiting = shop.notification("D2").await;
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

/// The reference that the order's statuses get, and the provider that knows it.
async fn remembered(shop: &Shop, order: &str) -> (String, String) {
    let item = shop.item(&format!("ORDER#{order}"), "PROGRESS").await.unwrap();
    ["reference_id", "reference_provider"].map(|name| item[name].as_s().unwrap().clone()).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_orders_details_the_newer_counts() {
    let shop = shop(Meta).await;
    let now = Timestamp::now();
    shop.publish(&placed("D3").at(now)).await;
    until_all_accepted(&shop, "D3", 1).await;
    // The same order with other content, another reference and an earlier time.
    let earlier = placed("D3").at(now - jiff::SignedDuration::from_secs(60));
    let earlier = earlier.with("/detail/order/tax", 0).with("/detail/order/total", 1505);
    shop.publish(&earlier.with("/detail/order/payment_reference", "ref-D3-0")).await;
    until_all_accepted(&shop, "D3", 2).await;
    assert_eq!(remembered(&shop, "D3").await, ("ref-D3".to_owned(), "meta".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reference_that_was_never_sent_is_not_remembered() {
    let shop = shop(Meta).await;
    let now = Timestamp::now();
    shop.publish(&placed("D4").at(now - jiff::SignedDuration::from_secs(60))).await;
    until_all_accepted(&shop, "D4", 1).await;
    // A later event with the same content sends nothing, although its reference is another one.
    shop.publish(&placed("D4").at(now).with("/detail/order/payment_reference", "ref-D4-2")).await;
    until_all_accepted(&shop, "D4", 1).await;
    assert_eq!(remembered(&shop, "D4").await.0, "ref-D4");
    shop.publish(&shipped("D4")).await;
    until_all_accepted(&shop, "D4", 2).await;
    assert_both_were_sent(&shop, Meta, "D4");
}

/// Details of the order are sent by Kaleyra, which alone knows their reference then, and statuses first by Meta.
fn statuses_by_meta_first(catalogue: &mut toml::Table) {
    let providers = |names: &[&str]| toml::Value::Array(names.iter().map(|&name| name.into()).collect());
    catalogue["notifications"]["order-placed"]["providers"] = providers(&["kaleyra", "meta"]);
    catalogue["notifications"]["order-status-changed"]["providers"] = providers(&["meta", "kaleyra"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_goes_to_the_provider_that_knows_its_reference() {
    let shop = Opening::default()
        .catalogue(order_details::add_notification)
        .catalogue(without_reference)
        .catalogue(statuses_by_meta_first)
        .open()
        .await;
    order_details::add_templates(shop.simulator());
    shop.simulator().require_order_details();
    shop.publish(&placed("D5")).await;
    until_all_accepted(&shop, "D5", 1).await;
    shop.publish(&shipped("D5")).await;
    until_all_accepted(&shop, "D5", 2).await;
    assert_both_were_sent(&shop, Kaleyra, "D5");
    assert_eq!(shop.sends_asked_of(Meta), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reference_is_remembered_although_its_message_was_confirmed_late() {
    let shop = Opening::default()
        .catalogue(order_details::add_notification)
        .catalogue(without_reference)
        .preferring(Meta)
        .paced()
        .unknown_outcome("hold", "1m")
        .open()
        .await;
    order_details::add_templates(shop.simulator());
    shop.simulator().require_order_details();
    shop.simulator().hold_callbacks();
    // The provider accepts, and its reply is lost.
    shop.simulator().fail_next(simulated(Meta), 1, Intake::Accept(Reply::Reset));
    shop.publish(&placed("D6")).await;
    shop.until_state("D6", State::Unknown).await;
    shop.until_quiet().await;
    shop.clock().advance(Duration::from_mins(2));
    sweep_with(&shop, &[]).await;
    shop.until_state("D6", State::Held).await;
    shop.until_quiet().await;

    shop.simulator().release_callbacks();
    until_all_accepted(&shop, "D6", 1).await;
    shop.clock().advance(Duration::from_mins(20));
    let summary = sweep_with(&shop, &[]).await;
    assert_eq!(summary["dropped"], 1, "{summary}");
    assert_eq!(remembered(&shop, "D6").await, ("ref-D6".to_owned(), "meta".to_owned()));
}
