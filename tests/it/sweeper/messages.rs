//! 1MSG messages whose callbacks are missing.

use std::time::Duration;

use serde_json::json;
use shared::delivery::{DeliveryStatus, FactKind};
use shared::message::MessageKey;
use shared::sender_scope::SenderScope;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{accepted, counts, fact, message_item, opening, polls, sweep, sweep_with, table};
use crate::support::{Event, Opening, Shop};

/// A provider that gives this answer to every request.
async fn provider(answer: impl Into<Vec<u8>>) -> String {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _read = stream.read(&mut request).await;
            let _written = stream.write_all(&answer).await;
        }
    });
    url
}

async fn silent_shop() -> Shop {
    let shop = opening().open().await;
    shop.simulator().stop_callbacks();
    shop
}

async fn silent_since_accepted(shop: &Shop, order: &str) -> MessageKey {
    let message = accepted(shop, order).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    message
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn polling_replaces_lost_callbacks() {
    let shop = Opening::default().swept().open().await;
    shop.publish(&Event::sample("stock-arrived").order("S1").magic(6)).await;
    let view = shop.until_status("S1", DeliveryStatus::Read).await;
    let facts = view.facts();
    assert!(facts.sent_at.is_some() && facts.delivered_at.is_some());
    assert!(shop.the_send_about("S1").callbacks.is_empty());
    let item = message_item(&shop, &view.messages[0].message).await;
    assert!(!item.contains_key("due_at") && !item.contains_key("due_bucket"), "{:?}", item.keys());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undocumented_polling_answer_is_read() {
    let hook = r#"{"type":"message","status":"read","timestamp":"1795165200000"}"#;
    for body in [
        format!("\u{feff}{{\"hooks\":[{hook},]}}").into_bytes(),
        format!("{{\"hooks\":[{hook}]}}").encode_utf16().flat_map(u16::to_be_bytes).collect(),
        format!("[[{hook}]]").into_bytes(),
        format!("{{\"ack\":{hook}}}\n{{\"messages\":[]}}").into_bytes(),
        serde_json::to_vec(&format!("{{\"hooks\":{hook}}}")).unwrap(),
    ] {
        let shop = silent_shop().await;
        silent_since_accepted(&shop, "S20").await;
        let head = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\nX-Odd Header: 1\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let url = provider([head.as_bytes(), &body].concat()).await;
        let summary = sweep_with(&shop, &[("ONEMSG_BASE_URL", url.as_str())]).await;
        assert_eq!(counts(&summary), json!({"due": 1, "polled": 1, "new_facts": 1}), "{body:?}");
        let facts = shop.notification("S20").await.facts();
        assert_eq!(facts.read_at, Some("2026-11-20T09:00:00Z".parse().unwrap()), "{body:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_message_is_polled_ever_less_often_and_never_fails() {
    for answer in [
        "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 12\r\nconnection: close\r\n\r\n{\"hooks\":[]}",
        "HTTP/1.1 500 Oops\r\ncontent-length: 20\r\nconnection: close\r\n\r\n",
    ] {
        let shop = silent_shop().await;
        let message = silent_since_accepted(&shop, "S2").await;
        let url = provider(answer).await;
        let settings = [("ONEMSG_BASE_URL", url.as_str()), ("SILENT_AFTER", "10m")];
        let summary = sweep_with(&shop, &settings).await;
        assert_eq!(counts(&summary), json!({"due": 1, "polled": 1}), "{answer}");
        assert_eq!(counts(&sweep_with(&shop, &settings).await), json!({}), "{answer}");

        let item = message_item(&shop, &message).await;
        assert_eq!(item["polls"].as_n().unwrap(), "1");
        let next: jiff::Timestamp = item["due_at"].as_s().unwrap().parse().unwrap();
        let pause = next.duration_since(jiff::Timestamp::now());
        assert!((19..=20).contains(&pause.as_mins()), "{answer}: {pause:?}");
        let view = shop.notification("S2").await;
        assert_eq!(view.delivery_status(), Some(DeliveryStatus::Accepted), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_credentials_are_retried_once_and_then_end_the_runs_polling() {
    let shop = silent_shop().await;
    for order in ["S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S12", "S13", "S14"] {
        accepted(&shop, order).await;
    }
    let url = provider("HTTP/1.1 401 No\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").await;
    let summary = sweep_with(&shop, &[("ONEMSG_BASE_URL", &url)]).await;
    assert_eq!(summary["due"], 12);
    assert_ne!(summary["skipped"], 0, "{summary}");
    assert_eq!((&summary["failed"], &summary["unconfirmed"]), (&json!(0), &json!(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_horizon_a_silent_message_is_unconfirmed_until_a_callback() {
    let shop = silent_shop().await;
    let message = silent_since_accepted(&shop, "S15").await;
    let url = provider("HTTP/1.1 404 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    let settings = [("ONEMSG_BASE_URL", url.as_str()), ("UNCONFIRMED_AFTER", "1ms")];
    assert_eq!(counts(&sweep_with(&shop, &settings).await), json!({"due": 1, "unconfirmed": 1}));
    assert_eq!(counts(&sweep_with(&shop, &settings).await), json!({}), "polling has ended");

    let view = shop.notification("S15").await;
    assert!(view.messages[0].unconfirmed_at.is_some());
    assert_eq!(view.delivery_status(), Some(DeliveryStatus::Accepted));

    table(&shop)
        .store_facts(&fact(&message, FactKind::Delivered), &SenderScope::only(None), jiff::Timestamp::now())
        .await
        .unwrap();
    let view = shop.notification("S15").await;
    assert_eq!(view.messages[0].unconfirmed_at, None);
    assert_eq!(view.delivery_status(), Some(DeliveryStatus::Delivered));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_horizon_a_message_is_polled_once_more_before_it_is_unconfirmed() {
    let shop = silent_shop().await;
    silent_since_accepted(&shop, "S16").await;
    shop.simulator().callbacks_settled().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let summary = sweep_with(&shop, &[("UNCONFIRMED_AFTER", "1ms")]).await;
    assert_eq!(counts(&summary), json!({"due": 1, "polled": 1, "new_facts": 3}));
    let view = shop.notification("S16").await;
    assert_eq!((view.delivery_status(), view.messages[0].unconfirmed_at), (Some(DeliveryStatus::Read), None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_final_fact_stops_polling() {
    for (kind, is_due) in [
        (FactKind::Sent, true),
        (FactKind::Delivered, false),
        (FactKind::Read, false),
        (FactKind::Failed, false),
    ] {
        let shop = silent_shop().await;
        let message = silent_since_accepted(&shop, "S17").await;
        table(&shop)
            .store_facts(&fact(&message, kind), &SenderScope::only(None), jiff::Timestamp::now())
            .await
            .unwrap();
        assert_eq!(message_item(&shop, &message).await.contains_key("due_at"), is_due, "{kind:?}");
        sweep(&shop).await;
        assert_eq!(polls(&shop), usize::from(is_due), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_with_an_early_final_callback_is_never_polled() {
    let shop = opening().open().await;
    // Its callbacks arrive before the reply.
    shop.publish(&Event::sample("stock-arrived").order("S18").magic(5)).await;
    let view = shop.until_status("S18", DeliveryStatus::Read).await;
    shop.until_quiet().await;
    let item = message_item(&shop, &view.messages[0].message).await;
    assert!(item.contains_key("accepted_at") && item.contains_key("order_number"));
    assert!(!item.contains_key("due_at"), "it is in the index again");
    assert_eq!(counts(&sweep(&shop).await), json!({}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn providers_without_polling_are_not_polled() {
    for provider in [shared::provider::Provider::Kaleyra, shared::provider::Provider::Meta] {
        let shop = opening().preferring(provider).open().await;
        shop.simulator().stop_callbacks();
        let message = accepted(&shop, "S19").await;
        assert_eq!(message.provider, provider);
        assert_eq!(counts(&sweep(&shop).await), json!({}));
    }
}
