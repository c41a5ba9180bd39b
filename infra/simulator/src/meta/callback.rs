//! Meta's callbacks: the `entry[]` envelope around `statuses[]`, signed over the exact bytes.
//!
//! A callback about a customer who was addressed by user id contains the user id and no number
//! (<https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids/>).

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use crate::account::MetaAccount;
use crate::facts::Report;
use crate::ledger::AcceptedSend;
use crate::random;
use crate::recipient::Recipient;

/// A conversation lasts 24 hours.
const CONVERSATION_SECONDS: u64 = 24 * 60 * 60;

/// The body of one callback.
pub(crate) fn callback(account: &MetaAccount, send: &AcceptedSend, report: &Report) -> Value {
    let mut body = statuses(account, &[status(send, report)]);
    let value = body.pointer_mut("/entry/0/changes/0/value").and_then(Value::as_object_mut);
    if let (Some(value), Some(contact)) = (value, contact(&send.message.recipient, report)) {
        value.insert("contacts".to_owned(), json!([contact]));
    }
    body
}

/// The message's customer: absent for a failure, and without the user name until the message was delivered.
fn contact(recipient: &Recipient, report: &Report) -> Option<Value> {
    let id = recipient.user_id()?;
    let profile = match report {
        Report::Sent => json!({"name": "A customer"}),
        Report::Delivered | Report::Read => json!({"name": "A customer", "username": "a.customer"}),
        Report::Failed(_) | Report::NotSent(_) => return None,
    };
    Some(match recipient.parent_user_id() {
        Some(parent) => json!({"profile": profile, "user_id": id, "parent_user_id": parent}),
        None => json!({"profile": profile, "user_id": id}),
    })
}

/// A callback with any number of statuses.
pub(crate) fn statuses(account: &MetaAccount, statuses: &[Value]) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{
            "id": account.waba_id,
            "changes": [{
                "field": "messages",
                "value": {
                    "messaging_product": "whatsapp",
                    "metadata": {
                        "display_phone_number": account.display_phone_number,
                        "phone_number_id": account.phone_number_id,
                    },
                    "statuses": statuses,
                },
            }],
        }],
    })
}

/// The signature of a body: HMAC-SHA256 with the app secret, in hexadecimal.
pub(crate) fn headers(account: &MetaAccount, body: &[u8]) -> Vec<(String, String)> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, account.app_secret.as_bytes());
    let signature = hex::encode(hmac::sign(&key, body));
    vec![("X-Hub-Signature-256".to_owned(), format!("sha256={signature}"))]
}

fn status(send: &AcceptedSend, report: &Report) -> Value {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut status = json!({
        "id": send.ids.status,
        "status": report.word(),
        "timestamp": seconds.to_string(),
    });
    let Some(fields) = status.as_object_mut() else { return status };
    let recipient = &send.message.recipient;
    match recipient.user_id() {
        Some(id) => fields.insert("recipient_user_id".to_owned(), json!(id)),
        None => fields.insert("recipient_id".to_owned(), json!(recipient.digits())),
    };
    if let Some(parent) = recipient.parent_user_id() {
        fields.insert("recipient_parent_user_id".to_owned(), json!(parent));
    }
    if let Some(key) = send.message.echo.key() {
        fields.insert("biz_opaque_callback_data".to_owned(), json!(key));
    }
    if let Some(error) = report.error() {
        let error = json!({
            "code": error.kind.code,
            "title": error.kind.title,
            "message": error.kind.title,
            "error_data": {"details": error.details},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        });
        fields.insert("errors".to_owned(), json!([error]));
    } else {
        // Additional fields of real callbacks; the expiry has been observed as text and as a number.
        let expires = (seconds + CONVERSATION_SECONDS).to_string();
        fields.insert(
            "conversation".to_owned(),
            json!({
                "id": random::hexadecimal::<16>(),
                "expiration_timestamp": expires,
                "origin": {"type": "utility"},
            }),
        );
        fields.insert(
            "pricing".to_owned(),
            json!({"billable": true, "pricing_model": "PMP", "category": "utility", "type": "regular"}),
        );
    }
    status
}
