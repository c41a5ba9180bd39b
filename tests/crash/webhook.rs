//! delivery-webhook, killed before and after every I/O of every call. The provider repeats the call; afterwards every
//! fact is stored, and the notification is accepted.

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

use crate::functions;
use crate::harness::{self, Harness, Recording};
use crate::judge;
use crate::kill::{Kill, Open, Run, Undisturbed};
use crate::notifier::undisturbed;
use crate::scenario::{Choice, Scenario, Sort};
use crate::truth::Truth;

/// Scales the callbacks' delays: a killed call is repeated after one, two, four and eight seconds, so that a busy
/// machine has time for all simultaneous repeats.
const TIMING: f64 = 5.0;

/// The calls about one order.
#[derive(Debug, Default)]
struct OrderCalls {
    /// The index of the call to interrupt, from 0, and the interruption.
    planned: Option<(usize, Plan)>,
    interrupted: bool,
    /// The number of calls received.
    calls: usize,
    ios: Vec<Vec<Io>>,
}

/// The endpoint behind the gateway. Each call is a separate invocation behind a separate gate.
struct Endpoint {
    harness: Harness,
    order_calls: Mutex<HashMap<String, OrderCalls>>,
}

impl Endpoint {
    async fn open(provider: Provider) -> (Arc<Self>, Server) {
        let harness = Harness::open_with(provider, TIMING).await;
        let endpoint = Arc::new(Self { harness, order_calls: Mutex::default() });
        let handler: gateway::Handler = {
            let endpoint = Arc::clone(&endpoint);
            Arc::new(move |call| {
                let endpoint = Arc::clone(&endpoint);
                Box::pin(async move { endpoint.take(call).await })
            })
        };
        let listener = Ports::Any.listen(0, "the gateway").await.unwrap();
        let server = Server::start(listener, gateway::router(gateway::function(handler))).unwrap();
        endpoint.harness.shop.simulator().set_webhook_url(&server.url());
        (endpoint, server)
    }

    fn order_calls(&self) -> MutexGuard<'_, HashMap<String, OrderCalls>> {
        self.order_calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(&self, call: Request) -> Result<Response<Body>, Error> {
        let order = self.order_of(&call).ok_or_else(|| anyhow!("a call about no accepted message"))?;
        let plan = {
            let mut order_calls = self.order_calls();
            let entry = order_calls.entry(order.clone()).or_default();
            let due = entry.planned.as_ref().filter(|(call, _)| *call == entry.calls && !entry.interrupted);
            due.map(|(_, plan)| plan.clone()).unwrap_or_default()
        };
        let gate = Gate::open(&self.harness.environment(Choice::Hold), plan).await?;
        let clock = self.harness.clock().clone();
        let ending =
            interruption::run(&gate, |environment| functions::delivery_webhook(environment, clock, call));
        let ending = ending.await?;
        let mut order_calls = self.order_calls();
        let entry = order_calls.entry(order).or_default();
        let Ending::Ended(answer) = ending else {
            entry.interrupted = true;
            return Err("killed".into());
        };
        if answer.status().is_success() {
            entry.calls += 1;
            entry.ios.push(gate.ios());
        }
        Ok(answer)
    }

    /// The order of the message that a call names.
    fn order_of(&self, call: &Request) -> Option<String> {
        let body = std::str::from_utf8(call.body()).ok()?;
        let ledger = self.harness.shop.ledger();
        let named = ledger.accepted.iter().find(|send| body.contains(&send.ids.wamid));
        named.and_then(order_of).map(str::to_owned)
    }

    /// The I/Os of the calls about an order.
    fn calls(&self, order: &str) -> Vec<Vec<Io>> {
        self.order_calls().remove(order).unwrap_or_default().ios
    }

    fn was_interrupted(&self, order: &str) -> bool {
        self.order_calls().get(order).is_some_and(|entry| entry.interrupted)
    }

    fn plan(&self, order: &str, call: usize, plan: Plan) {
        let planned = Some((call, plan));
        self.order_calls().insert(order.to_owned(), OrderCalls { planned, ..OrderCalls::default() });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_delivery_webhook_every_onemsg_fact_is_stored() {
    every_point_of_every_call(Provider::OneMsg, &[0, 2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_delivery_webhook_every_kaleyra_fact_is_stored_and_settles_the_send() {
    // Kaleyra reports refusals by WhatsApp in a separate format.
    every_point_of_every_call(Provider::Kaleyra, &[0, 2, 12]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_delivery_webhook_every_meta_fact_is_stored_and_settles_the_send() {
    every_point_of_every_call(Provider::Meta, &[0, 2]).await;
}

fn scenario(provider: Provider, number: u8) -> Scenario {
    Scenario { sort: Sort::Body, provider, number, choice: Choice::Hold }
}

/// The crash after which only callbacks prove the acceptance.
fn unsettled(undisturbed: &Undisturbed) -> Kill {
    Kill::all(undisturbed).into_iter().find(|kill| kill.leaves_open(undisturbed) == Open::Asked).unwrap()
}

async fn every_point_of_every_call(provider: Provider, numbers: &[u8]) {
    let _permit = harness::permit().await;
    let (endpoint, _server) = Endpoint::open(provider).await;
    let scenarios: Vec<Scenario> = numbers.iter().map(|number| scenario(provider, *number)).collect();
    let undisturbed = undisturbed(&endpoint.harness, &scenarios).await;

    // The calls after a settlement, and after a crash that prevented it.
    let mut runs: Vec<Run> = Vec::new();
    for scenario in &scenarios {
        for kill in [None, Some(unsettled(&undisturbed[scenario]))] {
            runs.push(Run::new(*scenario, format!("R{}", runs.len()), kill));
        }
    }
    endpoint.harness.play(&mut runs, Recording::Off).await;
    let mut interrupted = Vec::new();
    let mut points = Vec::new();
    for run in &runs {
        let calls = endpoint.calls(&run.order);
        assert!(!calls.is_empty() && calls.iter().all(|ios| ios.len() >= 2), "{run}: {calls:?}");
        for (call, ios) in calls.iter().enumerate() {
            for point in Point::all(ios) {
                let order = format!("W{}", interrupted.len());
                endpoint.plan(&order, call, Plan { point: Some(point.clone()), forged: None });
                interrupted.push(Run::new(run.scenario, order, run.kill.clone()));
                points.push(format!("call {} killed {point}", call + 1));
            }
        }
    }
    let has_missed = |run: &Run| run.missed || !endpoint.was_interrupted(&run.order);
    let again = |run: &Run, order: &str| {
        let planned = endpoint.order_calls().get(&run.order).and_then(|entry| entry.planned.clone());
        let (call, plan) = planned.unwrap();
        endpoint.plan(order, call, plan);
    };
    endpoint.harness.play_to_the_point(&mut interrupted, has_missed, again).await;

    let truth = Truth::read(&endpoint.harness.shop).await;
    let mut violations = Vec::new();
    for (run, point) in interrupted.iter().zip(&points) {
        let mut found = judge::violations(run, &undisturbed[&run.scenario], &truth);
        if !endpoint.was_interrupted(&run.order) {
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
async fn an_unwritten_fact_is_detected_as_missing() {
    let (endpoint, _server) = Endpoint::open(Provider::Meta).await;
    let scenario = scenario(Provider::Meta, 0);
    let undisturbed = undisturbed(&endpoint.harness, &[scenario]).await.remove(&scenario).unwrap();
    let calls = endpoint.calls("U0");
    let fact = calls[2].iter().find(|io| io.object.as_deref() == Some("notification")).unwrap();
    endpoint.plan("B3", 2, Plan { point: None, forged: Some((fact.clone(), 1)) });
    let mut runs = [Run::new(scenario, "B3".to_owned(), None)];
    endpoint.harness.play(&mut runs, Recording::Off).await;
    let violations = judge::violations(&runs[0], &undisturbed, &Truth::read(&endpoint.harness.shop).await);
    assert!(violations.iter().any(|it| it.starts_with("its facts differ from")), "{violations:?}");
}
