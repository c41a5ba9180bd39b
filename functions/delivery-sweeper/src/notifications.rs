//! Processes a due notification whose event may never be delivered again.

use shared::message::{Reference, Sender};
use shared::protocol::{Record, State, Sweep, sweep};
use shared::table::{TableError, Written};
use shared::telemetry::{Metric, OutcomeKind};

use crate::Sweeper;
use crate::summary::Swept;

/// Moves the notification to its next state if it is due.
pub(crate) async fn take(
    sweeper: &Sweeper,
    reference: &Reference,
    counted: &mut Vec<Metric>,
) -> Result<Swept, TableError> {
    // The index is eventually consistent.
    let Some((record, names)) = sweeper.table.named_notification(reference).await? else {
        return Ok(Swept::Skipped);
    };
    let now = sweeper.clock.now();
    let Sweep::Move(next) = sweep(&record, &sweeper.policy, sweeper.stuck_after, now) else {
        return Ok(Swept::Skipped);
    };
    if next.state.is_terminal() && will_be_requeued(sweeper, reference).await? {
        return Ok(Swept::Skipped);
    }
    if sweeper.table.move_record(reference, &record, &next, now).await? != Written::Done {
        return Ok(Swept::ChangedMeanwhile);
    }
    log(reference, &record, &next);
    if next.state == State::Accepted {
        // It was accepted and counted before the operator had it sent again.
        return Ok(Swept::Skipped);
    }
    if let Some(outcome) = OutcomeKind::from_state(next.state) {
        let reason = next.reason.as_ref().map(|reason| reason.class);
        counted.push(Metric::Outcome { outcome, provider: next.provider, reason, names });
    }
    Ok(if next.state == State::Held { Swept::Held } else { Swept::Unknown })
}

/// Whether the table will requeue the notification's event. If so, the notification is not stuck.
async fn will_be_requeued(sweeper: &Sweeper, reference: &Reference) -> Result<bool, TableError> {
    if sweeper.queue.is_none() {
        return Ok(false);
    }
    let first = reference.first();
    // A notification that follows another one has no event of its own.
    for reference in [Some(reference), Some(&first).filter(|first| *first != reference)].into_iter().flatten()
    {
        let event = sweeper.table.unfinished_event(reference).await?;
        if event.is_some_and(|event| event.will_be_requeued()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn log(reference: &Reference, before: &Record, now: &Record) {
    let (order, key) = (reference.order.as_str(), reference.key.as_str());
    let sender = reference.order.sender.as_ref().map(Sender::as_str);
    let provider = now.provider.map(shared::provider::Provider::name);
    let class = now.reason.as_ref().map(|reason| reason.class.name());
    let code = now.reason.as_ref().map(|reason| reason.code.as_str());
    let text = now.reason.as_ref().map(|reason| reason.text.as_str());
    let (was, is) = (before.state.name(), now.state.name());
    if now.state == State::Held {
        tracing::error!(
            outcome = is,
            sender,
            order,
            key,
            provider,
            was,
            class,
            code,
            text,
            "order {order}: a notification was {was} for too long and is now {is}"
        );
    } else {
        tracing::warn!(
            sender,
            order,
            key,
            provider,
            was,
            is,
            code,
            "order {order}: a notification was {was} and is now {is}"
        );
    }
}
