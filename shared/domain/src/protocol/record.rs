//! A notification's record, as far as decisions need it.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Reason;
use crate::message::MessageKey;
use crate::provider::Provider;

/// How far a notification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Claimed: an attempt is under way until the lease ends.
    Sending,
    /// Definitely not sent; to be tried again.
    Waiting,
    /// Nobody knows whether it was sent.
    Unknown,
    /// A provider took it.
    Accepted,
    /// It was refused for good.
    Rejected,
    /// We chose not to send it.
    Suppressed,
    /// A person must decide.
    Held,
}

impl State {
    /// The word in the table and the logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Waiting => "waiting",
            Self::Unknown => "unknown",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Suppressed => "suppressed",
            Self::Held => "held",
        }
    }

    /// Whether the notification has its outcome.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Accepted | Self::Rejected | Self::Suppressed | Self::Held)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the table knows of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// How far it is.
    pub state: State,
    /// How many attempts were begun; a person's word that it was not sent counts as one.
    pub attempt: u32,
    /// Who is trying, tried last or is to try next; none where nobody was ever asked.
    #[serde(default)]
    pub provider: Option<Provider>,
    /// Who refused it for a reason of their own.
    #[serde(default)]
    pub refused_by: BTreeSet<Provider>,
    /// When it needs attention: the end of the lease, of the wait or of the confirmation window; of a held one, since when
    /// it waits for a person. None for every other outcome.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// Why it is in this state, where that isn't plain.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// The ids by which its message is known.
    #[serde(default)]
    pub message_ids: BTreeSet<MessageKey>,
    /// A hash of what is said to whom.
    pub fingerprint: String,
}

impl Record {
    /// The record after this one, in another state; the reason goes with the state and so is given anew.
    pub(super) fn moved_to(&self, state: State, due_at: Option<Timestamp>, reason: Option<Reason>) -> Self {
        Self { state, due_at, reason, ..self.clone() }
    }

    /// The record that a person must decide about, from now on; for the reason that it has.
    pub(super) fn held(&self, now: Timestamp) -> Self {
        self.moved_to(State::Held, Some(now), self.reason.clone())
    }
}
