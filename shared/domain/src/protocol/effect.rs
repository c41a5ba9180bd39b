//! What the send machine asks its caller for, what came of it, and how a run ends.

use jiff::Timestamp;

use super::progress::Progress;
use super::settle::Attempt;
use super::{Answer, Reason, Record, State};
use crate::message::MessageKey;

/// The request that is to be carried out next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Read the notification's record. Answered by [`Input::Record`].
    Read,
    /// Make sure that a send could be made: read the credentials. Nothing is written before. Answered by [`Input::Done`].
    Prepare,
    /// Read the order's progress. Answered by [`Input::Progress`].
    ReadProgress,
    /// Write the order's progress, with this status as the one that is being sent.
    TakeProgress {
        /// The progress that it was decided from.
        known: Progress,
        /// The progress to write.
        next: Progress,
    },
    /// Write a record that needs no send, in place of the one that is known.
    Move {
        /// The record that it was decided from; none where there is none.
        known: Option<Record>,
        /// The record to write.
        next: Record,
    },
    /// Write the claim of an attempt.
    Claim {
        /// The record that it was decided from; none where there is none.
        known: Option<Record>,
        /// The record to write.
        next: Record,
    },
    /// Write that nothing was sent under a claim whose write failed: it may have been carried out all the same.
    Withdraw {
        /// The claim.
        claimed: Record,
        /// The record to write.
        next: Record,
    },
    /// Ask a provider to send. Answered by [`Input::Answer`].
    Ask(Attempt),
    /// Write what the provider answered.
    Settle {
        /// The record that it was decided from; none where it was deleted meanwhile.
        known: Option<Record>,
        /// The record to write.
        next: Record,
    },
    /// Store the way from a message to its order.
    StoreMessage(MessageKey),
    /// Write the order's progress, without this status as the one that is being sent.
    LeaveProgress {
        /// The progress that this run has written, or may have.
        known: Progress,
        /// The progress to write.
        next: Progress,
    },
    /// Keep the event in the table, which owns it from then on: the sweep brings it back when it is due, and a person whenever
    /// they like.
    KeepEvent {
        /// When it is to come back; none where only a person may bring it back.
        due_at: Option<Timestamp>,
    },
    /// Remove the event from the table.
    DropEvent,
    /// The run is over.
    Finish(End),
}

/// What came of a request. A write is answered by [`Input::Done`] or [`Input::Conflict`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The run begins.
    Begin,
    /// The record that was read; none where there is none.
    Record(Option<Record>),
    /// The order's progress.
    Progress(Progress),
    /// The request was carried out.
    Done,
    /// The condition of a write was not met. The record that is there; none where there is none, or where the write was
    /// of the order's progress.
    Conflict(Option<Record>),
    /// What the provider answered.
    Answer(Answer),
    /// The request failed. A write may have been carried out all the same.
    Failed,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum End {
    /// The notification has its outcome: this record's.
    Outcome(Record),
    /// The same key was used for other content.
    Conflict,
    /// It is not its time, or another run is on it: the event is to come back then.
    ComeBack {
        /// When it is worth another look.
        at: Timestamp,
        /// How far it is.
        state: State,
        /// Why it is there.
        reason: Option<Reason>,
    },
    /// It is not its time, and the table brings the event back.
    Kept {
        /// When.
        at: Timestamp,
        /// How far it is.
        state: State,
        /// Why it is there.
        reason: Option<Reason>,
    },
    /// Another status of the order is being sent, until then at the latest.
    OrderBusy {
        /// When it is worth another look.
        at: Timestamp,
    },
    /// There was no time left for a send.
    NoTime,
    /// A request failed: the event is to come back.
    Failed,
}
