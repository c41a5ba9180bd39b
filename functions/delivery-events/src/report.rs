//! A report on a record or on a batch, from which the log line and the metrics derive.

use shared::delivery::FactKind;
use shared::facts::Stored;
use shared::provider::Provider;
use shared::providers::Problem;
use shared::telemetry::Metric;

/// The sums of a batch, or the result of one record.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Delivery facts in the events, including repetitions.
    reported: usize,
    /// Messages that they are about.
    messages: usize,
    /// Messages whose facts could not be stored, and records whose processing panicked.
    lost: usize,
    /// Reports that could not be used.
    unusable: usize,
    /// Events about something else than delivery, and reports about messages that are not ours.
    ignored: usize,
    /// Records that are no event of AWS.
    unreadable: usize,
    metrics: Vec<Metric>,
}

impl Report {
    /// The result of a record that was read.
    pub(crate) fn new(
        provider: Provider,
        reported: usize,
        unusable: &[Problem],
        ignored: usize,
        stored: Stored,
    ) -> Self {
        let account_errors = unusable.iter().filter(|problem| matches!(problem, Problem::Account(_)));
        let mut metrics: Vec<Metric> = account_errors.map(|_| Metric::AccountError { provider }).collect();
        if reported == 0 && unusable.iter().any(Problem::may_hide_fact) {
            metrics.push(Metric::UnreadableCallback { provider: Some(provider) });
        }
        metrics.extend(stored.counted);
        let (messages, lost, ignored) = (stored.messages, stored.lost, ignored + stored.foreign);
        Self { reported, messages, lost, unusable: unusable.len(), ignored, unreadable: 0, metrics }
    }

    /// The result of a record that can't be read; it counts at its first receipt.
    pub(crate) fn of_unreadable_record(is_first_receipt: bool) -> Self {
        let metric = is_first_receipt.then_some(Metric::UnreadableCallback { provider: None });
        Self { unreadable: 1, metrics: metric.into_iter().collect(), ..Self::default() }
    }

    /// The result of a record whose processing panicked.
    pub(crate) fn of_lost_record() -> Self {
        Self { lost: 1, ..Self::default() }
    }

    /// Whether the queue has to deliver the record again.
    pub(crate) const fn has_failed(&self) -> bool {
        self.lost > 0 || self.unreadable > 0
    }

    /// Adds the result of a record.
    pub(crate) fn add(&mut self, other: Self) {
        self.reported += other.reported;
        self.messages += other.messages;
        self.lost += other.lost;
        self.unusable += other.unusable;
        self.ignored += other.ignored;
        self.unreadable += other.unreadable;
        self.metrics.extend(other.metrics);
    }

    pub(crate) fn into_metrics(self) -> Vec<Metric> {
        self.metrics
    }

    fn new_facts(&self, kind: FactKind) -> usize {
        self.metrics.iter().filter(|one| matches!(one, Metric::Fact { fact, .. } if *fact == kind)).count()
    }

    /// Writes the wide event of a batch.
    pub(crate) fn log(&self, records: usize, duration_ms: u64) {
        let unmatched = self.metrics.iter().filter(|one| matches!(one, Metric::UnmatchedFact { .. })).count();
        tracing::info!(
            wide = "events",
            records,
            reported = self.reported,
            messages = self.messages,
            sent = self.new_facts(FactKind::Sent),
            delivered = self.new_facts(FactKind::Delivered),
            read = self.new_facts(FactKind::Read),
            failed = self.new_facts(FactKind::Failed),
            unmatched,
            lost = self.lost,
            unusable = self.unusable,
            ignored = self.ignored,
            unreadable = self.unreadable,
            duration_ms,
            "{records} delivery events reported {} facts",
            self.reported
        );
    }
}
