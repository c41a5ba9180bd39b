//! Kaleyra's callbacks of a V2 profile that posts JSON, as recorded: one status per call, the caller's references in
//! `extra_info`, and ids that differ from the reply's.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::account::{KaleyraAccount, KaleyraCallbackProfile};
use crate::facts::Report;
use crate::ledger::AcceptedSend;
use crate::message::Echo;
use crate::whatsapp::ErrorKind;

/// The body of one callback.
pub(crate) fn callback(account: &KaleyraAccount, send: &AcceptedSend, report: &Report) -> Value {
    match report {
        Report::NotSent(error) => flat(account, send, "not sent", error.kind, &error.details),
        // A failure before the message was sent is reported flat, like a message that WhatsApp refused.
        Report::Failed(error) if error.kind == ErrorKind::EXPERIMENT => {
            flat(account, send, "failed", error.kind, error.kind.title)
        }
        Report::Sent | Report::Delivered | Report::Read | Report::Failed(_) => full(account, send, report),
    }
}

/// The authentication headers of the callback profile.
pub(crate) fn headers(account: &KaleyraAccount) -> Vec<(String, String)> {
    vec![match &account.webhook {
        KaleyraCallbackProfile::Header { name, value } => (name.clone(), value.clone()),
        KaleyraCallbackProfile::Basic { username, password } => (
            "Authorization".to_owned(),
            format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))),
        ),
        KaleyraCallbackProfile::Bearer(token) => ("Authorization".to_owned(), format!("Bearer {token}")),
    }]
}

fn flat(account: &KaleyraAccount, send: &AcceptedSend, status: &str, kind: ErrorKind, reason: &str) -> Value {
    json!({
        "code": kind.code.to_string(),
        "status": status,
        "reason": reason,
        "message_id": send.ids.wamid,
        "extra_info": extra_info(account, send),
    })
}

fn full(account: &KaleyraAccount, send: &AcceptedSend, report: &Report) -> Value {
    let digits = send.message.recipient.digits();
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut status = json!({
        "id": send.ids.status,
        "status": report.word(),
        "timestamp": seconds.to_string(),
        "recipient_id": digits,
        "conversation": {"id": send.ids.status, "origin": {"type": "utility"}},
        "pricing": {"billable": true, "pricing_model": "CBP", "category": "utility"},
    });
    if let (Some(error), Some(status)) = (report.error(), status.as_object_mut()) {
        let error = json!({
            "code": error.kind.code,
            "title": error.kind.title,
            "message": error.kind.title,
            "error_data": {"details": error.details},
        });
        status.insert("errors".to_owned(), json!([error]));
    }
    json!({
        "meta_object": {
            "value": {
                "messaging_product": "whatsapp",
                "metadata": {
                    "display_phone_number": account.sender.trim_start_matches('+'),
                    "phone_number_id": account.phone_number_id,
                },
                "statuses": [status],
            },
            "field": "messages",
        },
        "extra_info": extra_info(account, send),
        "status": report.word(),
        "message_id": send.ids.wamid,
    })
}

fn extra_info(account: &KaleyraAccount, send: &AcceptedSend) -> Value {
    let mut info = Map::new();
    info.insert("message_id".to_owned(), json!(send.ids.wamid));
    info.insert("waba_id".to_owned(), json!(account.waba_id));
    if let Echo::References(references) = &send.message.echo {
        for (name, reference) in ["ref", "ref1", "ref2"].into_iter().zip(references) {
            if let Some(reference) = reference {
                info.insert(name.to_owned(), json!(reference));
            }
        }
    }
    Value::Object(info)
}
