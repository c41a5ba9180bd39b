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
async fn the_ids_are(shop: &Shop, ids: &[&str]) {
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
async fn the_envelope_is_found_by_our_reference_and_its_ids_become_aliases() {
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
    the_ids_are(&shop, &[&id, "wamid.A", "0123456789abcdef0123456789abcdef"]).await;

    // From here on every alias is sufficient without the reference.
    post(&shop, &json!({"status": "READ", "message_id": "wamid.A", "extra_info": {}})).await;
    assert_eq!(shop.notification(ORDER).await.delivery_status(), Some(DeliveryStatus::Read));
    post(&shop, &json!({"id": id, "status": "SENT"})).await;
    assert!(shop.notification(ORDER).await.facts().sent_at.is_some());
    the_ids_are(&shop, &[&id, "wamid.A", "0123456789abcdef0123456789abcdef"]).await;
}

#[tokio::test]
async fn a_report_that_comes_again_stores_the_way_of_its_ids_once_more() {
    let Accepted { shop, id, reference } = accepted_by(Provider::Kaleyra).await;
    let report = |status: &str| json!({"status": status, "message_id": "wamid.A", "extra_info": {"ref": reference, "message_id": "wamid.B"}});
    let alias = || shop.item("MESSAGE#kaleyra#wamid.B", "MESSAGE");
    post(&shop, &report("sent")).await;
    the_ids_are(&shop, &[&id, "wamid.A", "wamid.B"]).await;
    // The state after a call was killed between its two writes: another call doesn't repair it, the call's own
    // repetition does.
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let delete = shop.local.dynamodb().client().delete_item().table_name(TABLE);
    delete.key("pk", key("MESSAGE#kaleyra#wamid.B")).key("sk", key("MESSAGE")).send().await.unwrap();
    post(&shop, &report("delivered")).await;
    assert_eq!(alias().await, None);
    post(&shop, &report("sent")).await;
    the_ids_are(&shop, &[&id, "wamid.A", "wamid.B"]).await;
    assert_eq!(shop.notification(ORDER).await.delivery_status(), Some(DeliveryStatus::Delivered));
}

#[tokio::test]
async fn what_was_not_sent_has_failed_for_its_reason() {
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
        the_ids_are(&shop, &[&id, "wamid.A"]).await;
    }
}

#[tokio::test]
async fn the_variables_of_v1_come_as_query_json_and_form() {
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
    the_ids_are(&shop, &[&id, "4f2a:0", "4f2a:1"]).await;
}

#[tokio::test]
async fn a_failure_of_v1_is_a_zero_with_its_error() {
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
async fn our_reference_finds_the_order_where_no_id_comes_back() {
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
async fn an_order_number_that_a_query_would_change_comes_back() {
    let order = "#20&31+%";
    let Accepted { shop, reference, .. } = accepted_with_number(Provider::Kaleyra, order).await;
    // Callers don't encode the reference; everything behind a `#` would be cut off.
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
async fn a_form_with_members_of_objects_and_a_post_with_a_query_are_read() {
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
async fn a_payment_moves_no_order_and_a_comma_too_many_costs_no_report() {
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
async fn a_reference_that_isnt_ours_or_leads_nowhere_moves_no_order() {
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
