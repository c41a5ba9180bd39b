//! The event of a notification, where the table keeps it, and a person lets the notification go.

use jiff::Timestamp;
use shared::message::Reference;
use shared::returned_event::{OrderEventsQueue, again_at};
use shared::table::{Table, UnfinishedEvent};

use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::queue::Queue;

/// The queue that it comes back by.
pub(in crate::commands) fn queue(deployment: &Deployment) -> Result<OrderEventsQueue, Failure> {
    let queue = Queue::of(deployment, "ORDER_EVENTS_QUEUE_URL")?;
    Ok(OrderEventsQueue::new(queue.client().clone(), queue.url()))
}

/// Before the notification is let go: from now on the table would bring the event back by itself. Whoever does so at this moment
/// does the same.
pub(in crate::commands) async fn take(
    table: &Table,
    reference: &Reference,
    event: &UnfinishedEvent,
    now: Timestamp,
) -> Result<(), Failure> {
    table.take_event(reference, event, again_at(event.since(now), now), now).await?;
    Ok(())
}

/// After the notification was let go: the event comes back at once.
pub(in crate::commands) async fn put_back(
    queue: &OrderEventsQueue,
    reference: &Reference,
    event: &UnfinishedEvent,
) -> Result<(), Failure> {
    let put = queue.put_back(reference, event).await;
    put.map_err(|error| Failure::unavailable(format!("{error}; the table brings it back itself")))
}
