//! Every format of Kaleyra's reports: the V2 envelope, its flat "not sent", and the variables of V1 profiles.

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use local::environment::TABLE;
use local::simulator::CallbackAnswer;
use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::message::MessageKey;
use shared::provider::Provider;

use super::{Accepted, ORDER, accepted_by, accepted_with_number};
use crate::support::{Shop, simulated};
use crate::webhook::{kaleyra, text};

const AT: u64 = 1_795_165_200;

async fn post(shop: &Shop, body: &Value) {
    let answer =
        shop.simulator().post_callback(simulated(Provider::Kaleyra), body.to_string().as_bytes()).await;
    assert_eq!(answer, CallbackAnswer::Status(200), "{body}");
}

/// The order's message has exactly these ids, and each of them leads to the order.
async fn assert_ids(shop: &Shop, ids: &[&str]) {
    let view = shop.notification(ORDER).await;
    let mut expected: Vec<MessageKey> =
        ids.iter().map(|id| format!("kaleyra#{id}").try_into().unwrap()).collect();
    expected.sort();
    assert_eq!(view.messages.iter().map(|it| it.message.clone()).collect::<Vec<_>>(), expected);
    for id in ids {
        let item = shop.item(&format!("MESSAGE#kaleyra#{id}"), "MESSAGE").await.unwrap();
        assert_eq!(text(&item, "order_number"), Some(ORDER));
        assert_eq!(text(&item, "notification_key"), Some(view.reference.key.as_str()));
    }
}

#[tokio::test]
async fn a_report_is_matched_by_our_reference_and_its_ids_become_aliases() {
    let Accepted { shop, id, reference } = accepted_by(Provider::Kaleyra).await;
    let status = json!({"id": "0123456789abcdef0123456789abcdef", "status": "delivered", "timestamp": AT.to_string(),
        "recipient_id": "12025550106"});
    post(
        &shop,
        &json!({"meta_object": {"value": {"messaging_product": "whatsapp", "metadata": {}, "statuses": [status]},
                "field": "messages"},
            "extra_info": {"message_id": "wamid.A", "waba_id": "1", "ref": reference, "ref1": "stock-arrived"},
            "status": "delivered", "message_id": "wamid.A"}),
    )
    .await;
    let view = shop.notification(ORDER).await;
    assert_eq!(view.delivery_status(), Some(DeliveryStatus::Delivered));
    assert_eq!(view.facts().delivered_at, Some("2026-11-20T09:00:00Z".parse().unwrap()));
    assert_ids(&shop, &[&id, "wamid.A", "0123456789abcdef0123456789abcdef"]).await;

    // From here on every alias is sufficient without the reference.
    post(&shop, &json!({"status": "READ", "message_id": "wamid.A", "extra_info": {}})).await;
    assert_eq!(shop.notification(ORDER).await.delivery_status(), Some(DeliveryStatus::Read));
    post(&shop, &json!({"id": id, "status": "SENT"})).await;
    assert!(shop.notification(ORDER).await.facts().sent_at.is_some());
    assert_ids(&shop, &[&id, "wamid.A", "0123456789abcdef0123456789abcdef"]).await;
}

#[tokio::test]
async fn a_repeated_report_stores_the_mapping_of_its_ids_again() {
    let Accepted { shop, id, reference } = accepted_by(Provider::Kaleyra).await;
    let report = |status: &str| json!({"status": status, "message_id": "wamid.A", "extra_info": {"ref": reference, "message_id": "wamid.B"}});
    let alias = || shop.item("MESSAGE#kaleyra#wamid.B", "MESSAGE");
    post(&shop, &report("sent")).await;
    assert_ids(&shop, &[&id, "wamid.A", "wamid.B"]).await;
    // The state after a kill between the call's two writes: only a repetition of the same call repairs it.
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let delete = shop.local.dynamodb().client().delete_item().table_name(TABLE);
    delete.key("pk", key("MESSAGE#kaleyra#wamid.B")).key("sk", key("MESSAGE")).send().await.unwrap();
    post(&shop, &report("delivered")).await;
    assert_eq!(alias().await, None);
    post(&shop, &report("sent")).await;
    assert_ids(&shop, &[&id, "wamid.A", "wamid.B"]).await;
    assert_eq!(shop.notification(ORDER).await.delivery_status(), Some(DeliveryStatus::Delivered));
}

#[tokio::test]
async fn a_not_sent_report_is_a_failure_with_its_reason() {
    for (status, code, reason) in [
        ("not sent", "WAV2101", "Account daily limit reached"),
        ("NOT-SENT", "131026", "Message undeliverable"),
        ("failed", "130472", "User's number is part of an experiment"),
    ] {
        let Accepted { shop, id, reference } = accepted_by(Provider::Kaleyra).await;
        post(
            &shop,
            &json!({"code": code, "status": status, "reason": reason, "message_id": "wamid.A",
                "extra_info": {"message_id": "wamid.A", "ref": reference}}),
        )
        .await;
        let view = shop.notification(ORDER).await;
        assert_eq!(view.delivery_status(), Some(DeliveryStatus::Failed), "{status}");
        assert_eq!(view.facts().failure.unwrap().code.as_deref(), Some(code));
        assert_ids(&shop, &[&id, "wamid.A"]).await;
    }
}

#[tokio::test]
async fn v1_variables_are_read_from_query_json_and_form() {
    let Accepted { shop, id, reference } = accepted_by(Provider::Kaleyra).await;
    let reference = reference.unwrap();
    let pairs = |status: &str, id: &str| {
        let encoded = reference.replace('/', "%2F");
        format!("id={id}&status={status}&timestamp={AT}&mobile=12025550106&ref={encoded}&ref1=a&ref2=b")
    };
    let query = kaleyra(&shop, "").method(Method::GET).query(pairs("SENT", "4f2a%3A0"));
    let form = kaleyra(&shop, &pairs("DELIVERED", "4f2a%3A0"))
        .header("content-type", "application/x-www-form-urlencoded");
    let body =
        json!({"id": "4f2a:1", "status": "READ", "timestamp": AT, "mobile": "12025550106", "ref": reference});
    let json = kaleyra(&shop, &body);
    for (call, status) in
        [(query, DeliveryStatus::Sent), (form, DeliveryStatus::Delivered), (json, DeliveryStatus::Read)]
    {
        assert_eq!(call.over_http(&shop).await.status, 200, "{status}");
        let view = shop.notification(ORDER).await;
        assert_eq!(view.delivery_status(), Some(status));
    }
    assert_ids(&shop, &[&id, "4f2a:0", "4f2a:1"]).await;
}

#[tokio::test]
async fn a_v1_failure_is_a_zero_with_its_error() {
    let Accepted { shop, reference, .. } = accepted_by(Provider::Kaleyra).await;
    let reference = reference.unwrap().replace('/', "%2F");
    let query = format!("id=4f2a%3A0&status=0&error=Number+barred&error_code=131026&ref={reference}");
    let call = kaleyra(&shop, "").method(Method::GET).query(query);
    assert_eq!(call.over_http(&shop).await.status, 200);
    let view = shop.notification(ORDER).await;
    assert_eq!(view.delivery_status(), Some(DeliveryStatus::Failed));
    assert_eq!(view.facts().failure.unwrap().code.as_deref(), Some("131026"));
}

#[tokio::test]
async fn our_reference_identifies_the_order_without_an_id() {
    for member in ["ref", "ref1", "ref2"] {
        let Accepted { shop, reference, .. } = accepted_by(Provider::Kaleyra).await;
        let reference = reference.unwrap();
        let query = format!("status=%22delivered%22&{member}=%22{}%22", reference.replace('/', "%2F"));
        let call = kaleyra(&shop, "").method(Method::GET).query(query);
        for _repeated in 0..2 {
            assert_eq!(call.over_http(&shop).await.status, 200);
            assert_eq!(
                shop.notification(ORDER).await.delivery_status(),
                Some(DeliveryStatus::Delivered),
                "{member}"
            );
        }
        post(&shop, &json!({"status": "read", "extra_info": {member: reference}})).await;
        let view = shop.notification(ORDER).await;
        assert_eq!(view.delivery_status(), Some(DeliveryStatus::Read), "{member}");
        // The reply's id, and the substitute for the missing one.
        assert_eq!(view.messages.len(), 2);
    }
}

#[tokio::test]
async fn an_order_number_with_reserved_characters_is_recognised() {
    let order = "#20&31+%";
    let Accepted { shop, reference, .. } = accepted_with_number(Provider::Kaleyra, order).await;
    // Callers don't encode the reference; a `#` would end the query.
    let query = format!("ref={}&status=delivered", reference.unwrap());
    let call = kaleyra(&shop, "").method(Method::GET).query(query);
    assert_eq!(call.over_http(&shop).await.status, 200);
    assert_eq!(shop.notification(order).await.delivery_status(), Some(DeliveryStatus::Delivered));
    // A reference of an older release.
    let key = shop.notification(order).await.reference.key;
    post(&shop, &json!({"status": "read", "extra_info": {"ref": format!("notification/{key}/{order}")}}))
        .await;
    assert_eq!(shop.notification(order).await.delivery_status(), Some(DeliveryStatus::Read));
}

#[tokio::test]
async fn a_form_with_nested_members_and_a_post_with_a_query_are_read() {
    let Accepted { shop, reference, .. } = accepted_by(Provider::Kaleyra).await;
    let reference = reference.unwrap().replace('/', "%2F");
    let form = format!("extra_info%5Bref%5D={reference}&status=delivered");
    let call = kaleyra(&shop, &form).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(call.over_http(&shop).await.status, 200);
    assert_eq!(shop.notification(ORDER).await.delivery_status(), Some(DeliveryStatus::Delivered));
    let query = kaleyra(&shop, "").query(format!("ref={reference}&status=read"));
    assert_eq!(query.over_http(&shop).await.status, 200);
    assert_eq!(shop.notification(ORDER).await.delivery_status(), Some(DeliveryStatus::Read));
}

#[tokio::test]
async fn a_payment_changes_no_order_and_an_extra_comma_loses_no_report() {
    let Accepted { shop, reference, .. } = accepted_by(Provider::Kaleyra).await;
    let before = shop.notification(ORDER).await;
    post(&shop, &json!({"message_id": "wamid.A", "type": "payment", "status": "failed", "extra_info": {"ref": reference}})).await;
    assert_eq!(shop.notification(ORDER).await, before);
    let body =
        json!({"message_id": "wamid.A", "status": "sent", "extra_info": {"ref": reference}}).to_string();
    let body = body.replace("\"status\":\"sent\"", "\"status\":\"sent\" \"more\":[1,]");
    assert!(serde_json::from_str::<Value>(&body).is_err());
    assert_eq!(kaleyra(&shop, &body).over_http(&shop).await.status, 200, "{body}");
    assert_eq!(shop.notification(ORDER).await.delivery_status(), Some(DeliveryStatus::Sent));
}

#[tokio::test]
async fn a_foreign_or_unknown_reference_changes_no_order() {
    let Accepted { shop, .. } = accepted_by(Provider::Kaleyra).await;
    let before = shop.notification(ORDER).await;
    for (n, reference) in
        ["customer-7", "notification/unknown/10482", "notification/unknown/777"].into_iter().enumerate()
    {
        let id = format!("foreign-{n}");
        post(&shop, &json!({"status": "read", "message_id": id, "extra_info": {"ref": reference}})).await;
        assert!(shop.item(&format!("MESSAGE#kaleyra#{id}"), "MESSAGE").await.is_some(), "{reference}");
    }
    assert_eq!(shop.notification(ORDER).await, before);
    assert_eq!(shop.order("777").await, []);
}
