//! `ops doctor`: checks every part of a deployment, and reports each fault with its effect and its remedy.
//!
//! Each area gathers facts, which a pure function turns into findings. A part that can't be checked is a finding of its
//! own and hides no other. The command changes nothing, and sends nothing to a customer.

mod area;
mod bus;
mod call_error;
mod catalogue;
mod check;
mod finding;
mod kaleyra;
mod meta;
mod onemsg;
mod queue_url;
mod queues;
mod report;
mod secrets;
mod settings;
mod surroundings;
mod table;
mod templates;
mod unanswered;
mod webhook;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::Tool;
use crate::output::{Output, Progress};
use area::Area;
use check::Basis;
use report::Checkup;
use unanswered::Reached;

const EXAMPLES: &str = "\
Examples:
  ops doctor --local
  ops doctor --only secrets,webhook --local
  ops doctor --only catalogue --catalogue notifications.toml --local";

/// Looks at every part of a deployment and says what is wrong, why it matters and how to mend it.
///
/// Reads the settings, the three secrets (never shown), the catalogue, the table's description and what waits there for a person,
/// the bus's rule, the queues,
/// and what each provider that has credentials says of its account; calls our own webhook with signed test calls that
/// report on no message. Writes nothing anywhere. The webhook counts up to five refused calls each time.
///
/// Ends with 0 where there is no fault, also where there are warnings; with 1 where there is one; with 4 only where AWS
/// can't be asked at all.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Looks at these areas only, separated by commas.
    #[arg(long, value_name = "AREA", value_enum, value_delimiter = ',')]
    only: Vec<Area>,

    /// Another catalogue than the deployment's.
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,

    /// A folder with the definitions of the message templates; without it the one that the local run or the variable `OPS_DEFINITIONS`
    /// names, else those that are built in.
    #[arg(long, value_name = "DIR")]
    definitions: Option<PathBuf>,

    /// How long each area may take.
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = humantime::parse_duration)]
    timeout: Duration,
}

pub(crate) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let areas: Vec<Area> = Area::ALL
        .into_iter()
        .filter(|area| arguments.only.is_empty() || arguments.only.contains(area))
        .collect();
    if areas.iter().any(|area| *area != Area::Catalogue) {
        named(deployment)?;
    }
    let progress = Progress::bar("reading the secrets", areas.len() as u64);
    let catalogue = catalogue::Facts::read(
        arguments.catalogue.as_deref(),
        arguments.definitions.as_deref(),
        &deployment.functions_environment(),
    );
    let basis = Basis::gather(deployment, &areas, catalogue, arguments.timeout).await;
    let mut checks: FuturesUnordered<_> =
        areas.iter().map(async |area| (*area, basis.check(*area, arguments.timeout).await)).collect();
    let mut found = Vec::new();
    let mut reached = basis.reached();
    let mut left = areas.clone();
    progress.say(looking_at(&left));
    while let Some((area, checked)) = checks.next().await {
        progress.step();
        left.retain(|it| *it != area);
        progress.say(looking_at(&left));
        reached = reached.max(checked.reached);
        found.push((area, checked.findings));
    }
    drop(checks);
    drop(progress);
    let checkup = Checkup::new(found, &Tool::called_for(deployment.named()));
    output.show(&checkup);
    if reached == Reached::Silent {
        output.remark("AWS can't be asked at all: this says nothing of the deployment itself.");
        return Ok(Exit::Unavailable);
    }
    Ok(checkup.exit())
}

fn looking_at(left: &[Area]) -> String {
    let names: Vec<&str> = left.iter().map(|area| area.name()).collect();
    format!("looking at {}", names.join(", "))
}

/// An environment without any of a deployment's variables is a usage error, not a faulty deployment.
fn named(deployment: &Deployment) -> Result<(), Failure> {
    if deployment.is_named_in_part() { Ok(()) } else { deployment.required("TABLE_NAME").map(drop) }
}
