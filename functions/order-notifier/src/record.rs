//! One event, from its raw body to its outcome.

use jiff::Timestamp;
use serde_json::Value;
use shared::catalogue::{MAX_ENVELOPE_TEXT_BYTES, OrderEvent, render};
use shared::fault::{Fault, Faults};
use shared::json;
use shared::table::InvalidEvent;
use tokio::time::Instant;

use crate::deadline::Deadline;
use crate::{Notifier, Outcome, Undecided, delivery, log};

/// DynamoDB's items end at 400 KB; the rest is for the faults and the keys.
const MAX_RAW_BYTES: usize = 350 * 1024;
/// An event of a few hundred order lines. A batch's events are in memory side by side.
const MAX_VALUES: usize = 20_000;

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
    let value = match json::parse(body.as_bytes(), MAX_VALUES) {
        Ok(value) => value,
        Err(error) => {
            let fault = Fault::new("event", error.to_string());
            return invalid(notifier, body, fallback_id, None, fault.into()).await;
        }
    };
    // An id that is no key of the table would keep the event from being recorded as invalid.
    let fits = |id: &&str| (1..=MAX_ENVELOPE_TEXT_BYTES).contains(&id.len());
    let id = value.get("id").and_then(Value::as_str).filter(fits).unwrap_or(fallback_id).to_owned();
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
