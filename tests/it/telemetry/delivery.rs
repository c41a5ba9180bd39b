//! The metrics of delivery facts, from callbacks and from polling.

use serde_json::{Value, json};
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};

use super::stage::Stage;
use crate::support::Event;
use crate::webhook::call::Call;
use crate::webhook::{authentic, meta, meta_value, report};

fn status(id: &str, status: &str, code: Option<&str>) -> Value {
    let at = jiff::Timestamp::now().as_second().to_string();
    let errors = code.map(|code| json!([{"code": code, "title": "t"}]));
    json!({"id": id, "status": status, "timestamp": at, "errors": errors})
}

fn statuses(items: &[Value]) -> Value {
    meta_value(&json!({"messaging_product": "whatsapp", "statuses": items}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_new_fact_is_counted_and_a_repeated_call_counts_nothing() {
    let stage = Stage::open(Meta).await;
    let message = stage.accepted("T20").await;
    let id = message.id.as_str();
    let body = statuses(&[status(id, "sent", None), status(id, "delivered", None), status(id, "sent", None)]);
    let call = meta(&stage.shop, &body);
    stage.call(&call).await;
    assert_eq!(
        stage.out.metrics(),
        [
            "DeliveryTime{provider=meta} ~",
            "Facts{provider=meta,fact=delivered} 1",
            "Facts{provider=meta,fact=sent} 1"
        ]
    );
    stage.call(&call).await;
    assert_eq!(stage.out.metrics(), [""; 0]);
    stage.call(&meta(&stage.shop, &statuses(&[status(id, "read", None), status(id, "sent", None)]))).await;
    assert_eq!(stage.out.metrics(), ["Facts{provider=meta,fact=read} 1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_known_by_several_ids_counts_once() {
    let stage = Stage::open(Kaleyra).await;
    let accepted = stage.accepted("T21").await;
    let reference = stage.shop.sends_about("T21")[0].message.echo.key().unwrap().to_owned();
    let body = json!({"meta_object": {"value": {"statuses": [status("a-third-id", "delivered", None)]}},
        "extra_info": {"message_id": "wamid.T21", "ref": reference}, "message_id": "wamid.T21"});
    let call = authentic(&stage.shop, Kaleyra, &body);
    stage.call(&call).await;
    let counted = ["DeliveryTime{provider=kaleyra} ~", "Facts{provider=kaleyra,fact=delivered} 1"];
    assert_eq!(stage.out.metrics(), counted);
    let again = json!({"message_id": "wamid.T21", "status": "delivered", "extra_info": {"ref": reference}});
    stage.call(&authentic(&stage.shop, Kaleyra, &again)).await;
    assert_eq!(stage.out.metrics(), [""; 0]);
    assert_ne!(accepted.id.as_str(), "wamid.T21");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_counted_by_the_class_of_its_code() {
    let stage = Stage::open(Meta).await;
    let message = stage.accepted("T22").await;
    let failed = |code| statuses(&[status(message.id.as_str(), "failed", code)]);
    stage.call(&meta(&stage.shop, &failed(Some("131049")))).await;
    assert_eq!(
        stage.out.metrics(),
        ["Facts{provider=meta,fact=failed} 1", "FailedMessages{provider=meta,reason=recipient} 1"]
    );
    stage.call(&meta(&stage.shop, &failed(Some("132015")))).await;
    assert_eq!(stage.out.metrics(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_about_unknown_messages_are_counted_apart() {
    for provider in Provider::ALL {
        let stage = Stage::open(provider).await;
        let call = authentic(&stage.shop, provider, &report(provider, "wamid.of-another-application"));
        stage.call(&call).await;
        assert_eq!(
            stage.out.metrics(),
            [
                format!("Facts{{provider={provider},fact=sent}} 1"),
                format!("UnmatchedFacts{{}}{{provider={provider}}} 1")
            ]
        );
        stage.call(&call).await;
        assert_eq!(stage.out.metrics(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_call_counts_for_its_provider_and_for_all_and_other_calls_count_nothing() {
    let stage = Stage::open(Meta).await;
    for (call, provider) in [
        (Call::post("/webhooks/meta", "{}"), "meta"),
        (Call::get("/webhooks/meta").query("hub.mode=subscribe&hub.challenge=1&hub.verify_token=x"), "meta"),
        (Call::post("/webhooks/kaleyra", "{}"), "kaleyra"),
        (Call::post("/webhooks/onemsg/guess", "{}"), "onemsg"),
    ] {
        assert!([401, 403].contains(&stage.call(&call).await.status));
        assert_eq!(stage.out.metrics(), [format!("AuthenticationFailures{{}}{{provider={provider}}} 1")]);
    }
    stage.call(&Call::post("/webhooks/elsewhere", "{}")).await;
    stage.call_with(&meta(&stage.shop, "{}"), &[("WEBHOOK_SECRET_ID", "nowhere")]).await;
    assert_eq!(stage.out.metrics(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_stays_unreadable_and_an_error_of_the_account_count_for_their_provider() {
    let stage = Stage::open(Meta).await;
    let answer = stage.call(&meta(&stage.shop, "no JSON")).await;
    assert_eq!(answer.status, 400);
    assert_eq!(stage.out.metrics(), ["UnreadableCallbacks{}{provider=meta} 1"]);
    let answer = stage.call(&meta(&stage.shop, r#"{"update":{"id":"wamid.A","status":"read"}}"#)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(stage.out.metrics(), ["UnreadableCallbacks{}{provider=meta} 1"]);
    let errors = json!({"errors": [{"code": 131_048, "title": "t"}, {"code": 131_031}]});
    let answer = stage.call(&meta(&stage.shop, &meta_value(&errors))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(stage.out.metrics(), ["AccountErrors{}{provider=meta} 2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_cannot_be_read_is_counted_once_the_stream_does_not_bring_it_back() {
    let stage = Stage::open(Meta).await;
    stage.accepted("T26").await;
    let unread = "UnreadableRecords{} 1";
    // The unreadable record comes last, after one that the bus refuses.
    stage.publish(&[("AWS_ENDPOINT_URL_EVENTBRIDGE", "http://127.0.0.1:9")]).await;
    assert_eq!(stage.out.metrics(), [""; 0]);
    stage.publish(&[]).await;
    assert_eq!(stage.out.metrics(), ["StatusEvents{type=accepted} 1", unread]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_that_only_a_callback_proves_is_counted_by_it_and_only_once() {
    let stage = Stage::open(Meta).await;
    let event = Event::sample("stock-arrived").order("T23").magic(24).0;
    stage.receive_with(&event, 1, &[("CONFIRMATION_WINDOW", "1h")]).await;
    assert_eq!(
        stage.out.metrics()[0],
        "Attempts{provider=meta,answer=unreadable}{provider=meta,reason=unclear} 1"
    );
    let reference = stage.shop.sends_about("T23")[0].message.echo.key().unwrap().to_owned();
    let mut sent = status("wamid.T23", "sent", None);
    sent["biz_opaque_callback_data"] = reference.into();
    let call = meta(&stage.shop, &statuses(&[sent]));
    stage.call(&call).await;
    assert_eq!(
        stage.out.metrics(),
        ["Facts{provider=meta,fact=sent} 1", "Outcomes{outcome=accepted}{outcome=accepted,provider=meta} 1"]
    );
    stage.call(&call).await;
    stage.receive(&event, 2).await;
    assert_eq!(stage.out.metrics(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_asking_tells_counts_like_a_callback_and_what_it_cannot_tell_is_unconfirmed() {
    let stage = Stage::open(OneMsg).await;
    stage.receive(&Event::sample("stock-arrived").order("T24").0, 1).await;
    stage.out.lines();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    stage.sweep(&[]).await;
    assert_eq!(
        stage.out.metrics(),
        [
            "DeliveryTime{provider=onemsg} ~",
            "Facts{provider=onemsg,fact=delivered} 1",
            "Facts{provider=onemsg,fact=read} 1",
            "Facts{provider=onemsg,fact=sent} 1",
        ]
    );
    stage.accepted("T25").await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let unreachable = [("ONEMSG_BASE_URL", "http://127.0.0.1:9/onemsg"), ("UNCONFIRMED_AFTER", "1ms")];
    stage.sweep(&unreachable).await;
    assert_eq!(stage.out.metrics(), ["Unconfirmed{provider=onemsg} 1"]);
    stage.sweep(&unreachable).await;
    assert_eq!(stage.out.metrics(), [""; 0]);
}
