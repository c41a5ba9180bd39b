//! Any input emits only known metrics: `Capture::metrics` checks every word of every line.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::provider::Provider;

use super::harness::Harness;
use crate::support::{Event, Opening};
use crate::webhook::call::Call;
use crate::webhook::{authentic, meta, meta_value};

const MANY: usize = 1000;

/// The distinct metrics without their values, which CloudWatch bills.
fn distinct(metrics: Vec<String>) -> BTreeSet<String> {
    metrics.into_iter().map(|metric| metric.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_codes_and_ids_make_no_new_metric() {
    let harness = Harness::open_with(Opening::default(), Provider::Meta).await;
    let item = |number: usize| {
        let code =
            if number.is_multiple_of(2) { json!(700_000 + number) } else { json!(format!("E{number}")) };
        json!({"id": format!("wamid.{number}"), "status": "failed", "timestamp": "1795165200",
            "recipient_id": "12025550100", "errors": [{"code": code, "title": format!("text {number}")}]})
    };
    let items: Vec<Value> = (0..MANY).map(item).collect();
    let reply = harness.call(&meta(&harness.shop, &meta_value(&json!({"statuses": items})))).await;
    assert_eq!(reply.status, 200);
    // Without the values: a write that a busy machine repeats stores nothing new.
    let expected = [
        "FailedMessages{provider=meta,reason=unclear}",
        "Facts{provider=meta,fact=failed}",
        "UnmatchedFacts{}{provider=meta}",
    ];
    assert_eq!(distinct(harness.out.metrics()), BTreeSet::from(expected.map(str::to_owned)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_calls_and_events_add_no_metric_and_no_data_to_one() {
    let harness = Harness::open_with(Opening::default(), Provider::Meta).await;
    let odd = ["+12025550100", "Zwetlana", "\n{\"_aws\":{}}", "provider", "outcome", "\u{0}", "🙂", "held"];
    for text in odd {
        for provider in Provider::WITH_WEBHOOK {
            let status = json!({"id": text, "messageId": text, "status": text, "errors": [{"code": text, "title": text}]});
            let failed = json!({"id": format!("id of {text}"), "status": "failed", "errors": [{"code": text}], "code": text});
            let body = json!({"ack": [status, failed], "statuses": [failed], "status": text, "code": text, "reason": text,
                "message_id": text, "entry": [{"changes": [{"field": "messages", "value": {"statuses": [status, failed]}}]}]});
            harness.call(&authentic(&harness.shop, provider, &body)).await;
        }
        harness.call(&Call::post(format!("/webhooks/onemsg/{}", hex::encode(text)), text)).await;
        harness
            .call(&Call::post("/webhooks/kaleyra", text).header("X-Callback-Key", hex::encode(text)))
            .await;
        let event = Event::sample("order-cancelled").order("T40");
        for pointer in ["/source", "/detail-type", "/id", "/detail/order/number", "/detail/customer/phone"] {
            harness.receive(&event.clone().with(pointer, text).0, 1).await;
        }
        harness.receive(text, 1).await;
    }
    let seen = distinct(harness.out.metrics());
    assert!((4..40).contains(&seen.len()), "{seen:?}");
}
