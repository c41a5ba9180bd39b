//! The answers: 200 if everything is stored or there is nothing to store, 400 for an unreadable body, 404 for an
//! unknown path, 503 if the table failed, so that the provider tries again.

use std::collections::BTreeMap;

use http::Method;
use local::aws::dynamodb::DynamoDb;
use local::environment::TABLE;
use serde_json::{Value, json};
use shared::provider::Provider;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::call::{BodyForm, Call, Reply};
use super::{authentic, cold, kaleyra, message, meta, meta_value, one_msg, report};
use crate::support::{Opening, Shop};

fn empty(status: u16) -> Reply {
    Reply { status, body: String::new() }
}

#[tokio::test]
async fn an_unreadable_body_is_refused_and_not_quoted() {
    let shop = Shop::open().await;
    for body in ["{", "{\"entry\":[", "{\"phone\": 12025550100", "[1,", "wamid.A", "\u{feff}{", "<xml/>"] {
        for call in [meta(&shop, body), one_msg(&shop, body), kaleyra(&shop, body)] {
            assert_eq!(call.over_http(&shop).await, empty(400), "{body:?} {call:?}");
        }
    }
    let nested = "[".repeat(100_000);
    assert_eq!(meta(&shop, &nested).over_http(&shop).await, empty(400));
    let secret = shop.simulator().account().meta.app_secret;
    let bytes = Call::post("/webhooks/meta", vec![0xff, 0xfe, 0x00]).signed(&secret);
    assert_eq!(bytes.over_http(&shop).await, empty(400));
    assert_eq!(shop.scan().await, []);
}

#[tokio::test]
async fn a_call_without_a_report_is_accepted_and_not_stored() {
    let shop = Shop::open().await;
    for body in ["", " \n"] {
        for call in [meta(&shop, body), one_msg(&shop, body), kaleyra(&shop, body)] {
            assert_eq!(call.over_http(&shop).await, empty(200), "{body:?} {call:?}");
        }
    }
    for body in [
        json!({}),
        json!([]),
        json!(null),
        json!(7),
        json!("text"),
        json!({"object": "page", "entry": []}),
        json!({"entry": [{"changes": [{"field": "message_template_status_update", "value": {"event": "PAUSED"}}]}]}),
        meta_value(&json!({"messages": [{"id": "wamid.I", "from": "12025550100", "text": {"body": "hi"}}]})),
        meta_value(&json!({"statuses": [{"id": "wamid.A", "status": "deleted"}, {"status": "sent"}]})),
        json!({"type": "calls", "calls": [{"id": "1"}]}),
        json!({"messages": [{"id": "wamid.I", "body": "hi", "author": "12025550100@c.us"}]}),
        json!({"ack": [{"id": "wamid.A", "status": "unheard-of"}]}),
    ] {
        for provider in Provider::WITH_WEBHOOK {
            // These bodies don't contain the other providers' report formats.
            let reply = authentic(&shop, provider, &body).over_http(&shop).await;
            assert_eq!(reply, empty(200), "{provider} {body}");
        }
    }
    assert_eq!(shop.scan().await, []);
}

#[tokio::test]
async fn an_odd_query_host_or_header_is_answered_like_any_unauthenticated_call() {
    let shop = Shop::open().await;
    let webhook = cold(shop.local.variables());
    let status = async |call: Call| call.to(&webhook, "$default", BodyForm::Text).await.status;
    for query in
        ["a=\"b\"", "a=<x>", "a=b c", "a=\u{7f}\u{1}", "a=\u{e9}", "a={b}|c^`\\", &"\"".repeat(100_000)]
    {
        assert_eq!(status(Call::get("/webhooks/meta").query(query)).await, 403, "{query:.20}");
        assert_eq!(status(Call::post("/webhooks/kaleyra", "{}").query(query)).await, 401, "{query:.20}");
    }
    for (name, value) in [
        ("host", "a b"),
        ("host", "[x"),
        ("x-forwarded-proto", "x y"),
        ("x-name", "Jos\u{e9}"),
        ("x-bell", "\u{7}"),
        ("x y", "1"),
    ] {
        assert_eq!(status(Call::post("/webhooks/meta", "{}").header(name, value)).await, 401, "{name}");
        assert_eq!(status(Call::get("/elsewhere").header(name, value)).await, 404, "{name}");
        // With the header, a provider's call is accepted.
        let call = meta(&shop, &report(Provider::Meta, "wamid.A")).header(name, value);
        assert_eq!(status(call).await, 200, "{name}");
    }
    let quoted = "status=\"read\"&message_id=\"wamid.K\"";
    let call = kaleyra(&shop, "").method(Method::GET).query(quoted);
    assert_eq!(status(call).await, 200);
    assert!(message(&shop, Provider::Kaleyra, "wamid.K").await.is_some());
}

#[tokio::test]
async fn there_are_no_other_routes() {
    let shop = Shop::open().await;
    let webhook = cold(shop.local.variables());
    let secret = shop.simulator().account().one_msg.url_secret;
    let authentic_body = report(Provider::Meta, "wamid.A").to_string();
    let app_secret = shop.simulator().account().meta.app_secret;
    for (method, path) in [
        (Method::POST, "/".to_owned()),
        (Method::POST, "/webhooks".to_owned()),
        (Method::POST, "/webhooks/".to_owned()),
        (Method::POST, "/webhooks/whatsapp".to_owned()),
        (Method::POST, "/webhooks/META".to_owned()),
        (Method::POST, "/webhooks/meta/extra".to_owned()),
        (Method::POST, "/webhooks/kaleyra/extra".to_owned()),
        (Method::POST, "/webhooks/onemsg".to_owned()),
        (Method::POST, "/webhooks/onemsg/".to_owned()),
        (Method::POST, format!("/webhooks/onemsg/{secret}/extra")),
        (Method::GET, format!("/webhooks/onemsg/{secret}/extra")),
        (Method::PUT, "/webhooks/meta".to_owned()),
        (Method::DELETE, "/webhooks/kaleyra".to_owned()),
        (Method::PATCH, format!("/webhooks/onemsg/{secret}")),
        (Method::OPTIONS, "/webhooks/meta".to_owned()),
    ] {
        let call = Call::post(path, authentic_body.clone()).signed(&app_secret).method(method);
        assert_eq!(call.over_http(&shop).await.status, 404, "{call:?}");
        assert_eq!(call.to(&webhook, "$default", BodyForm::Text).await, empty(404), "{call:?}");
        assert_eq!(call.to(&webhook, "prod", BodyForm::Text).await, empty(404), "{call:?}");
    }
    assert_eq!(shop.scan().await, []);
}

#[tokio::test]
async fn a_report_that_cannot_be_stored_is_requested_again_and_then_stored() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    // Closes every connection. The port stays bound, so that no other test gets it.
    let (stop, mut stopped) = oneshot::channel::<()>();
    let outage = tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = &mut stopped => return listener,
                connection = listener.accept() => drop(connection),
            }
        }
    });
    let shop = Opening::default().setting("AWS_ENDPOINT_URL_DYNAMODB", &endpoint).open().await;
    let calls =
        Provider::WITH_WEBHOOK.map(|provider| authentic(&shop, provider, &report(provider, "wamid.A")));
    for call in &calls {
        assert_eq!(call.over_http(&shop).await, empty(503), "{call:?}");
    }

    stop.send(()).unwrap();
    let engine = DynamoDb::start(outage.await.unwrap(), None, TABLE).unwrap();
    for call in &calls {
        assert_eq!(call.over_http(&shop).await, empty(200), "{call:?}");
    }
    let items = engine.client().scan().table_name(TABLE).send().await.unwrap();
    assert_eq!(items.count(), 3);
}

#[tokio::test]
async fn without_the_table_no_report_is_accepted_and_unauthenticated_calls_are_refused() {
    let shop = Opening::default().setting("TABLE_NAME", "nowhere").open().await;
    for provider in Provider::WITH_WEBHOOK {
        let call = authentic(&shop, provider, &report(provider, "wamid.A"));
        assert_eq!(call.over_http(&shop).await, empty(503), "{provider}");
        // A call that needs no table is answered.
        let says_nothing = authentic(&shop, provider, &json!({}));
        assert_eq!(says_nothing.over_http(&shop).await, empty(200), "{provider}");
    }
    let stranger =
        Call::post("/webhooks/meta", report(Provider::Meta, "wamid.A").to_string()).signed("another");
    assert_eq!(stranger.over_http(&shop).await, empty(401));
}

#[tokio::test]
async fn a_usable_report_is_stored_beside_unusable_ones() {
    let shop = Shop::open().await;
    let good = |id: &str| json!({"id": id, "status": "read", "timestamp": super::AT});
    let strange = json!([{"id": "wamid.B", "status": "deleted"}, 7, null, [], {"status": "read"}, {"id": {}},
        {"id": "with space", "status": "read"}, {"id": "x".repeat(513), "status": "read"}]);
    let beside = |id: &str| -> Vec<Value> {
        std::iter::once(&good(id))
            .chain(strange.as_array().unwrap())
            .chain([&good(&format!("{id}2"))])
            .cloned()
            .collect()
    };
    let bodies = BTreeMap::from([
        (Provider::Meta, meta_value(&json!({"statuses": beside("meta")}))),
        (Provider::OneMsg, json!({"ack": beside("onemsg"), "hooks": 7, "statuses": {"id": 1}})),
        (Provider::Kaleyra, json!({"meta_object": {"value": {"statuses": beside("kaleyra")}}, "status": 7})),
    ]);
    for (provider, body) in bodies {
        assert_eq!(authentic(&shop, provider, &body).over_http(&shop).await, empty(200), "{provider}");
        for id in [provider.name().to_owned(), format!("{provider}2")] {
            let item = message(&shop, provider, &id).await.unwrap_or_else(|| panic!("{id}"));
            assert_eq!(super::text(&item, "read_at"), Some("2026-11-20T09:00:00.000Z"), "{id}");
        }
    }
}
