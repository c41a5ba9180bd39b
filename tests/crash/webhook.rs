//! delivery-webhook, killed before and after every I/O of every call. The provider repeats the call; then every fact is
//! stored, and the notification is accepted.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::anyhow;
use lambda_http::{Body, Error, Request, Response};
use local::gateway;
use local::interruption::{self, Ending, Gate, Io, Plan, Point};
use local::server::{Ports, Server};
use local::truth::order_of;
use shared::provider::Provider;

use crate::cast::{Kill, Open, Run, Undisturbed};
use crate::functions;
use crate::judge;
use crate::notifier::undisturbed;
use crate::scenario::{Choice, Scenario, Sort};
use crate::stage::{self, Recording, Stage};
use crate::truth::Truth;

/// Scales the callbacks' delays: a killed call is repeated after one, two, four and eight seconds, so that a busy
/// machine has time for all simultaneous repeats.
const TIMING: f64 = 5.0;

/// The calls about one order.
#[derive(Debug, Default)]
struct Visit {
    /// The index of the call to interrupt, from 0, and the interruption.
    planned: Option<(usize, Plan)>,
    /// Whether that call was interrupted.
    interrupted: bool,
    /// The number of calls received.
    calls: usize,
    /// The I/Os of each call.
    ios: Vec<Vec<Io>>,
}

/// The endpoint behind the gateway: each call is an invocation of its own, behind its own gate.
struct Door {
    stage: Stage,
    visits: Mutex<HashMap<String, Visit>>,
}

impl Door {
    async fn open(provider: Provider) -> (Arc<Self>, Server) {
        let stage = Stage::open_with(provider, TIMING).await;
        let door = Arc::new(Self { stage, visits: Mutex::default() });
        let handler: gateway::Handler = {
            let door = Arc::clone(&door);
            Arc::new(move |call| {
                let door = Arc::clone(&door);
                Box::pin(async move { door.take(call).await })
            })
        };
        let listener = Ports::Any.listen(0, "the gateway").await.unwrap();
        let server = Server::start(listener, gateway::router(gateway::function(handler))).unwrap();
        door.stage.shop.simulator().set_webhook_url(&server.url());
        (door, server)
    }

    fn visits(&self) -> MutexGuard<'_, HashMap<String, Visit>> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(&self, call: Request) -> Result<Response<Body>, Error> {
        let order = self.order_of(&call).ok_or_else(|| anyhow!("a call about nothing that was accepted"))?;
        let plan = {
            let mut visits = self.visits();
            let visit = visits.entry(order.clone()).or_default();
            let due = visit.planned.as_ref().filter(|(call, _)| *call == visit.calls && !visit.interrupted);
            due.map(|(_, plan)| plan.clone()).unwrap_or_default()
        };
        let gate = Gate::open(&self.stage.environment(Choice::Hold), plan).await?;
        let clock = self.stage.clock().clone();
        let ending =
            interruption::run(&gate, |environment| functions::delivery_webhook(environment, clock, call));
        let ending = ending.await?;
        let mut visits = self.visits();
        let visit = visits.entry(order).or_default();
        let Ending::Ended(answer) = ending else {
            visit.interrupted = true;
            return Err("killed".into());
        };
        if answer.status().is_success() {
            visit.calls += 1;
            visit.ios.push(gate.ios());
        }
        Ok(answer)
    }

    /// The order of the message that a call names.
    fn order_of(&self, call: &Request) -> Option<String> {
        let body = std::str::from_utf8(call.body()).ok()?;
        let ledger = self.stage.shop.ledger();
        let named = ledger.accepted.iter().find(|send| body.contains(&send.ids.wamid));
        named.and_then(order_of).map(str::to_owned)
    }

    /// The I/Os of the calls about an order.
    fn calls(&self, order: &str) -> Vec<Vec<Io>> {
        self.visits().remove(order).unwrap_or_default().ios
    }

    fn was_interrupted(&self, order: &str) -> bool {
        self.visits().get(order).is_some_and(|visit| visit.interrupted)
    }

    fn plan(&self, order: &str, call: usize, plan: Plan) {
        let planned = Some((call, plan));
        self.visits().insert(order.to_owned(), Visit { planned, ..Visit::default() });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_delivery_webhook_is_killed_every_fact_of_one_msgs_is_kept() {
    every_point_of_every_call(Provider::OneMsg, &[0, 2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_delivery_webhook_is_killed_every_fact_of_kaleyras_is_kept_and_adopts() {
    // Kaleyra reports WhatsApp's refusals in a separate format.
    every_point_of_every_call(Provider::Kaleyra, &[0, 2, 12]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_delivery_webhook_is_killed_every_fact_of_metas_is_kept_and_adopts() {
    every_point_of_every_call(Provider::Meta, &[0, 2]).await;
}

fn scenario(provider: Provider, number: u8) -> Scenario {
    Scenario { sort: Sort::Body, provider, number, choice: Choice::Hold }
}

/// The crash after which only callbacks can prove the acceptance.
fn unsettled(undisturbed: &Undisturbed) -> Kill {
    Kill::all(undisturbed).into_iter().find(|kill| kill.leaves_open(undisturbed) == Open::Asked).unwrap()
}

async fn every_point_of_every_call(provider: Provider, numbers: &[u8]) {
    let _turn = stage::turn().await;
    let (door, _server) = Door::open(provider).await;
    let scenarios: Vec<Scenario> = numbers.iter().map(|number| scenario(provider, *number)).collect();
    let undisturbed = undisturbed(&door.stage, &scenarios).await;

    // The calls after a settlement, and after a crash that prevented it.
    let mut runs: Vec<Run> = Vec::new();
    for scenario in &scenarios {
        for kill in [None, Some(unsettled(&undisturbed[scenario]))] {
            runs.push(Run::new(*scenario, format!("R{}", runs.len()), kill));
        }
    }
    door.stage.play(&mut runs, Recording::Off).await;
    let mut interrupted = Vec::new();
    let mut points = Vec::new();
    for run in &runs {
        let calls = door.calls(&run.order);
        assert!(!calls.is_empty() && calls.iter().all(|ios| ios.len() >= 2), "{run}: {calls:?}");
        for (call, ios) in calls.iter().enumerate() {
            for point in Point::all(ios) {
                let order = format!("W{}", interrupted.len());
                door.plan(&order, call, Plan { point: Some(point.clone()), forged: None });
                interrupted.push(Run::new(run.scenario, order, run.kill.clone()));
                points.push(format!("call {} killed {point}", call + 1));
            }
        }
    }
    let has_missed = |run: &Run| run.missed || !door.was_interrupted(&run.order);
    let again = |run: &Run, order: &str| {
        let planned = door.visits().get(&run.order).and_then(|visit| visit.planned.clone());
        let (call, plan) = planned.unwrap();
        door.plan(order, call, plan);
    };
    door.stage.play_to_the_point(&mut interrupted, has_missed, again).await;

    let truth = Truth::of(&door.stage.shop).await;
    let mut violations = Vec::new();
    for (run, point) in interrupted.iter().zip(&points) {
        let mut found = judge::violations(run, &undisturbed[&run.scenario], &truth);
        if !door.was_interrupted(&run.order) {
            found.push("its point was not reached".to_owned());
        }
        let mut posted = truth.sends(&run.order).iter().flat_map(|send| &send.callbacks);
        if !posted.any(|posted| posted.tries > 1) {
            found.push("no call was repeated".to_owned());
        }
        violations.extend(found.into_iter().map(|violation| format!("{run}; {point}: {violation}")));
    }
    writeln!(
        std::io::stderr(),
        "delivery-webhook, {provider}: killed at {} points, {} violations",
        points.len(),
        violations.len()
    )
    .unwrap();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fact_that_is_not_written_is_found_out_as_missing() {
    let (door, _server) = Door::open(Provider::Meta).await;
    let scenario = scenario(Provider::Meta, 0);
    let undisturbed = undisturbed(&door.stage, &[scenario]).await.remove(&scenario).unwrap();
    let calls = door.calls("U0");
    let fact = calls[2].iter().find(|io| io.object.as_deref() == Some("notification")).unwrap();
    door.plan("B3", 2, Plan { point: None, forged: Some((fact.clone(), 1)) });
    let mut runs = [Run::new(scenario, "B3".to_owned(), None)];
    door.stage.play(&mut runs, Recording::Off).await;
    let violations = judge::violations(&runs[0], &undisturbed, &Truth::of(&door.stage.shop).await);
    assert!(violations.iter().any(|it| it.starts_with("its facts are not what")), "{violations:?}");
}
