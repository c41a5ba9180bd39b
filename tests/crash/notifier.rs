//! order-notifier, killed before and after every I/O of every scenario.

use std::collections::HashMap;
use std::io::Write as _;
use std::time::Instant;

use shared::protocol::State;
use shared::provider::Provider;

use crate::cast::{Kill, Run, Undisturbed};
use crate::judge;
use crate::scenario::{Extent, Scenario};
use crate::stage::{Recording, Stage, turn};
use crate::truth::Truth;

/// How often a run that only took another path is played again.
const AGAIN: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_order_notifier_is_killed_with_onemsg_preferred_the_table_tells_the_truth() {
    every_point(Provider::OneMsg, Extent::EveryOutcome).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_order_notifier_is_killed_with_kaleyra_preferred_the_table_tells_the_truth() {
    every_point(Provider::Kaleyra, Extent::EveryOutcome).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_order_notifier_is_killed_with_meta_preferred_the_table_tells_the_truth() {
    every_point(Provider::Meta, Extent::EveryOutcome).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes, and the points of the other tests stand for nearly all of its own"]
async fn wherever_order_notifier_is_killed_with_any_magic_number_the_table_tells_the_truth() {
    for provider in Provider::ALL {
        every_point(provider, Extent::EveryNumber).await;
    }
}

async fn every_point(provider: Provider, extent: Extent) {
    let _turn = turn().await;
    let started = Instant::now();
    let stage = Stage::open(provider).await;
    let undisturbed = undisturbed(&stage, &Scenario::all(provider, extent)).await;
    let mut runs = Vec::new();
    for (scenario, how) in &undisturbed {
        assert!(how.invocations[0].len() >= 4, "{scenario}: {:?}", how.invocations);
        for kill in Kill::all(how) {
            let order = format!("K{}", runs.len());
            runs.push(Run::new(*scenario, order, Some(kill)));
        }
    }
    stage.play_to_the_point(&mut runs, |run| run.missed, |_run, _order| {}).await;

    let mut truth = Truth::of(&stage.shop).await;
    for number in 1..=AGAIN {
        let judged = |run: &Run| judge::violations(run, &undisturbed[&run.scenario], &truth);
        let mut others: Vec<&mut Run> =
            runs.iter_mut().filter(|run| judge::has_gone_another_way(&judged(run))).collect();
        if others.is_empty() {
            break;
        }
        for run in &mut others {
            **run = Run::new(run.scenario, format!("{}+{number}", run.order), run.kill.clone());
        }
        stage.play(&mut runs, Recording::Off).await;
        truth = Truth::of(&stage.shop).await;
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
pub async fn undisturbed(stage: &Stage, scenarios: &[Scenario]) -> HashMap<Scenario, Undisturbed> {
    let run = |(index, scenario): (usize, &Scenario)| Run::new(*scenario, format!("U{index}"), None);
    let mut runs: Vec<Run> = scenarios.iter().enumerate().map(run).collect();
    stage.play(&mut runs, Recording::On).await;
    let truth = Truth::of(&stage.shop).await;
    runs.into_iter()
        .map(|run| {
            let records = truth.records(&run.order);
            assert_eq!(records.len(), 1, "{run}: {:?}", run.mishaps);
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
