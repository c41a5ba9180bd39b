//! The result of a run: its reply and its one log line.

use serde::Serialize;

/// The result for one due item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Swept {
    /// The lease of a `sending` notification had expired; it is now `unknown`.
    Unknown,
    /// A stuck notification is now `held`.
    Held,
    /// A copy of a stored event was put on the queue.
    Requeued,
    /// A stored event was deleted, because its notification has its outcome.
    Dropped,
    /// A provider was polled for a message.
    Polled {
        /// Facts in the reply that were not known before.
        new_facts: usize,
    },
    /// The last poll brought no final fact.
    Unconfirmed,
    /// Nothing to do in this run.
    Skipped,
    /// Lost the race to another run, order-notifier or a callback.
    ChangedMeanwhile,
    /// A read or write failed; the next run finds the item again.
    Failed,
    /// The invocation's time was over before this item.
    NotReached,
}

/// The number of items for each [`Swept`] result.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Summary {
    due: usize,
    unknown: usize,
    held: usize,
    requeued: usize,
    dropped: usize,
    polled: usize,
    new_facts: usize,
    unconfirmed: usize,
    skipped: usize,
    changed_meanwhile: usize,
    failed: usize,
    not_reached: usize,
}

impl Summary {
    pub(crate) fn with(mut self, swept: Swept) -> Self {
        self.due += 1;
        match swept {
            Swept::Unknown => self.unknown += 1,
            Swept::Held => self.held += 1,
            Swept::Requeued => self.requeued += 1,
            Swept::Dropped => self.dropped += 1,
            Swept::Polled { new_facts } => {
                self.polled += 1;
                self.new_facts += new_facts;
            }
            Swept::Unconfirmed => self.unconfirmed += 1,
            Swept::Skipped => self.skipped += 1,
            Swept::ChangedMeanwhile => self.changed_meanwhile += 1,
            Swept::Failed => self.failed += 1,
            Swept::NotReached => self.not_reached += 1,
        }
        self
    }

    pub(crate) fn log(&self, duration_ms: u64) {
        let Self {
            due,
            unknown,
            held,
            requeued,
            dropped,
            polled,
            new_facts,
            unconfirmed,
            skipped,
            changed_meanwhile,
            failed,
            not_reached,
        } = self;
        tracing::info!(
            wide = "run",
            due,
            unknown,
            held,
            requeued,
            dropped,
            polled,
            new_facts,
            unconfirmed,
            skipped,
            changed_meanwhile,
            failed,
            not_reached,
            duration_ms,
            "{due} items were due"
        );
    }
}
