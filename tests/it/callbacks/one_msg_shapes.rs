//! Every format of 1MSG's reports that has been observed.

use local::environment::TABLE;
use local::simulator::CallbackAnswer;
use serde_json::{Value, json};
use shared::delivery::{DeliveryFacts, DeliveryStatus};
use shared::message::MessageKey;
use shared::protocol::State;
use shared::provider::Provider;
use shared::sender_scope::SenderScope;
use shared::table::Table;

use super::{Accepted, ORDER, accepted_by};
use crate::support::{Event, Opening, Shop, simulated};

const AT: u64 = 1_795_165_200;

async fn post(shop: &Shop, body: &Value) {
    let answer =
        shop.simulator().post_callback(simulated(Provider::OneMsg), body.to_string().as_bytes()).await;
    assert_eq!(answer, CallbackAnswer::Status(200), "{body}");
}

async fn facts(shop: &Shop) -> DeliveryFacts {
    shop.notification(ORDER).await.facts()
}

#[tokio::test]
async fn acks_beside_customers_messages_are_stored() {
    let Accepted { shop, id, .. } = accepted_by(Provider::OneMsg).await;
    let ack = |status: &str| {
        json!({"id": id, "bsuid": "US.1", "phone": "12025550106", "chatId": "12025550106@c.us",
        "status": status, "category": "utility", "userName": null})
    };
    let inbound = json!({"id": "wamid.inbound", "body": "Thank you!", "type": "chat", "senderName": "Alexey",
        "author": "12025550106@c.us", "chatId": "12025550106@c.us", "time": AT, "self": 0});
    post(
        &shop,
        &json!({"instanceId": "ODI1", "messages": [inbound, inbound], "ack": [ack("sent"), ack("delivered")]}),
    )
    .await;
    let facts = facts(&shop).await;
    assert!(facts.sent_at.is_some() && facts.delivered_at.is_some() && facts.read_at.is_none());
    assert_eq!(shop.item("MESSAGE#onemsg#wamid.inbound", "MESSAGE").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_settles_a_notification_that_its_sender_left_unsettled() {
    let shop = Opening::default().unknown_outcome("hold", "1s").open().await;
    shop.publish(&Event::sample("order-cancelled").order(ORDER).magic(23)).await;
    shop.until_state(ORDER, State::Held).await;
    // The state after `ops resolve` was interrupted before it wrote the acceptance.
    let view = shop.notification(ORDER).await;
    let message = MessageKey::try_from("onemsg#wamid.M".to_owned()).unwrap();
    let table = Table::new(shop.local.dynamodb().client(), TABLE);
    table
        .map_message(
            &message,
            &view.reference,
            &view.notification,
            &view.names,
            &SenderScope::only(None),
            jiff::Timestamp::now(),
        )
        .await
        .unwrap();
    assert_eq!(shop.notification(ORDER).await.record.state, State::Held);
    post(&shop, &json!({"ack": [{"id": "wamid.M", "status": "read"}]})).await;
    let view = shop.notification(ORDER).await;
    assert_eq!((view.record.state, view.delivery_status()), (State::Accepted, Some(DeliveryStatus::Read)));
}

#[tokio::test]
async fn every_list_id_and_status_word_is_read() {
    for (body, status) in [
        (
            json!({"hooks": [{"id": "ID", "type": "message", "status": "sent", "timestamp": AT}]}),
            DeliveryStatus::Sent,
        ),
        (json!({"ack": {"id": "ID", "status": "delivered"}}), DeliveryStatus::Delivered),
        (json!({"acks": [{"messageId": "ID", "status": "read"}]}), DeliveryStatus::Read),
        (json!({"statuses": {"message_id": "ID", "status": "viewed"}}), DeliveryStatus::Read),
        (json!({"ack": [{"id": "ID", "status": "played"}], "channelId": "359900"}), DeliveryStatus::Read),
        (json!({"ack": [{"id": "ID", "status": "undelivered"}]}), DeliveryStatus::Failed),
        (
            json!([{"type": "calls"}, {"hooks": {"id": "ID", "status": "DELIVERED"}}]),
            DeliveryStatus::Delivered,
        ),
        (
            json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages",
                "value": {"statuses": [{"id": "ID", "status": "read", "timestamp": AT.to_string()}]}}]}]}),
            DeliveryStatus::Read,
        ),
    ] {
        let Accepted { shop, id, .. } = accepted_by(Provider::OneMsg).await;
        let body: Value = body.to_string().replace("ID", &id).parse().unwrap();
        post(&shop, &body).await;
        assert_eq!(shop.notification(ORDER).await.delivery_status(), Some(status), "{body}");
    }
}

#[tokio::test]
async fn error_texts_become_their_codes() {
    for (error, code) in [
        (json!("User's number is part of an experiment"), Some("130472")),
        (json!("This message was not delivered to maintain healthy ecosystem engagement."), Some("131049")),
        (json!("Message failed to send because more than 24 hours have passed"), Some("131047")),
        (json!("Re-engagement message"), Some("131047")),
        (json!({"code": 131_026, "title": "Message undeliverable"}), Some("131026")),
        (json!("(#131026) Message undeliverable"), Some("131026")),
        (json!("The phone was switched off"), None),
    ] {
        let Accepted { shop, id, .. } = accepted_by(Provider::OneMsg).await;
        post(&shop, &json!({"ack": [{"id": id, "status": "failed", "error": error}]})).await;
        let view = shop.notification(ORDER).await;
        assert_eq!(view.delivery_status(), Some(DeliveryStatus::Failed), "{error}");
        let failure = view.facts().failure.unwrap();
        assert_eq!(failure.code.as_deref(), code, "{error}");
        assert!(!failure.text.is_empty(), "{error}");
    }
}

#[tokio::test]
async fn calls_and_customers_messages_alone_change_nothing() {
    let Accepted { shop, id, .. } = accepted_by(Provider::OneMsg).await;
    let before = shop.scan().await;
    for body in [
        json!({"type": "calls", "calls": [{"id": id, "event": "connect", "from": "12025550106"}]}),
        json!({"messages": [{"id": id, "body": "hi", "status": "read"}]}),
        json!({"instanceId": "ODI1", "ack": []}),
        json!({"hooks": null}),
    ] {
        post(&shop, &body).await;
    }
    assert_eq!(shop.scan().await, before);
}
