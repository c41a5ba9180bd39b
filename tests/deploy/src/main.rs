//! Deploys the built application with the real SAM CLI into an AWS emulator, and uses it as its users do.
//!
//! The suite proves that the deployed template, with its wiring, permissions and binaries, leads every sample event to
//! its expected outcome, loses no failed event, and sends nothing twice. `docs/deploy-test.md` lists its limits.

mod aws;
mod bus;
mod command;
mod dead_letters;
mod emulator;
mod fallback;
mod gaps;
mod harness;
mod operator;
mod options;
mod outcomes;
mod progress;
mod published_events;
mod replay;
mod stack;
mod status_events;
mod suite;
mod template;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

use options::Options;
use suite::Suite;

fn main() -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("the runtime can't be started")?;
    let done = runtime.block_on(run(&Options::parse()));
    // Doesn't wait for programs that still run.
    runtime.shutdown_background();
    Ok(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    })
}

/// Runs the suite until it ends or a signal arrives. Dropping the suite ends its processes.
async fn run(options: &Options) -> anyhow::Result<()> {
    let mut terminated =
        signal(SignalKind::terminate()).context("no handler for SIGTERM can be installed")?;
    tokio::select! {
        done = suite(options) => done,
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        _ = terminated.recv() => bail!("terminated"),
    }
}

async fn suite(options: &Options) -> anyhow::Result<()> {
    let mut suite = Suite::deploy(options).await?;
    suite.run().await
}
