//! The order in which an order's statuses may be told.
//!
//! An older status never follows a newer one, and nothing follows `completed` or `canceled`. A status counts once it
//! was sent or may have been; while one is being sent the others wait, so that two that run at the same moment can't
//! overtake each other. So does a second copy of the same one: else who ends first would leave the place of who still
//! sends. Writes are conditioned on the version they were decided from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalogue::Notification;
use crate::message::{Content, NotificationKey, OrderStatus};

/// One status of an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// The notification that tells it.
    pub key: NotificationKey,
    /// The status.
    pub status: OrderStatus,
    /// When the order took it.
    pub time: Timestamp,
}

impl Step {
    /// The status that a notification tells; none where it tells no order's status.
    pub fn of(notification: &Notification) -> Option<Self> {
        match &notification.content {
            Content::Body(_) => None,
            Content::OrderStatus(update) => Some(Self {
                key: notification.reference.key.clone(),
                status: update.status,
                time: notification.event_time,
            }),
        }
    }

    fn supersedes(&self, other: &Self) -> bool {
        self.key != other.key && (self.status.is_final() || self.time > other.time)
    }
}

/// What is known of the statuses told of one order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Progress {
    /// Counts the writes; 0 where there is no record yet.
    pub version: u32,
    /// The last status that was sent, or may have been.
    #[serde(default)]
    pub sent: Option<Step>,
    /// The status that is being sent.
    #[serde(default)]
    pub sending: Option<Step>,
    /// When the claim on it ends.
    #[serde(default)]
    pub lease_end: Option<Timestamp>,
}

/// Whether a status may still be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relevance {
    /// It may: write this record, then claim.
    Relevant(Progress),
    /// A newer one was told, or a final one.
    Superseded,
    /// One is being sent at this moment: another one, or this one by somebody else.
    Wait {
        /// When its claim ends at the latest.
        until: Timestamp,
    },
}

/// Decides whether `step` may be told now.
pub fn relevance(progress: &Progress, step: &Step, now: Timestamp, lease_end: Timestamp) -> Relevance {
    let progress = match (&progress.sending, progress.lease_end) {
        (Some(_), Some(until)) if until > now => return Relevance::Wait { until },
        // This very status as well: its earlier attempt may have been told, whatever becomes of the next.
        (Some(sending), _) => progress.with_sent(sending),
        (None, _) => progress.clone(),
    };
    if progress.sent.as_ref().is_some_and(|sent| sent.supersedes(step)) {
        return Relevance::Superseded;
    }
    Relevance::Relevant(Progress {
        version: progress.version + 1,
        sent: progress.sent,
        sending: Some(step.clone()),
        lease_end: Some(lease_end),
    })
}

impl Progress {
    /// The record once `step` is no longer being sent: told, or maybe told, or not. None where it isn't the one that
    /// is being sent: then its claim ran out, another took over, and counted it as told.
    pub fn released(&self, step: &Step, told: bool) -> Option<Self> {
        if self.sending.as_ref()?.key != step.key {
            return None;
        }
        let kept = if told { self.with_sent(step) } else { self.clone() };
        Some(Self { version: self.version + 1, sending: None, lease_end: None, ..kept })
    }

    /// With `step` counted as told: the newest told one stays.
    fn with_sent(&self, step: &Step) -> Self {
        let newer = self.sent.as_ref().is_none_or(|sent| !sent.supersedes(step));
        let sent = if newer { Some(step.clone()) } else { self.sent.clone() };
        Self { sent, ..self.clone() }
    }
}
