//! 1MSG's callbacks. The seeds name a posted array `hooks[]` with items like those of `hookInfo`; recorded traffic and
//! the vendor's specification have `ack[]`. The simulator posts both: `sent` in the first format, the others in the
//! second.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::hook_info;
use crate::account::OneMsgAccount;
use crate::facts::Report;
use crate::ledger::AcceptedSend;
use crate::random;

/// The body of one callback.
pub(crate) fn callback(account: &OneMsgAccount, send: &AcceptedSend, report: &Report) -> Value {
    match report {
        Report::Sent => json!({"hooks": [hook_info::item(send, report, SystemTime::now())]}),
        Report::Delivered | Report::Read | Report::Failed(_) | Report::NotSent(_) => {
            json!({"instanceId": account.channel, "ack": [acknowledgement(send, report)]})
        }
    }
}

/// The format of recorded traffic: without a time, and with the error only as text.
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
