//! order-notifier, killed before and after every I/O of every scenario.

use std::collections::HashMap;
use std::io::Write as _;
use std::time::Instant;

use shared::protocol::State;
use shared::provider::Provider;

use crate::harness::{Harness, Recording, permit};
use crate::judge;
use crate::kill::{Kill, Run, Undisturbed};
use crate::scenario::{Extent, Scenario};
use crate::truth::Truth;

/// Repetitions of a run that only took another path.
const RETRIES: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_order_notifier_the_table_is_correct_with_onemsg_preferred() {
    every_point(Provider::OneMsg, Extent::EveryOutcome).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_order_notifier_the_table_is_correct_with_kaleyra_preferred() {
    every_point(Provider::Kaleyra, Extent::EveryOutcome).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_order_notifier_the_table_is_correct_with_meta_preferred() {
    every_point(Provider::Meta, Extent::EveryOutcome).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes, and the other tests cover nearly all of its points"]
async fn after_any_kill_of_order_notifier_the_table_is_correct_with_any_magic_number() {
    for provider in Provider::WITH_WEBHOOK {
        every_point(provider, Extent::EveryNumber).await;
    }
}

async fn every_point(provider: Provider, extent: Extent) {
    let _permit = permit().await;
    let started = Instant::now();
    let harness = Harness::open(provider).await;
    let undisturbed = undisturbed(&harness, &Scenario::all(provider, extent)).await;
    let mut runs = Vec::new();
    for (scenario, how) in &undisturbed {
        assert!(how.invocations[0].len() >= 4, "{scenario}: {:?}", how.invocations);
        for kill in Kill::all(how) {
            let order = format!("K{}", runs.len());
            runs.push(Run::new(*scenario, order, Some(kill)));
        }
    }
    harness.play_to_the_point(&mut runs, |run| run.missed, |_run, _order| {}).await;

    let mut truth = Truth::read(&harness.shop).await;
    for number in 1..=RETRIES {
        let judged = |run: &Run| judge::violations(run, &undisturbed[&run.scenario], &truth);
        let mut others: Vec<&mut Run> =
            runs.iter_mut().filter(|run| judge::took_another_path(&judged(run))).collect();
        if others.is_empty() {
            break;
        }
        for run in &mut others {
            **run = Run::new(run.scenario, format!("{}+{number}", run.order), run.kill.clone());
        }
        harness.play(&mut runs, Recording::Off).await;
        truth = Truth::read(&harness.shop).await;
    }
    let judged = runs.iter().flat_map(|run| {
        let violations = judge::violations(run, &undisturbed[&run.scenario], &truth);
        violations.into_iter().map(move |violation| format!("{run}: {violation}"))
    });
    let violations: Vec<String> = judged.collect();
    let (scenarios, points, took) = (undisturbed.len(), runs.len(), started.elapsed());
    // Bypasses the test's output capture, which shows its contents only after a failure.
    writeln!(
        std::io::stderr(),
        "order-notifier, {provider} preferred: {scenarios} scenarios, killed at {points} points, {} violations, {took:.1?}",
        violations.len()
    )
    .unwrap();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// Plays each scenario once without a kill.
pub async fn undisturbed(harness: &Harness, scenarios: &[Scenario]) -> HashMap<Scenario, Undisturbed> {
    let run = |(index, scenario): (usize, &Scenario)| Run::new(*scenario, format!("U{index}"), None);
    let mut runs: Vec<Run> = scenarios.iter().enumerate().map(run).collect();
    harness.play(&mut runs, Recording::On).await;
    let truth = Truth::read(&harness.shop).await;
    runs.into_iter()
        .map(|run| {
            let records = truth.records(&run.order);
            assert_eq!(records.len(), 1, "{run}: {:?}", run.deviations);
            let undisturbed = Undisturbed {
                invocations: run.invocations.clone(),
                was_unknown: run.states.contains(&State::Unknown),
                state: records[0].state,
                provider: records[0].provider,
                accepted: truth.sends(&run.order).len(),
            };
            let violations = judge::violations(&run, &undisturbed, &truth);
            assert!(violations.is_empty(), "{run}: {violations:?}");
            assert!(run.scenario.may_end(records[0].state), "{run}: {}", records[0].state);
            (run.scenario, undisturbed)
        })
        .collect()
}
