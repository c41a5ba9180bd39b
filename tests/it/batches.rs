//! order-notifier's replies: to a batch, exactly the records that must be delivered again; to a bare event, its
//! outcome.

mod hanging_table;
mod slow_provider;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shared::protocol::State;
use shared::provider::Provider::{Meta, OneMsg};

use self::hanging_table::HangingTable;
use self::slow_provider::SlowProvider;
use crate::support::{Event, Opening, Shop, queue_record};

fn batch(records: &[(&str, String)]) -> Value {
    let records = records.iter().map(|(id, body)| queue_record(id, body, 1));
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// A cancelled order for a magic number.
fn cancelled(order: &str, number: u8) -> Event {
    Event::sample("order-cancelled").order(order).magic(number)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_records_without_an_outcome_are_returned() {
    let shop = Opening::default().preferring(Meta).open().await;
    let body = |event: Event| event.0.to_string();
    let reply = shop
        .invoke(batch(&[
            ("not-json", "{".to_owned()),
            ("waiting", body(cancelled("B1", 11))),
            ("good", body(cancelled("B2", 0))),
            ("invalid", body(Event::sample("order-cancelled-invalid"))),
            ("unknown", body(cancelled("B3", 23))),
            ("rejected", body(cancelled("B4", 12))),
            ("ignored", body(cancelled("B5", 0).with("/source", "crm"))),
            ("no-consent", body(Event::sample("return-registered-no-consent"))),
            ("empty", String::new()),
        ]))
        .await
        .unwrap();
    let mut failures = reply["batchItemFailures"].as_array().unwrap().clone();
    failures.sort_by_key(Value::to_string);
    assert_eq!(failures, [json!({ "itemIdentifier": "unknown" }), json!({ "itemIdentifier": "waiting" })]);
    assert_eq!(reply.as_object().unwrap().len(), 1);

    shop.until_state("B1", State::Waiting).await;
    shop.until_state("B2", State::Accepted).await;
    shop.until_state("B3", State::Unknown).await;
    shop.until_state("B4", State::Rejected).await;
    for id in ["not-json", "empty"] {
        shop.until_invalid(id).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finished_batch_returns_no_record() {
    let shop = Shop::open().await;
    let event = cancelled("B6", 0).0.to_string();
    // The same event twice in one batch: the second record waits for the first one, or finds its outcome.
    let reply = shop.invoke(batch(&[("one", event.clone())])).await.unwrap();
    assert_eq!(reply, json!({ "batchItemFailures": [] }));
    let reply = shop.invoke(batch(&[("again", event)])).await.unwrap();
    assert_eq!(reply, json!({ "batchItemFailures": [] }));
    shop.the_send_about("B6");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_whose_settlement_hangs_is_returned_alone_and_in_time() {
    const TIME: Duration = Duration::from_secs(10);
    let shop = Shop::open().await;
    let environment = shop.local.variables().environment();
    let table = environment.get("AWS_ENDPOINT_URL_DYNAMODB").unwrap().to_owned();
    let hanging = HangingTable::start(&table, "HANG").await;
    let environment = environment
        .iter()
        .filter(|(name, _)| *name != "AWS_ENDPOINT_URL_DYNAMODB")
        .chain([("AWS_ENDPOINT_URL_DYNAMODB", hanging.url())])
        .collect();
    let body = |order| cancelled(order, 0).0.to_string();
    let started = Instant::now();
    let reply = shop
        .invoke_in(&environment, TIME, batch(&[("hangs", body("HANG")), ("goes-on", body("B7"))]))
        .await
        .unwrap();
    assert!(started.elapsed() < TIME, "Lambda would have timed out");
    assert_eq!(reply, json!({ "batchItemFailures": [{ "itemIdentifier": "hangs" }] }));
    shop.until_state("B7", State::Accepted).await;
    assert_eq!(shop.notification("HANG").await.record.state, State::Sending);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_in_another_format_are_an_error() {
    let shop = Shop::open().await;
    let refused = shop.invoke(json!({ "Records": "none" })).await.unwrap_err().to_string();
    assert_eq!(refused, "the payload has Records but is not an SQS batch");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_setting_limits_concurrent_sends() {
    for concurrency in [1, 3, 8] {
        let provider = SlowProvider::start().await;
        let shop = Opening::default()
            .setting("SEND_CONCURRENCY", &concurrency.to_string())
            .setting("ONEMSG_BASE_URL", &provider.url())
            .open()
            .await;
        let orders: Vec<String> = (0..8).map(|number| format!("C{number}")).collect();
        let records: Vec<(&str, String)> =
            orders.iter().map(|order| (order.as_str(), cancelled(order, 0).0.to_string())).collect();
        let reply = shop.invoke(batch(&records)).await.unwrap();
        assert_eq!(reply, json!({ "batchItemFailures": [] }));
        assert_eq!((provider.requests(), provider.max_concurrent()), (8, concurrency));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bare_event_is_answered_with_its_outcome() {
    let shop = Shop::open().await;
    let event = cancelled("E1", 0);
    let reply = shop.invoke(event.0.clone()).await.unwrap();
    let key = shop.notification("E1").await.reference.key;
    let accepted = json!({
        "outcome": "accepted",
        "order": "E1",
        "notification": "order-cancelled",
        "key": key,
        "provider": "onemsg",
        "message_id": shop.the_send_about("E1").ids.reply,
    });
    assert_eq!(reply, accepted);
    assert_eq!(shop.invoke(event.0).await.unwrap(), accepted, "the second time too");

    let reply = shop.invoke(cancelled("E2", 12).0).await.unwrap();
    let key = shop.notification("E2").await.reference.key;
    let text = "the customer can't be reached on WhatsApp";
    assert_eq!(
        reply,
        json!({
            "outcome": "rejected",
            "order": "E2",
            "notification": "order-cancelled",
            "key": key,
            "provider": "onemsg",
            "reason": { "class": "recipient", "code": "131026", "text": text },
        })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bare_event_with_faults_is_answered_with_them() {
    let shop = Shop::open().await;
    let event = Event::sample("order-cancelled").with("/detail/customer/phone", "202 555 0100");
    let reply = shop.invoke(event.0.clone()).await.unwrap();
    assert_eq!((&reply["outcome"], &reply["event_id"]), (&json!("invalid"), &event.0["id"]));
    let faults = reply["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0]["place"], "recipient (detail.customer.phone)");
    assert!(!reply.to_string().contains("0100"), "the fault does not quote the number: {reply}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bare_event_without_an_outcome_is_an_error_so_that_it_is_retried() {
    let shop = Opening::default().preferring(Meta).open().await;
    for (order, number, state) in [("E3", 11, "waiting"), ("E4", 23, "unknown")] {
        let event = cancelled(order, number);
        for _ in 0..2 {
            let error = shop.invoke(event.0.clone()).await.unwrap_err().to_string();
            let expected = format!("order {order}: notification order-cancelled is {state} until ");
            assert!(error.starts_with(&expected), "{error}");
        }
    }
    assert_eq!(shop.sends_asked_of(Meta), 3 + 1, "the second invocations sent no request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_send_begins_without_time_to_finish_it() {
    let shop = Shop::open().await;
    let event = cancelled("E5", 0);
    let error = shop.invoke_within(Duration::from_secs(7), event.0).await.unwrap_err().to_string();
    assert_eq!(error, "too little time is left in this invocation to start a send");
    assert!(shop.scan().await.is_empty());
    assert_eq!(shop.sends_asked_of(OneMsg), 0);
}
