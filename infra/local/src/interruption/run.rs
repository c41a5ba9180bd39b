//! Runs one invocation behind a gate.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use shared::settings::Environment;
use tokio::time::timeout;

use super::Gate;
use crate::process::Process;

/// A killed process closes its connections within this time.
const DESERTED_WITHIN: Duration = Duration::from_secs(10);

/// How an invocation ended.
#[derive(Debug)]
pub enum Ending<T> {
    /// By itself, with this result.
    Ended(T),
    /// At the gate.
    Killed,
}

/// Runs a cold invocation with the gate's settings in a separate process, and ends the process when the gate says so.
/// When this returns, all its connections are closed, and no request of it has passed the gate after its point.
pub async fn run<T, F>(
    gate: &Gate,
    invocation: impl FnOnce(Environment) -> F + Send + 'static,
) -> anyhow::Result<Ending<T>>
where
    T: Send + 'static,
    F: Future<Output = anyhow::Result<T>> + Send + 'static,
{
    let process = Process::start("a function behind a gate")?;
    let environment = gate.environment().clone();
    let running = process.invoke(async move { Ok(invocation(environment).await?) });
    let ended = tokio::select! {
        biased;
        () = gate.reached() => None,
        ended = running => Some(ended.map_err(|error| anyhow!("{error:#}"))),
    };
    drop(process);
    timeout(DESERTED_WITHIN, gate.deserted())
        .await
        .context("the process has ended, but one of its connections is still open")?;
    Ok(match ended {
        Some(ended) => Ending::Ended(ended?),
        None => Ending::Killed,
    })
}
