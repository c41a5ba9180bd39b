//! Hostile input at the real endpoints: unauthenticated calls write nothing, every authentic body is answered and
//! harms no later call, a replay changes nothing, and an unreadable event is recorded as invalid.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::provider::Provider;
use tokio::net::TcpListener;

use crate::callbacks::{Accepted, ORDER, accepted_by};
use crate::support::{Event, Opening, Shop, simulated};
use crate::webhook::call::{Call, Reply};
use crate::webhook::{authentic, authentic_bytes, message, meta_value, report, text};

const MB: usize = 1024 * 1024;

/// A body, and the status with which the three providers' routes answer it when it is authentic.
struct Body {
    what: &'static str,
    bytes: Vec<u8>,
    status: u16,
}

fn bodies() -> Vec<Body> {
    let body = |what, bytes: Vec<u8>, status| Body { what, bytes, status };
    let json = |what, value: Value| Body { what, bytes: value.to_string().into_bytes(), status: 200 };
    let everywhere = |value: Value| {
        let item = json!({"id": value, "messageId": value, "message_id": value, "status": value, "timestamp": value,
            "error": value, "errors": value, "biz_opaque_callback_data": value});
        json!({"ack": [item, value], "hooks": item, "entry": [{"changes": [{"value": {"statuses": [item, value], "errors": value}}]}],
            "meta_object": {"value": {"statuses": [item, value], "errors": value}}, "extra_info": value, "ref": value,
            "message_id": value, "code": value, "reason": value})
    };
    let mut bodies = vec![
        body("nothing", Vec::new(), 200),
        body("lists in lists", vec![b'['; 100_000], 400),
        body("objects in objects", b"{\"entry\":".repeat(100_000), 400),
        body("4 MB of lists", vec![b'['; 4 * MB], 400),
        body("4 MB of zero bytes", vec![0; 4 * MB], 400),
        body("4 MB of white space", vec![b' '; 4 * MB], 200),
        body("no UTF-8", b"{\"entry\":\"\xff\xfe\"}".to_vec(), 200),
        body("half a pair of surrogates", b"{\"entry\":\"\\ud800\"}".to_vec(), 200),
        body("a byte order mark", b"\xef\xbb\xbf{}".to_vec(), 200),
        body("a number out of range", b"{\"entry\":1e999}".to_vec(), 200),
        body("not a number", b"{\"entry\":NaN}".to_vec(), 200),
        body("a comma too many", b"{\"entry\":[],}".to_vec(), 200),
        body("a comma too few", b"{\"entry\":[] \"ack\":[]}".to_vec(), 200),
        body("a name without quotes", b"{entry:[]}".to_vec(), 400),
        body(
            "a long history, which is not read",
            [
                b"{\"entry\":[{\"changes\":[{\"field\":\"history\",\"value\":{\"history\":[".to_vec(),
                b"{\"id\":\"wamid.H\",\"text\":{\"body\":\"ok\"},\"status\":\"READ\"},".repeat(40_000),
                b"{}]}}]}]}".to_vec(),
            ]
            .concat(),
            200,
        ),
        body("two bodies", b"{}{}".to_vec(), 200),
        body("a body with trailing garbage", b"{}x".to_vec(), 400),
        body(
            "more objects than the limit",
            [b"[".to_vec(), b"{\"\":0},".repeat(MB / 2), b"{}]".to_vec()].concat(),
            400,
        ),
        body(
            "duplicate members",
            b"{\"entry\":7,\"entry\":[],\"ack\":7,\"ack\":{},\"id\":1,\"id\":[]}".to_vec(),
            200,
        ),
        json("three megabytes of strings", everywhere(json!("x".repeat(MB / 16)))),
        json(
            "a thousand reports without an id",
            json!({"ack": vec![json!({"status": "sent"}); 1000],
            "entry": [{"changes": [{"value": {"statuses": vec![json!({"status": "sent"}); 1000]}}]}]}),
        ),
    ];
    for value in [
        json!(null),
        json!(true),
        // Not 0, which Kaleyra uses for failed.
        json!(7),
        json!(-1),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("\u{0}\u{202e}\u{1f4e6}"),
        json!([]),
        json!([[[[]]]]),
        json!({"": {"": []}}),
    ] {
        bodies.push(json("an undocumented value", everywhere(value)));
    }
    bodies
}

/// Two calls to a provider's route with these bytes: without and with authentication.
fn calls(shop: &Shop, provider: Provider, bytes: &[u8]) -> (Call, Call) {
    let stranger = match provider {
        Provider::OneMsg => Call::post("/webhooks/onemsg/another", bytes),
        Provider::Kaleyra => Call::post("/webhooks/kaleyra", bytes),
        Provider::Meta => Call::post("/webhooks/meta", bytes).signed("another"),
        _ => unreachable!("only providers with a webhook"),
    };
    (stranger, authentic_bytes(shop, provider, bytes))
}

/// A server in the table's place that never answers, and counts connections.
async fn silent_server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (url, asked)
}

#[tokio::test]
async fn an_unauthenticated_call_never_reaches_the_table() {
    let (table, asked) = silent_server().await;
    let shop = Opening::default().setting("AWS_ENDPOINT_URL_DYNAMODB", &table).open().await;
    for Body { what, bytes, .. } in bodies() {
        for provider in Provider::WITH_WEBHOOK {
            let (stranger, _) = calls(&shop, provider, &bytes);
            let reply = stranger.over_http(&shop).await;
            assert_eq!(reply, Reply { status: 401, body: String::new() }, "{provider}: {what}");
        }
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0, "connections to the table");
    // The same counter detects an authenticated call.
    let let_in = authentic(&shop, Provider::Meta, &report(Provider::Meta, "wamid.A")).over_http(&shop).await;
    assert_eq!(let_in.status, 503);
    assert!(asked.load(Ordering::SeqCst) > 0);
}

#[tokio::test]
async fn every_authentic_body_is_answered_and_harms_no_later_call() {
    let shop = Shop::open().await;
    for (n, Body { what, bytes, status }) in bodies().into_iter().enumerate() {
        for provider in Provider::WITH_WEBHOOK {
            let (_, call) = calls(&shop, provider, &bytes);
            let reply = call.over_http(&shop).await;
            assert_eq!(reply, Reply { status, body: String::new() }, "{provider}: {what}");
            let id = format!("wamid.after-{n}");
            let after = authentic(&shop, provider, &report(provider, &id)).over_http(&shop).await;
            assert_eq!(after.status, 200, "{provider}, after: {what}");
            assert!(message(&shop, provider, &id).await.is_some(), "{provider}, after: {what}");
        }
    }
    // No hostile body contained a valid report, so only the items of the later calls exist.
    let strange =
        shop.scan().await.into_iter().filter(|item| !text(item, "pk").unwrap().contains("wamid.after-"));
    assert_eq!(strange.collect::<Vec<_>>(), []);
}

#[tokio::test]
async fn malformed_reports_do_not_affect_a_valid_one() {
    let shop = Shop::open().await;
    for (n, value) in
        [json!(null), json!(7), json!("x".repeat(100_000)), json!([[]]), json!({"id": {}})].iter().enumerate()
    {
        for provider in Provider::WITH_WEBHOOK {
            let id = format!("wamid.{n}");
            let strange =
                json!({"id": value, "status": value, "timestamp": value, "errors": value, "error": value});
            let sound = json!({"id": id, "status": "delivered", "timestamp": value, "errors": value});
            let list = json!([strange, value, sound, strange]);
            let body = match provider {
                Provider::OneMsg => json!({"ack": list, "messages": value}),
                Provider::Kaleyra => {
                    json!({"meta_object": {"value": {"statuses": list, "errors": value}}, "code": value})
                }
                Provider::Meta => meta_value(&json!({"statuses": list, "errors": value, "messages": value})),
                _ => unreachable!("only providers with a webhook"),
            };
            assert_eq!(
                authentic(&shop, provider, &body).over_http(&shop).await.status,
                200,
                "{provider} {n}"
            );
            let item = message(&shop, provider, &id).await.unwrap();
            assert!(text(&item, "delivered_at").is_some(), "{provider} {n}");
        }
    }
}

#[tokio::test]
async fn a_replayed_callback_is_authentic_and_changes_nothing() {
    for provider in Provider::WITH_WEBHOOK {
        let Accepted { shop, id, .. } = accepted_by(provider).await;
        let call = authentic(&shop, provider, &report(provider, &id));
        assert_eq!(call.over_http(&shop).await.status, 200, "{provider}");
        shop.until_status(ORDER, DeliveryStatus::Sent).await;
        let read = authentic(&shop, provider, &json_with_status(&report(provider, &id), "read"));
        assert_eq!(read.over_http(&shop).await.status, 200, "{provider}");
        shop.until_status(ORDER, DeliveryStatus::Read).await;

        let before = shop.scan().await;
        for _ in 0..5 {
            for replayed in [&call, &read] {
                let reply = replayed.over_http(&shop).await;
                assert_eq!(reply, Reply { status: 200, body: String::new() }, "{provider}");
            }
        }
        assert_eq!(shop.scan().await, before, "{provider}");
        assert_eq!(shop.sends_asked_of(provider), 1);
        assert_eq!(shop.ledger().requests_to(simulated(provider), local::simulator::Endpoint::Send), 1);
    }
}

/// The report with another status word, wherever the word stands.
fn json_with_status(report: &Value, word: &str) -> Value {
    serde_json::from_str(&report.to_string().replace("\"sent\"", &format!("{word:?}"))).unwrap()
}

#[tokio::test]
async fn an_event_too_large_for_a_table_key_is_recorded_as_invalid() {
    let shop = Shop::open().await;
    let sample = Event::sample("order-cancelled");
    let long = "9".repeat(100_000);
    let many = vec![json!(0); 100_000];
    for (event, fault) in [
        (sample.clone().with("/id", long.as_str()), "is longer than 256 bytes"),
        (sample.clone().with("/id", "2").with("/source", long.as_str()), "is longer than 256 bytes"),
        (sample.clone().with("/resources", many), "holds more than 100000 values"),
        (
            sample.clone().with("/id", "3").with("/detail/customer/phone", format!("+{long}")),
            "numbering plan",
        ),
        (sample.with("/id", "4").with("/detail/order/number", long.as_str()), "1 to 100 bytes"),
    ] {
        let body = event.0.to_string();
        let queue_id = shop.redeliver(&body);
        let own_id =
            event.0["id"].as_str().filter(|id| id.len() <= 256 && fault != "holds more than 100000 values");
        let item = shop.until_invalid(own_id.unwrap_or(&queue_id)).await;
        assert_eq!(text(&item, "raw"), Some(body.as_str()), "{fault}");
        assert!(format!("{:?}", item["faults"]).contains(fault), "{fault}: {:?}", item["faults"]);
    }
    shop.until_quiet().await;
    assert_eq!(shop.sends_about("10482").len(), 0);
}
