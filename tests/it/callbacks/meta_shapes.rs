//! Meta's envelope: every status in it counts, and entries that aren't statuses have no effect.

use local::simulator::CallbackAnswer;
use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::provider::Provider;

use super::{Accepted, ORDER, accepted_by};
use crate::support::{Shop, simulated};

const AT: u64 = 1_795_165_200;

async fn post(shop: &Shop, body: &Value) {
    let answer = shop.simulator().post_callback(simulated(Provider::Meta), body.to_string().as_bytes()).await;
    assert_eq!(answer, CallbackAnswer::Status(200), "{body}");
}

fn change(value: &Value) -> Value {
    json!({"field": "messages", "value": value})
}

#[tokio::test]
async fn every_status_of_every_change_of_every_entry_is_stored() {
    let Accepted { shop, id, .. } = accepted_by(Provider::Meta).await;
    let statuses = |word: &str| {
        json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"},
            "contacts": [{"wa_id": "12025550106", "profile": {"name": "Alexey"}}],
            "statuses": [{"id": id, "status": word, "timestamp": AT.to_string(),
                "conversation": {"id": "c", "expiration_timestamp": AT + 86400}, "pricing": {"billable": true}}]})
    };
    let inbound = json!({"messages": [{"id": "wamid.I", "from": "12025550106", "text": {"body": "Thanks"}}]});
    let template = json!({"field": "message_template_status_update",
        "value": {"event": "PAUSED", "message_template_name": "order_cancelled"}});
    let other =
        json!({"field": "account_update", "value": {"statuses": [{"id": "wamid.other", "status": "read"}]}});
    post(
        &shop,
        &json!({"object": "whatsapp_business_account", "entry": [
            {"id": "1", "changes": [template, change(&inbound), change(&statuses("sent"))]},
            {"id": "2", "changes": [change(&json!({"errors": [{"code": 131_048, "title": "t"}]})), other]},
            {"id": "3", "changes": []}, {"id": "4"}, null,
            {"id": "5", "changes": [change(&statuses("delivered")), change(&statuses("read"))]}]}),
    )
    .await;
    let view = shop.notification(ORDER).await;
    let at = Some("2026-11-20T09:00:00Z".parse().unwrap());
    let facts = view.facts();
    assert_eq!(view.delivery_status(), Some(DeliveryStatus::Read));
    assert_eq!((facts.sent_at, facts.delivered_at, facts.read_at, facts.failed_at), (at, at, at, None));
    assert_eq!(view.messages.len(), 1);
    for id in ["wamid.I", "wamid.other"] {
        assert_eq!(shop.item(&format!("MESSAGE#meta#{id}"), "MESSAGE").await, None, "{id}");
    }
}

#[tokio::test]
async fn a_failure_is_stored_with_its_code_and_our_own_text() {
    let Accepted { shop, id, .. } = accepted_by(Provider::Meta).await;
    let status = json!({"id": id, "status": "failed", "timestamp": AT.to_string(), "errors": [
        {"code": 131_026, "title": "Message undeliverable", "message": "Message undeliverable",
         "error_data": {"details": "12025550106 is not on WhatsApp"}}, {"code": 1, "title": "second"}]});
    assert_eq!(shop.simulator().post_meta_statuses(vec![status]).await, CallbackAnswer::Status(200));
    let view = shop.notification(ORDER).await;
    assert_eq!(view.delivery_status(), Some(DeliveryStatus::Failed));
    let failure = view.facts().failure.unwrap();
    assert_eq!(failure.code.as_deref(), Some("131026"));
    assert!(!failure.text.is_empty() && !failure.text.contains("12025550106"), "{}", failure.text);
}

#[tokio::test]
async fn a_callback_with_our_reference_adds_another_id_to_the_order() {
    let Accepted { shop, id, reference } = accepted_by(Provider::Meta).await;
    let status = json!({"id": "wamid.second", "status": "read", "timestamp": AT.to_string(),
        "biz_opaque_callback_data": reference});
    assert_eq!(shop.simulator().post_meta_statuses(vec![status]).await, CallbackAnswer::Status(200));
    let view = shop.notification(ORDER).await;
    assert_eq!(view.delivery_status(), Some(DeliveryStatus::Read));
    let mut ids: Vec<_> = view.messages.iter().map(|it| it.message.id.as_str()).collect();
    ids.sort_unstable();
    let mut expected = [id.as_str(), "wamid.second"];
    expected.sort_unstable();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn phone_numbers_and_names_in_a_callback_are_not_stored() {
    let Accepted { shop, id, .. } = accepted_by(Provider::Meta).await;
    let status = json!({"id": id, "status": "failed", "timestamp": AT.to_string(), "recipient_id": "12025550106",
        "recipient_user_id": "US.13491208655302741918", "errors": [{"code": 999_999, "title": "for +1 202-555-0106",
        "message": "Wrong token EAAJB0123456789abcdefghij"}]});
    post(
        &shop,
        &json!({"entry": [{"changes": [change(&json!({"contacts": [{"wa_id": "12025550106",
            "profile": {"name": "Alexey"}}], "statuses": [status]}))]}]}),
    )
    .await;
    let items: Vec<String> = shop
        .scan()
        .await
        .into_iter()
        .map(|item| {
            let mut item = super::json_of(item);
            // The ids themselves are stored, because reports are found by them.
            for name in ["pk", "message_ids"] {
                item.as_object_mut().unwrap().remove(name);
            }
            item.to_string()
        })
        .collect();
    assert!(items.iter().any(|item| item.contains("failed_at")));
    for item in items {
        for personal in ["2025550106", "202-555-0106", "Alexey", "EAAJB", "13491208655302741918"] {
            assert!(!item.contains(personal), "{personal} in {item}");
        }
    }
}
