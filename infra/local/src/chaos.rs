//! A run with every kind of fault, which afterwards compares the result with the plan.
//!
//! A seed determines the orders, their events and magic numbers, the duplicates and their times, the kills of
//! order-notifier, the rotations of secrets, and the temporary faults: the [`plan`]. It doesn't determine how threads
//! interleave or where exactly a kill happens, so the same seed gives the same plan but not the same run. The run doesn't
//! wait for hours: from time to time it [ends](waits) all waits early. Afterwards the [`judge`] compares the
//! published events, the table, the queue and the simulator's ledger. Sends whose outcome stays unknown are held, so no
//! message may be sent twice.
//!
//! Limits: delivery-webhook isn't killed, and the table and the secrets are always available.

mod catalogues;
mod drive;
mod evidence;
mod judge;
mod observe;
mod order;
mod plan;
mod planned_event;
mod progress;
mod report;
mod sends;
mod unusual_input;
mod waits;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::aws::event_source_mapping::MappingOptions;
use crate::interruption::LostReplies;
use crate::{Local, LocalOptions};
use catalogues::Catalogues;
use plan::Plan;
use report::Done;
use simulator::Strangeness;

pub use judge::{Reach, Violation};
pub use progress::Progress;
pub use report::Report;
pub use waits::end as end_waits;

/// order-notifier's timeout: a provider that doesn't answer costs four seconds, and a crashed attempt's lease ends after fifteen.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(10);
/// The factor of the callback delays: a customer reads a message after 300 ms; late callbacks take ten times as long.
const TIMING: f64 = 0.2;
/// High, because waiting records are received again and again and must not become dead letters.
const MAX_RECEIVE_COUNT: u32 = 100_000;

/// The kind of faults in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// Every fault, and only documented input.
    Plain,
    /// No faults, and only undocumented input.
    Open,
}

/// The parameters of a run.
#[derive(Debug, Clone, Copy)]
pub struct ChaosOptions {
    /// The kind of faults.
    pub world: World,
    /// Determines the plan.
    pub seed: u64,
    /// The number of orders; an order has one event or several.
    pub orders: usize,
    /// The limit from the first event until all activity has ended.
    pub time_limit: Duration,
}

/// Executes the plan and judges the result. An error means that the run itself failed.
pub async fn run(options: &ChaosOptions, progress: Progress) -> anyhow::Result<Report> {
    let started = Instant::now();
    let catalogues = Catalogues::new(options.world)?;
    // In whole seconds, as on the bus: a redelivered event is then identical to the first one.
    let now = Timestamp::from_second(Timestamp::now().as_second())?;
    let plan = Plan::new(options.seed, options.orders, now, options.world);
    let mut local = Local::start(local_options(options, &catalogues)).await?;
    if options.world == World::Open {
        catalogues::approve(local.simulator());
    }
    let deadline = started + options.time_limit;
    let mut driven = drive::drive(&mut local, &plan, &catalogues, deadline, &progress).await?;
    let planned = evidence::planned(&plan, &catalogues)?;
    let (evidence, quiet) =
        observe::at_the_end(&mut local, planned, &mut driven, deadline, &progress).await?;
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
            // A record that waits for a silent provider occupies its whole invocation.
            maximum_concurrency: 16,
            function_timeout: FUNCTION_TIMEOUT,
            // Retried records come before new ones: with a shorter wait, the new ones would never be processed.
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
