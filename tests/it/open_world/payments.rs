//! If customers pay on WhatsApp, the list of statuses also contains payments and calls. They are no facts about a
//! message.

use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};

use crate::callbacks::{Accepted, ORDER, accepted_by};
use crate::support::kinds;
use crate::webhook::{AT, authentic, meta_value};

/// A provider's callback with these statuses.
fn callback(provider: Provider, statuses: &[Value], reference: Option<&str>) -> Value {
    let value = json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": "730"}, "statuses": statuses});
    match provider {
        OneMsg => json!({"ack": statuses}),
        Kaleyra => {
            json!({"meta_object": {"value": value, "field": "messages"}, "extra_info": {"ref": reference}})
        }
        Meta => meta_value(&value),
        _ => unreachable!("only providers with a webhook"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_and_calls_are_no_deliveries() {
    for provider in Provider::WITH_WEBHOOK {
        let Accepted { shop, id, reference } = accepted_by(provider).await;
        let before = shop.notification(ORDER).await;
        let paid =
            json!({"reference_id": "ref-10482", "currency": "INR", "transaction": {"status": "failed"}});
        for status in ["pending", "captured", "failed", "delivered", "read"] {
            for item in [
                json!({"id": id, "type": "payment", "status": status, "timestamp": AT.to_string(), "payment": paid}),
                json!({"id": id, "type": "Payment", "status": status, "timestamp": AT}),
                json!({"id": id, "status": status, "payment": {"reference_id": "ref-10482"}}),
                json!({"id": id, "type": "call", "status": status, "biz_opaque_callback_data": reference}),
                json!({"id": id, "type": "order", "status": status}),
            ] {
                let body = callback(provider, std::slice::from_ref(&item), reference.as_deref());
                let reply = authentic(&shop, provider, &body).over_http(&shop).await;
                assert_eq!((reply.status, reply.body.as_str()), (200, ""), "{provider} {item}");
            }
        }
        assert_eq!(shop.notification(ORDER).await, before, "{provider}");
        assert_eq!(kinds(&shop.published_about(ORDER).await), ["Accepted"], "{provider}");

        // A delivery between two of them counts.
        let payment =
            json!({"id": id, "type": "payment", "status": "failed", "timestamp": AT, "payment": paid});
        let delivery = json!({"id": id, "status": "delivered", "timestamp": AT});
        let body = callback(provider, &[payment.clone(), delivery, payment], reference.as_deref());
        assert_eq!(authentic(&shop, provider, &body).over_http(&shop).await.status, 200, "{provider}");
        let view = shop.until_status(ORDER, DeliveryStatus::Delivered).await;
        assert_eq!(view.facts().failed_at, None, "{provider}");
        assert_eq!(kinds(&shop.published_about(ORDER).await), ["Accepted", "Delivered"], "{provider}");
    }
}
