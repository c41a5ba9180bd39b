//! How a notification ended, or why it hasn't yet.

use jiff::Timestamp;
use serde::Serialize;
use shared::fault::Faults;
use shared::message::{MessageKey, Reference};
use shared::protocol::{Reason, State};
use shared::provider::Provider;
use shared::secrets::SecretError;
use shared::table::TableError;
use shared::telemetry::OutcomeKind;

/// How an order event ended. As JSON it is the reply to a bare event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// A provider took the message.
    Accepted {
        /// Which notification of which order.
        #[serde(flatten)]
        about: About,
        /// Who took it.
        provider: Option<Provider>,
        /// The provider's id of it; none where it gave none.
        message_id: Option<String>,
    },
    /// A provider refused it for good.
    Rejected {
        /// Which notification of which order.
        #[serde(flatten)]
        about: About,
        /// Who refused it.
        provider: Option<Provider>,
        /// Why.
        reason: Option<Reason>,
    },
    /// We chose not to send it.
    Suppressed {
        /// Which notification of which order.
        #[serde(flatten)]
        about: About,
        /// Why.
        reason: Option<Reason>,
    },
    /// A person must decide.
    Held {
        /// Which notification of which order.
        #[serde(flatten)]
        about: About,
        /// Why.
        reason: Option<Reason>,
    },
    /// Nothing in the catalogue listens to it.
    Ignored {
        /// The event's source.
        source: String,
        /// The event's detail type.
        detail_type: String,
    },
    /// It can't become a message. It is recorded with its raw body.
    Invalid {
        /// Under which id it is recorded.
        event_id: String,
        /// Everything that is wrong with it.
        faults: Faults,
    },
}

/// Which notification of which order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// The order's number.
    pub order: String,
    /// The catalogue's name of the notification.
    pub notification: String,
    /// The notification's key.
    pub key: String,
}

impl About {
    pub(crate) fn new(notification: &str, reference: &Reference) -> Self {
        Self {
            order: reference.order.to_string(),
            notification: notification.to_owned(),
            key: reference.key.to_string(),
        }
    }
}

/// Why an event has no outcome yet. The queue brings it back; nothing of it is lost.
#[derive(Debug, thiserror::Error)]
pub enum Undecided {
    /// It is another invocation's, or not its time.
    #[error("order {order}: notification {notification} is {state} until {until}{}", because(reason.as_ref()))]
    NotYet {
        /// The order's number.
        order: String,
        /// The catalogue's name of the notification.
        notification: String,
        /// How far it is.
        state: State,
        /// When it is worth another look.
        until: Timestamp,
        /// Why it is there.
        reason: Option<Reason>,
    },
    /// It waits, and the table brings it back: the queue's copy is done.
    #[error("order {order}: notification {notification} is {state}, and comes back from the table after {until}{}", because(reason.as_ref()))]
    Kept {
        /// The order's number.
        order: String,
        /// The catalogue's name of the notification.
        notification: String,
        /// How far it is.
        state: State,
        /// When it is worth another look.
        until: Timestamp,
        /// Why it is there.
        reason: Option<Reason>,
    },
    /// Another status of the same order is being sent.
    #[error("order {order}: another status of this order is being sent until {until}")]
    OrderBusy {
        /// The order's number.
        order: String,
        /// When it is worth another look.
        until: Timestamp,
    },
    /// Too little is left of the invocation to begin a send.
    #[error("too little time is left in this invocation to begin a send")]
    NoTime,
    /// A request hung until the record's time was over. It may have been carried out.
    #[error("the record's time was over before it had an outcome")]
    TimedOut,
    /// The table can't be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The credentials or the key secret can't be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The event has faults, and is too large to be recorded with them.
    #[error("the event has faults and is too large to be recorded ({bytes} bytes): {faults}")]
    TooLarge {
        /// How large it is.
        bytes: usize,
        /// What is wrong with it.
        faults: Faults,
    },
    /// A bug of ours. The panic's own text is on standard error.
    #[error("processing the record panicked")]
    Panicked,
}

impl Undecided {
    /// A word for what keeps it, where no provider's reason does.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::NotYet { state, .. } | Self::Kept { state, .. } => state.name(),
            Self::OrderBusy { .. } => "order_busy",
            Self::NoTime => "no_time",
            Self::TimedOut => "timed_out",
            Self::Table(_) => "table",
            Self::Secret(_) => "secret",
            Self::TooLarge { .. } => "too_large",
            Self::Panicked => "panicked",
        }
    }

    /// When it is worth another look, where that is known.
    pub(crate) const fn until(&self) -> Option<Timestamp> {
        match self {
            Self::NotYet { until, .. } | Self::Kept { until, .. } | Self::OrderBusy { until, .. } => {
                Some(*until)
            }
            Self::NoTime
            | Self::TimedOut
            | Self::Table(_)
            | Self::Secret(_)
            | Self::TooLarge { .. }
            | Self::Panicked => None,
        }
    }
}

fn because(reason: Option<&Reason>) -> String {
    reason.map(|reason| format!(", {reason}")).unwrap_or_default()
}

impl Outcome {
    /// Which of the six it is.
    pub(crate) const fn kind(&self) -> OutcomeKind {
        match self {
            Self::Accepted { .. } => OutcomeKind::Accepted,
            Self::Rejected { .. } => OutcomeKind::Rejected,
            Self::Suppressed { .. } => OutcomeKind::Suppressed,
            Self::Held { .. } => OutcomeKind::Held,
            Self::Ignored { .. } => OutcomeKind::Ignored,
            Self::Invalid { .. } => OutcomeKind::Invalid,
        }
    }

    /// The outcome of a notification whose record is terminal; none while it isn't.
    pub(crate) fn of(about: About, record: &shared::protocol::Record) -> Option<Self> {
        let (provider, reason) = (record.provider, record.reason.clone());
        Some(match record.state {
            State::Accepted => {
                let message_id =
                    record.message_ids.first().map(|key: &MessageKey| key.id.as_str().to_owned());
                Self::Accepted { about, provider, message_id }
            }
            State::Rejected => Self::Rejected { about, provider, reason },
            State::Suppressed => Self::Suppressed { about, reason },
            State::Held => Self::Held { about, reason },
            State::Sending | State::Waiting | State::Unknown => return None,
        })
    }
}
