//! The invocation's deadline, and what has to be over by when.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Context;
use shared::invocation::ends_at;
use tokio::time::Instant;

/// What is left for the batch once every record is over: to put off those that come back, and to answer.
const BATCH_MARGIN: Duration = Duration::from_millis(750);
/// What is left after a send: for all the tries of one DynamoDB operation (5 s) to write the outcome, and for the batch.
const SETTLE_MARGIN: Duration = Duration::from_secs(6);
/// What is left for the answer itself.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);
/// A send is not begun with less time than this: a connection and a reply need it.
const SHORTEST_SEND: Duration = Duration::from_secs(2);
/// How far the clocks of two instances may differ.
const CLOCK_MARGIN: Duration = Duration::from_secs(5);
/// Where nobody tells a deadline: the function's timeout in the template.
const DEFAULT_TIME: Duration = Duration::from_secs(30);

/// When this invocation ends. After it, Lambda stops the process: nothing can still be under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Timestamp,
    instant: Instant,
}

impl Deadline {
    /// The deadline of the invocation with this context, which begins now.
    pub(crate) fn of(context: &Context, now: Timestamp) -> Self {
        let at = ends_at(context.deadline, now, DEFAULT_TIME);
        let left = Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO);
        Self { at, instant: Instant::now() + left }
    }

    /// By when a send must have its answer.
    pub(crate) fn send_by(self) -> Instant {
        self.instant.checked_sub(SETTLE_MARGIN).unwrap_or_else(Instant::now)
    }

    /// By when a record must be over, whatever hangs: else one would keep the whole batch from being answered.
    pub(crate) fn record_by(self) -> Instant {
        self.instant.checked_sub(BATCH_MARGIN).unwrap_or_else(Instant::now)
    }

    /// By when the invocation's answer must be on its way: without it, the whole batch comes back.
    pub(crate) fn answer_by(self) -> Instant {
        self.instant.checked_sub(ANSWER_MARGIN).unwrap_or_else(Instant::now)
    }

    /// Whether there is time for one more send.
    pub(crate) fn allows_a_send(self) -> bool {
        self.send_by().saturating_duration_since(Instant::now()) >= SHORTEST_SEND
    }

    /// When a claim made now ends: nobody can still be sending under it then, whoever's clock it is.
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
    async fn a_send_ends_before_the_settling_a_record_before_its_batch_and_the_lease_after_everything() {
        let mut context = Context::default();
        let now = Timestamp::constant(1_795_165_200, 0);
        context.deadline = u64::try_from(now.as_millisecond()).unwrap() + 20_000;
        let deadline = Deadline::of(&context, now);
        assert!(deadline.allows_a_send());
        assert!(deadline.record_by() - deadline.send_by() > Duration::from_secs(5));
        assert!(deadline.record_by() < deadline.answer_by());
        assert!(deadline.lease_end().duration_since(now) >= SignedDuration::from_secs(24));
        context.deadline = u64::try_from(now.as_millisecond()).unwrap() + 7_000;
        assert!(!Deadline::of(&context, now).allows_a_send());
        assert!(Deadline::of(&Context::default(), now).allows_a_send());
    }
}
