//! An order status's place in its order's sequence: taken before the claim, left when the send is settled.

use jiff::Timestamp;
use shared::catalogue::Notification;
use shared::message::OrderNumber;
use shared::protocol::{Progress, Record, Relevance, State, Step, relevance};
use shared::table::{Table, TableError, Written};

/// The place of a notification among its order's statuses; of a body notification, none.
#[derive(Debug)]
pub(crate) struct Place {
    order: OrderNumber,
    step: Option<Step>,
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    progress: Progress,
    end: End,
}

/// How a place that is held is to be left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Nothing was sent.
    NotTold,
    /// It is being sent.
    Claimed,
    /// It was sent, or may have been: no later attempt takes that back.
    Told,
    /// Somebody's claim is on the notification, perhaps our own whose reply was lost: the place is left to run out.
    Others,
}

/// Whether it is this status's turn.
#[derive(Debug)]
pub(crate) enum Turn {
    /// It is, or there is no sequence to keep.
    Ours,
    /// A newer or a final one was told.
    Superseded,
    /// One is being sent.
    Wait {
        /// Until then at the latest.
        until: Timestamp,
    },
}

impl Place {
    pub(crate) fn of(notification: &Notification) -> Self {
        let step = Step::of(notification);
        Self { order: notification.reference.order.clone(), step, held: None }
    }

    pub(crate) fn is_ordered(&self) -> bool {
        self.step.is_some()
    }

    /// Takes the place, if it is this status's turn.
    pub(crate) async fn take(
        &mut self,
        table: &Table,
        now: Timestamp,
        lease_end: Timestamp,
    ) -> Result<Turn, TableError> {
        let Some(step) = &self.step else { return Ok(Turn::Ours) };
        if self.held.is_some() {
            return Ok(Turn::Ours);
        }
        loop {
            let progress = table.progress(&self.order).await?;
            let next = match relevance(&progress, step, now, lease_end) {
                Relevance::Relevant(next) => next,
                Relevance::Superseded => return Ok(Turn::Superseded),
                Relevance::Wait { until } => return Ok(Turn::Wait { until }),
            };
            if table.move_progress(&self.order, &next, now).await? == Written::Done {
                self.held = Some(Held { progress: next, end: End::NotTold });
                return Ok(Turn::Ours);
            }
        }
    }

    /// The claim is written: from here on the status may be told, even if nobody can write what became of it.
    pub(crate) fn claimed(&mut self) {
        self.end(End::Claimed);
    }

    /// The claim found another record.
    pub(crate) fn overtaken(&mut self, found: Option<&Record>) {
        self.end(found.map_or(End::NotTold, |record| match record.state {
            State::Sending => End::Others,
            State::Accepted | State::Unknown => End::Told,
            State::Waiting | State::Rejected | State::Suppressed | State::Held => End::NotTold,
        }));
    }

    /// The send was settled.
    pub(crate) fn settled(&mut self, record: &Record) {
        self.overtaken(Some(record));
    }

    fn end(&mut self, end: End) {
        if let Some(held) = self.held.as_mut().filter(|held| held.end != End::Told) {
            held.end = end;
        }
    }

    /// Leaves the place. If that can't be written, the claim on it runs out by itself and counts as told. Nobody else
    /// writes while the place is ours: a write that is overtaken was our own, or comes after the lease's end.
    pub(crate) async fn leave(self, table: &Table) {
        let (Some(step), Some(held)) = (self.step, self.held) else { return };
        let told = match held.end {
            End::Others => return,
            End::Claimed | End::Told => true,
            End::NotTold => false,
        };
        let Some(next) = held.progress.released(&step, told) else { return };
        if let Err(error) = table.move_progress(&self.order, &next, Timestamp::now()).await {
            tracing::warn!(%error, "an order's place was not left; its claim runs out by itself");
        }
    }
}
