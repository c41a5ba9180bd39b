//! Processes a due event that is stored in the table.

use shared::message::Reference;
use shared::protocol::State;
use shared::returned_event::{OrderEventsQueue, again_at};
use shared::table::Written;

use crate::Sweeper;
use crate::backlog::Backlog;
use crate::messages::Trouble;
use crate::summary::Swept;

/// Puts a copy of the event on the queue. It first moves `due_at` ahead conditionally, so only one of two
/// overlapping runs sends a copy, and a run that stops in between costs a delay but never the event. An event
/// that waits for the operator is only checked: it is deleted once its notification has its outcome.
pub(crate) async fn take(
    sweeper: &Sweeper,
    queue: &OrderEventsQueue,
    reference: &Reference,
    backlog: &Backlog,
) -> Result<Swept, Trouble> {
    // The index is eventually consistent.
    let Some(event) = sweeper.table.unfinished_event(reference).await? else { return Ok(Swept::Left) };
    let now = sweeper.clock.now();
    if event.due_at.is_none_or(|due_at| due_at > now) {
        return Ok(Swept::Left);
    }
    if event.for_a_person {
        backlog.discount();
        let record = sweeper.table.notification(reference).await?;
        match record.map(|record| record.state) {
            Some(State::Held) | None => {
                sweeper.table.look_again(reference, &event, now).await?;
                return Ok(Swept::Left);
            }
            // A callback or another run over the same event gave the notification its outcome; neither
            // deletes the stored event.
            Some(state) if state.is_terminal() => {
                let dropped = sweeper.table.drop_known_event(reference, &event, now).await?;
                return Ok(if dropped == Written::Done { Swept::Dropped } else { Swept::Overtaken });
            }
            // The notification is no longer held: put a copy on the queue.
            Some(_) => {}
        }
    }
    let since = event.since(now);
    backlog.has_one_since(since);
    if sweeper.table.take_event(reference, &event, again_at(since, now), now).await? != Written::Done {
        return Ok(Swept::Overtaken);
    }
    queue.put_back(reference, &event).await?;
    Ok(Swept::BroughtBack)
}
