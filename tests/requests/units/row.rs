//! A row of the table: one case, counted.

use std::fmt;

use shared::provider::Provider;

use super::case::Case;
use crate::call::{Call, Units};
use crate::recorder::Recorder;
use crate::rig::Rig;

/// How often a case is played again after the SDK had to retry a request because this machine stalled.
const AGAIN: usize = 5;

/// The counts of one case.
pub struct Row {
    case: Case,
    provider: Option<Provider>,
    /// Requests of order-notifier, delivery-webhook and delivery-sweeper.
    requests: [usize; 3],
    units: Units,
}

impl Row {
    /// Plays a case and counts its requests.
    pub async fn of(rig: &Rig, case: Case, provider: Provider) -> Self {
        let recorders = [&rig.order_notifier, &rig.delivery_webhook, &rig.delivery_sweeper];
        for number in 0..AGAIN {
            let order = format!("{case:?}-{number}");
            case.prepare(rig, &order).await;
            let _uncounted = recorders.map(Recorder::take);
            case.play(rig, &order, provider).await;
            let calls = recorders.map(of_dynamodb);
            if calls.iter().flatten().all(|call| !call.is_repeated) {
                let units = calls.iter().flatten().filter_map(|call| call.units);
                return Self {
                    case,
                    provider: case.depends_on_the_provider().then_some(provider),
                    requests: calls.each_ref().map(Vec::len),
                    units: units.fold(Units::default(), Units::plus),
                };
            }
        }
        panic!("{case:?}: the SDK had to repeat requests, {AGAIN} times in a row");
    }

    /// Requests of all functions together.
    pub fn all_requests(&self) -> usize {
        self.requests.iter().sum()
    }

    /// The case's name, and the provider's if the case depends on it.
    pub fn names(&self) -> (&'static str, &'static str) {
        (self.case.name(), self.provider.map_or("any", Provider::name))
    }
}

fn of_dynamodb(recorder: &Recorder) -> Vec<Call> {
    recorder.take().into_iter().filter(|call| call.units.is_some()).collect()
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (case, provider) = self.names();
        let [notifier, webhook, sweeper] = self.requests;
        let Units { written, indexed, read } = self.units;
        write!(
            f,
            "| {case} | {provider} | {notifier} | {webhook} | {sweeper} | {written} | {indexed} | {read} |"
        )
    }
}
