//! WhatsApp by AWS, end to end: order events, the requests to End User Messaging Social, and its events.

use std::time::Duration;

use local::simulator::aws::{AwsSend, AwsService, AwsTopic, AwsTrouble};
use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::protocol::{ReasonClass, State};
use shared::provider::Provider;
use shared::table::NotificationRow;

use crate::support::fallback::{self, cancelled};
use crate::support::{Event, Opening, Shop, eventually};
use crate::sweeper::sweep_with;

const READ: u8 = 0;
const FAILS: u8 = 2;
const THROTTLED_ONCE: u8 = 10;
const ACCESS_DENIED: u8 = 33;
const ACCEPTED_IN_SILENCE: u8 = 21;
/// The shortest timeout that leaves a send more than its minimum time.
const SHORT_INVOCATION: Duration = Duration::from_secs(9);

/// A shop that cancels orders by WhatsApp of AWS alone.
fn opening(topic: Option<AwsTopic>) -> Opening {
    Opening::default().catalogue(fallback::by_aws).options(|options| options.aws_topic = topic)
}

/// Lets a text message or an e-mail follow.
fn with_fallback(catalogue: &mut toml::Table) {
    fallback::by_aws(catalogue);
    fallback::add(catalogue);
}

fn event(order: &str, magic: u8) -> Event {
    Event::sample(fallback::ENTRY).order(order).magic(magic)
}

fn sends(shop: &Shop) -> Vec<AwsSend> {
    shop.simulator().aws_ledger().accepted_by(AwsService::WhatsApp).cloned().collect()
}

/// A notification of a topic with this item of `statuses[]`, and AWS's id beside the entry.
fn of_topic(item: &Value, message_id: Option<&str>) -> String {
    let entry = json!({"id": "1163793972139053", "changes": [{"field": "messages",
        "value": {"messaging_product": "whatsapp", "statuses": [item]}}]});
    let mut message = json!({"whatsAppWebhookEntry": entry.to_string(), "aws_account_id": "111122223333",
        "message_timestamp": "2026-11-20T09:00:03.27Z"});
    if let Some(id) = message_id {
        message["messageId"] = id.into();
    }
    json!({"Type": "Notification", "Message": message.to_string()}).to_string()
}

fn ids(view: &NotificationRow) -> Vec<&str> {
    view.messages.iter().map(|row| row.message.id.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_accepted_and_read() {
    let shop = opening(None).open().await;
    shop.publish(&event("W1", READ)).await;
    let view = shop.until_status("W1", DeliveryStatus::Read).await;
    let [send] = sends(&shop).try_into().unwrap();
    let object: Value = serde_json::from_str(&send.text).unwrap();
    assert_eq!(object["template"]["name"], "order_cancelled");
    assert_eq!(send.reference.as_deref(), Some(view.reference.to_wire().as_str()));
    assert_eq!((view.record.provider, ids(&view)), (Some(Provider::AwsWhatsApp), vec![&*send.message_id]));
    let facts = view.facts();
    assert!(facts.sent_at.is_some() && facts.delivered_at.is_some() && facts.read_at.is_some(), "{facts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_returns_our_reference_adds_the_id_of_meta() {
    let shop = opening(Some(AwsTopic::WithKey)).open().await;
    shop.publish(&event("W2", READ)).await;
    shop.until_status("W2", DeliveryStatus::Read).await;
    shop.simulator().callbacks_settled().await;
    until_stored(&shop).await;
    let view = shop.notification("W2").await;
    let [send] = sends(&shop).try_into().unwrap();
    let known = ids(&view);
    assert!(known.contains(&&*send.message_id), "{known:?}");
    assert!(known.iter().any(|id| id.starts_with("wamid.")) && known.len() == 2, "{known:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_without_our_reference_repeats_the_facts_of_the_bus() {
    let shop = opening(Some(AwsTopic::WithoutKey)).open().await;
    shop.publish(&event("W3", READ)).await;
    let view = shop.until_status("W3", DeliveryStatus::Read).await;
    let [send] = sends(&shop).try_into().unwrap();
    assert_eq!(ids(&view), [&*send.message_id]);
    shop.simulator().callbacks_settled().await;
    until_stored(&shop).await;
    assert!(shop.local.delivery_events().dead_letters().is_empty());
    // Each fact once, although the bus and the topic name the message by different ids.
    shop.until_published("W3").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_without_our_reference_brings_what_the_bus_has_lost() {
    let shop = Opening::default().catalogue(with_fallback).paced().open().await;
    shop.simulator().set_aws_trouble(AwsService::WhatsApp, Some(AwsTrouble::EventsLost));
    for (order, statuses) in
        [("W10", ["accepted", "delivered", "read"]), ("W11", ["read", "accepted", "delivered"])]
    {
        shop.publish(&cancelled(order, READ)).await;
        let view = shop.until_state(order, State::Accepted).await;
        shop.until_quiet().await;
        let wire = view.reference.to_wire();
        let send = sends(&shop).into_iter().find(|send| send.reference.as_ref() == Some(&wire)).unwrap();
        for status in statuses {
            let at = shop.clock().now().as_second().to_string();
            let item = json!({"id": format!("wamid.{}", send.message_id), "status": status, "timestamp": at});
            let id = (status == "accepted").then_some(&*send.message_id);
            shop.local.delivery_events().send(of_topic(&item, id));
            until_stored(&shop).await;
        }
        let read = shop.until_status(order, DeliveryStatus::Read).await;
        assert!(read.facts().delivered_at.is_some() && read.facts().sent_at.is_some(), "{read:?}");
        assert_eq!(ids(&read), [&*send.message_id]);
        shop.until_published(order).await;
    }
    shop.clock().advance(fallback::WAIT);
    sweep_with(&shop, &[]).await;
    shop.until_quiet().await;
    for order in ["W10", "W11"] {
        assert!(fallback::texts_about(&shop, order).is_empty(), "{order}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_has_the_code_of_meta() {
    let shop = opening(None).open().await;
    shop.publish(&event("W4", FAILS)).await;
    let view = shop.until_status("W4", DeliveryStatus::Failed).await;
    assert_eq!(view.facts().failure.unwrap().code.as_deref(), Some("131026"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_that_aws_itself_reports_is_about_the_message_with_its_id() {
    let shop = opening(None).open().await;
    shop.simulator().set_aws_trouble(AwsService::WhatsApp, Some(AwsTrouble::EventsLost));
    shop.publish(&event("W5", READ)).await;
    shop.until_state("W5", State::Accepted).await;
    shop.until_quiet().await;
    let [send] = sends(&shop).try_into().unwrap();
    let item = json!({"status": "failed", "timestamp": "1795165202",
        "errors": [{"code": 131_053, "title": "Media upload error", "message": "Media upload error"}]});
    shop.local.delivery_events().send(of_topic(&item, Some(&send.message_id)));
    let view = shop.until_status("W5", DeliveryStatus::Failed).await;
    assert_eq!(view.facts().failure.unwrap().code.as_deref(), Some("131053"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_without_an_answer_is_held_unless_the_topic_returns_our_reference() {
    for (topic, state) in [
        (None, State::Held),
        (Some(AwsTopic::WithoutKey), State::Held),
        (Some(AwsTopic::WithKey), State::Accepted),
    ] {
        let opening = opening(topic).setting("CONFIRMATION_WINDOW", "1s").function_timeout(SHORT_INVOCATION);
        let shop = opening.open().await;
        shop.publish(&event("W6", ACCEPTED_IN_SILENCE)).await;
        let view = shop.until_state("W6", state).await;
        assert_eq!(sends(&shop).len(), 1, "{topic:?}");
        if state == State::Held {
            assert!(view.record.unclear, "{topic:?}");
        } else {
            shop.until_status("W6", DeliveryStatus::Read).await;
        }
        shop.until_quiet().await;
        assert_eq!(sends(&shop).len(), 1, "{topic:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_that_has_seen_its_reference_come_back_can_have_it_sent_again() {
    let opening = opening(Some(AwsTopic::WithoutKey)).setting("UNKNOWN_OUTCOME", "aws-whatsapp=resend");
    let opening = opening.setting("CONFIRMATION_WINDOW", "1s").function_timeout(SHORT_INVOCATION);
    let shop = opening.open().await;
    shop.publish(&event("W9", ACCEPTED_IN_SILENCE)).await;
    // The second send has no answer either, and is the last.
    shop.until_state("W9", State::Held).await;
    assert_eq!(sends(&shop).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttled_request_is_tried_again() {
    let shop = opening(None).open().await;
    shop.publish(&event("W7", THROTTLED_ONCE)).await;
    let view = shop.until_status("W7", DeliveryStatus::Read).await;
    assert_eq!((view.record.attempt, sends(&shop).len()), (1, 1));
    assert_eq!(shop.simulator().aws_ledger().requests, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_permission_the_notification_waits_a_minute_then_two_and_is_sent_once_permitted() {
    let shop = opening(None).open().await;
    shop.publish(&event("W8", ACCESS_DENIED)).await;
    let first = shop.until_state("W8", State::Waiting).await;
    let reason = first.record.reason.clone().unwrap();
    assert_eq!((reason.class, reason.code.as_str()), (ReasonClass::Credentials, "AccessDeniedException"));
    assert_eq!(wait(&first), Duration::from_mins(1));
    shop.clock().advance(Duration::from_secs(61));
    let second =
        shop.until("W8", "a second wait", |row| row.record.due_at > first.record.due_at).await.remove(0);
    assert_eq!((second.record.state, wait(&second)), (State::Waiting, Duration::from_mins(2)));
    assert!(sends(&shop).is_empty());

    // The recipient's own behaviour would refuse again.
    shop.simulator().set_aws_trouble(AwsService::WhatsApp, Some(AwsTrouble::EventsLost));
    shop.clock().advance(Duration::from_secs(121));
    shop.until_state("W8", State::Accepted).await;
    assert_eq!(sends(&shop).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_message_follows_a_failed_message() {
    let shop = Opening::default().catalogue(with_fallback).paced().open().await;
    shop.publish(&cancelled("W9", FAILS)).await;
    shop.until_status("W9", DeliveryStatus::Failed).await;
    shop.until_quiet().await;
    shop.local.published().await;
    shop.clock().advance(Duration::from_mins(1));
    sweep_with(&shop, &[]).await;
    shop.until_quiet().await;
    assert_eq!((sends(&shop).len(), fallback::texts_about(&shop, "W9").len()), (1, 1));
    eventually("a delivered text message", async || {
        let rows = shop.order("W9").await;
        let text = rows.iter().find(|row| row.record.provider == Some(Provider::AwsSms));
        let status = text.and_then(NotificationRow::delivery_status);
        if status == Some(DeliveryStatus::Delivered) { Ok(()) } else { Err(format!("{status:?}")) }
    })
    .await;
    assert!(fallback::emails_about(&shop, "W9").is_empty());
}

/// How long a waiting notification waits, in whole seconds.
fn wait(row: &NotificationRow) -> Duration {
    let wait = row.record.due_at.unwrap().duration_since(row.updated_at);
    Duration::from_secs(wait.as_secs().unsigned_abs())
}

/// Waits until delivery-events has stored every event.
async fn until_stored(shop: &Shop) {
    eventually("an empty queue of delivery events", async || {
        let depth = shop.local.delivery_events().depth();
        if depth.visible + depth.in_flight == 0 { Ok(()) } else { Err(format!("{depth:?}")) }
    })
    .await;
}
