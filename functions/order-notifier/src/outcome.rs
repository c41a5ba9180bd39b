//! The outcome of an order event, or why it has none yet.

use jiff::Timestamp;
use serde::Serialize;
use shared::fault::Faults;
use shared::message::{MessageKey, Reference};
use shared::protocol::{Reason, State};
use shared::provider::Provider;
use shared::secrets::SecretError;
use shared::table::TableError;
use shared::telemetry::OutcomeKind;

/// The outcome of an order event. Its JSON form is the reply to a single event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// A provider accepted the message.
    Accepted {
        /// The notification.
        #[serde(flatten)]
        about: About,
        /// The provider that accepted it.
        provider: Option<Provider>,
        /// The provider's id for the message, if its reply had one.
        message_id: Option<String>,
    },
    /// A provider permanently refused the customer or the order's state.
    Rejected {
        /// The notification.
        #[serde(flatten)]
        about: About,
        /// The provider that refused.
        provider: Option<Provider>,
        /// The reason in the record.
        reason: Option<Reason>,
    },
    /// Deliberately not sent: no consent, too old, or overtaken by a newer status.
    Suppressed {
        /// The notification.
        #[serde(flatten)]
        about: About,
        /// The reason in the record.
        reason: Option<Reason>,
    },
    /// The operator must decide, or the event must be delivered again.
    Held {
        /// The notification.
        #[serde(flatten)]
        about: About,
        /// The reason in the record.
        reason: Option<Reason>,
    },
    /// No catalogue entry matches the event.
    Ignored {
        /// The event's source.
        source: String,
        /// The event's detail type.
        detail_type: String,
    },
    /// The event cannot become a message. It is recorded with its raw body.
    Invalid {
        /// The id under which it is recorded.
        event_id: String,
        /// Every fault found in the event.
        faults: Faults,
    },
}

/// Identifies a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// The sender's name; `None` for the default sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// The order's number.
    pub order: String,
    /// The notification's name in the catalogue.
    pub notification: String,
    /// The notification's key.
    pub key: String,
}

impl About {
    pub(crate) fn new(notification: &str, reference: &Reference) -> Self {
        Self {
            sender: reference.order.sender.as_ref().map(ToString::to_string),
            order: reference.order.to_string(),
            notification: notification.to_owned(),
            key: reference.key.to_string(),
        }
    }
}

/// Why an event has no outcome yet. The queue or the table delivers it again, so nothing is lost.
#[derive(Debug, thiserror::Error)]
pub enum Pending {
    /// Another invocation is sending the notification, or it is not due yet.
    #[error("order {order}: notification {notification} is {state} until {until}{}", reason_suffix(reason.as_ref()))]
    Later {
        /// The order's number.
        order: String,
        /// The notification's name in the catalogue.
        notification: String,
        /// The state of the notification's record.
        state: State,
        /// When to try again.
        until: Timestamp,
        /// Why the record is in this state.
        reason: Option<Reason>,
    },
    /// The notification waits and the table owns its event, so the queue's copy can be deleted.
    #[error("order {order}: notification {notification} is {state}, and the table will requeue its event after {until}{}", reason_suffix(reason.as_ref()))]
    Kept {
        /// The order's number.
        order: String,
        /// The notification's name in the catalogue.
        notification: String,
        /// The state of the notification's record.
        state: State,
        /// When to try again.
        until: Timestamp,
        /// Why the record is in this state.
        reason: Option<Reason>,
    },
    /// Another status of the same order is being sent.
    #[error("order {order}: another status of this order is being sent until {until}")]
    OrderBusy {
        /// The order's number.
        order: String,
        /// When to try again.
        until: Timestamp,
    },
    /// The invocation has too little time left to start a send.
    #[error("too little time is left in this invocation to start a send")]
    NoTime,
    /// A request hung until the record's time ended. It may have succeeded.
    #[error("the record's time ended before it had an outcome")]
    TimedOut,
    /// The table cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The credentials or the key secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The event has faults and is too large to be recorded with them.
    #[error("the event has faults and is too large to be recorded ({bytes} bytes): {faults}")]
    TooLarge {
        /// The event's size.
        bytes: usize,
        /// Every fault found in the event.
        faults: Faults,
    },
    /// A panic is a bug in this code; its message is on standard error.
    #[error("processing the record panicked")]
    Panicked,
}

impl Pending {
    /// The code in the log when no provider gave a reason.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Later { state, .. } | Self::Kept { state, .. } => state.name(),
            Self::OrderBusy { .. } => "order_busy",
            Self::NoTime => "no_time",
            Self::TimedOut => "timed_out",
            Self::Table(_) => "table",
            Self::Secret(_) => "secret",
            Self::TooLarge { .. } => "too_large",
            Self::Panicked => "panicked",
        }
    }

    /// When to try again, if that is known.
    pub(crate) const fn until(&self) -> Option<Timestamp> {
        match self {
            Self::Later { until, .. } | Self::Kept { until, .. } | Self::OrderBusy { until, .. } => {
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

fn reason_suffix(reason: Option<&Reason>) -> String {
    reason.map(|reason| format!(", {reason}")).unwrap_or_default()
}

impl Outcome {
    /// The variant without its data, as metrics count it.
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

    /// The outcome of a notification's record; `None` unless its state is terminal.
    pub(crate) fn from_record(about: About, record: &shared::protocol::Record) -> Option<Self> {
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
