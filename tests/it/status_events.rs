//! Status events: exactly one for every new fact and outcome, and none lost if the bus fails.

use std::collections::BTreeMap;

use local::aws::event_bus::Refusing;
use serde_json::Value;
use shared::delivery::{DeliveryFacts, DeliveryStatus, FactKind};
use shared::message::MessageKey;
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};
use shared::sender_scope::SenderScope;
use shared::table::{MessageFacts, Table};

use crate::support::{Event, Opening, Shop, eventually, keys, kind, kinds};

/// The kinds of final status, by magic number, each with its status events in the order of their facts. An event for a
/// status that precedes the sender's own write may come before the acceptance.
const LIFECYCLES: [(u8, &[&str]); 10] = [
    (0, &["Accepted", "Sent", "Delivered", "Read"]),
    (1, &["Accepted", "Sent", "Delivered"]),
    (2, &["Accepted", "Sent", "Failed"]),
    (3, &["Accepted", "Failed"]),
    (4, &["Accepted", "Read", "Delivered", "Sent"]),
    (5, &["Accepted", "Sent", "Delivered", "Read"]),
    (6, &["Accepted"]),
    (7, &["Accepted", "Sent", "Delivered", "Read"]),
    (8, &["Accepted", "Sent", "Read"]),
    (9, &["Accepted", "Sent", "Failed", "Delivered"]),
];

fn order(number: u8) -> String {
    format!("E{number:02}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fact_of_a_lifecycle_is_published_for_each_provider() {
    for provider in Provider::WITH_WEBHOOK {
        let shop = Opening::default().preferring(provider).open().await;
        for (number, _) in LIFECYCLES {
            shop.publish(&Event::sample("stock-arrived").order(&order(number)).magic(number)).await;
        }
        for (number, lifecycle) in LIFECYCLES {
            let mut expected = lifecycle.to_vec();
            expected.sort_unstable();
            eventually(&format!("{lifecycle:?} of {number:02} with {provider}"), async || {
                let events = shop.published_about(&order(number)).await;
                let mut published = kinds(&events);
                published.sort_unstable();
                if published == expected { Ok(()) } else { Err(format!("{published:?}")) }
            })
            .await;
        }
        shop.simulator().callbacks_settled().await;
        for (number, lifecycle) in LIFECYCLES {
            let events = shop.published_about(&order(number)).await;
            assert_eq!(events.len(), lifecycle.len(), "{number:02} with {provider}: {:?}", kinds(&events));
            let after_the_acceptance = |event: &&Value| kind(event) != "Accepted";
            let facts: Vec<&str> = events.iter().filter(after_the_acceptance).map(kind).collect();
            assert_eq!(
                facts,
                lifecycle[1..],
                "{number:02} with {provider}: an item's facts are published in order"
            );
            for event in &events {
                assert_eq!(event["source"], "order-notifications");
                assert_eq!(event["detail"]["provider"], provider.name());
                assert_eq!(event["detail"]["key"], events[0]["detail"]["key"]);
                assert!(event["detail"]["message_id"].is_string());
                if provider == Kaleyra {
                    // Its callbacks return the notification's reference too, with any message id.
                    assert_eq!(event["detail"]["notification"], "stock-arrived");
                }
            }
        }
        let all = shop.published().await;
        assert_eq!(keys(&all).len(), all.len(), "one key for each");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_and_refusals_are_published_with_their_reason() {
    for provider in [OneMsg, Meta] {
        let shop = Opening::default().preferring(provider).open().await;
        shop.publish(&Event::sample("order-cancelled").order("F2").magic(2)).await;
        shop.publish(&Event::sample("order-cancelled").order("F12").magic(12)).await;
        shop.until_status("F2", DeliveryStatus::Failed).await;
        shop.until_state("F12", State::Rejected).await;
        let failed = shop.published_about("F2").await.pop().unwrap();
        assert_eq!(kind(&failed), "Failed");
        let reason = &failed["detail"]["reason"];
        assert_eq!((&reason["class"], &reason["code"]), (&"recipient".into(), &"131049".into()));
        let events = shop.published_about("F12").await;
        assert_eq!(kinds(&events), ["Rejected"]);
        assert_eq!(events[0]["detail"]["reason"]["code"], "131026");
        assert_eq!(events[0]["detail"]["notification"], "order-cancelled");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsent_notifications_are_published_too() {
    let shop = Opening::default().unknown_outcome("hold", "1s").open().await;
    shop.publish(&Event::sample("return-registered-no-consent").order("N1")).await;
    shop.publish(&Event::sample("order-cancelled").order("N2").magic(23)).await;
    let invalid = Event::sample("order-cancelled").without("/detail/order/number");
    let invalid = shop.publish(&invalid).await;
    shop.until_state("N1", State::Suppressed).await;
    shop.until_state("N2", State::Held).await;
    shop.until_invalid(&invalid).await;
    let all = shop.published().await;
    let codes: BTreeMap<&str, &Value> =
        all.iter().map(|event| (kind(event), &event["detail"]["reason"]["code"])).collect();
    let expected = [
        ("Held", "http_500".into()),
        ("Order Event Invalid", Value::Null),
        ("Suppressed", "no_consent".into()),
    ];
    assert_eq!(codes, expected.iter().map(|(kind, code)| (*kind, code)).collect());
    assert_eq!(all.len(), 3);
    let invalid_event = all.iter().find(|event| kind(event) == "Order Event Invalid").unwrap();
    assert_eq!(invalid_event["detail"]["event_id"], invalid);
    assert_eq!(invalid_event["detail"]["faults"][0]["place"], "order (detail.order.number)");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redelivered_events_repeated_callbacks_and_expired_items_publish_nothing() {
    for provider in Provider::WITH_WEBHOOK {
        let shop = Opening::default().preferring(provider).open().await;
        let mut event = Event::sample("order-cancelled").order("R1").magic(4);
        let id = shop.publish(&event).await;
        event = event.with("/id", id);
        let invalid = Event::sample("order-cancelled").without("/detail/order/number");
        shop.redeliver(&invalid.0);
        shop.until_status("R1", DeliveryStatus::Read).await;
        shop.until_quiet().await;
        shop.simulator().callbacks_settled().await;
        shop.until_published("R1").await;
        let before = shop.published().await;
        assert_eq!(before.len(), 5, "{:?}", kinds(&before));

        shop.redeliver(&event.0);
        shop.redeliver(&invalid.0);
        shop.until_quiet().await;
        shop.expire_all().await;
        assert_eq!(shop.published().await, before);
        assert!(shop.scan().await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_publishes_nothing_until_its_order_is_known() {
    let shop = Shop::open().await;
    let table = Table::new(shop.local.dynamodb().client(), local::environment::TABLE);
    let message = MessageKey::try_from("meta#wamid.OTHER".to_owned()).unwrap();
    let report = |kind, reference: Option<&str>| {
        let mut facts = DeliveryFacts::default();
        facts.add(kind, jiff::Timestamp::now(), None);
        let reference = reference.map(|text| shared::message::Reference::parse(text).unwrap());
        MessageFacts {
            message: message.clone(),
            facts,
            leads: [kind].into(),
            reference,
            notification: None,
            aliased: std::collections::BTreeSet::new(),
        }
    };
    table
        .store_facts(&report(FactKind::Sent, None), &SenderScope::only(None), jiff::Timestamp::now())
        .await
        .unwrap();
    assert_eq!(shop.published().await, [] as [Value; 0]);
    let known = report(FactKind::Delivered, Some("notification/k/O1"));
    table.store_facts(&known, &SenderScope::only(None), jiff::Timestamp::now()).await.unwrap();
    let events = shop.published_about("O1").await;
    assert_eq!(kinds(&events), ["Sent", "Delivered"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_status_events_are_retried_until_each_is_accepted_once() {
    for refusing in [Refusing::Requests, Refusing::Next(12)] {
        let shop = Opening::default().preferring(Meta).open().await;
        shop.local.bus().refuse_status_events(refusing);
        let orders: Vec<String> = (0..6).map(|number| format!("B{number}")).collect();
        for order in &orders {
            shop.publish(&Event::sample("stock-arrived").order(order)).await;
        }
        for order in &orders {
            shop.until_status(order, DeliveryStatus::Read).await;
        }
        if refusing == Refusing::Requests {
            assert_eq!(shop.local.status_events(), []);
            shop.local.bus().refuse_status_events(Refusing::Nothing);
        }
        for order in &orders {
            eventually(&format!("order {order} to be published in full"), async || {
                let events = shop.published_about(order).await;
                if keys(&events).len() == 4 { Ok(()) } else { Err(format!("{:?}", kinds(&events))) }
            })
            .await;
        }
        if refusing == Refusing::Requests {
            let events = shop.published().await;
            assert_eq!(
                events.len(),
                keys(&events).len(),
                "nothing was accepted before, so nothing is published twice"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rereading_the_stream_publishes_the_same_events_with_the_same_keys() {
    let mut shop = Opening::default().preferring(Kaleyra).open().await;
    for number in [0, 2, 4, 9] {
        shop.publish(&Event::sample("stock-arrived").order(&order(number)).magic(number)).await;
    }
    shop.publish(&Event::sample("return-registered-no-consent").order("S1")).await;
    shop.until_state("S1", State::Suppressed).await;
    for number in [0, 2, 4, 9] {
        shop.until(&order(number), "its end", |view| view.facts().is_final()).await;
    }
    shop.simulator().callbacks_settled().await;
    let details =
        |events: &[Value]| -> Vec<Value> { events.iter().map(|event| event["detail"].clone()).collect() };
    let before = details(&shop.published().await);
    shop.local.crash_publisher();
    shop.local.start_publisher().unwrap();
    let after = details(&shop.published().await);
    assert_eq!(after[..before.len()], before);
    assert_eq!(after[before.len()..], before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_applications_own_events_are_not_processed() {
    let shop = Shop::open().await;
    shop.publish(&Event::sample("stock-arrived").order("L1")).await;
    shop.until_status("L1", DeliveryStatus::Read).await;
    shop.until_published("L1").await;
    shop.until_quiet().await;
    assert_eq!(shop.scan().await.len(), 2, "a notification and its message, and no invalid event");
}
