//! What a run did, as its answer and its one line in the log.

use serde::Serialize;

/// What became of one item that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Swept {
    /// A notification whose lease was over is `unknown`.
    Unknown,
    /// A stuck notification is `held`.
    Held,
    /// A copy of a kept event is on the queue.
    BroughtBack,
    /// A kept event is removed, because its notification has its outcome.
    Dropped,
    /// A provider was asked about a message, and told so many facts that weren't known.
    Asked {
        /// How many.
        new_facts: usize,
    },
    /// A provider was asked for the last time, and could not tell the end.
    Unconfirmed,
    /// There was nothing to do, or not yet.
    Left,
    /// Another run, the sender or a callback was faster.
    Overtaken,
    /// It could not be read or written; the next run finds it again.
    Failed,
    /// The invocation's time was over before it.
    NotReached,
}

/// Counts of what became of what was due.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Summary {
    due: usize,
    unknown: usize,
    held: usize,
    brought_back: usize,
    dropped: usize,
    asked: usize,
    new_facts: usize,
    unconfirmed: usize,
    left: usize,
    overtaken: usize,
    failed: usize,
    not_reached: usize,
}

impl Summary {
    pub(crate) fn with(mut self, swept: Swept) -> Self {
        self.due += 1;
        match swept {
            Swept::Unknown => self.unknown += 1,
            Swept::Held => self.held += 1,
            Swept::BroughtBack => self.brought_back += 1,
            Swept::Dropped => self.dropped += 1,
            Swept::Asked { new_facts } => {
                self.asked += 1;
                self.new_facts += new_facts;
            }
            Swept::Unconfirmed => self.unconfirmed += 1,
            Swept::Left => self.left += 1,
            Swept::Overtaken => self.overtaken += 1,
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
            brought_back,
            dropped,
            asked,
            new_facts,
            unconfirmed,
            left,
            overtaken,
            failed,
            not_reached,
        } = self;
        tracing::info!(
            wide = "run",
            due,
            unknown,
            held,
            brought_back,
            dropped,
            asked,
            new_facts,
            unconfirmed,
            left,
            overtaken,
            failed,
            not_reached,
            duration_ms,
            "{due} items were due"
        );
    }
}
