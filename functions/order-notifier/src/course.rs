//! What one record went through in this invocation: the one value that its line in the log and its metrics come from.

use std::time::Duration;

use jiff::Timestamp;
use shared::clock::Clock;
use shared::message::NotificationKey;
use shared::protocol::{Attempt, Reason, Record, State};
use shared::provider::Provider;
use shared::providers::Attempted;
use shared::table::Recorded;
use shared::telemetry::{Metric, OutcomeKind, milliseconds};

use crate::{Outcome, Undecided};

/// Filled on the way.
#[derive(Debug, Default)]
pub(crate) struct Course {
    clock: Clock,
    /// The event's id.
    pub(crate) event_id: Option<String>,
    /// When it happened.
    pub(crate) event_time: Option<Timestamp>,
    /// Whether it says that it happens later.
    pub(crate) is_ahead: bool,
    /// Whether its country's numbering plan has no such number.
    pub(crate) is_doubtful: bool,
    /// The notification's key.
    pub(crate) key: Option<NotificationKey>,
    /// The attempts that were made.
    pub(crate) attempts: Vec<Made>,
    ended: Option<Ended>,
}

/// An attempt that was made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) attempt: Attempt,
    pub(crate) attempted: Attempted,
    /// All of it: the requests, and the waits between them.
    pub(crate) took: Duration,
}

/// The end that this invocation brought the record to.
#[derive(Debug)]
struct Ended {
    provider: Option<Provider>,
    metric: Metric,
    /// How old the event was then.
    age: Option<Duration>,
}

impl Course {
    /// Nothing yet, by this clock.
    pub(crate) fn by(clock: Clock) -> Self {
        Self { clock, ..Self::default() }
    }

    /// A notification's record was written by us in place of what was known.
    pub(crate) fn moved(&mut self, known: Option<&Record>, next: &Record) {
        let Some(outcome) = OutcomeKind::of(next.state) else { return };
        // A resend that came to nothing leaves what was accepted before as it was.
        let stays_accepted = |known: &Record| {
            next.state == State::Accepted
                && !known.message_ids.is_empty()
                && known.message_ids == next.message_ids
        };
        if known.is_some_and(|known| known.state == next.state || stays_accepted(known)) {
            return;
        }
        let reason = next.reason.as_ref().map(|reason| reason.class);
        let metric = Metric::Outcome { outcome, provider: next.provider, reason };
        let age = self.event_time.filter(|_| next.state == State::Accepted).map(|time| self.age(time));
        self.ended = Some(Ended { provider: next.provider, metric, age });
    }

    /// An event that matches nothing, or can't become a message.
    pub(crate) fn ended_without_notification(&mut self, outcome: OutcomeKind, recorded: Recorded) {
        if recorded == Recorded::New {
            let metric = Metric::Outcome { outcome, provider: None, reason: None };
            self.ended = Some(Ended { provider: None, metric, age: None });
        }
    }

    /// Whether this invocation brought the record to its end; else it was there already, or isn't yet.
    pub(crate) fn changed(&self) -> bool {
        self.ended.is_some()
    }

    /// Who took, refused or was asked last.
    pub(crate) fn provider(&self, result: &Result<Outcome, Undecided>) -> Option<Provider> {
        let told = match result {
            Ok(Outcome::Accepted { provider, .. } | Outcome::Rejected { provider, .. }) => *provider,
            _ => None,
        };
        let ended = || self.ended.as_ref().and_then(|ended| ended.provider);
        told.or_else(ended).or_else(|| self.attempts.last().map(|made| made.attempt.provider))
    }

    /// How many attempts asked their provider; the others were refused for what is known of it already.
    pub(crate) fn asked(&self) -> usize {
        self.attempts.iter().filter(|made| !made.attempted.calls.is_empty()).count()
    }

    /// How many requests there were to providers.
    pub(crate) fn calls(&self) -> usize {
        self.attempts.iter().map(|made| made.attempted.calls.len()).sum()
    }

    /// How long the requests took, all together.
    pub(crate) fn provider_time(&self) -> Duration {
        self.attempts.iter().flat_map(|made| &made.attempted.calls).sum()
    }

    /// How old the event was when its message was accepted, else how old it is.
    pub(crate) fn event_age(&self) -> Option<Duration> {
        self.ended.as_ref().and_then(|ended| ended.age).or_else(|| self.event_time.map(|time| self.age(time)))
    }

    /// An event from the future is as new as can be.
    fn age(&self, event_time: Timestamp) -> Duration {
        Duration::try_from(self.clock.now().duration_since(event_time)).unwrap_or(Duration::ZERO)
    }

    /// The attempts, in words.
    pub(crate) fn told(&self) -> Option<String> {
        let made: Vec<String> = self.attempts.iter().map(Made::told).collect();
        (!made.is_empty()).then(|| made.join("; "))
    }

    /// What it counts.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let mut metrics = Vec::new();
        for Made { attempt, attempted: Attempted { answer, calls }, .. } in &self.attempts {
            let (provider, reason) = (attempt.provider, answer.reason().map(|reason| reason.class));
            metrics.push(Metric::Attempt { provider, answer: answer.kind(), reason });
            metrics.extend(calls.iter().map(|took| Metric::ProviderLatency { provider, took: *took }));
        }
        metrics.extend(self.ended.iter().filter(|_| self.is_ahead).map(|_| Metric::EventAhead));
        metrics.extend(self.ended.iter().filter(|_| self.is_doubtful).map(|_| Metric::DoubtfulNumber));
        metrics.extend(
            self.ended
                .iter()
                .flat_map(|ended| std::iter::once(ended.metric).chain(ended.age.map(Metric::EventAge))),
        );
        metrics
    }
}

impl Made {
    fn told(&self) -> String {
        let Self { attempt: Attempt { provider, .. }, attempted: Attempted { answer, calls }, took } = self;
        let why = |reason: &Reason| format!(" {}/{}", reason.class.name(), reason.code);
        let why = answer.reason().map(why).unwrap_or_default();
        let (answer, calls, took) = (answer.kind().name(), calls.len(), milliseconds(*took));
        format!("{provider} {answer}{why} {calls} calls {took} ms")
    }
}
