//! The stored event of a notification that an operator releases.

use jiff::Timestamp;
use shared::message::Reference;
use shared::returned_event::{OrderEventsQueue, next_copy_at};
use shared::table::{Table, UnfinishedEvent};

use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::queue::Queue;

/// The queue on which its copies are put.
pub(in crate::commands) fn queue(deployment: &Deployment) -> Result<OrderEventsQueue, Failure> {
    let queue = Queue::of(deployment, "ORDER_EVENTS_QUEUE_URL")?;
    Ok(OrderEventsQueue::new(queue.client().clone(), queue.url()))
}

/// Before the release: puts the event off and clears its mark that it waits for a person, so that the sweeper brings it
/// back even if the command stops here. A concurrent take has the same effect.
pub(in crate::commands) async fn take(
    table: &Table,
    reference: &Reference,
    event: &UnfinishedEvent,
    now: Timestamp,
) -> Result<(), Failure> {
    table.claim_event(reference, event, next_copy_at(event.since(now), now), now).await?;
    Ok(())
}

/// After the release: puts a copy of the event on the queue at once.
pub(in crate::commands) async fn put_back(
    queue: &OrderEventsQueue,
    reference: &Reference,
    event: &UnfinishedEvent,
) -> Result<(), Failure> {
    let put = queue.requeue(reference, event).await;
    put.map_err(|error| Failure::unavailable(format!("{error}; the table brings it back itself")))
}
