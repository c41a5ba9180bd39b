//! A run in which everything that can go wrong does, and a judge at its end.
//!
//! A seed decides on the orders, their events and magic numbers, what comes twice and when, when order-notifier is killed,
//! when secrets rotate, and which troubles there are for a while: the [`plan`]. How threads interleave and where exactly a
//! kill falls it doesn't decide, so the same seed is the same plan and not the same run. Nobody waits the hours that a
//! wait takes: the run [ends](waits) all of them now and then. Afterwards the [`judge`] compares what was published, the
//! table, the queue and the simulator's ledger. Sends whose outcome stays unknown are held: nothing may be told twice.
//!
//! It ends where the local run does: delivery-webhook isn't killed, the table and the secrets always answer.

mod catalogues;
mod drive;
mod evidence;
mod foreign;
mod judge;
mod observe;
mod order;
mod plan;
mod progress;
mod report;
mod waits;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::aws::event_source_mapping::MappingOptions;
use crate::interruption::LostReplies;
use crate::simulator::Strangeness;
use crate::{Local, LocalOptions};
use catalogues::Catalogues;
use plan::Plan;
use report::Done;

pub use judge::{Reach, Violation};
pub use progress::Progress;
pub use report::Report;

/// A send gets six seconds less, so that a provider which never answers costs four; a crashed attempt's lease ends
/// after fifteen.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(10);
/// Read after 300 ms, ten times later after three seconds.
const TIMING: f64 = 0.2;
/// Records that must wait come back all the time, and are to be on the queue at the end.
const MAX_RECEIVE_COUNT: u32 = 100_000;

/// What kind of trouble a run has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// Everything goes wrong, and everybody writes as documented.
    Plain,
    /// Nothing goes wrong, and nobody writes as documented.
    Open,
}

/// What a run is made from.
#[derive(Debug, Clone, Copy)]
pub struct ChaosOptions {
    /// What kind of trouble it has.
    pub world: World,
    /// Decides on the plan.
    pub seed: u64,
    /// How many orders there are; an order has one event or several.
    pub orders: usize,
    /// How long the run may take from its first event until nothing moves any more.
    pub time_limit: Duration,
}

/// Runs the plan and judges what came of it. An error says that the run itself could not be carried out.
pub async fn run(options: &ChaosOptions, progress: Progress) -> anyhow::Result<Report> {
    let started = Instant::now();
    let catalogues = Catalogues::new(options.world)?;
    // In whole seconds, as the bus has it: what is delivered again is what was delivered.
    let now = Timestamp::from_second(Timestamp::now().as_second())?;
    let plan = Plan::new(options.seed, options.orders, now, options.world);
    let mut local = Local::start(local_options(options, &catalogues)).await?;
    if options.world == World::Open {
        catalogues::approve(local.simulator());
    }
    let deadline = started + options.time_limit;
    let driven = drive::drive(&mut local, &plan, &catalogues, deadline, &progress).await?;
    let planned = evidence::planned(&plan, &catalogues)?;
    let (evidence, quiet) = observe::at_the_end(&mut local, planned, &driven, deadline, &progress).await?;
    let verdict = judge::judge(&evidence, quiet);
    progress.end();
    let lost_replies = local.lost_replies().map_or(0, LostReplies::count);
    let done = Done { buried: driven.buried, lost_replies, took: started.elapsed() };
    Ok(Report::new(options, &plan, &evidence, verdict, done))
}

fn local_options(options: &ChaosOptions, catalogues: &Catalogues) -> LocalOptions {
    let settings = [("UNKNOWN_OUTCOME", "hold"), ("CONFIRMATION_WINDOW", "2s")];
    LocalOptions {
        catalogue: catalogues.path().to_owned(),
        mapping: MappingOptions {
            batch_size: 5,
            // A record that waits for a provider which never answers keeps its whole invocation.
            maximum_concurrency: 16,
            function_timeout: FUNCTION_TIMEOUT,
            // Those that come back stand before the new ones: more often, and nothing else would get its turn.
            retry_after: Duration::from_secs(2),
        },
        max_receive_count: MAX_RECEIVE_COUNT,
        settings: BTreeMap::from(settings.map(|(name, value)| (name.to_owned(), value.to_owned()))),
        timing: TIMING,
        lost_replies: (options.world == World::Plain).then_some(options.seed),
        open_world: (options.world == World::Open)
            .then_some(Strangeness { seed: options.seed, refuses: true }),
        ..LocalOptions::default()
    }
}
