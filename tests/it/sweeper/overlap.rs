//! Runs that overlap, and runs that are bounded.

use std::collections::BTreeSet;

use serde_json::json;
use shared::protocol::State;

use super::notifications::table_with_due_at;
use super::{accepted, counts, opening, questions, sweep, sweep_with};
use crate::support::Event;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_runs_that_overlap_one_asks_and_one_moves() {
    let mut shop = opening().open().await;
    shop.simulator().stop_callbacks();
    accepted(&shop, "O1").await;
    shop.publish(&Event::sample("stock-arrived").order("O2").magic(11)).await;
    let waiting = shop.until_state("O2", State::Waiting).await;
    shop.local.crash_notifier();
    table_with_due_at(&shop, &waiting, "2026-01-01T00:00:00.000Z").await;

    let settings = [("STUCK_AFTER", "0s"), ("SILENT_AFTER", "1h")];
    let runs = futures_util::future::join_all((0..6).map(|_| sweep_with(&shop, &settings))).await;
    let total = |name: &str| runs.iter().map(|summary| summary[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((total("asked"), total("held"), total("failed")), (1, 1, 0), "{runs:?}");
    assert_eq!(questions(&shop), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_takes_no_more_than_its_limit_and_the_next_goes_on() {
    let shop = opening().open().await;
    shop.simulator().stop_callbacks();
    let orders: BTreeSet<String> = (0..12).map(|number| format!("B{number}")).collect();
    for order in &orders {
        accepted(&shop, order).await;
    }
    let settings = [("SWEEP_LIMIT", "5"), ("SILENT_AFTER", "1h")];
    for taken in [5, 5, 2] {
        let summary = sweep_with(&shop, &settings).await;
        assert_eq!((&summary["due"], &summary["asked"]), (&json!(taken), &json!(taken)), "{summary}");
    }
    assert_eq!(counts(&sweep_with(&shop, &settings).await), json!({}));
    assert_eq!(questions(&shop), 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_with_nothing_to_do_does_nothing() {
    let shop = opening().open().await;
    let summary = sweep(&shop).await;
    assert_eq!(counts(&summary), json!({}));
    assert_eq!(summary.as_object().unwrap().len(), 10, "every count is told: {summary}");
}
