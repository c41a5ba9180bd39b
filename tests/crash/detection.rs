//! The crash tests can fail: they detect faults that these tests inject into the functions.

use local::interruption::{Ending, Io, Plan};
use shared::provider::Provider;

use crate::harness::{Harness, Recording};
use crate::judge;
use crate::kill::{Kill, Open, Run, Undisturbed};
use crate::notifier::undisturbed;
use crate::scenario::{Choice, Scenario, Sort};
use crate::truth::Truth;

const SCENARIO: Scenario =
    Scenario { sort: Sort::Body, provider: Provider::OneMsg, number: 0, choice: Choice::Hold };

async fn open() -> (Harness, Undisturbed) {
    let harness = Harness::open(Provider::OneMsg).await;
    let undisturbed = undisturbed(&harness, &[SCENARIO]).await.remove(&SCENARIO).unwrap();
    (harness, undisturbed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_without_a_claim_is_detected_as_sent_twice() {
    let (harness, undisturbed) = open().await;
    let kills = Kill::all(&undisturbed);
    let claim = kills.iter().find(|kill| kill.point.io.writes_a_notification()).unwrap().point.clone();
    let asked = kills.into_iter().find(|kill| kill.leaves_open(&undisturbed) == Open::Asked).unwrap();
    let mut runs = [Run::new(SCENARIO, "B1".to_owned(), None)];
    let plan = Plan { point: Some(asked.point.clone()), forged: Some((claim.io, claim.occurrence)) };
    let (_gate, ending) = harness.invoke(&runs[0], 0, plan).await;
    assert!(matches!(ending.unwrap(), Ending::Killed));
    harness.play(&mut runs, Recording::Off).await;
    let [mut run] = runs;
    run.kill = Some(asked);
    let violations = judge::violations(&run, &undisturbed, &Truth::read(&harness.shop).await);
    assert!(violations.iter().any(|it| it.starts_with("it was sent twice")), "{violations:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unwritten_acceptance_is_detected_as_lost() {
    let (harness, undisturbed) = open().await;
    // Without callbacks, nothing repairs the record.
    harness.shop.simulator().stop_callbacks();
    let writes: Vec<&Io> =
        undisturbed.invocations[0].iter().filter(|io| io.writes_a_notification()).collect();
    let settlement = writes.last().copied().unwrap().clone();
    let mut run = Run::new(SCENARIO, "B2".to_owned(), None);
    let (_gate, ending) = harness.invoke(&run, 0, Plan { point: None, forged: Some((settlement, 1)) }).await;
    let Ending::Ended(back) = ending.unwrap() else { panic!("killed") };
    run.queued = !back.is_empty();
    let violations = judge::violations(&run, &undisturbed, &Truth::read(&harness.shop).await);
    assert!(violations.iter().any(|it| it.starts_with("it is not in its final state")), "{violations:?}");
}
