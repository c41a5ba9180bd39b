//! Processes one event, from its raw body to its outcome.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::catalogue::{
    MAX_ENVELOPE_TEXT_BYTES, MAX_EVENT_VALUES, Notification, OrderEvent, fill_envelope,
    read_event_with_limit, render,
};
use shared::fault::{Fault, Faults};
use shared::message::{OrderId, PhoneNumber, Reference};
use shared::protocol::Owner;
use shared::returned_event::ReturnedEvent;
use shared::secrets::KeySecret;
use shared::table::{InvalidEventRow, MAX_EVENT_BYTES, Recorded, UnfinishedEvent};
use shared::telemetry::OutcomeKind;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use crate::deadline::Deadline;
use crate::isolation::run_isolated;
use crate::trace::RecordTrace;
use crate::{Notifier, Outcome, Pending, delivery, fallback, log};

/// An event with a few hundred order lines has about this many values. Larger events are parsed one at a time, to
/// limit memory.
const FEW_VALUES: usize = 20_000;
static LARGE_EVENT: Mutex<()> = Mutex::const_new(());

/// An event as it was received.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) body: String,
    /// Identifies the event if its body has no id: the id of the SQS message or of the invocation.
    pub(crate) fallback_id: String,
    /// How often the queue has delivered it; `None` if it did not come through the queue.
    pub(crate) receive_count: Option<u32>,
    /// When it was first received: by the queue or, without one, by this invocation.
    pub(crate) first_receipt: Timestamp,
    /// The table's data, if the table put the event back on the queue.
    pub(crate) returned: Option<ReturnedEvent>,
}

/// An event usually reaches the queue within this time after its own timestamp.
const FRESH: SignedDuration = SignedDuration::from_mins(1);

impl Received {
    /// Whether the queue or the table delivers the event again if it is not finished.
    fn owner(&self, notifier: &Notifier) -> Owner {
        match (&self.returned, self.receive_count) {
            (Some(_), _) => Owner::Table,
            (None, Some(receives)) if notifier.visibility.is_some() && self.body.len() <= MAX_EVENT_BYTES => {
                Owner::queue(receives, self.first_receipt, notifier.clock.now())
            }
            // Without the queue's URL the table cannot requeue an event; the caller repeats a direct invocation.
            _ => Owner::Queue { until: None },
        }
    }

    /// Whether the queue has delivered the same message before.
    fn is_redelivered(&self) -> bool {
        self.receive_count.is_some_and(|count| count > 1)
    }

    /// Whether the event may have been received before. If not, the lookup of its earlier notification is skipped.
    fn may_be_repeated(&self, event: &OrderEvent) -> bool {
        event.is_replayed || self.is_redelivered() || self.first_receipt.duration_since(event.time) > FRESH
    }
}

/// Processes one event in a task of its own; logs and counts the result.
pub(crate) async fn process(
    notifier: Arc<Notifier>,
    received: Received,
    deadline: Deadline,
) -> Result<Outcome, Pending> {
    let started = Instant::now();
    let receive_count = received.receive_count;
    let span = log::record(receive_count.map(|_| received.fallback_id.as_str()));
    let work = async move {
        let mut trace = RecordTrace::new(notifier.clock.clone());
        let deciding = decide(&notifier, &received, deadline, &mut trace);
        let result = timeout_at(deadline.record_by(), deciding).await.unwrap_or(Err(Pending::TimedOut));
        log::ended(&trace, &result, receive_count, started.elapsed());
        notifier.metrics.write(trace.metrics());
        result
    };
    let result = run_isolated(work.instrument(span.clone())).await;
    if matches!(result, Err(Pending::Panicked)) {
        span.in_scope(|| log::ended(&RecordTrace::default(), &result, receive_count, started.elapsed()));
    }
    result
}

async fn decide(
    notifier: &Notifier,
    received: &Received,
    deadline: Deadline,
    trace: &mut RecordTrace,
) -> Result<Outcome, Pending> {
    let Received { body, fallback_id, first_receipt, returned, .. } = received;
    let mut alone = None;
    let mut value = read_event_with_limit(body.as_bytes(), FEW_VALUES);
    if value.as_ref().is_err_and(|no_event| no_event.has_too_many_values) {
        alone = Some(LARGE_EVENT.lock().await);
        value = read_event_with_limit(body.as_bytes(), MAX_EVENT_VALUES);
    }
    let value = match value {
        Ok(mut value) => {
            fill_envelope(&mut value, fallback_id, *first_receipt);
            value
        }
        Err(no_event) => {
            return invalid(notifier, body, fallback_id, None, no_event.fault.into(), trace).await;
        }
    };
    // An id that is too long for a key of the table cannot identify an invalid event.
    let fits = |id: &&str| (1..=MAX_ENVELOPE_TEXT_BYTES).contains(&id.len());
    let id = value
        .get("id")
        .and_then(Value::as_str)
        .filter(fits)
        .map_or_else(|| fallback_id.clone(), str::to_owned);
    trace.event_id = Some(id.clone());
    let event = match OrderEvent::parse(value) {
        Ok(event) => event,
        Err(faults) => return invalid(notifier, body, &id, None, faults, trace).await,
    };
    trace.event_time = Some(event.time);
    let Some(entry) = notifier.catalogue.entry_for(&event) else {
        trace.ended_without_notification(OutcomeKind::Ignored, Recorded::New);
        return Ok(Outcome::Ignored { source: event.source, detail_type: event.detail_type });
    };
    let key_secret = notifier.key_secret.get().await?;
    let mut notification = match render(entry, &event, Some(&key_secret.current)) {
        Ok(notification) => notification,
        Err(faults) => return invalid(notifier, body, &id, Some(&entry.name), faults, trace).await,
    };
    log::set_notification(&notification);
    trace.is_ahead = notification.limit_event_time(*first_receipt);
    trace.event_time = Some(event.time.min(notification.event_time));
    trace.is_doubtful = notification.recipient.phone().is_some_and(PhoneNumber::is_doubtful);
    warn(&notification, trace);
    let may_be_repeated = returned.is_some() || received.may_be_repeated(&event);
    let earlier = entry.earlier_orders(&event, &notification.reference.order);
    // Frees the parsed event, which takes the most memory, before the next wait.
    drop(event);
    drop(alone);
    let mut is_same_event = returned.is_some();
    match returned {
        Some(returned) => find_returned(notifier, &mut notification, returned, &earlier).await?,
        None if may_be_repeated => {
            is_same_event = find_earlier(notifier, &mut notification, &earlier).await?;
        }
        None => {}
    }
    let event = UnfinishedEvent::new(body.clone(), *first_receipt);
    let owner = received.owner(notifier);
    trace.key = Some(notification.reference.key.clone());
    if let Some(sender) = &notification.reference.order.sender {
        trace.sender_in_metrics = notifier.sender_in_metrics(sender).await;
    }
    // Without a number the message goes to the first channel that reaches the customer.
    let addressed = match &notification.unusable_recipient {
        Some(_) => notification.first_in_reach().unwrap_or(&notification),
        None => &notification,
    };
    let guard = notifier.recipients.guard(&addressed.recipient, &key_secret.current);
    loop {
        let case = delivery::Case {
            notification: &notification,
            guard,
            is_same_event,
            owner,
            event: &event,
            has_fallback: notification.fallback.is_some(),
            is_outdated: false,
        };
        match deliver(notifier, &case, may_be_repeated, &key_secret.current, deadline, trace).await? {
            delivery::Delivered::Outcome(outcome) => return Ok(outcome),
            // The same event was received twice within a minute, and the catalogue changed in between.
            delivery::Delivered::Conflict
                if !is_same_event && find_earlier(notifier, &mut notification, &earlier).await? =>
            {
                is_same_event = true;
            }
            delivery::Delivered::Conflict => {
                let problem = "was already used for other content: each key identifies one message";
                let fault = Fault::new("key", problem);
                return invalid(notifier, body, &id, Some(&entry.name), fault.into(), trace).await;
            }
            delivery::Delivered::Unreachable(faults) => {
                return invalid(notifier, body, &id, Some(&entry.name), faults, trace).await;
            }
        }
    }
}

/// Logs what is odd about an event that becomes a message all the same.
fn warn(notification: &Notification, trace: &RecordTrace) {
    if trace.is_ahead {
        log::event_time_ahead();
    }
    if notification.is_time_unread {
        log::time_not_read();
    }
    if trace.is_doubtful {
        log::number_not_in_plan();
    }
}

/// Delivers a notification, and what follows it.
async fn deliver(
    notifier: &Notifier,
    case: &delivery::Case<'_>,
    is_repeated: bool,
    key_secret: &KeySecret,
    deadline: Deadline,
    trace: &mut RecordTrace,
) -> Result<delivery::Delivered, Pending> {
    let Some(fallback) = &case.notification.fallback else {
        return delivery::deliver(notifier, case, deadline, trace).await;
    };
    let guard = |message: &Notification| notifier.recipients.guard(&message.recipient, key_secret);
    fallback::deliver(notifier, case, fallback, is_repeated, guard, deadline, trace).await
}

/// Sets the key of an event that the table has put back on the queue, and its recorded order if that is another one.
async fn find_returned(
    notifier: &Notifier,
    notification: &mut Notification,
    returned: &ReturnedEvent,
    earlier: &[OrderId],
) -> Result<(), Pending> {
    notification.reference.key = returned.key.clone();
    let own = notification.reference.order.clone();
    if let Some(order) = &returned.order {
        notification.reference.order = order.clone();
        return Ok(());
    }
    // A copy of an earlier version doesn't name its order.
    for order in earlier.iter().filter(|order| **order != own) {
        let recorded = Reference { order: order.clone(), key: returned.key.clone() };
        if notifier.table.notification(&recorded).await?.is_some() {
            notification.reference = recorded;
            break;
        }
    }
    Ok(())
}

/// Whether the event already has a notification; if so, sets its reference in `notification`. The recorded key may
/// differ because the catalogue has changed; [`Entry::earlier_orders`](shared::catalogue::Entry::earlier_orders) says why
/// the order may.
async fn find_earlier(
    notifier: &Notifier,
    notification: &mut Notification,
    earlier: &[OrderId],
) -> Result<bool, Pending> {
    let own = notification.reference.order.clone();
    for order in std::iter::once(own.clone()).chain(earlier.iter().cloned()) {
        // Another business's order may have the same number, and its producer the same ids.
        let name = (order.sender != own.sender).then_some(notification.name.as_str());
        let event_id = &notification.event_id;
        if let Some(key) = notifier.table.key_of_event(&order, event_id, name).await? {
            notification.reference = Reference { order, key };
            return Ok(true);
        }
    }
    Ok(false)
}

async fn invalid(
    notifier: &Notifier,
    raw: &str,
    id: &str,
    notification: Option<&str>,
    faults: Faults,
    trace: &mut RecordTrace,
) -> Result<Outcome, Pending> {
    if raw.len() > MAX_EVENT_BYTES {
        return Err(Pending::TooLarge { bytes: raw.len(), faults });
    }
    let event = InvalidEventRow::new(id, notification, raw, &faults, notifier.clock.now());
    let recorded = notifier.table.store_invalid(&event).await?;
    trace.event_id = Some(id.to_owned());
    trace.ended_without_notification(OutcomeKind::Invalid, recorded);
    Ok(Outcome::Invalid { event_id: id.to_owned(), faults })
}
