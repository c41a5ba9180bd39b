//! 1MSG's callbacks. The seeds name a pushed array `hooks[]` with items like those of `hookInfo`; recorded traffic
//! and the vendor's specification have `ack[]`. Both are posted: `sent` in the first shape, the others in the second.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::hook_info;
use crate::simulator::account::OneMsgAccount;
use crate::simulator::facts::Report;
use crate::simulator::ledger::AcceptedSend;
use crate::simulator::random;

/// The body of one callback.
pub(in crate::simulator) fn callback(account: &OneMsgAccount, send: &AcceptedSend, report: &Report) -> Value {
    match report {
        Report::Sent => json!({"hooks": [hook_info::item(send, report, SystemTime::now())]}),
        Report::Delivered | Report::Read | Report::Failed(_) | Report::NotSent(_) => {
            json!({"instanceId": account.channel, "ack": [acknowledgement(send, report)]})
        }
    }
}

/// Recorded traffic: no time, and an error as nothing but text.
fn acknowledgement(send: &AcceptedSend, report: &Report) -> Value {
    let digits = send.message.recipient.digits();
    let mut item = json!({
        "id": send.ids.status,
        "bsuid": format!("US.{}", random::decimal::<16>()),
        "phone": digits,
        "chatId": format!("{digits}@c.us"),
        "status": report.word(),
        "category": "utility",
        "userName": null,
    });
    if let (Some(error), Some(item)) = (report.error(), item.as_object_mut()) {
        item.insert("error".to_owned(), json!(error.kind.title));
    }
    item
}
