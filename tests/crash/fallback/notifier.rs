//! order-notifier, killed before and after every I/O of every run over the event.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use delivery_sweeper::Sweeper;
use local::interruption::{Ending, Io, Plan};
use shared::protocol::State;
use shared::provider::Provider::{self, Kaleyra, Meta, OneMsg};

use super::{Sent, by_channel, has_arrived, has_event, rules};
use crate::functions;
use crate::harness::{Harness, Recording, permit};
use crate::judge;
use crate::kill::{Kill, Open, Run, Undisturbed};
use crate::scenario::{Choice, Scenario, Sort, Text};
use crate::support::with;

/// Repetitions of a run that only took another path.
const RETRIES: usize = 3;
/// More sweeps than an unclear message needs.
const MOST_SWEEPS: usize = 4;
const OTHER_NUMBER: &str = "it sent another number of messages";

const fn scenario(provider: Provider, number: u8, text: Text) -> Scenario {
    Scenario { sort: Sort::Fallback(text), provider, number, choice: Choice::Hold }
}

/// The accepted messages that each scenario must lead to: on WhatsApp, text messages, e-mails.
const SCENARIOS: [(Scenario, [usize; 3]); 11] = [
    // Accepted, then failed.
    (scenario(Meta, 2, Text::Delivered), [1, 1, 0]),
    // Throttled past the time: replaced.
    (scenario(Meta, 11, Text::Delivered), [0, 1, 0]),
    // Refused, and so is the text message: an e-mail.
    (scenario(Meta, 12, Text::Refused), [0, 0, 1]),
    // The reply is lost, and a callback shows that it has arrived: nothing follows.
    (scenario(Meta, 22, Text::Delivered), [1, 0, 0]),
    // The others take longer.
    (scenario(Meta, 0, Text::Delivered), [1, 0, 0]),
    // Its callbacks are lost: the text message follows when the time is over.
    (scenario(Meta, 6, Text::Delivered), [1, 1, 0]),
    (scenario(Meta, 12, Text::Failed), [0, 1, 1]),
    (scenario(Meta, 12, Text::Throttled), [0, 0, 1]),
    (scenario(OneMsg, 12, Text::Refused), [0, 0, 1]),
    (scenario(Kaleyra, 2, Text::Delivered), [1, 1, 0]),
    (scenario(OneMsg, 2, Text::Delivered), [1, 1, 0]),
];
/// How many of them, from the beginning, every run of the tests plays.
const USUAL: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_order_notifier_each_channel_is_used_once_and_none_after_a_delivery() {
    every_point(&SCENARIOS[..USUAL]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes, and the other test covers nearly all of its points"]
async fn after_any_kill_of_order_notifier_each_channel_is_used_once_in_every_scenario() {
    every_point(&SCENARIOS).await;
}

async fn every_point(scenarios: &[(Scenario, [usize; 3])]) {
    let _permit = permit().await;
    let started = Instant::now();
    let (mut points, mut found) = (0, Vec::new());
    for provider in [Meta, OneMsg, Kaleyra] {
        let own: Vec<_> = scenarios.iter().filter(|(it, _)| it.provider == provider).copied().collect();
        if own.is_empty() {
            continue;
        }
        let harness = Harness::open_with_fallback(provider).await;
        let undisturbed = undisturbed(&harness, &own).await;
        let mut runs = Vec::new();
        for (scenario, (how, _)) in &undisturbed {
            for kill in Kill::all(how) {
                runs.push(Run::new(*scenario, format!("K{}", runs.len()), Some(kill)));
            }
        }
        harness.play_to_the_point(&mut runs, |run| run.missed, |_run, _order| {}).await;
        sweep(&harness).await;
        for number in 1..=RETRIES {
            let mut others = 0;
            for run in &mut runs {
                let (how, sent) = &undisturbed[&run.scenario];
                if took_another_path(&violations(&harness, run, how, *sent).await) {
                    *run = Run::new(run.scenario, format!("{}+{number}", run.order), run.kill.clone());
                    others += 1;
                }
            }
            if others == 0 {
                break;
            }
            harness.play(&mut runs, Recording::Off).await;
            sweep(&harness).await;
        }
        points += runs.len();
        for run in &runs {
            let (how, sent) = &undisturbed[&run.scenario];
            let broken = violations(&harness, run, how, *sent).await;
            found.extend(broken.into_iter().map(|it| format!("{run}: {it}")));
        }
    }
    writeln!(
        std::io::stderr(),
        "order-notifier, with a fallback: {} scenarios, killed at {points} points, {} violations, {:.1?}",
        scenarios.len(),
        found.len(),
        started.elapsed()
    )
    .unwrap();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Lets delivery-sweeper hold what stays unclear: once another channel has followed, no event finishes it.
async fn sweep(harness: &Harness) {
    let environment = with(&harness.environment(Choice::Hold), &[("STUCK_AFTER", "0s")]);
    let sweeper = Sweeper::from_environment(&environment).unwrap().with_clock(harness.clock().clone());
    let sweeper = Arc::new(sweeper);
    for _ in 0..MOST_SWEEPS {
        harness.end_all_waits();
        if functions::sweep(Arc::clone(&sweeper), harness.clock()).await.unwrap() == 0 {
            return;
        }
        harness.shop.until_quiet().await;
        harness.settle().await;
    }
}

/// A slow machine causes these as well.
fn took_another_path(broken: &[String]) -> bool {
    let is_other_way = |it: &String| it.starts_with(judge::NOT_REACHED) || it.starts_with(OTHER_NUMBER);
    !broken.is_empty() && broken.iter().all(is_other_way)
}

/// Plays each of these scenarios once without a kill.
async fn undisturbed(
    harness: &Harness,
    scenarios: &[(Scenario, [usize; 3])],
) -> HashMap<Scenario, (Undisturbed, Sent)> {
    let run = |(index, it): (usize, &(Scenario, [usize; 3]))| Run::new(it.0, format!("U{index}"), None);
    let mut runs: Vec<Run> = scenarios.iter().enumerate().map(run).collect();
    harness.play(&mut runs, Recording::On).await;
    sweep(harness).await;
    let mut all = HashMap::new();
    for (run, (_, expected)) in runs.into_iter().zip(scenarios) {
        let sent = Sent::read(&harness.shop, &run.order);
        let rows = by_channel(&harness.shop, &run.order).await;
        assert_eq!(sent.by_channel(), *expected, "{run}: {rows:?}");
        let record = &rows[0].as_ref().unwrap().record;
        let how = Undisturbed {
            invocations: run.invocations.clone(),
            was_unknown: run.states.contains(&State::Unknown),
            state: record.state,
            provider: record.provider,
            accepted: sent.by_channel().iter().sum(),
        };
        let broken = violations(harness, &run, &how, sent).await;
        assert!(broken.is_empty(), "{run}: {broken:?}");
        all.insert(run.scenario, (how, sent));
    }
    all
}

/// The rules that a run broke.
async fn violations(harness: &Harness, run: &Run, undisturbed: &Undisturbed, expected: Sent) -> Vec<String> {
    let sent = Sent::read(&harness.shop, &run.order);
    let rows = by_channel(&harness.shop, &run.order).await;
    let mut broken = run.deviations.clone();
    broken.extend(rules(sent, &rows));
    if run.missed {
        broken.push(judge::NOT_REACHED.to_owned());
    }
    if run.queued {
        broken.push("its event has no outcome".to_owned());
    }
    if has_event(&harness.shop, &run.order).await {
        broken.push("its event is still stored".to_owned());
    }
    // Between a claim and its settlement, only the provider can know what became of the message.
    let open = run.kill.as_ref().map_or(Open::Nothing, |kill| kill.leaves_open(undisturbed));
    if open == Open::Nothing && sent != expected {
        broken.push(format!("{OTHER_NUMBER}: {sent}, but without a kill {expected}"));
    }
    // What was claimed and never sent is held, and another channel follows if there is one.
    let was_reached = rows.iter().flatten().any(has_arrived);
    let last_is_held = rows[2].as_ref().is_some_and(|row| row.record.state == State::Held);
    let may_be_missed = last_is_held && open != Open::Nothing;
    if !(was_reached || may_be_missed) {
        broken.push(format!("no message arrived: {sent}"));
    }
    broken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_message_without_a_claim_is_detected_as_sent_twice() {
    let harness = Harness::open_with_fallback(Meta).await;
    let scenario = scenario(Meta, 12, Text::Delivered);
    let mut undisturbed_run = [Run::new(scenario, "U".to_owned(), None)];
    harness.play(&mut undisturbed_run, Recording::On).await;
    let ios = &undisturbed_run[0].invocations[0];
    let asked = ios.iter().position(|io| io.service == "aws-sms").unwrap();
    let claim = ios[..asked].iter().rposition(Io::writes_a_notification).unwrap();
    let occurrence = ios[..=claim].iter().filter(|io| **io == ios[claim]).count();
    let how = Undisturbed {
        invocations: undisturbed_run[0].invocations.clone(),
        was_unknown: false,
        state: State::Rejected,
        provider: Some(Meta),
        accepted: 1,
    };
    let is_answer = |kill: &Kill| kill.path.len() == asked + 1 && kill.leaves_open(&how) == Open::Asked;
    let kill = Kill::all(&how).into_iter().find(is_answer).unwrap();

    // The reports about the text message are lost, so that nothing settles it.
    harness.shop.simulator().stop_callbacks();
    let mut runs = [Run::new(scenario, "B1".to_owned(), None)];
    let plan = Plan { point: Some(kill.point), forged: Some((ios[claim].clone(), occurrence)) };
    let (_gate, ending) = harness.invoke(&runs[0], 0, plan).await;
    assert!(matches!(ending.unwrap(), Ending::Killed));
    harness.play(&mut runs, Recording::Off).await;
    let rows = by_channel(&harness.shop, "B1").await;
    let broken = rules(Sent::read(&harness.shop, "B1"), &rows);
    assert!(broken.iter().any(|it| it.starts_with("text messages: it was sent 2 times")), "{broken:?}");
}
