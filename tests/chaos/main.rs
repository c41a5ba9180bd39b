//! A short run in which everything goes wrong, judged as the long one is.
//!
//! A test target of its own, because cargo runs one after the other: on a machine that runs other tests beside it, answers
//! come too late.

use std::time::Duration;

use local::chaos::{self, ChaosOptions, Progress};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_goes_wrong_and_nothing_is_lost_or_told_twice() {
    let options = ChaosOptions { seed: 1, orders: 150, time_limit: Duration::from_mins(5) };
    let report = chaos::run(&options, Progress::silent()).await.unwrap();
    assert!(report.violations.is_empty(), "{report}");
    assert_eq!(report.ends.values().sum::<usize>(), report.events_in, "{report}");
    // A run in which nothing happens proves nothing.
    for end in ["accepted", "rejected", "suppressed", "held", "invalid", "ignored"] {
        assert!(report.ends.contains_key(end), "{end}\n{report}");
    }
    assert!(report.accepted_sends > 100 && report.callbacks > 200, "{report}");
}
