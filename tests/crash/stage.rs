//! Where the runs play: one shop, its queue by hand, and a clock that is put forward.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::{join, join_all};
use futures_util::{StreamExt, stream};
use local::interruption::{self, Ending, Gate, Plan};
use shared::clock::Clock;
use shared::provider::Provider;
use shared::settings::Environment;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::cast::Run;
use crate::functions::{self, Record};
use crate::scenario::Choice;
use crate::support::{Opening, Shop};

/// The function's time in the template.
const TIME: Duration = Duration::from_secs(30);
/// Three seconds for a send: six remain for the settling.
const SHORT_TIME: Duration = Duration::from_secs(9);
/// Of the delays of callbacks, which are kept back until no invocation is under way. The number whose callbacks come before
/// the reply stands for those that overtake the settlement; by chance they would make another path.
const TIMING: f64 = 0.5;
/// Stages that kill whole sets of scenarios at the same time: they wait for timeouts half of their time.
static TURNS: Semaphore = Semaphore::const_new(3);
/// Cold invocations of a stage at the same time; more would only wait for the processor.
const COLD: usize = 4;
/// Of those that wait in vain, more: they need no processor.
const COLD_SILENT: usize = 96;
const BATCH: usize = 100;
/// Records of a batch at the same time. If the engine needed seconds for all at once, the functions' timeouts would end
/// what nobody has killed.
const WARM: &str = "4";
const WARM_SILENT: &str = "100";
/// Longer than any lease, wait or window, and than any pause between two questions.
const LONGER_THAN_ANY_WAIT: Duration = Duration::from_hours(13);
/// Older than any catalogue entry's `max_age`.
const AGED: Duration = Duration::from_hours(10 * 24);
/// After so many deliveries, counted from a crash on, the event is too old to be sent.
const FRESH_DELIVERIES: usize = 3;
/// How often a run that has missed its point is played again.
pub const AGAIN: usize = 3;
/// More than any run needs.
const MOST_DELIVERIES: usize = 16;

pub struct Stage {
    pub shop: Shop,
}

/// A turn for a whole set of scenarios, until it is dropped. With more sets at once than the machine can carry, the functions'
/// own timeouts would end what nothing has killed.
pub async fn turn() -> SemaphorePermit<'static> {
    TURNS.acquire().await.unwrap()
}

/// Whether invocations are recorded, which needs one of its own for each delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    On,
    Off,
}

impl Stage {
    /// With the way back from the table, as in the deployment.
    pub async fn open(provider: Provider) -> Self {
        let opening = Opening::default().paced().preferring(provider);
        Self { shop: opening.options(|options| options.timing = TIMING).open().await }
    }

    /// Without it, and with other delays of the callbacks.
    pub async fn open_with(provider: Provider, timing: f64) -> Self {
        let opening = Opening::default().preferring(provider).options(|options| options.timing = timing);
        Self { shop: opening.open().await }
    }

    /// The clock of the functions and of the events.
    pub const fn clock(&self) -> &Clock {
        self.shop.local.clock()
    }

    /// The functions' settings.
    pub fn environment(&self, choice: Choice) -> Environment {
        self.with_concurrency(choice, WARM)
    }

    fn with_concurrency(&self, choice: Choice, concurrency: &str) -> Environment {
        let chosen = [
            ("UNKNOWN_OUTCOME", choice.setting()),
            ("CONFIRMATION_WINDOW", "15m"),
            ("SEND_CONCURRENCY", concurrency),
        ];
        let environment = self.shop.local.variables().environment();
        let kept = environment.iter().filter(|(name, _)| chosen.iter().all(|(other, _)| other != name));
        kept.chain(chosen).collect()
    }

    /// Delivers what is queued, again and again, until nothing is. Between two deliveries every callback arrives, and
    /// whatever anybody waits for comes to its end.
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
            simulator.callbacks_settled().await;
            if recording == Recording::On {
                for run in runs.iter_mut() {
                    run.states.extend(self.shop.order(&run.order).await.iter().map(|view| view.record.state));
                }
            }
            self.time_passes();
            self.bring_back(runs).await;
        }
    }

    /// Whatever the table owns and is due is on the queue again, as delivery-sweeper puts it there.
    async fn bring_back(&self, runs: &mut [Run]) {
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

    /// Plays all. On a machine that stands still for seconds the functions' own timeouts end an invocation before it
    /// comes to its point; such a run is played again, as another order, a few times at most. `again` is told of each
    /// run, and of its new order.
    pub async fn play_to_the_point(
        &self,
        runs: &mut [Run],
        has_missed: impl Fn(&Run) -> bool,
        again: impl Fn(&Run, &str),
    ) {
        self.play(runs, Recording::Off).await;
        for number in 1..=AGAIN {
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
            // On a busy machine the time for a send may be over before anything was begun: that is no delivery.
            if !gate.ios().is_empty() || !matches!(&ending, Ok(Ending::Ended(back)) if !back.is_empty()) {
                break (gate, ending);
            }
        };
        match ending {
            Ok(Ending::Ended(back)) => {
                run.missed = is_to_be_killed;
                run.queued = !back.is_empty();
            }
            // The queue message was not deleted, so that it comes back.
            Ok(Ending::Killed) => {
                run.missed = run.kill.as_ref().is_some_and(|kill| kill.path != gate.ios());
            }
            Err(error) => run.mishaps.push(format!("an invocation failed: {error:#}")),
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
        // A function's future is large.
        let ending = Box::pin(ending).await;
        (gate, ending)
    }

    /// Deliveries that nobody watches, in batches.
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

    /// Ends every lease, wait and window. It may be done whenever no invocation is under way: a lease tells no more than that.
    pub fn time_passes(&self) {
        self.clock().put_forward(LONGER_THAN_ANY_WAIT);
    }

    /// The run's queue message. Nothing in a notification's key depends on the event's age.
    fn record(&self, run: &Run, delivery: usize) -> Record {
        let fresh = match &run.kill {
            Some(kill) if kill.invocation < FRESH_DELIVERIES => kill.invocation + 1 + FRESH_DELIVERIES,
            Some(_) | None => FRESH_DELIVERIES,
        };
        let age = if delivery < fresh { Duration::ZERO } else { AGED };
        let event = run.scenario.event(&run.order).at(self.clock().now() - age);
        let (body, returned_as) = (event.0.to_string(), run.returned_as.clone());
        Record { id: run.order.clone(), body, returned_as, receives: 1 }
    }
}

fn time(run: &Run) -> Duration {
    if run.scenario.is_silent() { SHORT_TIME } else { TIME }
}
