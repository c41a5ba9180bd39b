//! Events in an operator's files: previewed, sent, redriven and replayed.

mod preview;
mod redrive;
mod replay;
mod send;

use std::time::Duration;

use jiff::Timestamp;
use ops::events::file::set_time;
use serde_json::Value;

use crate::support::{File, Rig, repository};

/// The order of most samples.
const ORDER: &str = "10482";

/// A sample event with the current time.
fn sample(name: &str) -> Value {
    let text = std::fs::read_to_string(repository().join(format!("tests/events/{name}.json"))).unwrap();
    let mut event: Value = serde_json::from_str(&text).unwrap();
    set_time(&mut event, Timestamp::now());
    event
}

/// An order event about this order, with the current time.
fn event_of(order: &str) -> File {
    let mut event = sample("order-cancelled");
    event["detail"]["order"]["number"] = order.into();
    File::with(&event.to_string())
}

impl Rig {
    /// The number of accepted messages.
    fn accepted(&self) -> usize {
        self.local.simulator().ledger().accepted.len()
    }

    /// Waits until the providers have accepted this many messages, and the queue is empty.
    async fn waits_for_accepted(&self, count: usize) {
        let arrived = async {
            while self.accepted() < count
                || self.local.queue().depth().visible + self.local.queue().depth().in_flight > 0
            {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), arrived).await.unwrap();
        assert_eq!(self.accepted(), count);
    }
}
