//! Runs one invocation behind a gate.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use shared::settings::Environment;
use tokio::time::timeout;

use super::Gate;
use crate::process::Process;

/// By then a process that was ended has no connection any more.
const DESERTED_WITHIN: Duration = Duration::from_secs(10);

/// How an invocation ended.
#[derive(Debug)]
pub enum Ending<T> {
    /// By itself.
    Ended(T),
    /// At the gate.
    Killed,
}

/// Runs an invocation in a process of its own, started cold with the gate's settings, and ends the process when the
/// gate says so. Every connection of it is gone when this returns, and nothing of it passes the gate after its point.
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
        .context("the process has ended, and a connection of it has not")?;
    Ok(match ended {
        Some(ended) => Ending::Ended(ended?),
        None => Ending::Killed,
    })
}
