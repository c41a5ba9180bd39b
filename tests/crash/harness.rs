//! The runs' harness: one shop, a queue that the test operates, and a clock that the test advances.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::{join, join_all};
use futures_util::{StreamExt, stream};
use local::interruption::{self, Ending, Gate, Plan};
use shared::clock::Clock;
use shared::provider::Provider;
use shared::settings::Environment;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::functions::{self, Record};
use crate::kill::Run;
use crate::scenario::{Choice, Sort};
use crate::support::{Opening, Shop, eventually, fallback, with};

/// The function's timeout in the template.
const TIME: Duration = Duration::from_secs(30);
/// Three seconds for a send: six are reserved for the settlement.
const SHORT_TIME: Duration = Duration::from_secs(9);
/// Scales the callbacks' delays; callbacks are held back until no invocation is in flight. The magic number whose
/// callbacks precede the reply stands for callbacks that overtake the settlement; chance overtaking would change the
/// path.
const TIMING: f64 = 0.5;
/// How many sets of scenarios may run at the same time: half of their time they wait for timeouts.
static TURNS: Semaphore = Semaphore::const_new(3);
/// Concurrent cold invocations; more would only wait for the processor.
const COLD: usize = 4;
/// More of the scenarios without an answer may run at once: they need no processor.
const COLD_SILENT: usize = 96;
const BATCH: usize = 100;
/// `SEND_CONCURRENCY`. With all records at once, the functions' timeouts could end invocations that the test has not
/// killed.
const WARM: &str = "4";
const WARM_SILENT: &str = "100";
/// Longer than any lease, wait, window or polling interval.
const LONGER_THAN_ANY_WAIT: Duration = Duration::from_hours(13);
/// Older than any catalogue entry's `max_age`.
const AGED: Duration = Duration::from_hours(10 * 24);
/// After this many deliveries, counted from the crash, the event is too old to be sent.
const FRESH_DELIVERIES: usize = 3;
/// Repetitions of a run that missed its crash point.
const RETRIES: usize = 6;
const MOST_DELIVERIES: usize = 16;

pub struct Harness {
    pub shop: Shop,
}

/// A permit for a whole set of scenarios, held until it is dropped. With more sets at once, the functions' own
/// timeouts could end invocations that the test has not killed.
pub async fn permit() -> SemaphorePermit<'static> {
    TURNS.acquire().await.unwrap()
}

/// Whether invocations are recorded. That needs a separate invocation for each delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    On,
    Off,
}

impl Harness {
    /// Opens a shop whose table stores unfinished events, as in the deployment.
    pub async fn open(provider: Provider) -> Self {
        let opening = Opening::default().paced().preferring(provider);
        Self { shop: opening.options(|options| options.timing = TIMING).open().await }
    }

    /// Like [`open`](Self::open), and cancelled orders have a fallback.
    pub async fn open_with_fallback(provider: Provider) -> Self {
        let opening = Opening::default().paced().preferring(provider).catalogue(fallback::add);
        Self { shop: opening.options(|options| options.timing = TIMING).open().await }
    }

    /// Opens a shop without stored events, and with another scale of the callbacks' delays.
    pub async fn open_with(provider: Provider, timing: f64) -> Self {
        let opening = Opening::default().preferring(provider).options(|options| options.timing = timing);
        Self { shop: opening.open().await }
    }

    /// The clock of the functions and of the events.
    pub const fn clock(&self) -> &Clock {
        self.shop.local.clock()
    }

    pub fn environment(&self, choice: Choice) -> Environment {
        self.with_concurrency(choice, WARM)
    }

    fn with_concurrency(&self, choice: Choice, concurrency: &str) -> Environment {
        let chosen = [
            ("UNKNOWN_OUTCOME", choice.setting()),
            ("CONFIRMATION_WINDOW", "15m"),
            ("SEND_CONCURRENCY", concurrency),
        ];
        with(&self.shop.local.variables().environment(), &chosen)
    }

    /// Delivers queued messages until none is left. Between two deliveries every callback arrives, and every lease,
    /// wait and window ends.
    pub async fn play(&self, runs: &mut [Run], recording: Recording) {
        for delivery in 0..MOST_DELIVERIES {
            let queued: Vec<&mut Run> = runs.iter_mut().filter(|run| run.queued).collect();
            if queued.is_empty() {
                return;
            }
            let simulator = self.shop.simulator();
            simulator.hold_callbacks();
            self.deliver(queued, delivery, recording).await;
            simulator.release_callbacks();
            self.settle().await;
            if recording == Recording::On {
                for run in runs.iter_mut() {
                    run.states.extend(self.shop.order(&run.order).await.iter().map(|view| view.record.state));
                }
            }
            self.end_all_waits();
            self.requeue(runs).await;
        }
    }

    /// Waits until every callback and every delivery event of AWS is processed.
    pub async fn settle(&self) {
        self.shop.simulator().callbacks_settled().await;
        eventually("an empty queue of delivery events", async || {
            let depth = self.shop.local.delivery_events().depth();
            if depth.visible + depth.in_flight == 0 { Ok(()) } else { Err(format!("{depth:?}")) }
        })
        .await;
    }

    /// Puts every due event of the table on the queue again, as delivery-sweeper does.
    async fn requeue(&self, runs: &mut [Run]) {
        let due: BTreeMap<String, String> = self
            .shop
            .scan()
            .await
            .into_iter()
            .filter(|item| !item.contains_key("for_a_person"))
            .filter_map(|item| {
                let (order, key) = item["pk"].as_s().ok()?.strip_prefix("EVENT#")?.rsplit_once('#')?;
                Some((order.to_owned(), key.to_owned()))
            })
            .collect();
        for run in runs.iter_mut().filter(|run| !run.queued) {
            if let Some(key) = due.get(&run.order) {
                (run.queued, run.returned_as) = (true, Some(key.clone()));
            }
        }
    }

    /// Plays all runs. On a slow machine the functions' own timeouts may end an invocation before its crash point.
    /// Such a run is repeated with another order, a few times at most; `again` receives each run and its new order.
    pub async fn play_to_the_point(
        &self,
        runs: &mut [Run],
        has_missed: impl Fn(&Run) -> bool,
        again: impl Fn(&Run, &str),
    ) {
        self.play(runs, Recording::Off).await;
        for number in 1..=RETRIES {
            for run in runs.iter_mut().filter(|run| has_missed(run)) {
                let order = format!("{}-{number}", run.order);
                again(run, &order);
                *run = Run::new(run.scenario, order, run.kill.clone());
            }
            self.play(runs, Recording::Off).await;
        }
    }

    async fn deliver(&self, runs: Vec<&mut Run>, delivery: usize, recording: Recording) {
        let is_cold = |run: &&mut Run| {
            recording == Recording::On || run.kill.as_ref().is_some_and(|kill| kill.invocation == delivery)
        };
        let (cold, warm): (Vec<_>, Vec<_>) = runs.into_iter().partition(is_cold);
        let (silent, cold): (Vec<_>, Vec<_>) = cold.into_iter().partition(|run| run.scenario.is_silent());
        let side_by_side = |runs: Vec<_>, limit| {
            stream::iter(runs).for_each_concurrent(limit, move |run| self.deliver_cold(run, delivery))
        };
        let cold = join(side_by_side(silent, COLD_SILENT), side_by_side(cold, COLD));
        join(cold, self.deliver_warm(warm, delivery)).await;
    }

    async fn deliver_cold(&self, run: &mut Run, delivery: usize) {
        let point =
            run.kill.as_ref().filter(|kill| kill.invocation == delivery).map(|kill| kill.point.clone());
        let is_to_be_killed = point.is_some();
        let (gate, ending) = loop {
            let plan = Plan { point: point.clone(), forged: None };
            let (gate, ending) = self.invoke(run, delivery, plan).await;
            // On a busy machine the time for a send may end before any I/O. That does not count as a delivery.
            if !gate.ios().is_empty() || !matches!(&ending, Ok(Ending::Ended(back)) if !back.is_empty()) {
                break (gate, ending);
            }
        };
        match ending {
            Ok(Ending::Ended(back)) => {
                run.missed = is_to_be_killed;
                run.queued = !back.is_empty();
            }
            // The queue message was not deleted, so it is delivered again.
            Ok(Ending::Killed) => {
                run.missed = run.kill.as_ref().is_some_and(|kill| kill.path != gate.ios());
            }
            Err(error) => run.deviations.push(format!("an invocation failed: {error:#}")),
        }
        run.invocations.push(gate.ios());
    }

    /// One cold invocation behind a gate, with the run's event alone.
    pub async fn invoke(
        &self,
        run: &Run,
        delivery: usize,
        plan: Plan,
    ) -> (Gate, anyhow::Result<Ending<BTreeSet<String>>>) {
        let gate = Gate::open(&self.environment(run.scenario.choice), plan).await.unwrap();
        let (clock, batch, time) = (self.clock().clone(), vec![self.record(run, delivery)], time(run));
        let ending = interruption::run(&gate, move |environment| {
            functions::order_notifier(environment, clock, batch, time)
        });
        let ending = Box::pin(ending).await;
        (gate, ending)
    }

    /// Unrecorded deliveries, in batches.
    async fn deliver_warm(&self, runs: Vec<&mut Run>, delivery: usize) {
        let mut batches: Vec<Vec<&mut Run>> = Vec::new();
        for run in runs {
            let fits = |batch: &&mut Vec<&mut Run>| {
                let first = &batch[0].scenario;
                batch.len() < BATCH
                    && (first.choice, first.is_silent()) == (run.scenario.choice, run.scenario.is_silent())
            };
            match batches.iter_mut().find(fits) {
                Some(batch) => batch.push(run),
                None => batches.push(vec![run]),
            }
        }
        join_all(batches.into_iter().map(|mut batch| async move {
            let records = batch.iter().map(|run| self.record(run, delivery)).collect();
            let concurrency = if batch[0].scenario.is_silent() { WARM_SILENT } else { WARM };
            let environment = self.with_concurrency(batch[0].scenario.choice, concurrency);
            let (clock, time) = (self.clock().clone(), time(batch[0]));
            let back = functions::order_notifier(environment, clock, records, time).await.unwrap();
            for run in &mut batch {
                run.queued = back.contains(&run.order);
            }
        }))
        .await;
    }

    /// Ends every lease, wait and window. Safe whenever no invocation is in flight: a lease protects only a running
    /// invocation.
    pub fn end_all_waits(&self) {
        self.clock().advance(LONGER_THAN_ANY_WAIT);
    }

    /// The run's queue message. A notification's key does not depend on the event's age.
    fn record(&self, run: &Run, delivery: usize) -> Record {
        let fresh = match &run.kill {
            Some(kill) if kill.invocation < FRESH_DELIVERIES => kill.invocation + 1 + FRESH_DELIVERIES,
            Some(_) | None => FRESH_DELIVERIES,
        };
        let age = if delivery < fresh { Duration::ZERO } else { AGED };
        let event = run.scenario.event(&run.order).at(self.clock().now() - age);
        let (body, returned_as) = (event.0.to_string(), run.returned_as.clone());
        let receives = match run.scenario.sort {
            // What was received before is looked up first: then a message that failed meanwhile is not waited for.
            Sort::Fallback(_) if returned_as.is_none() => u32::try_from(delivery + 1).unwrap(),
            _ => 1,
        };
        Record { id: run.order.clone(), body, returned_as, receives }
    }
}

fn time(run: &Run) -> Duration {
    if run.scenario.is_silent() { SHORT_TIME } else { TIME }
}
