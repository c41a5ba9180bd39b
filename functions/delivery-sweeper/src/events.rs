//! An event that is kept in the table, whose time has come.

use shared::message::Reference;
use shared::returned_event::{OrderEventsQueue, again_at};
use shared::table::Written;

use crate::Sweeper;
use crate::backlog::Backlog;
use crate::messages::Trouble;
use crate::summary::Swept;

/// Puts a copy of it on the queue. First it is put off in the table, so that of two runs one does so, and a run that ends
/// in between costs a wait and not the event.
pub(crate) async fn take(
    sweeper: &Sweeper,
    queue: &OrderEventsQueue,
    reference: &Reference,
    backlog: &Backlog,
) -> Result<Swept, Trouble> {
    // The index follows the table with a delay.
    let Some(event) = sweeper.table.unfinished_event(reference).await? else { return Ok(Swept::Left) };
    let now = sweeper.clock.now();
    if event.due_at.is_none_or(|due_at| due_at > now) {
        return Ok(Swept::Left);
    }
    let since = event.since(now);
    backlog.has_one_since(since);
    if sweeper.table.take_event(reference, &event, again_at(since, now), now).await? != Written::Done {
        return Ok(Swept::Overtaken);
    }
    queue.put_back(reference, &event).await?;
    Ok(Swept::BroughtBack)
}
