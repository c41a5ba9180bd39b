//! An event that is kept in the table, whose time has come.

use std::time::Duration;

use jiff::Timestamp;
use shared::message::Reference;
use shared::returned_event::OrderEventsQueue;
use shared::table::Written;

use crate::Sweeper;
use crate::messages::Trouble;
use crate::summary::Swept;

/// How long a copy has to come to something before another one follows: longer than the queue needs for an hour's peak.
const AGAIN_AFTER: Duration = Duration::from_mins(15);

/// Puts a copy of it on the queue. First it is put off in the table, so that of two runs one does so, and a run that ends
/// in between costs a wait and not the event.
pub(crate) async fn take(
    sweeper: &Sweeper,
    queue: &OrderEventsQueue,
    reference: &Reference,
) -> Result<Swept, Trouble> {
    // The index follows the table with a delay.
    let Some(event) = sweeper.table.unfinished_event(reference).await? else { return Ok(Swept::Left) };
    let now = sweeper.clock.now();
    if event.due_at.is_none_or(|due_at| due_at > now) {
        return Ok(Swept::Left);
    }
    let again_at = now.saturating_add(AGAIN_AFTER).unwrap_or(Timestamp::MAX);
    if sweeper.table.take_event(reference, &event, again_at).await? != Written::Done {
        return Ok(Swept::Overtaken);
    }
    queue.put_back(reference, &event, false).await?;
    Ok(Swept::BroughtBack)
}
