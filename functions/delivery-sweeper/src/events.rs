//! Processes a due event that is stored in the table.

use shared::message::{Reference, SUFFIXES};
use shared::protocol::{Record, State, has_arrived};
use shared::returned_event::{OrderEventsQueue, next_copy_at};
use shared::table::{Awaited, TableError, Written};

use crate::Sweeper;
use crate::backlog::Backlog;
use crate::messages::SweepError;
use crate::summary::Swept;

/// Puts a copy of the event on the queue. It first postpones `due_at` by a conditional write, so only one of two
/// overlapping runs sends a copy. A run that stops in between delays the event but does not lose it. An event that
/// waits for the operator is only checked: it is deleted once its notification has its outcome.
pub(crate) async fn take(
    sweeper: &Sweeper,
    queue: &OrderEventsQueue,
    reference: &Reference,
    backlog: &Backlog,
) -> Result<Swept, SweepError> {
    // The index is eventually consistent.
    let Some(event) = sweeper.table.unfinished_event(reference).await? else { return Ok(Swept::Skipped) };
    let now = sweeper.clock.now();
    if event.due_at.is_none_or(|due_at| due_at > now) {
        return Ok(Swept::Skipped);
    }
    if event.for_a_person {
        backlog.discount();
        let record = sweeper.table.notification(reference).await?;
        match record.as_ref().map(|record| record.state) {
            Some(State::Held) | None => {
                sweeper.table.postpone_check(reference, &event, now).await?;
                return Ok(Swept::Skipped);
            }
            // A message that follows this one is held, and the operator may have it sent again. The event expires by itself.
            Some(state)
                if state.is_terminal()
                    && event.awaited == Some(Awaited::Other)
                    && has_held_follower(sweeper, reference).await? =>
            {
                sweeper.table.postpone_check(reference, &event, now).await?;
                return Ok(Swept::Skipped);
            }
            // A callback or another run wrote the outcome; neither deletes the stored event.
            Some(state) if state.is_terminal() => {
                // The event will not run again, and the order's statuses need the reference.
                if let Some((sent, provider)) = record.as_ref().and_then(Record::accepted_reference) {
                    sweeper.table.remember_reference(&reference.order, sent, provider, now).await?;
                }
                let dropped = sweeper.table.delete_held_event(reference, &event, now).await?;
                return Ok(if dropped == Written::Done { Swept::Dropped } else { Swept::ChangedMeanwhile });
            }
            // The notification is no longer held: put a copy on the queue.
            Some(_) => {}
        }
    }
    if event.awaited == Some(Awaited::First) && has_first_arrived(sweeper, reference).await? {
        backlog.discount();
        let dropped = sweeper.table.delete_held_event(reference, &event, now).await?;
        return Ok(if dropped == Written::Done { Swept::Dropped } else { Swept::ChangedMeanwhile });
    }
    let since = event.since(now);
    backlog.record_due_since(since);
    if sweeper.table.claim_event(reference, &event, next_copy_at(since, now), now).await? != Written::Done {
        return Ok(Swept::ChangedMeanwhile);
    }
    queue.requeue(reference, &event).await?;
    Ok(Swept::Requeued)
}

/// Whether the notification's own message has reached the customer, so that no fallback is needed.
async fn has_first_arrived(sweeper: &Sweeper, reference: &Reference) -> Result<bool, TableError> {
    let delivery = sweeper.table.delivery_of(reference).await?;
    Ok(delivery.is_some_and(|delivery| has_arrived(&delivery.facts)))
}

/// Whether a message that follows the notification waits for the operator.
async fn has_held_follower(sweeper: &Sweeper, reference: &Reference) -> Result<bool, TableError> {
    for suffix in SUFFIXES {
        let record = sweeper.table.notification(&reference.derived(suffix)).await?;
        if record.is_some_and(|record| record.state == State::Held) {
            return Ok(true);
        }
    }
    Ok(false)
}
