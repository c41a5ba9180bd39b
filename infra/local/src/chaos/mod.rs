//! A run in which everything that can go wrong does, and a judge at its end.
//!
//! A seed decides on the orders, their events and magic numbers, what comes twice and when, when order-notifier is killed
//! and when secrets rotate: the [`plan`]. How threads interleave and where exactly a kill falls it doesn't decide, so
//! the same seed is the same plan and not the same run. Afterwards the [`judge`] compares what was published, the
//! table, the queue and the simulator's ledger. Sends whose outcome stays unknown are held: nothing may be told twice.
//!
//! It ends where the local run does: delivery-webhook isn't killed, the table and the secrets always answer.

mod drive;
mod evidence;
mod judge;
mod observe;
mod order;
mod plan;
mod progress;
mod report;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use shared::provider::Provider;

use crate::aws::event_source_mapping::MappingOptions;
use crate::catalogue::{self, DerivedCatalogue};
use crate::{Local, LocalOptions};
use plan::Plan;

pub use judge::Violation;
pub use progress::Progress;
pub use report::Report;

/// A send gets six seconds less, so that a provider which never answers costs four; a crashed attempt's lease ends
/// after fifteen.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(10);
/// Read after 300 ms, ten times later after three seconds.
const TIMING: f64 = 0.2;
/// Records that must wait come back all the time, and are to be on the queue at the end.
const MAX_RECEIVE_COUNT: u32 = 100_000;
/// Who is preferred for which notification, so that all three get their share: the others stay with the catalogue's
/// own order, 1MSG for the returns and Kaleyra for the order statuses.
const PREFERRED: [(&str, Provider); 2] =
    [("order-cancelled", Provider::Meta), ("stock-arrived", Provider::Kaleyra)];

/// What a run is made from.
#[derive(Debug, Clone, Copy)]
pub struct ChaosOptions {
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
    let catalogue_file = DerivedCatalogue::preferring_each(&PREFERRED, &catalogue::shipped())?;
    let catalogue = catalogue::read(catalogue_file.path())?;
    // In whole seconds, as the bus has it: what is delivered again is what was delivered.
    let now = Timestamp::from_second(Timestamp::now().as_second())?;
    let plan = Plan::new(options.seed, options.orders, now);
    let mut local = Local::start(local_options(catalogue_file.path())).await?;
    let driven = drive::drive(&mut local, &plan, started + options.time_limit, &progress).await?;
    let events = evidence::planned(&plan, &catalogue)?;
    let (evidence, quiet) =
        observe::at_the_end(&mut local, events, &driven, started + options.time_limit, &progress).await?;
    let verdict = judge::judge(&evidence, quiet);
    progress.end();
    Ok(Report::new(options, &plan, &evidence, verdict, started.elapsed()))
}

fn local_options(catalogue: &std::path::Path) -> LocalOptions {
    let settings = [("UNKNOWN_OUTCOME", "hold"), ("CONFIRMATION_WINDOW", "2s")];
    LocalOptions {
        catalogue: catalogue.to_owned(),
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
        ..LocalOptions::default()
    }
}
