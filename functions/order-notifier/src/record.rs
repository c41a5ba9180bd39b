//! One event, from its raw body to its outcome.

use jiff::Timestamp;
use serde_json::Value;
use shared::catalogue::{OrderEvent, render};
use shared::fault::{Fault, Faults};
use shared::table::InvalidEvent;
use tokio::time::Instant;

use crate::deadline::Deadline;
use crate::{Notifier, Outcome, Undecided, delivery, log};

/// DynamoDB's items end at 400 KB; the rest is for the faults and the keys.
const MAX_RAW_BYTES: usize = 350 * 1024;

/// Processes one event. `fallback_id` names it where its body has no id of its own.
pub(crate) async fn process(
    notifier: &Notifier,
    body: &str,
    fallback_id: &str,
    deadline: Deadline,
) -> Result<Outcome, Undecided> {
    let started = Instant::now();
    let outcome = decide(notifier, body, fallback_id, deadline).await?;
    log::outcome(&outcome, started.elapsed());
    Ok(outcome)
}

async fn decide(
    notifier: &Notifier,
    body: &str,
    fallback_id: &str,
    deadline: Deadline,
) -> Result<Outcome, Undecided> {
    let value: Value = match serde_json::from_str(body) {
        Ok(value) => value,
        Err(error) => {
            let problem = format!("is not JSON: line {}, column {}", error.line(), error.column());
            return invalid(notifier, body, fallback_id, None, Fault::new("event", problem).into()).await;
        }
    };
    let id =
        value.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).unwrap_or(fallback_id).to_owned();
    let event = match OrderEvent::parse(value) {
        Ok(event) => event,
        Err(faults) => return invalid(notifier, body, &id, None, faults).await,
    };
    let Some(entry) = notifier.catalogue.entry_for(&event) else {
        return Ok(Outcome::Ignored { source: event.source, detail_type: event.detail_type });
    };
    let notification = match render(entry, &event) {
        Ok(notification) => notification,
        Err(faults) => return invalid(notifier, body, &id, Some(&entry.name), faults).await,
    };
    match delivery::deliver(notifier, &notification, deadline).await? {
        delivery::Delivered::Outcome(outcome) => Ok(outcome),
        delivery::Delivered::Conflict => {
            let problem = "was used before, for other content: a key stands for one message";
            invalid(notifier, body, &id, Some(&entry.name), Fault::new("key", problem).into()).await
        }
    }
}

async fn invalid(
    notifier: &Notifier,
    raw: &str,
    id: &str,
    notification: Option<&str>,
    faults: Faults,
) -> Result<Outcome, Undecided> {
    if raw.len() > MAX_RAW_BYTES {
        return Err(Undecided::TooLarge { bytes: raw.len(), faults });
    }
    let event = InvalidEvent { id, notification, raw, faults: &faults };
    notifier.table.store_invalid(&event, Timestamp::now()).await?;
    Ok(Outcome::Invalid { event_id: id.to_owned(), faults })
}
