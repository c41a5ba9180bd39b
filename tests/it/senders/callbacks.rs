//! A report counts only if its caller knows the secret of the message's sender.

use std::time::Duration;

use local::environment::WEBHOOK_SECRET;
use local::simulator::CallbackAnswer;
use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::message::{Reference, Sender};
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};
use shared::table::NotificationRow;

use super::{cancelled, two_brands};
use crate::support::{Event, Opening, Shop, simulated};

const TAKEN: CallbackAnswer = CallbackAnswer::Status(200);

/// A shop whose providers report nothing of their own accord, with an accepted message of each brand's order 1.
async fn with_messages(provider: Provider) -> (Shop, NotificationRow, NotificationRow) {
    let shop = two_brands().preferring(provider).open().await;
    shop.simulator().hold_callbacks();
    let of_acme = accepted(&shop, "acme").await;
    let of_beta = accepted(&shop, "beta").await;
    (shop, of_acme, of_beta)
}

async fn accepted(shop: &Shop, sender: &str) -> NotificationRow {
    shop.publish(&cancelled(sender, "1")).await;
    let view = shop.orders_of(sender).until_state("1", State::Accepted).await;
    shop.until_quiet().await;
    view
}

/// A report that a message was delivered.
fn delivered(view: &NotificationRow, reference: Option<&Reference>) -> Value {
    let message = &view.messages[0].message;
    let id = message.id.as_str();
    let mut status = json!({"id": id, "status": "delivered", "timestamp": "1795165200"});
    let reference = reference.map(Reference::to_wire);
    match message.provider {
        OneMsg => json!({ "ack": [status] }),
        Kaleyra => json!({"meta_object": {"value": {"statuses": [status]}, "field": "messages"},
            "extra_info": {"message_id": id, "ref": reference}, "status": "delivered", "message_id": id}),
        Meta => {
            if let Some(reference) = reference {
                status["biz_opaque_callback_data"] = reference.into();
            }
            meta_value(&json!({ "statuses": [status] }))
        }
        _ => unreachable!("only providers with a webhook"),
    }
}

fn meta_value(value: &Value) -> Value {
    json!({"entry": [{"changes": [{"field": "messages", "value": value}]}]})
}

async fn post(shop: &Shop, sender: Option<&str>, provider: Provider, body: &Value) -> CallbackAnswer {
    let (provider, body) = (simulated(provider), body.to_string());
    match sender {
        Some(sender) => shop.simulator().post_callback_of(sender, provider, body.as_bytes()).await,
        None => shop.simulator().post_callback(provider, body.as_bytes()).await,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_with_another_senders_secret_is_not_stored() {
    for provider in Provider::WITH_WEBHOOK {
        let (shop, of_acme, _) = with_messages(provider).await;
        let before = shop.scan().await;
        for reference in [Some(&of_acme.reference), None] {
            let body = delivered(&of_acme, reference);
            for sender in [Some("beta"), None] {
                assert_eq!(post(&shop, sender, provider, &body).await, TAKEN, "{provider} {sender:?}");
                assert_eq!(shop.scan().await, before, "{provider} {sender:?} {}", reference.is_some());
            }
        }
        let body = delivered(&of_acme, Some(&of_acme.reference));
        assert_eq!(post(&shop, Some("acme"), provider, &body).await, TAKEN);
        let view = shop.orders_of("acme").notification("1").await;
        assert_eq!(view.delivery_status(), Some(DeliveryStatus::Delivered), "{provider}");
        let other = shop.orders_of("beta").notification("1").await;
        assert_eq!(other.delivery_status(), Some(DeliveryStatus::Accepted), "{provider}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_senders_secret_reports_nothing_about_the_default_senders_messages() {
    for provider in Provider::WITH_WEBHOOK {
        // The catalogue finds no sender, so every order is the default sender's.
        let named = ["acme", "beta"].map(|name| Sender::parse(name).unwrap());
        let opening = Opening::default().preferring(provider).options(|it| it.senders = named.into());
        let shop = opening.open().await;
        shop.simulator().hold_callbacks();
        shop.publish(&Event::sample("order-cancelled").order("1")).await;
        let view = shop.until_state("1", State::Accepted).await;
        shop.until_quiet().await;
        let before = shop.scan().await;
        for reference in [Some(&view.reference), None] {
            let body = delivered(&view, reference);
            assert_eq!(post(&shop, Some("acme"), provider, &body).await, TAKEN);
            assert_eq!(shop.scan().await, before, "{provider} {}", reference.is_some());
        }
        assert_eq!(post(&shop, None, provider, &delivered(&view, None)).await, TAKEN);
        assert_eq!(shop.notification("1").await.delivery_status(), Some(DeliveryStatus::Delivered));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_with_ones_own_reference_changes_no_other_senders_message() {
    for provider in [Kaleyra, Meta] {
        let (shop, of_acme, of_beta) = with_messages(provider).await;
        let item = format!("MESSAGE#{}", of_acme.messages[0].message);
        let before = shop.item(&item, "MESSAGE").await.unwrap();
        let body = delivered(&of_acme, Some(&of_beta.reference));
        assert_eq!(post(&shop, Some("beta"), provider, &body).await, TAKEN);
        assert_eq!(shop.item(&item, "MESSAGE").await.unwrap(), before, "{provider}");
        let view = shop.orders_of("acme").notification("1").await;
        assert_eq!(view.delivery_status(), Some(DeliveryStatus::Accepted), "{provider}");
        assert!(view.facts().delivered_at.is_none(), "{provider}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn senders_without_a_secret_of_their_own_share_the_default_senders() {
    for provider in Provider::WITH_WEBHOOK {
        let (shop, of_acme, of_beta) = with_messages(provider).await;
        let mut secret: Value = serde_json::from_str(&shop.simulator().webhook_secrets_json()).unwrap();
        secret.as_object_mut().unwrap().remove("senders").unwrap();
        // Twice: the previous version, with entries of its own for each sender, stays valid otherwise.
        for _ in 0..2 {
            shop.local.secrets().put(WEBHOOK_SECRET, secret.to_string());
        }
        for (sender, view) in [("acme", &of_acme), ("beta", &of_beta)] {
            let body = delivered(view, Some(&view.reference));
            assert_eq!(post(&shop, None, provider, &body).await, TAKEN);
            let view = shop.orders_of(sender).notification("1").await;
            assert_eq!(view.delivery_status(), Some(DeliveryStatus::Delivered), "{provider} {sender}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn senders_with_one_app_at_meta_are_told_apart_by_their_numbers() {
    let opening = two_brands().preferring(Meta).options(|options| options.senders_share_app = true);
    let shop = opening.open().await;
    let secrets: Value = serde_json::from_str(&shop.simulator().webhook_secrets_json()).unwrap();
    assert_eq!(secrets["meta"]["app_secret"], secrets["senders"]["acme"]["meta"]["app_secret"]);
    for sender in ["acme", "beta"] {
        shop.publish(&cancelled(sender, "2")).await;
        shop.orders_of(sender).until_status("2", DeliveryStatus::Read).await;
        let number = &shop.simulator().account_of(sender).meta.phone_number_id;
        assert_eq!(secrets["senders"][sender]["meta"]["phone_number_id"], number.as_str());
    }

    shop.simulator().hold_callbacks();
    let of_acme = accepted(&shop, "acme").await;
    let before = shop.scan().await;
    let report = |sender: &str| {
        let mut body = delivered(&of_acme, Some(&of_acme.reference));
        let number = shop.simulator().account_of(sender).meta.phone_number_id;
        body["entry"][0]["changes"][0]["value"]["metadata"] = json!({ "phone_number_id": number });
        body
    };
    assert_eq!(post(&shop, Some("beta"), Meta, &report("beta")).await, TAKEN);
    assert_eq!(shop.scan().await, before, "acme's message isn't about beta's number");
    assert_eq!(post(&shop, Some("beta"), Meta, &report("acme")).await, TAKEN);
    let view = shop.orders_of("acme").notification("1").await;
    assert_eq!(view.delivery_status(), Some(DeliveryStatus::Delivered));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_webhook_secret_of_one_sender_puts_off_only_its_callbacks() {
    let (shop, of_acme, of_beta) = with_messages(OneMsg).await;
    let mut secret: Value = serde_json::from_str(&shop.simulator().webhook_secrets_json()).unwrap();
    secret["senders"]["acme"]["onemsg"] = json!({"url_secret": 7});
    for _ in 0..2 {
        shop.local.secrets().put(WEBHOOK_SECRET, secret.to_string());
    }
    // The provider has to repeat the report until the secret is mended.
    let repeat = CallbackAnswer::Status(503);
    assert_eq!(post(&shop, Some("acme"), OneMsg, &delivered(&of_acme, None)).await, repeat);
    // The default sender's secret doesn't take its place.
    assert_eq!(post(&shop, None, OneMsg, &delivered(&of_acme, None)).await, repeat);
    assert_eq!(post(&shop, Some("beta"), OneMsg, &delivered(&of_beta, None)).await, TAKEN);
    let status = async |sender: &str| shop.orders_of(sender).notification("1").await.delivery_status();
    assert_eq!(status("acme").await, Some(DeliveryStatus::Accepted));
    assert_eq!(status("beta").await, Some(DeliveryStatus::Delivered));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_about_a_sender_whose_secret_cannot_be_read_has_to_be_repeated() {
    let (shop, of_acme, of_beta) = with_messages(Meta).await;
    let sound: Value = serde_json::from_str(&shop.simulator().webhook_secrets_json()).unwrap();
    let mut secret = sound.clone();
    // acme shares the default sender's app, and its entry for another provider is misspelt.
    secret["senders"]["acme"] = json!({"onemsg": {"urlsecret": "x"}});
    for _ in 0..2 {
        shop.local.secrets().put(WEBHOOK_SECRET, secret.to_string());
    }
    let report = delivered(&of_acme, Some(&of_acme.reference));
    assert_eq!(post(&shop, None, Meta, &report).await, CallbackAnswer::Status(503));
    // Another sender's app must not be used to find out.
    assert_eq!(post(&shop, Some("beta"), Meta, &delivered(&of_beta, Some(&of_beta.reference))).await, TAKEN);
    assert_eq!(
        shop.orders_of("acme").notification("1").await.delivery_status(),
        Some(DeliveryStatus::Accepted)
    );

    secret["senders"]["acme"] = json!({});
    shop.local.secrets().put(WEBHOOK_SECRET, secret.to_string());
    // Newer secrets are read at most every ten seconds.
    tokio::time::sleep(Duration::from_millis(10_100)).await;
    assert_eq!(post(&shop, None, Meta, &report).await, TAKEN);
    assert_eq!(
        shop.orders_of("acme").notification("1").await.delivery_status(),
        Some(DeliveryStatus::Delivered)
    );
}

/// The secrets in memory are up to five minutes old.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_moves_to_the_shared_secret_loses_no_report() {
    for provider in [OneMsg, Meta] {
        let (shop, of_acme, of_beta) = with_messages(provider).await;
        // The function has read the secrets.
        let of_beta = delivered(&of_beta, Some(&of_beta.reference));
        assert_eq!(post(&shop, Some("beta"), provider, &of_beta).await, TAKEN);
        let mut secret: Value = serde_json::from_str(&shop.simulator().webhook_secrets_json()).unwrap();
        secret["senders"]["acme"] = json!({});
        shop.local.secrets().put(WEBHOOK_SECRET, secret.to_string());
        tokio::time::sleep(Duration::from_millis(10_100)).await;
        let report = delivered(&of_acme, Some(&of_acme.reference));
        assert_eq!(post(&shop, None, provider, &report).await, TAKEN);
        let view = shop.orders_of("acme").notification("1").await;
        assert_eq!(view.delivery_status(), Some(DeliveryStatus::Delivered), "{provider}");
    }
}
