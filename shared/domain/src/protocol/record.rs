//! The part of a notification's record that decisions need.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{OrderReference, Reason};
use crate::message::MessageKey;
use crate::provider::Provider;

/// The reason code for an event without a usable phone number or user id, whose customer only the fallback can reach.
pub const NO_USABLE_NUMBER: &str = "no_usable_number";

/// Distinguishes a claim from every other: a random number that the caller draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimToken(pub u64);

/// Why a notification is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Held {
    /// Definitely not sent: it is sent when its event comes again, unless it is too old by then.
    Unsent,
    /// An attempt ended without a certain answer: only a callback or the operator can say whether it was
    /// sent.
    Unclear,
}

impl Held {
    /// The name in the tools and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsent => "unsent",
            Self::Unclear => "unclear",
        }
    }
}

/// The state of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Claimed: an attempt is running until the lease ends.
    Sending,
    /// Definitely not sent; will be tried again.
    Waiting,
    /// It is not known whether the message was sent.
    Unknown,
    /// A provider accepted the message.
    Accepted,
    /// Refused for good.
    Rejected,
    /// Deliberately not sent.
    Suppressed,
    /// The operator has to act; [`Record::held_as`] says why.
    Held,
}

impl State {
    /// The name in the table and the logs.
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

    /// Whether the state is an outcome.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Accepted | Self::Rejected | Self::Suppressed | Self::Held)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The table's record of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of the table's item")]
pub struct Record {
    /// The state of the notification. Together with the attempt it occurs only once.
    pub state: State,
    /// The number of attempts started. The operator's "not sent" and "send again" increase it too, without an
    /// attempt.
    pub attempt: u32,
    /// The provider that is sending, sent last or comes next; `None` before the first claim.
    pub provider: Option<Provider>,
    /// The token of the claim while the state is `sending`; records written by an earlier version have none.
    #[serde(rename = "claim_token")]
    pub token: Option<ClaimToken>,
    /// Whether any attempt ended without a certain answer. Only a callback or the operator clears it.
    pub unclear: bool,
    /// Whether no further resend is allowed: one was claimed, or a 2xx could not be read.
    pub resend_spent: bool,
    /// The providers that have refused since the last wait.
    pub refused_by: BTreeSet<Provider>,
    /// Whether one of them refused for a reason that can be mended.
    pub mendable: bool,
    /// How many times all providers have refused.
    pub rounds: u32,
    /// How many of those rounds had no reason that could be mended.
    pub unrecognised_rounds: u32,
    /// The time of the event that lacked the customer's consent, if that is why it was not sent.
    pub no_consent_at: Option<Timestamp>,
    /// When the record needs attention: the end of the lease, of the wait or of the confirmation window. For
    /// a held record, the time since which it waits for the operator. `None` for every other outcome.
    pub due_at: Option<Timestamp>,
    /// Why the record is in this state, for states that need a reason.
    pub reason: Option<Reason>,
    /// The ids of the message, with their providers.
    pub message_ids: BTreeSet<MessageKey>,
    /// The ids among them that came in a provider's reply; the others come from callbacks.
    pub reply_ids: BTreeSet<MessageKey>,
    /// Whether the operator sends it although its event is too old; cleared by the outcome.
    pub although_late: bool,
    /// The operators' resends, each as `<time> <operator>`. Entries are never removed.
    pub resent: BTreeSet<String>,
    /// A hash of the rendered message and its recipient.
    pub fingerprint: String,
    /// The reference that the last attempt sent; `None` for a message without `order_details`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<OrderReference>,
}

impl Record {
    /// The record of a notification before its first attempt.
    pub fn untried(fingerprint: &str) -> Self {
        Self {
            state: State::Waiting,
            attempt: 0,
            provider: None,
            token: None,
            unclear: false,
            resend_spent: false,
            refused_by: BTreeSet::new(),
            mendable: false,
            rounds: 0,
            unrecognised_rounds: 0,
            no_consent_at: None,
            due_at: None,
            reason: None,
            message_ids: BTreeSet::new(),
            reply_ids: BTreeSet::new(),
            although_late: false,
            resent: BTreeSet::new(),
            fingerprint: fingerprint.to_owned(),
            reference: None,
        }
    }

    /// The reference that the provider knows from this message, once it has accepted the message.
    pub fn accepted_reference(&self) -> Option<(&OrderReference, Provider)> {
        self.reference.as_ref().filter(|_| self.state == State::Accepted).zip(self.provider)
    }

    /// Whether a provider has accepted the message, or may have.
    pub fn may_be_sent(&self) -> bool {
        match self.state {
            State::Sending | State::Unknown | State::Accepted => true,
            // An operator may have an accepted message sent again.
            State::Waiting | State::Rejected | State::Suppressed | State::Held => {
                self.unclear || !self.message_ids.is_empty()
            }
        }
    }

    /// Whether it was not sent because its event had no usable phone number or user id.
    pub fn lacks_number(&self) -> bool {
        self.state == State::Rejected && self.reason.as_ref().is_some_and(|it| it.code == NO_USABLE_NUMBER)
    }

    /// Why the record is held; `None` in every other state.
    pub fn held_as(&self) -> Option<Held> {
        let held = if self.unclear { Held::Unclear } else { Held::Unsent };
        (self.state == State::Held).then_some(held)
    }

    /// The record in another state. The reason belongs to the state, so it has to be given again.
    pub(super) fn moved_to(&self, state: State, due_at: Option<Timestamp>, reason: Option<Reason>) -> Self {
        let although_late = self.although_late && !state.is_terminal();
        Self { state, due_at, reason, token: None, although_late, ..self.clone() }
    }

    /// The record with an outcome other than acceptance. If a message may have been sent, it becomes `held`
    /// instead: any other outcome could be wrong.
    pub(super) fn ended(&self, state: State, reason: Reason, now: Timestamp) -> Self {
        if self.unclear {
            return self.held(Some(reason), now);
        }
        self.moved_to(state, None, Some(reason))
    }

    /// The record after an attempt without a certain answer, whose callback may arrive until `until`.
    pub(super) fn unknown(&self, until: Timestamp, reason: Reason) -> Self {
        Self { unclear: true, ..self.moved_to(State::Unknown, Some(until), Some(reason)) }
    }

    /// The record as `held` since `now`. If it was accepted before the operator sent it again, it becomes
    /// `accepted` again, because the operator has nothing to decide.
    pub(super) fn held(&self, reason: Option<Reason>, now: Timestamp) -> Self {
        match self.message_ids.first() {
            None => self.moved_to(State::Held, Some(now), reason),
            Some(message) => {
                Self { provider: Some(message.provider), ..self.moved_to(State::Accepted, None, None) }
            }
        }
    }
}
