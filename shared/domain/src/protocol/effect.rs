//! The send machine's effects and inputs, and the end of a run.

use jiff::Timestamp;

use super::order_reference::OrderReference;
use super::progress::Progress;
use super::settle::Attempt;
use super::{Answer, Reason, Record, State};
use crate::message::{MessageKey, NotificationKey};
use crate::provider::Provider;

/// The next request for the caller to carry out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Read the notification's record. Answered by [`Input::Record`].
    Read,
    /// Read the credentials, so that nothing is written unless a send is possible. Answered by
    /// [`Input::Done`].
    Prepare,
    /// Read the order's progress. Answered by [`Input::Progress`].
    ReadProgress,
    /// Read the record of the status whose claim on the order's progress has expired. Answered by [`Input::Record`].
    ReadExpired {
        /// The progress with the expired claim.
        known: Progress,
        /// The key of that status.
        key: NotificationKey,
    },
    /// Write the order's progress, with this status as the one being sent.
    ClaimProgress {
        /// The progress that the decision was based on.
        known: Progress,
        /// The progress to write.
        next: Progress,
    },
    /// Replace the known record with one that needs no send.
    Move {
        /// The record that the decision was based on; `None` if there was none.
        known: Option<Record>,
        /// The record to write.
        next: Record,
    },
    /// Write the claim of an attempt.
    Claim {
        /// The record that the decision was based on; `None` if there was none.
        known: Option<Record>,
        /// The record to write.
        next: Record,
    },
    /// Record that nothing was sent under a claim whose write failed, since that write may have succeeded
    /// after all.
    Withdraw {
        /// The claim whose write failed.
        claimed: Record,
        /// The record to write.
        next: Record,
    },
    /// Ask a provider to send. Answered by [`Input::Answer`].
    Ask(Attempt),
    /// Write a provider's answer.
    Settle {
        /// The record that the decision was based on; `None` if it was deleted meanwhile.
        known: Option<Record>,
        /// The record to write.
        next: Record,
    },
    /// Store the mapping from a message to its order.
    StoreMessage(MessageKey),
    /// Store the reference of an accepted `order_details` message in the order's progress, unless that of a newer message is
    /// there. No other write of the progress changes it.
    StoreReference {
        /// The reference that was sent.
        reference: OrderReference,
        /// The provider that accepted the message.
        provider: Provider,
    },
    /// Write the order's progress, with this status no longer being sent.
    ReleaseProgress {
        /// The progress that this run wrote, or may have written.
        known: Progress,
        /// The progress to write.
        next: Progress,
    },
    /// Store the event in the table, which owns it from then on: the sweeper brings it back when it is due,
    /// and the operator can at any time.
    StoreEvent {
        /// When the event is due; `None` if only the operator can bring it back.
        due_at: Option<Timestamp>,
    },
    /// Delete the event from the table.
    DeleteEvent,
    /// The run is over: every further input gives this effect again.
    Finish(End),
}

/// The result of an effect. A write is answered by [`Input::Done`] or [`Input::Conflict`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Starts the run; only the first input.
    Begin,
    /// The record that was read; `None` if there is none.
    Record(Option<Record>),
    /// The order's progress; the default if there is none.
    Progress(Progress),
    /// The request succeeded.
    Done,
    /// The condition of a write was not met. Contains the current record; `None` if there is none, or if the
    /// write was of the order's progress.
    Conflict(Option<Record>),
    /// The provider's answer to [`Effect::Ask`].
    Answer(Answer),
    /// The request failed. A write may have succeeded after all.
    Failed,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum End {
    /// The notification has the outcome in this record.
    Outcome(Record),
    /// The same key was used for other content.
    Conflict,
    /// The notification is not due, or another run is sending it: the queue has to bring the event back.
    ComeBack {
        /// When to try again.
        at: Timestamp,
        /// The record's state: `sending`, `waiting` or `unknown`.
        state: State,
        /// Why the record is in this state.
        reason: Option<Reason>,
    },
    /// The notification is not due, and the table brings the event back.
    Kept {
        /// When the event is due.
        at: Timestamp,
        /// The record's state: `sending`, `waiting` or `unknown`.
        state: State,
        /// Why the record is in this state.
        reason: Option<Reason>,
    },
    /// Another status of the order is being sent.
    OrderBusy {
        /// When to try again: in 3 seconds, or when the other run's claim ends if that is earlier.
        at: Timestamp,
    },
    /// The invocation had no time left for a send.
    NoTime,
    /// A request failed: the event has to come back.
    Failed,
}
