//! A row of the table in `docs/operations.md`: the counts of one case.

use std::fmt;

use shared::provider::Provider;

use super::case::Case;
use crate::call::{Call, Units};
use crate::harness::Harness;
use crate::recorder::Recorder;

/// The maximum number of runs of a case. A run in which the SDK retried a request, because the machine stalled, is void.
const TRIES: usize = 5;

pub struct Row {
    case: Case,
    provider: Option<Provider>,
    /// Requests of order-notifier, delivery-webhook, delivery-events, status-publisher and delivery-sweeper.
    requests: [usize; 5],
    units: Units,
}

impl Row {
    /// Runs a case and counts its requests.
    pub async fn measure(harness: &Harness, case: Case, provider: Provider) -> Self {
        let recorders = [
            &harness.order_notifier,
            &harness.delivery_webhook,
            &harness.delivery_events,
            &harness.status_publisher,
            &harness.delivery_sweeper,
        ];
        for number in 0..TRIES {
            let order = format!("{case:?}-{number}");
            case.prepare(harness, &order).await;
            let _not_counted = recorders.map(Recorder::take);
            case.run(harness, &order, provider).await;
            let calls = recorders.map(take_dynamodb_calls);
            if calls.iter().flatten().all(|call| !call.is_retry) {
                let units = calls.iter().flatten().filter_map(|call| call.units);
                return Self {
                    case,
                    provider: case.depends_on_provider().then_some(provider),
                    requests: calls.each_ref().map(Vec::len),
                    units: units.fold(Units::default(), Units::plus),
                };
            }
        }
        panic!("{case:?}: the SDK retried requests in {TRIES} runs");
    }

    /// The number of requests of all functions together.
    pub fn all_requests(&self) -> usize {
        self.requests.iter().sum()
    }

    /// The case's name, and the provider's if the case depends on it.
    pub fn names(&self) -> (&'static str, &'static str) {
        (self.case.name(), self.provider.map_or("any", Provider::name))
    }
}

fn take_dynamodb_calls(recorder: &Recorder) -> Vec<Call> {
    recorder.take().into_iter().filter(|call| call.units.is_some()).collect()
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (case, provider) = self.names();
        let requests = self.requests.map(|count| count.to_string()).join(" | ");
        let Units { written, indexed, read } = self.units;
        write!(f, "| {case} | {provider} | {requests} | {written} | {indexed} | {read} |")
    }
}
