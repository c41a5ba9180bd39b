//! Brings back the stored event of a notification that an operator releases.

use jiff::Timestamp;
use shared::message::Reference;
use shared::returned_event::{OrderEventsQueue, next_copy_at};
use shared::table::{Table, UnfinishedEvent};

use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::queue::Queue;

/// The queue for copies of stored events.
pub(in crate::commands) fn queue(deployment: &Deployment) -> Result<OrderEventsQueue, Failure> {
    let queue = Queue::new(deployment, "ORDER_EVENTS_QUEUE_URL")?;
    Ok(OrderEventsQueue::new(queue.client().clone(), queue.url()))
}

/// The stored event of a notification, and the reference under which it is stored: a text message or an e-mail that follows a
/// WhatsApp message has the event of that one.
pub(in crate::commands) async fn find(
    table: &Table,
    reference: &Reference,
) -> Result<Option<(Reference, UnfinishedEvent)>, Failure> {
    let first = reference.first();
    for reference in [reference.clone(), first] {
        if let Some(event) = table.unfinished_event(&reference).await? {
            return Ok(Some((reference, event)));
        }
    }
    Ok(None)
}

/// Before the release: postpones the event and clears its operator mark, so that the sweeper brings
/// it back even if the command stops here. A concurrent call has the same effect.
pub(in crate::commands) async fn take(
    table: &Table,
    reference: &Reference,
    event: &UnfinishedEvent,
    now: Timestamp,
) -> Result<(), Failure> {
    table.claim_event(reference, event, next_copy_at(event.since(now), now), now).await?;
    Ok(())
}

/// After the release: puts a copy of the event on the queue.
pub(in crate::commands) async fn put_back(
    queue: &OrderEventsQueue,
    reference: &Reference,
    event: &UnfinishedEvent,
) -> Result<(), Failure> {
    let put = queue.requeue(reference, event).await;
    put.map_err(|error| {
        Failure::unavailable(format!("{error}; delivery-sweeper will put the event on the queue later"))
    })
}
