//! The metrics of delivery facts, from callbacks and from polling.

use local::environment::TABLE;
use serde_json::{Value, json};
use shared::message::{MessageId, MessageKey, Reference};
use shared::metric_names::MetricNames;
use shared::provider::Provider::{self, AwsWhatsApp, Kaleyra, Meta, OneMsg};
use shared::table::Table;

use super::harness::Harness;
use crate::support::Event;
use crate::webhook::call::Call;
use crate::webhook::{authentic, meta, meta_value, report};

pub fn status(id: &str, status: &str, code: Option<&str>) -> Value {
    let at = jiff::Timestamp::now().as_second().to_string();
    let errors = code.map(|code| json!([{"code": code, "title": "t"}]));
    json!({"id": id, "status": status, "timestamp": at, "errors": errors})
}

pub fn statuses(items: &[Value]) -> Value {
    meta_value(&json!({"messaging_product": "whatsapp", "statuses": items}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_new_fact_is_counted_and_a_repeated_call_counts_nothing() {
    let harness = Harness::open(Meta).await;
    let message = harness.accepted("T20").await;
    let id = message.id.as_str();
    let body = statuses(&[status(id, "sent", None), status(id, "delivered", None), status(id, "sent", None)]);
    let call = meta(&harness.shop, &body);
    harness.call(&call).await;
    assert_eq!(
        harness.out.metrics(),
        [
            "DeliveryTime{provider=meta} ~",
            "Facts{provider=meta,fact=delivered} 1",
            "Facts{provider=meta,fact=sent} 1"
        ]
    );
    harness.call(&call).await;
    assert_eq!(harness.out.metrics(), [""; 0]);
    harness
        .call(&meta(&harness.shop, &statuses(&[status(id, "read", None), status(id, "sent", None)])))
        .await;
    assert_eq!(harness.out.metrics(), ["Facts{provider=meta,fact=read} 1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_known_by_several_ids_counts_once() {
    let harness = Harness::open(Kaleyra).await;
    let accepted = harness.accepted("T21").await;
    let reference = harness.shop.sends_about("T21")[0].message.echo.key().unwrap().to_owned();
    let body = json!({"meta_object": {"value": {"statuses": [status("a-third-id", "delivered", None)]}},
        "extra_info": {"message_id": "wamid.T21", "ref": reference}, "message_id": "wamid.T21"});
    let call = authentic(&harness.shop, Kaleyra, &body);
    harness.call(&call).await;
    let counted = ["DeliveryTime{provider=kaleyra} ~", "Facts{provider=kaleyra,fact=delivered} 1"];
    assert_eq!(harness.out.metrics(), counted);
    let again = json!({"message_id": "wamid.T21", "status": "delivered", "extra_info": {"ref": reference}});
    harness.call(&authentic(&harness.shop, Kaleyra, &again)).await;
    assert_eq!(harness.out.metrics(), [""; 0]);
    assert_ne!(accepted.id.as_str(), "wamid.T21");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_counted_by_the_class_of_its_code() {
    let harness = Harness::open(Meta).await;
    let message = harness.accepted("T22").await;
    let failed = |code| statuses(&[status(message.id.as_str(), "failed", code)]);
    harness.call(&meta(&harness.shop, &failed(Some("131049")))).await;
    assert_eq!(
        harness.out.metrics(),
        ["Facts{provider=meta,fact=failed} 1", "FailedMessages{provider=meta,reason=recipient} 1"]
    );
    harness.call(&meta(&harness.shop, &failed(Some("132015")))).await;
    assert_eq!(harness.out.metrics(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_about_unknown_messages_are_counted_apart() {
    for provider in Provider::WITH_WEBHOOK {
        let harness = Harness::open(provider).await;
        let call = authentic(&harness.shop, provider, &report(provider, "wamid.of-another-application"));
        harness.call(&call).await;
        assert_eq!(
            harness.out.metrics(),
            [
                format!("Facts{{provider={provider},fact=sent}} 1"),
                format!("UnmatchedFacts{{}}{{provider={provider}}} 1")
            ]
        );
        harness.call(&call).await;
        assert_eq!(harness.out.metrics(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whatsapp_message_of_aws_counts_once_under_both_ids() {
    let harness = Harness::open(Meta).await;
    let table = Table::new(harness.shop.local.dynamodb().client(), TABLE);
    let key = |id| MessageKey { provider: AwsWhatsApp, id: MessageId::parse(id).unwrap() };
    let reference = Reference::parse("notification/k-1/10482").unwrap();
    let now = harness.shop.clock().now();
    table
        .store_message(&key("aws-1"), &reference, "stock-arrived", &MetricNames::default(), None, now)
        .await
        .unwrap();
    let of_topic = |item: Value, id: Option<&str>| {
        let entry = json!({"changes": [{"field": "messages", "value": {"statuses": [item]}}]});
        json!({"whatsAppWebhookEntry": entry.to_string(), "messageId": id}).to_string()
    };
    let of_bus = |status: &str| {
        json!({"source": "aws.social-messaging", "detail-type": "WhatsApp Message Read",
            "detail": {"messageId": "aws-1", "status": status}})
        .to_string()
    };
    let count = |fact: &str| format!("Facts{{provider=aws-whatsapp,fact={fact}}} 1");
    for (body, metrics) in [
        (of_topic(status("wamid.1", "accepted", None), Some("aws-1")), vec![count("sent")]),
        (of_bus("sent"), vec![]),
        (of_topic(status("wamid.1", "sent", None), None), vec![]),
        (of_topic(status("wamid.1", "read", None), None), vec![count("read")]),
        (of_bus("read"), vec![]),
        (of_topic(status("wamid.1", "deleted", None), None), vec![]),
        (
            of_topic(json!({"status": "failed"}), None),
            vec!["UnreadableCallbacks{}{provider=aws-whatsapp} 1".to_owned()],
        ),
    ] {
        harness.deliver(&[body], &[]).await;
        assert_eq!(harness.out.metrics(), metrics);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_refused_calls_count_for_their_provider_and_for_all() {
    let harness = Harness::open(Meta).await;
    for (call, provider) in [
        (Call::post("/webhooks/meta", "{}"), "meta"),
        (Call::get("/webhooks/meta").query("hub.mode=subscribe&hub.challenge=1&hub.verify_token=x"), "meta"),
        (Call::post("/webhooks/kaleyra", "{}"), "kaleyra"),
        (Call::post("/webhooks/onemsg/guess", "{}"), "onemsg"),
    ] {
        assert!([401, 403].contains(&harness.call(&call).await.status));
        assert_eq!(harness.out.metrics(), [format!("AuthenticationFailures{{}}{{provider={provider}}} 1")]);
    }
    harness.call(&Call::post("/webhooks/elsewhere", "{}")).await;
    harness.call_with(&meta(&harness.shop, "{}"), &[("WEBHOOK_SECRET_ID", "nowhere")]).await;
    assert_eq!(harness.out.metrics(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unreadable_bodies_and_account_errors_count_for_their_provider() {
    let harness = Harness::open(Meta).await;
    let answer = harness.call(&meta(&harness.shop, "no JSON")).await;
    assert_eq!(answer.status, 400);
    assert_eq!(harness.out.metrics(), ["UnreadableCallbacks{}{provider=meta} 1"]);
    let answer = harness.call(&meta(&harness.shop, r#"{"update":{"id":"wamid.A","status":"read"}}"#)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(harness.out.metrics(), ["UnreadableCallbacks{}{provider=meta} 1"]);
    for (status, counted) in [
        (json!({"id": "wamid.A", "status": "teleported"}), vec!["UnreadableCallbacks{}{provider=meta} 1"]),
        (json!({"status": "delivered"}), vec!["UnreadableCallbacks{}{provider=meta} 1"]),
        (json!({"id": "wamid.A", "status": "deleted"}), vec![]),
        (json!({"status": "teleported"}), vec![]),
    ] {
        let answer = harness.call(&meta(&harness.shop, &meta_value(&json!({"statuses": [status]})))).await;
        assert_eq!(answer.status, 200);
        assert_eq!(harness.out.metrics(), counted, "{status}");
    }
    let errors = json!({"errors": [{"code": 131_048, "title": "t"}, {"code": 131_031}]});
    let answer = harness.call(&meta(&harness.shop, &meta_value(&errors))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(harness.out.metrics(), ["AccountErrors{}{provider=meta} 2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_stream_record_is_counted_once_it_is_not_redelivered() {
    let harness = Harness::open(Meta).await;
    harness.accepted("T26").await;
    let unread = "UnreadableRecords{} 1";
    // The unreadable record is the last one, after one that the bus refuses.
    harness.publish(&[("AWS_ENDPOINT_URL_EVENTBRIDGE", "http://127.0.0.1:9")]).await;
    assert_eq!(harness.out.metrics(), [""; 0]);
    harness.publish(&[]).await;
    assert_eq!(harness.out.metrics(), ["StatusEvents{type=accepted} 1", unread]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_proved_by_a_callback_is_counted_once() {
    let harness = Harness::open(Meta).await;
    let event = Event::sample("stock-arrived").order("T23").magic(24).0;
    harness.receive_with(&event, 1, &[("CONFIRMATION_WINDOW", "1h")]).await;
    assert_eq!(
        harness.out.metrics()[0],
        "Attempts{provider=meta,answer=unreadable}{provider=meta,reason=unclear} 1"
    );
    let reference = harness.shop.sends_about("T23")[0].message.echo.key().unwrap().to_owned();
    let mut sent = status("wamid.T23", "sent", None);
    sent["biz_opaque_callback_data"] = reference.into();
    let call = meta(&harness.shop, &statuses(&[sent]));
    harness.call(&call).await;
    assert_eq!(
        harness.out.metrics(),
        ["Facts{provider=meta,fact=sent} 1", "Outcomes{outcome=accepted}{outcome=accepted,provider=meta} 1"]
    );
    harness.call(&call).await;
    harness.receive(&event, 2).await;
    assert_eq!(harness.out.metrics(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn polled_facts_count_like_callbacks_and_a_missing_answer_is_unconfirmed() {
    let harness = Harness::open(OneMsg).await;
    harness.receive(&Event::sample("stock-arrived").order("T24").0, 1).await;
    harness.out.lines();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    harness.sweep(&[]).await;
    assert_eq!(
        harness.out.metrics(),
        [
            "DeliveryTime{provider=onemsg} ~",
            "Facts{provider=onemsg,fact=delivered} 1",
            "Facts{provider=onemsg,fact=read} 1",
            "Facts{provider=onemsg,fact=sent} 1",
        ]
    );
    harness.accepted("T25").await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let unreachable = [("ONEMSG_BASE_URL", "http://127.0.0.1:9/onemsg"), ("UNCONFIRMED_AFTER", "1ms")];
    harness.sweep(&unreachable).await;
    assert_eq!(harness.out.metrics(), ["Unconfirmed{provider=onemsg} 1"]);
    harness.sweep(&unreachable).await;
    assert_eq!(harness.out.metrics(), [""; 0]);
}
