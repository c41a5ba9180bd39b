//! The statuses of an accepted message with their times, and their callbacks. Pure.

use std::time::Duration;

use super::behaviour::{Course, Posting};
use super::whatsapp::{ErrorKind, WhatsAppError};

/// In practice delivery often completes within a few seconds (seed 000); these are quick but plausible.
const SENT_AFTER: Duration = Duration::from_millis(200);
const DELIVERED_AFTER: Duration = Duration::from_millis(600);
const READ_AFTER: Duration = Duration::from_millis(1500);
const FAILED_AFTER: Duration = Duration::from_millis(600);
/// The factor for a late callback.
const LATE: u32 = 10;

/// A status of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Report {
    Sent,
    Delivered,
    Read,
    /// WhatsApp accepted it and gave up.
    Failed(WhatsAppError),
    /// Kaleyra accepted it and WhatsApp refused it.
    NotSent(WhatsAppError),
}

impl Report {
    /// The status word in callbacks.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed(_) => "failed",
            Self::NotSent(_) => "not sent",
        }
    }

    /// The failure's reason.
    pub fn error(&self) -> Option<&WhatsAppError> {
        match self {
            Self::Failed(error) | Self::NotSent(error) => Some(error),
            Self::Sent | Self::Delivered | Self::Read => None,
        }
    }
}

/// A report and its time, counted from the acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub report: Report,
    pub after: Duration,
}

/// The statuses of an accepted message.
pub(super) fn facts(course: Course, posting: Posting, scale: f64) -> Vec<Fact> {
    let healthy = || Report::Failed(ErrorKind::HEALTHY_ECOSYSTEM.into());
    let facts = match course {
        Course::Read => {
            vec![(Report::Sent, SENT_AFTER), (Report::Delivered, DELIVERED_AFTER), (Report::Read, READ_AFTER)]
        }
        Course::Delivered => vec![(Report::Sent, SENT_AFTER), (Report::Delivered, DELIVERED_AFTER)],
        Course::ReadWithoutDelivered => vec![(Report::Sent, SENT_AFTER), (Report::Read, READ_AFTER)],
        Course::FailedAfterSent => vec![(Report::Sent, SENT_AFTER), (healthy(), FAILED_AFTER)],
        Course::FailedAtOnce => vec![(Report::Failed(ErrorKind::EXPERIMENT.into()), SENT_AFTER)],
        Course::FailedThenDelivered => {
            vec![(Report::Sent, SENT_AFTER), (healthy(), FAILED_AFTER), (Report::Delivered, READ_AFTER)]
        }
    };
    facts
        .into_iter()
        .map(|(report, after)| Fact { report, after: stretched(after, posting).mul_f64(scale) })
        .collect()
}

/// A report about a message after Kaleyra has accepted it.
pub(super) fn found_later(report: Report, scale: f64) -> Vec<Fact> {
    vec![Fact { report, after: SENT_AFTER.mul_f64(scale) }]
}

/// The facts that callbacks report, with their times, in order.
pub(super) fn postings(facts: &[Fact], posting: Posting) -> Vec<Fact> {
    match posting {
        Posting::InOrder | Posting::Late | Posting::BeforeReply => facts.to_vec(),
        Posting::Lost => Vec::new(),
        Posting::DuplicatedInReverse => {
            let last = facts.iter().map(|fact| fact.after).max().unwrap_or_default();
            let reversed = || facts.iter().rev().map(|fact| Fact { after: last, ..fact.clone() });
            reversed().chain(reversed()).collect()
        }
    }
}

fn stretched(after: Duration, posting: Posting) -> Duration {
    match posting {
        Posting::Late => after * LATE,
        Posting::BeforeReply => Duration::ZERO,
        Posting::InOrder | Posting::DuplicatedInReverse | Posting::Lost => after,
    }
}
