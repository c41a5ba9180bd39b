//! Derives the time limits of an invocation's steps from its deadline.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Context;
use shared::invocation::ends_at;
use tokio::time::Instant;

/// Time reserved after the last record for changing visibility timeouts and for the reply.
const BATCH_MARGIN: Duration = Duration::from_millis(750);
/// Time reserved after a send: for all tries of one DynamoDB operation (5 s) that writes the outcome, and for
/// the batch.
const SETTLE_MARGIN: Duration = Duration::from_secs(6);
/// Time reserved for the reply itself.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);
/// No send starts with less time than this: it has to open a connection and receive the reply.
const SHORTEST_SEND: Duration = Duration::from_secs(2);
/// The largest assumed difference between the clocks of two instances.
const CLOCK_MARGIN: Duration = Duration::from_secs(5);
/// Used when the context has no deadline: the function's timeout in `template.yaml`.
const DEFAULT_TIME: Duration = Duration::from_secs(30);

/// The end of this invocation. Lambda then stops the process, so nothing runs afterwards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Timestamp,
    instant: Instant,
}

impl Deadline {
    /// The deadline of an invocation that begins at `now`.
    pub(crate) fn from_context(context: &Context, now: Timestamp) -> Self {
        let at = ends_at(context.deadline, now, DEFAULT_TIME);
        let left = Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO);
        Self { at, instant: Instant::now() + left }
    }

    /// When a send must have its reply.
    pub(crate) fn send_by(self) -> Instant {
        self.instant.checked_sub(SETTLE_MARGIN).unwrap_or_else(Instant::now)
    }

    /// When a record must be finished, even if a request hangs: otherwise it would delay the reply for the whole batch.
    pub(crate) fn record_by(self) -> Instant {
        self.instant.checked_sub(BATCH_MARGIN).unwrap_or_else(Instant::now)
    }

    /// When the invocation must start its reply; without a reply the queue delivers the whole batch again.
    pub(crate) fn answer_by(self) -> Instant {
        self.instant.checked_sub(ANSWER_MARGIN).unwrap_or_else(Instant::now)
    }

    /// Whether there is time for one more send.
    pub(crate) fn allows_send(self) -> bool {
        self.send_by().saturating_duration_since(Instant::now()) >= SHORTEST_SEND
    }

    /// The lease end of a claim made now. By then its sender has stopped, even if the two instances' clocks
    /// differ.
    pub(crate) fn lease_end(self) -> Timestamp {
        self.at
            .saturating_add(SignedDuration::try_from(CLOCK_MARGIN).unwrap_or_default())
            .unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_send_ends_before_its_record_a_record_before_the_reply_and_the_lease_last() {
        let mut context = Context::default();
        let now = Timestamp::constant(1_795_165_200, 0);
        context.deadline = u64::try_from(now.as_millisecond()).unwrap() + 20_000;
        let deadline = Deadline::from_context(&context, now);
        assert!(deadline.allows_send());
        assert!(deadline.record_by() - deadline.send_by() > Duration::from_secs(5));
        assert!(deadline.record_by() < deadline.answer_by());
        assert!(deadline.lease_end().duration_since(now) >= SignedDuration::from_secs(24));
        context.deadline = u64::try_from(now.as_millisecond()).unwrap() + 7_000;
        assert!(!Deadline::from_context(&context, now).allows_send());
        assert!(Deadline::from_context(&Context::default(), now).allows_send());
    }
}
