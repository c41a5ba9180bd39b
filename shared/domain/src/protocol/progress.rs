//! Keeps the statuses of an order in sequence.
//!
//! An older status never follows a newer one, and nothing follows `completed` or `canceled`. EventBridge's
//! `time` has whole seconds; of two statuses with the same time, the one later in an order's life is the
//! newer. A status counts once it was sent or may have been. If its run ended without a release, its record says whether it may
//! have been: a run may stop before its claim, and then nothing was sent.
//!
//! While one status is being sent, the others wait, so that two concurrent runs cannot overtake each other. A
//! second copy of the same status waits too. Otherwise the first copy to finish would release the claim while
//! the other is still sending. Writes are conditional on the version and the claim that they were decided
//! from.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ClaimToken, Record, State};
use crate::catalogue::Notification;
use crate::message::{Content, NotificationKey, OrderStatus, ReferenceId};
use crate::provider::Provider;

/// The pause before a status checks again whether another one is still being sent. A send takes seconds, and
/// its claim lasts much longer.
const BUSY_PAUSE: Duration = Duration::from_secs(3);

/// One status of an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// The key of the notification for this status.
    pub key: NotificationKey,
    /// The status that the order took.
    pub status: OrderStatus,
    /// When the order took it.
    pub time: Timestamp,
}

impl Step {
    /// The status that a notification reports; `None` for any other notification.
    pub fn from_notification(notification: &Notification) -> Option<Self> {
        match &notification.content {
            Content::Template(_) | Content::Plain(_) => None,
            Content::OrderStatus(update) => Some(Self {
                // A message that is sent once more reports the same status.
                key: notification.reference.first().key,
                status: update.status,
                time: notification.event_time,
            }),
        }
    }

    /// Whether another status makes this one meaningless, once it was sent.
    fn supersedes(&self, other: &Self) -> bool {
        let position = |step: &Self| (step.time, step.status.rank());
        self.key != other.key && (self.status.is_final() || position(self) > position(other))
    }
}

/// The statuses of one order that were sent, and the one being sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Progress {
    /// The number of writes; 0 if there is no item yet.
    pub version: u32,
    /// The newest status that was sent, or may have been.
    #[serde(default)]
    pub sent: Option<Step>,
    /// The status that is being sent.
    #[serde(default)]
    pub sending: Option<Step>,
    /// When the claim on `sending` ends.
    #[serde(default)]
    pub lease_end: Option<Timestamp>,
    /// The token of that claim; items written by an earlier version have none.
    #[serde(default, rename = "claim_token")]
    pub token: Option<ClaimToken>,
    /// The `reference_id` of the order's accepted `order_details` message, for statuses whose events don't name it. Only
    /// [`Effect::StoreReference`](super::Effect::StoreReference) writes it.
    #[serde(default, skip_serializing)]
    pub reference_id: Option<ReferenceId>,
    /// The provider that accepted that message. Only this provider knows the reference.
    #[serde(default, skip_serializing)]
    pub reference_provider: Option<Provider>,
}

/// Whether a status may still be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relevance {
    /// Yes: write this progress, then claim.
    Relevant(Progress),
    /// No: a newer or a final status was sent.
    Superseded,
    /// Not now: another run is sending this status or another one.
    Wait {
        /// When to check again: in 3 seconds, or when that run's claim ends if that is earlier.
        until: Timestamp,
    },
    /// Not known yet: a run's claim has ended without a release. Read the record of its status, and decide again from
    /// [`Progress::after_expired`].
    Expired {
        /// The key of that status, which may be this one.
        key: NotificationKey,
    },
}

/// Decides whether `step` may be sent now, under a claim with this token and end.
pub fn relevance(
    progress: &Progress,
    step: &Step,
    now: Timestamp,
    lease_end: Timestamp,
    token: ClaimToken,
) -> Relevance {
    match (&progress.sending, progress.lease_end) {
        (Some(_), Some(ends)) if ends > now => {
            let soon = now.saturating_add(BUSY_PAUSE).unwrap_or(ends);
            return Relevance::Wait { until: ends.min(soon) };
        }
        // This applies to the same status too: the earlier attempt may have sent it, even if the next one fails.
        (Some(sending), _) => return Relevance::Expired { key: sending.key.clone() },
        (None, _) => {}
    }
    if progress.sent.as_ref().is_some_and(|sent| sent.supersedes(step)) {
        return Relevance::Superseded;
    }
    Relevance::Relevant(Progress {
        version: progress.version + 1,
        sending: Some(step.clone()),
        lease_end: Some(lease_end),
        token: Some(token),
        ..progress.clone()
    })
}

impl Progress {
    /// The progress after `step` is no longer being sent; `was_sent` means that it was sent or may have been.
    /// `None` if another status is being sent: this claim expired, and the run that took over counted `step`
    /// as sent.
    pub fn released(&self, step: &Step, was_sent: bool) -> Option<Self> {
        if self.sending.as_ref()?.key != step.key {
            return None;
        }
        let kept = if was_sent { self.with_sent(step) } else { self.clone() };
        Some(Self { version: self.version + 1, sending: None, lease_end: None, token: None, ..kept })
    }

    /// Whether the two are the same apart from the reference, which may be stored at any time.
    pub fn is_same_turn(&self, other: &Self) -> bool {
        let turn = |it: &Self| Self { reference_id: None, reference_provider: None, ..it.clone() };
        turn(self) == turn(other)
    }

    /// The reference for a status that this provider sends.
    pub fn reference_for(&self, provider: Provider) -> Option<&ReferenceId> {
        self.reference_id.as_ref().filter(|_| self.reference_provider == Some(provider))
    }

    /// The status whose claim has ended without a release.
    pub fn expired(&self, now: Timestamp) -> Option<&Step> {
        self.sending.as_ref().filter(|_| !self.is_busy(now))
    }

    /// The progress once it is known what became of its expired claim. `record` is that of the claim's status, which counts as
    /// sent only if it may have been. A run claims it only after the progress, so without a record nothing was sent.
    #[must_use]
    pub fn after_expired(&self, record: Option<&Record>, now: Timestamp) -> Self {
        let sending = record.filter(|record| record.state == State::Sending);
        if let Some(ends) = sending.and_then(|record| record.due_at).filter(|ends| *ends > now) {
            // Another run has taken over the claim since the progress was read.
            return Self { lease_end: Some(ends), ..self.clone() };
        }
        let sent = self.sending.as_ref().filter(|_| record.is_some_and(Record::may_be_sent));
        let kept = sent.map_or_else(|| self.clone(), |step| self.with_sent(step));
        Self { sending: None, lease_end: None, token: None, ..kept }
    }

    /// Whether a claim on the progress is active.
    pub fn is_busy(&self, now: Timestamp) -> bool {
        self.sending.is_some() && self.lease_end.is_some_and(|ends| ends > now)
    }

    /// The progress after the operator found that `step` was sent. `None` if it already counts this status or
    /// a newer one.
    pub fn with_found_sent(&self, step: &Step) -> Option<Self> {
        let next = self.with_sent(step);
        (next != *self).then(|| Self { version: self.version + 1, ..next })
    }

    /// The progress with `step` counted as sent, unless a newer status was.
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

    fn with_sent(step: &Step) -> Progress {
        Progress { version: 1, sent: Some(step.clone()), ..Progress::default() }
    }

    fn is_superseded(sent: &Step, next: &Step) -> bool {
        relevance(&with_sent(sent), next, NOW, NOW, ClaimToken(1)) == Relevance::Superseded
    }

    #[test]
    fn statuses_of_the_same_second_are_ordered_by_rank() {
        use OrderStatus::{Canceled, Completed, PartiallyShipped, Processing, Shipped};
        let statuses = [Processing, PartiallyShipped, Shipped];
        for (place, earlier) in statuses.into_iter().enumerate() {
            for later in statuses.into_iter().skip(place + 1) {
                assert!(is_superseded(&step(later, 0), &step(earlier, 0)), "{earlier} after {later}");
                assert!(!is_superseded(&step(earlier, 0), &step(later, 0)), "{later} after {earlier}");
                // A difference in time takes precedence.
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
    fn a_status_that_the_operator_found_sent_counts_as_sent() {
        let [processing, shipped] = [step(OrderStatus::Processing, 0), step(OrderStatus::Shipped, 1)];
        let found = with_sent(&processing).with_found_sent(&shipped).unwrap();
        assert_eq!((found.version, found.sent.as_ref()), (2, Some(&shipped)));
        assert_eq!(relevance(&found, &processing, NOW, NOW, ClaimToken(1)), Relevance::Superseded);
        assert_eq!(found.with_found_sent(&shipped), None);
        assert_eq!(found.with_found_sent(&processing), None);
        assert_eq!(Progress::default().with_found_sent(&shipped).unwrap().version, 1);
    }
}
