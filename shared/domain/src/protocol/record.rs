//! A notification's record, as far as decisions need it.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Reason;
use crate::message::MessageKey;
use crate::provider::Provider;

/// Tells a claim from every other one: a random number that the caller draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimToken(pub u64);

/// What is known of a held notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Held {
    /// It was definitely not sent: it is sent when its event comes again, as long as it is fresh.
    Unsent,
    /// An attempt ended without a certain answer: only a callback or a person can say whether it was sent.
    Unclear,
}

impl Held {
    /// The word that the tools and the metrics show.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsent => "unsent",
            Self::Unclear => "unclear",
        }
    }
}

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
    /// A person must look at it: [`Record::held_as`] says why.
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of the table's item")]
pub struct Record {
    /// How far it is.
    pub state: State,
    /// How many attempts were begun; a person's word that it was not sent counts as one.
    pub attempt: u32,
    /// Who is trying, tried last or is to try next; none where nobody was ever asked.
    #[serde(default)]
    pub provider: Option<Provider>,
    /// Which claim it is in, while it is `sending`; a record of an earlier version has none.
    #[serde(default, rename = "claim_token")]
    pub token: Option<ClaimToken>,
    /// Whether an attempt ever ended without a certain answer. It stays so until a callback or a person clears it.
    #[serde(default = "unclear_unless_said")]
    pub unclear: bool,
    /// Whether no further resend may follow: one was claimed, or a 2xx could not be read.
    #[serde(default)]
    pub resend_spent: bool,
    /// The providers that refused it since the last wait.
    #[serde(default)]
    pub refused_by: BTreeSet<Provider>,
    /// Whether one of them refused it for something that can be mended.
    #[serde(default)]
    pub mendable: bool,
    /// How often no provider was left to ask.
    #[serde(default)]
    pub rounds: u32,
    /// How often of these no provider gave a reason that anybody could mend.
    #[serde(default)]
    pub unrecognised_rounds: u32,
    /// The time of the event by which the customer does not agree to be written to, where that is why it was not sent.
    #[serde(default)]
    pub no_consent_at: Option<Timestamp>,
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
    /// Those of them that a provider's reply gave; the others come from callbacks.
    #[serde(default)]
    pub reply_ids: BTreeSet<MessageKey>,
    /// Whether a person has it sent although its event is too old; until it has its outcome.
    #[serde(default)]
    pub although_late: bool,
    /// When and by whom it was had sent again, as `<time> <who>`. No later write takes any of these away.
    #[serde(default)]
    pub resent: BTreeSet<String>,
    /// A hash of what is said to whom.
    pub fingerprint: String,
}

/// A record that an earlier version has written doesn't say whether a send may have gone out.
const fn unclear_unless_said() -> bool {
    true
}

impl Record {
    /// What a notification is before anything was done about it.
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
        }
    }

    /// What is known of it while it is held; none in every other state.
    pub fn held_as(&self) -> Option<Held> {
        let held = if self.unclear { Held::Unclear } else { Held::Unsent };
        (self.state == State::Held).then_some(held)
    }

    /// The record after this one, in another state; the reason goes with the state and so is given anew.
    pub(super) fn moved_to(&self, state: State, due_at: Option<Timestamp>, reason: Option<Reason>) -> Self {
        let although_late = self.although_late && !state.is_terminal();
        Self { state, due_at, reason, token: None, although_late, ..self.clone() }
    }

    /// The record with an end that isn't an acceptance. Where a send may have gone out, it is held instead: nothing else
    /// would be true.
    pub(super) fn ended(&self, state: State, reason: Reason, now: Timestamp) -> Self {
        if self.unclear {
            return self.held(Some(reason), now);
        }
        self.moved_to(state, None, Some(reason))
    }

    /// The record after an attempt without a certain answer, whose callback may come until `until`.
    pub(super) fn unknown(&self, until: Timestamp, reason: Reason) -> Self {
        Self { unclear: true, ..self.moved_to(State::Unknown, Some(until), Some(reason)) }
    }

    /// The record that a person must decide about, from now on. One that was accepted before a person had it sent again stays
    /// accepted: nobody needs to look at it.
    pub(super) fn held(&self, reason: Option<Reason>, now: Timestamp) -> Self {
        match self.message_ids.first() {
            None => self.moved_to(State::Held, Some(now), reason),
            Some(message) => {
                Self { provider: Some(message.provider), ..self.moved_to(State::Accepted, None, None) }
            }
        }
    }
}
