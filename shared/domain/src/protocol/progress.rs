//! The order in which an order's statuses may be told.
//!
//! An older status never follows a newer one, and nothing follows `completed` or `canceled`. Of two with the same time the
//! one that comes later in an order's life is the newer one: EventBridge's `time` has whole seconds. A status counts once it
//! was sent or may have been; while one is being sent the others wait, so that two that run at the same moment can't
//! overtake each other. So does a second copy of the same one: else who ends first would leave the place of who still
//! sends. Writes are conditioned on the version and the claim they were decided from.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ClaimToken;
use crate::catalogue::Notification;
use crate::message::{Content, NotificationKey, OrderStatus};

/// How long a status waits before it looks again whether another one is still being sent: a send takes seconds, and its claim
/// ends much later.
const BUSY_PAUSE: Duration = Duration::from_secs(3);

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
        let place = |step: &Self| (step.time, step.status.rank());
        self.key != other.key && (self.status.is_final() || place(self) > place(other))
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
    /// Which claim that is; a record of an earlier version has none.
    #[serde(default, rename = "claim_token")]
    pub token: Option<ClaimToken>,
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
        /// When to look again.
        until: Timestamp,
    },
}

/// Decides whether `step` may be told now, under a claim with this token and end.
pub fn relevance(
    progress: &Progress,
    step: &Step,
    now: Timestamp,
    lease_end: Timestamp,
    token: ClaimToken,
) -> Relevance {
    let progress = match (&progress.sending, progress.lease_end) {
        (Some(_), Some(ends)) if ends > now => {
            let soon = now.saturating_add(BUSY_PAUSE).unwrap_or(ends);
            return Relevance::Wait { until: ends.min(soon) };
        }
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
        token: Some(token),
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
        Some(Self { version: self.version + 1, sending: None, lease_end: None, token: None, ..kept })
    }

    /// Whether a status is being sent at this moment.
    pub fn is_busy(&self, now: Timestamp) -> bool {
        self.sending.is_some() && self.lease_end.is_some_and(|ends| ends > now)
    }

    /// The record once a person has found that `step` was told. None where it says so already, or tells a newer one.
    pub fn found_told(&self, step: &Step) -> Option<Self> {
        let told = self.with_sent(step);
        (told != *self).then(|| Self { version: self.version + 1, ..told })
    }

    /// With `step` counted as told: the newest told one stays.
    fn with_sent(&self, step: &Step) -> Self {
        let newer = self.sent.as_ref().is_none_or(|sent| !sent.supersedes(step));
        let sent = if newer { Some(step.clone()) } else { self.sent.clone() };
        Self { sent, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_795_165_200, 0);

    fn step(status: OrderStatus, seconds: i64) -> Step {
        let key = NotificationKey::parse(&format!("{status}-{seconds}")).unwrap();
        Step { key, status, time: NOW + SignedDuration::from_secs(seconds) }
    }

    fn told(step: &Step) -> Progress {
        Progress { version: 1, sent: Some(step.clone()), ..Progress::default() }
    }

    fn is_superseded(sent: &Step, next: &Step) -> bool {
        relevance(&told(sent), next, NOW, NOW, ClaimToken(1)) == Relevance::Superseded
    }

    #[test]
    fn statuses_of_the_same_second_follow_each_other_as_in_an_orders_life() {
        use OrderStatus::{Canceled, Completed, PartiallyShipped, Processing, Shipped};
        let course = [Processing, PartiallyShipped, Shipped];
        for (place, earlier) in course.into_iter().enumerate() {
            for later in course.into_iter().skip(place + 1) {
                assert!(is_superseded(&step(later, 0), &step(earlier, 0)), "{earlier} after {later}");
                assert!(!is_superseded(&step(earlier, 0), &step(later, 0)), "{later} after {earlier}");
                // A difference in time counts more.
                assert!(
                    !is_superseded(&step(later, 0), &step(earlier, 1)),
                    "{earlier} a second after {later}"
                );
            }
            for last in [Completed, Canceled] {
                assert!(is_superseded(&step(last, 0), &step(earlier, 0)), "{earlier} after {last}");
                assert!(!is_superseded(&step(earlier, 0), &step(last, 0)), "{last} after {earlier}");
            }
        }
        assert!(is_superseded(&step(Canceled, 0), &step(Completed, 0)));
        assert!(is_superseded(&step(Completed, 0), &step(Canceled, 0)));
    }

    #[test]
    fn a_status_waits_for_another_one_for_seconds_and_never_longer_than_its_claim() {
        let sending = |ends| Progress {
            version: 1,
            sending: Some(step(OrderStatus::Processing, 0)),
            lease_end: Some(NOW + SignedDuration::from_secs(ends)),
            ..Progress::default()
        };
        for (ends, waits) in [(35, 3), (900, 3), (1, 1)] {
            let found = relevance(&sending(ends), &step(OrderStatus::Shipped, 1), NOW, NOW, ClaimToken(1));
            assert_eq!(found, Relevance::Wait { until: NOW + SignedDuration::from_secs(waits) });
            assert!(sending(ends).is_busy(NOW));
        }
        assert!(!sending(0).is_busy(NOW));
    }

    #[test]
    fn what_a_person_has_found_told_counts_like_what_was_sent() {
        let [processing, shipped] = [step(OrderStatus::Processing, 0), step(OrderStatus::Shipped, 1)];
        let found = told(&processing).found_told(&shipped).unwrap();
        assert_eq!((found.version, found.sent.as_ref()), (2, Some(&shipped)));
        assert_eq!(relevance(&found, &processing, NOW, NOW, ClaimToken(1)), Relevance::Superseded);
        assert_eq!(found.found_told(&shipped), None);
        assert_eq!(found.found_told(&processing), None);
        assert_eq!(Progress::default().found_told(&shipped).unwrap().version, 1);
    }
}
