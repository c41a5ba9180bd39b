//! Short runs of the open-world simulation, judged by the same rules as the long runs: one with every fault at once,
//! and one in which callers send undocumented input.
//!
//! A separate test target, because cargo runs test targets one after the other: parallel tests would delay answers
//! beyond their limits.

use std::time::Duration;

use local::chaos::{self, ChaosOptions, Progress, World};
use tokio::sync::Mutex;

/// A run takes a minute or two, and several times as long during a build.
const PATIENCE: Duration = Duration::from_mins(15);

/// Serialises the runs, for the same reason.
static TURN: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_with_every_fault_loses_no_event_and_sends_no_message_twice() {
    let _turn = TURN.lock().await;
    let options = ChaosOptions { world: World::Plain, seed: 1, orders: 90, time_limit: PATIENCE };
    let report = chaos::run(&options, Progress::silent()).await.unwrap();
    assert!(report.violations.is_empty(), "{report}");
    assert_eq!(report.ends.values().sum::<usize>(), report.events_in, "{report}");
    // A run without events proves nothing.
    for end in ["accepted", "suppressed", "held", "ignored", "rejected", "invalid"] {
        assert!(report.ends.contains_key(end), "{end}\n{report}");
    }
    assert!(report.accepted_sends > 60 && report.callbacks > 120, "{report}");
    let reach = &report.reach;
    assert_eq!(reach.reached + reach.unclear_count(), reach.reachable, "{report}");
    assert!(reach.reached > 50, "{report}");
    // Text messages and e-mails reach customers whom WhatsApp can't reach, or has missed.
    let any = &report.reach_on_any_channel;
    assert_eq!(any.reached + any.unclear_count(), any.reachable, "{report}");
    assert!(any.reachable > reach.reachable && any.reached > reach.reached, "{report}");
    assert!(report.followers > 10, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_with_undocumented_input_reaches_every_customer() {
    let _turn = TURN.lock().await;
    let options = ChaosOptions { world: World::Open, seed: 1, orders: 50, time_limit: PATIENCE };
    let report = chaos::run(&options, Progress::silent()).await.unwrap();
    assert!(report.violations.is_empty(), "{report}");
    assert_eq!(report.reach.reached, report.reach.reachable, "{report}");
    assert!(report.reach.reached > 30 && report.callbacks > 100, "{report}");
    let any = &report.reach_on_any_channel;
    assert_eq!(any.reached, any.reachable, "{report}");
    assert!(any.reachable > report.reach.reachable && report.followers > 5, "{report}");
}
