//! An event that is kept in the table, whose time has come.

use shared::message::Reference;
use shared::protocol::State;
use shared::returned_event::{OrderEventsQueue, again_at};
use shared::table::Written;

use crate::Sweeper;
use crate::backlog::Backlog;
use crate::messages::Trouble;
use crate::summary::Swept;

/// Puts a copy of it on the queue. First it is put off in the table, so that of two runs one does so, and a run that ends
/// in between costs a wait and not the event. One that waits for a person is only looked at: it goes once its notification has
/// its outcome.
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
    if event.for_a_person {
        backlog.discount();
        let record = sweeper.table.notification(reference).await?;
        match record.map(|record| record.state) {
            Some(State::Held) | None => {
                sweeper.table.look_again(reference, &event, now).await?;
                return Ok(Swept::Left);
            }
            // By a callback, or by another run over the same event: neither comes to what is kept.
            Some(state) if state.is_terminal() => {
                let dropped = sweeper.table.drop_known_event(reference, &event, now).await?;
                return Ok(if dropped == Written::Done { Swept::Dropped } else { Swept::Overtaken });
            }
            // It isn't held any more.
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
