//! The webhook from its callers' view: which calls are accepted, how they are answered, that no fact is lost, and
//! that no refused call writes.

mod answers;
mod authentication;
mod encoding;
mod kaleyra_authentication;
mod outage;
mod rotation;
mod unconfigured;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use delivery_webhook::Webhook;
use local::environment::{Variables, WEBHOOK_SECRET};
use local::simulator::KaleyraCallbackProfile;
use serde_json::{Value, json};
use shared::provider::Provider;

pub use crate::support::call;
use crate::support::{Item, Shop};
use call::Call;

/// The time of the reported facts, in Unix seconds.
pub const AT: u64 = 1_795_165_200;

/// A signed callback of Meta's.
pub fn meta(shop: &Shop, body: &(impl ToString + ?Sized)) -> Call {
    let secret = shop.simulator().account().meta.app_secret;
    Call::post("/webhooks/meta", body.to_string()).signed(&secret)
}

/// A callback of Kaleyra's, with its profile's credentials.
pub fn kaleyra(shop: &Shop, body: &(impl ToString + ?Sized)) -> Call {
    authenticated(
        &shop.simulator().account().kaleyra.webhook,
        Call::post("/webhooks/kaleyra", body.to_string()),
    )
}

/// A callback of 1MSG's, to the secret path.
pub fn one_msg(shop: &Shop, body: &(impl ToString + ?Sized)) -> Call {
    let secret = shop.simulator().account().one_msg.url_secret;
    Call::post(format!("/webhooks/onemsg/{secret}"), body.to_string())
}

pub fn authentic(shop: &Shop, provider: Provider, body: &Value) -> Call {
    match provider {
        Provider::OneMsg => one_msg(shop, body),
        Provider::Kaleyra => kaleyra(shop, body),
        Provider::Meta => meta(shop, body),
        _ => unreachable!("only providers with a webhook"),
    }
}

/// A provider's authentic callback with these bytes.
pub fn authentic_bytes(shop: &Shop, provider: Provider, bytes: &[u8]) -> Call {
    match provider {
        Provider::OneMsg => one_msg(shop, "").body(bytes),
        Provider::Kaleyra => kaleyra(shop, "").body(bytes),
        Provider::Meta => {
            Call::post("/webhooks/meta", bytes).signed(&shop.simulator().account().meta.app_secret)
        }
        _ => unreachable!("only providers with a webhook"),
    }
}

/// Adds the credentials of a callback profile of Kaleyra's.
pub fn authenticated(profile: &KaleyraCallbackProfile, call: Call) -> Call {
    let basic = |text: String| STANDARD.encode(text);
    match profile {
        KaleyraCallbackProfile::Header { name, value } => call.header(name, value),
        KaleyraCallbackProfile::Basic { username, password } => {
            call.header("Authorization", format!("Basic {}", basic(format!("{username}:{password}"))))
        }
        KaleyraCallbackProfile::Bearer(token) => call.header("Authorization", format!("Bearer {token}")),
    }
}

/// A provider's report that a message was sent, in its documented format.
pub fn report(provider: Provider, id: &str) -> Value {
    let status =
        json!({"id": id, "status": "sent", "timestamp": AT.to_string(), "recipient_id": "12025550100"});
    match provider {
        Provider::OneMsg => json!({"hooks": [status]}),
        Provider::Kaleyra => json!({
            "meta_object": {"value": {"messaging_product": "whatsapp", "statuses": [status]}, "field": "messages"},
            "extra_info": {"message_id": id}, "status": "sent", "message_id": id}),
        Provider::Meta => meta_value(&json!({"messaging_product": "whatsapp", "statuses": [status]})),
        _ => unreachable!("only providers with a webhook"),
    }
}

pub fn meta_value(value: &Value) -> Value {
    json!({"object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]})
}

pub async fn message(shop: &Shop, provider: Provider, id: &str) -> Option<Item> {
    shop.item(&format!("MESSAGE#{provider}#{id}"), "MESSAGE").await
}

/// The function, started cold with these settings.
pub fn cold(variables: &Variables) -> Webhook {
    Webhook::from_environment(&variables.environment()).unwrap()
}

/// Replaces the webhook secret, as an operator does.
pub fn put_secret(shop: &Shop, value: &(impl ToString + ?Sized)) {
    shop.local.secrets().put(WEBHOOK_SECRET, value.to_string());
}

/// The value of a string attribute.
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}
