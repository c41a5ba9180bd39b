//! `ops doctor`: checks every part of a deployment, and reports each fault with its effect and its remedy.
//!
//! Each area gathers facts, which a pure function turns into findings. A part that can't be checked is a finding itself,
//! and hides no other. The command changes nothing, and sends nothing to a customer.

mod area;
mod aws_channels;
mod aws_error;
mod bus;
mod call_error;
mod catalogue;
mod check;
mod deployment_kind;
mod finding;
mod kaleyra;
mod meta;
mod onemsg;
mod queue_url;
mod queues;
mod report;
mod secrets;
mod settings;
mod table;
mod templates;
mod webhook;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use shared::message::Sender;

use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::Tool;
use crate::output::{Output, Progress};
use area::Area;
use aws_error::Reached;
use check::SharedInputs;
use report::Checkup;

const EXAMPLES: &str = "\
Examples:
  ops doctor --local
  ops doctor --only secrets,webhook --local
  ops doctor --only catalogue --catalogue notifications.toml --local";

/// Checks every part of a deployment, and shows each fault with its effect and its remedy.
///
/// Checks the settings, the three secrets (never shown), the catalogue, the table, the rules of the buses, the queues and
/// the providers' accounts, and calls the webhook with authenticated test calls that contain no reports. Writes nothing; the
/// webhook's metrics count up to five refused calls.
///
/// Exit code 0 without faults, even with warnings; 1 with faults; 4 if AWS answers no request.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Checks only these areas, separated by commas.
    #[arg(long, value_name = "AREA", value_enum, value_delimiter = ',')]
    only: Vec<Area>,

    /// The catalogue [default: the deployment's].
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,

    /// The folder with the definitions of the message templates [default: the local run's, `OPS_DEFINITIONS`, or the built-in
    /// ones].
    #[arg(long, value_name = "DIR")]
    definitions: Option<PathBuf>,

    /// Of the senders, only this one; what all share is checked too [default: every sender].
    #[arg(long, value_name = "NAME")]
    sender: Option<Sender>,

    /// The time limit for each area.
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
        require_deployment(deployment)?;
    }
    let progress = Progress::bar("reading the secrets", areas.len() as u64);
    let catalogue = catalogue::Facts::read(
        arguments.catalogue.as_deref(),
        arguments.definitions.as_deref(),
        &deployment.functions_environment(),
    );
    let inputs =
        SharedInputs::gather(deployment, &areas, catalogue, arguments.sender.as_ref(), arguments.timeout)
            .await;
    let mut checks: FuturesUnordered<_> =
        areas.iter().map(async |area| (*area, inputs.check(*area, arguments.timeout).await)).collect();
    let mut found = Vec::new();
    let mut reached = inputs.reached();
    let mut left = areas.clone();
    progress.set_message(progress_text(&left));
    while let Some((area, checked)) = checks.next().await {
        progress.step();
        left.retain(|it| *it != area);
        progress.set_message(progress_text(&left));
        reached = reached.max(checked.reached);
        found.push((area, checked.findings));
    }
    drop(checks);
    drop(progress);
    let checkup = Checkup::new(found, &Tool::for_deployment(deployment.named()));
    output.show(&checkup);
    if reached == Reached::Silent {
        output.remark("AWS answered no request, so this report says nothing about the deployment itself.");
        return Ok(Exit::Unavailable);
    }
    Ok(checkup.exit())
}

fn progress_text(left: &[Area]) -> String {
    let names: Vec<&str> = left.iter().map(|area| area.name()).collect();
    format!("checking {}", names.join(", "))
}

/// An environment without any variables of a deployment is a usage error, not a faulty deployment.
fn require_deployment(deployment: &Deployment) -> Result<(), Failure> {
    if deployment.has_any_resource() { Ok(()) } else { deployment.required("TABLE_NAME").map(drop) }
}
