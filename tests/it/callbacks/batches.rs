//! Calls with very many reports: Meta sends up to a thousand in one.

use std::collections::BTreeMap;

use local::simulator::CallbackAnswer;
use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::provider::Provider;

use super::{Accepted, ORDER, accepted_by};
use crate::support::{Event, Opening, simulated};
use crate::webhook::{meta, meta_value, text};

const AT: u64 = 1_795_165_200;
const STATUSES: u64 = 1000;
const TAKEN: CallbackAnswer = CallbackAnswer::Status(200);

fn status(id: &str, word: &str, at: u64) -> Value {
    json!({"id": id, "status": word, "timestamp": at.to_string(), "recipient_id": "12025550106"})
}

fn time(at: u64) -> String {
    let at = jiff::Timestamp::from_second(i64::try_from(at).unwrap()).unwrap();
    format!("{at:.3}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_reports_about_a_thousand_messages_are_all_stored() {
    const ORDERS: u64 = 20;
    let shop = Opening::default().preferring(Provider::Meta).open().await;
    let orders: Vec<String> = (0..ORDERS).map(|n| format!("8{n:02}")).collect();
    for order in &orders {
        shop.publish(&Event::sample("stock-arrived").order(order).magic(6)).await;
    }
    shop.until_quiet().await;

    // Our messages are mixed with those of other applications that use the same number; one call has two kinds of
    // reports.
    let mut expected = BTreeMap::new();
    let mut statuses = Vec::new();
    for n in 0..STATUSES {
        let word = ["sent", "delivered", "read", "failed"][usize::try_from(n % 4).unwrap()];
        let order = orders.get(usize::try_from(n / 50).unwrap()).filter(|_| n % 50 == 0);
        let id = match order {
            Some(order) => shop.the_send_about(order).ids.reply,
            None => format!("wamid.foreign-{n}"),
        };
        statuses.push(status(&id, word, AT + n));
        expected.insert(format!("MESSAGE#meta#{id}"), (format!("{word}_at"), time(AT + n), order.cloned()));
    }
    assert_eq!(expected.len(), usize::try_from(STATUSES).unwrap());
    // Not through the simulator, which disconnects after ten seconds: a busy machine may need more for a thousand
    // writes.
    let call = meta(&shop, &meta_value(&json!({"statuses": statuses})));
    assert_eq!(call.over_http(&shop).await.status, 200);

    let items = shop.scan().await;
    let mut found = 0;
    for item in items.iter().filter(|item| text(item, "sk") == Some("MESSAGE")) {
        let (fact, at, order) = &expected[text(item, "pk").unwrap()];
        assert_eq!(text(item, fact), Some(at.as_str()));
        assert_eq!(text(item, "order_number"), order.as_deref());
        assert!(item.contains_key("expires_at"), "foreign messages must expire");
        found += 1;
    }
    assert_eq!(found, expected.len());
    for (n, order) in orders.iter().enumerate() {
        // Every fiftieth: sent, read, sent, read …
        let status = if n % 2 == 0 { DeliveryStatus::Sent } else { DeliveryStatus::Read };
        assert_eq!(shop.notification(order).await.delivery_status(), Some(status), "order {order}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_reports_about_one_message_are_one_message() {
    let Accepted { shop, id, .. } = accepted_by(Provider::Meta).await;
    let words = ["read", "sent", "delivered"];
    // The times decrease, so that the last report of each kind counts.
    let statuses =
        (0..STATUSES).map(|n| status(&id, words[usize::try_from(n % 3).unwrap()], AT + STATUSES - n));
    assert_eq!(shop.simulator().post_meta_statuses(statuses.collect()).await, TAKEN);
    let view = shop.until_status(ORDER, DeliveryStatus::Read).await;
    let facts = view.facts();
    let seconds = |at: Option<jiff::Timestamp>| u64::try_from(at.unwrap().as_second()).unwrap();
    assert_eq!(
        (seconds(facts.read_at), seconds(facts.sent_at), seconds(facts.delivered_at)),
        (AT + 1, AT + 3, AT + 2)
    );
    assert_eq!((facts.failed_at, view.messages.len()), (None, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_at_the_same_time_lose_nothing() {
    let Accepted { shop, id, .. } = accepted_by(Provider::Meta).await;
    let calls = (0..60).map(|n| {
        let word = ["sent", "delivered", "read"][n % 3];
        let foreign = format!("wamid.foreign-{n}");
        let at = AT + u64::try_from(n).unwrap();
        shop.simulator().post_meta_statuses(vec![status(&id, word, at), status(&foreign, word, at)])
    });
    assert_eq!(futures_util::future::join_all(calls).await, vec![TAKEN; 60]);
    let facts = shop.notification(ORDER).await.facts();
    let at = |n: u64| time(AT + n).parse::<jiff::Timestamp>().ok();
    assert_eq!((facts.sent_at, facts.delivered_at, facts.read_at), (at(0), at(1), at(2)));
    let messages = shop.scan().await.iter().filter(|item| text(item, "sk") == Some("MESSAGE")).count();
    assert_eq!(messages, 61);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_providers_batches_are_stored_too() {
    for provider in [Provider::OneMsg, Provider::Kaleyra] {
        let Accepted { shop, id, reference } = accepted_by(provider).await;
        let foreign = (0..200).map(|n| status(&format!("foreign-{n}"), "sent", AT));
        let statuses: Vec<Value> = foreign.chain([status(&id, "delivered", AT)]).collect();
        let body = match provider {
            Provider::OneMsg => json!({"ack": statuses}),
            // Kaleyra posts one report per call; its samples suggest an array of calls.
            _ => statuses
                .iter()
                .map(|status| json!({"meta_object": {"value": {"statuses": [status]}}}))
                .collect(),
        };
        let answer = shop.simulator().post_callback(simulated(provider), body.to_string().as_bytes()).await;
        assert_eq!(answer, TAKEN, "{provider}");
        shop.until_status(ORDER, DeliveryStatus::Delivered).await;
        let unmatched = shop
            .scan()
            .await
            .iter()
            .filter(|item| {
                text(item, "sk") == Some("MESSAGE")
                    && text(item, "sent_at").is_some()
                    && !item.contains_key("order_number")
            })
            .count();
        assert_eq!(unmatched, 200, "{provider}");
        assert_eq!(reference.is_some(), provider == Provider::Kaleyra);
    }
}
