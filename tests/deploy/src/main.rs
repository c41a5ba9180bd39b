//! Deploys the built application with the real SAM CLI into an AWS emulator, and uses it as its users do.
//!
//! It proves that the deployed template — its wiring, its permissions, its binaries — turns every sample event into its
//! outcome, loses no failed event, and sends nothing twice. `docs/deploy-test.md` lists its limits.

mod aws;
mod bench;
mod bus;
mod command;
mod dead_letters;
mod emulator;
mod gaps;
mod options;
mod orders;
mod progress;
mod replay;
mod stack;
mod statuses;
mod suite;
mod template;
mod truth;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

use options::Options;
use suite::Suite;

fn main() -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("the suite can't be started")?;
    let done = runtime.block_on(run(&Options::parse()));
    // Waits for no program that still runs.
    runtime.shutdown_background();
    Ok(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    })
}

/// The programs' processes are ended on every exit path.
async fn run(options: &Options) -> anyhow::Result<()> {
    let mut terminated = signal(SignalKind::terminate()).context("signals can't be listened for")?;
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
