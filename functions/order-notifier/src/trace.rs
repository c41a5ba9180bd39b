//! A trace of one record in this invocation: its log line and its metrics both derive from this value.

use std::time::Duration;

use jiff::Timestamp;
use shared::clock::Clock;
use shared::message::NotificationKey;
use shared::metric_names::MetricNames;
use shared::protocol::{Attempt, Reason, ReasonClass, Record, State};
use shared::provider::Provider;
use shared::providers::Attempted;
use shared::table::Recorded;
use shared::telemetry::{Metric, OutcomeKind, milliseconds};

use crate::{Outcome, Pending};

/// Filled in step by step while the record is processed.
#[derive(Debug, Default)]
pub(crate) struct RecordTrace {
    clock: Clock,
    pub(crate) event_id: Option<String>,
    /// The event's own time.
    pub(crate) event_time: Option<Timestamp>,
    /// Whether the event's time is minutes after its receipt.
    pub(crate) is_ahead: bool,
    /// Whether the country's numbering plan does not contain the recipient's number.
    pub(crate) is_doubtful: bool,
    pub(crate) key: Option<NotificationKey>,
    /// The sender's name in the metrics; `None` for the default sender.
    pub(crate) sender_in_metrics: Option<String>,
    /// The attempts of this invocation, in order.
    pub(crate) attempts: Vec<AttemptLog>,
    /// The outcomes that this invocation wrote, in order: a notification with a fallback may have several.
    ended: Vec<Ended>,
}

/// One attempt and the provider's answer.
#[derive(Debug)]
pub(crate) struct AttemptLog {
    pub(crate) attempt: Attempt,
    pub(crate) attempted: Attempted,
    /// The duration of the whole attempt, including the pauses between its requests.
    pub(crate) took: Duration,
}

/// The outcome that this invocation wrote.
#[derive(Debug)]
struct Ended {
    provider: Option<Provider>,
    outcome: OutcomeKind,
    reason: Option<ReasonClass>,
    names: MetricNames,
    /// The event's age when a provider accepted its message.
    age: Option<Duration>,
}

impl RecordTrace {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, ..Self::default() }
    }

    /// Records that this invocation replaced the record `known` with `next`, whose names in the metrics are `names`.
    pub(crate) fn moved(&mut self, known: Option<&Record>, next: &Record, names: MetricNames) {
        let Some(outcome) = OutcomeKind::from_state(next.state) else { return };
        // A resend without a new message id does not count the earlier acceptance again.
        let stays_accepted = |known: &Record| {
            next.state == State::Accepted
                && !known.message_ids.is_empty()
                && known.message_ids == next.message_ids
        };
        if known.is_some_and(|known| known.state == next.state || stays_accepted(known)) {
            return;
        }
        let reason = next.reason.as_ref().map(|reason| reason.class);
        let age = self.event_time.filter(|_| next.state == State::Accepted).map(|time| self.age(time));
        self.ended.push(Ended { provider: next.provider, outcome, reason, names, age });
    }

    /// Records the outcome of an event that matches no catalogue entry or cannot become a message.
    pub(crate) fn ended_without_notification(&mut self, outcome: OutcomeKind, recorded: Recorded) {
        if recorded == Recorded::New {
            let names = MetricNames::default();
            self.ended.push(Ended { provider: None, outcome, reason: None, names, age: None });
        }
    }

    /// Whether this invocation wrote the outcome.
    pub(crate) fn has_changed(&self) -> bool {
        !self.ended.is_empty()
    }

    /// The provider that accepted or rejected the message, or else the provider of the last attempt.
    pub(crate) fn provider(&self, result: &Result<Outcome, Pending>) -> Option<Provider> {
        let decided = match result {
            Ok(Outcome::Accepted { provider, .. } | Outcome::Rejected { provider, .. }) => *provider,
            _ => None,
        };
        let ended = || self.ended.last().and_then(|ended| ended.provider);
        decided.or_else(ended).or_else(|| self.attempts.last().map(|made| made.attempt.provider))
    }

    /// The number of attempts that sent a request; the others were refused without one.
    pub(crate) fn attempts_with_requests(&self) -> usize {
        self.attempts.iter().filter(|made| !made.attempted.calls.is_empty()).count()
    }

    /// The number of requests to providers.
    pub(crate) fn calls(&self) -> usize {
        self.attempts.iter().map(|made| made.attempted.calls.len()).sum()
    }

    /// The total duration of the requests to providers.
    pub(crate) fn provider_time(&self) -> Duration {
        self.attempts.iter().flat_map(|made| &made.attempted.calls).sum()
    }

    /// The event's age when its message was accepted; if that did not happen now, its current age.
    pub(crate) fn event_age(&self) -> Option<Duration> {
        self.ended.iter().find_map(|ended| ended.age).or_else(|| self.event_time.map(|time| self.age(time)))
    }

    /// Zero for an event whose time is in the future.
    fn age(&self, event_time: Timestamp) -> Duration {
        Duration::try_from(self.clock.now().duration_since(event_time)).unwrap_or(Duration::ZERO)
    }

    /// The attempts as text; `None` if there were none.
    pub(crate) fn summary(&self) -> Option<String> {
        let made: Vec<String> = self.attempts.iter().map(AttemptLog::summary).collect();
        (!made.is_empty()).then(|| made.join("; "))
    }

    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let mut metrics = Vec::new();
        for AttemptLog { attempt, attempted: Attempted { answer, calls }, .. } in &self.attempts {
            let (provider, reason) = (attempt.provider, answer.reason().map(|reason| reason.class));
            metrics.push(Metric::Attempt { provider, answer: answer.kind(), reason });
            metrics.extend(calls.iter().map(|took| Metric::ProviderLatency { provider, took: *took }));
        }
        let first = self.ended.first();
        metrics.extend(first.filter(|_| self.is_ahead).map(|_| Metric::EventAhead));
        metrics.extend(first.filter(|_| self.is_doubtful).map(|_| Metric::DoubtfulNumber));
        for Ended { provider, outcome, reason, names, age } in &self.ended {
            let (provider, outcome, reason, names) = (*provider, *outcome, *reason, names.clone());
            metrics.push(Metric::Outcome { outcome, provider, reason, names });
            metrics.extend(age.map(Metric::EventAge));
        }
        metrics
    }
}

impl AttemptLog {
    fn summary(&self) -> String {
        let Self { attempt: Attempt { provider, .. }, attempted: Attempted { answer, calls }, took } = self;
        let why = |reason: &Reason| format!(" {}/{}", reason.class.name(), reason.code);
        let why = answer.reason().map(why).unwrap_or_default();
        let (answer, calls, took) = (answer.kind().name(), calls.len(), milliseconds(*took));
        format!("{provider} {answer}{why} {calls} calls {took} ms")
    }
}
