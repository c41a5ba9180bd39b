//! One process of a function, started as Lambda starts it.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use crate::quota::Quota;
use crate::runtime_api::{Invoked, RuntimeApi};
use crate::usage::{self, Memory};

/// The number of last output lines that are kept for an error.
const LINES_KEPT: usize = 20;

/// A function's program.
#[derive(Debug, Clone)]
pub struct Program {
    pub command: PathBuf,
    pub arguments: Vec<String>,
    /// Its environment, except the Runtime API's address.
    pub variables: BTreeMap<String, String>,
}

/// A process that has requested its first invocation. Dropping it kills the process.
#[derive(Debug)]
pub struct Function {
    child: Child,
    pid: u32,
    api: RuntimeApi,
    output: Arc<Output>,
    /// The time from its start until its first request for an invocation.
    pub init: Duration,
    /// The processor time in that period.
    pub init_processor_time: Duration,
}

#[derive(Debug, Default)]
struct Output {
    bytes: AtomicU64,
    last: Mutex<VecDeque<String>>,
}

impl Program {
    /// The same program with Lambda's variable for a regular start, so that it warms up before its first request for work.
    #[must_use]
    pub fn warming_up(mut self) -> Self {
        self.variables.insert("AWS_LAMBDA_INITIALIZATION_TYPE".to_owned(), "on-demand".to_owned());
        self
    }
}

impl Function {
    /// Starts the program and waits until it requests its first invocation.
    pub async fn start(program: &Program, quota: Option<&Quota>) -> anyhow::Result<Self> {
        let mut api = RuntimeApi::open().await?;
        let mut command = Command::new(&program.command);
        command
            .args(&program.arguments)
            .env_clear()
            .envs(&program.variables)
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let started = Instant::now();
        let mut child =
            command.spawn().with_context(|| format!("{} can't be started", program.command.display()))?;
        let pid = child.id().context("the process ended at once")?;
        // The process has run without the quota for a fraction of a millisecond.
        quota.map(|quota| quota.add_process(pid)).transpose()?;
        let output = Arc::new(Output::default());
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(drain(stdout, Arc::clone(&output)));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(drain(stderr, Arc::clone(&output)));
        }
        let polled = tokio::select! {
            polled = api.wait_for_poll() => polled,
            ended = child.wait() => Err(anyhow::anyhow!("the process has ended: {ended:?}")),
        };
        let init = polled.with_context(|| output.start_error(program))?.duration_since(started);
        let init_processor_time = usage::processor_time(pid)?;
        Ok(Self { child, pid, api, output, init, init_processor_time })
    }

    /// Invokes the function once. The error contains the process's last output.
    pub async fn invoke(&mut self, event: &Value) -> anyhow::Result<Invoked> {
        tokio::select! {
            invoked = self.api.invoke(event) => invoked,
            ended = self.child.wait() => Err(anyhow::anyhow!("the process has ended: {ended:?}")),
        }
        .with_context(|| self.output.lines())
    }

    /// The process's current memory.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        usage::memory(self.pid)
    }

    /// The process's processor time so far.
    pub fn processor_time(&self) -> anyhow::Result<Duration> {
        usage::processor_time(self.pid)
    }

    /// The number of bytes that the process has printed so far.
    pub fn printed_bytes(&self) -> u64 {
        self.output.bytes.load(Ordering::Relaxed)
    }

    /// Sends SIGTERM, and waits until the process has ended.
    pub async fn end(mut self) -> anyhow::Result<()> {
        let signal = Command::new("kill").args(["-TERM", &self.pid.to_string()]).status();
        signal.await.context("kill(1) can't be run")?;
        self.child.wait().await?;
        Ok(())
    }
}

impl Output {
    fn lines(&self) -> String {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    fn start_error(&self, program: &Program) -> String {
        format!("{} doesn't start\n{}", program.command.display(), self.lines())
    }
}

/// Reads the output continuously, as Lambda does; a full pipe would block the function.
async fn drain(stream: impl AsyncRead + Unpin, output: Arc<Output>) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        output.bytes.fetch_add(line.len() as u64 + 1, Ordering::Relaxed);
        let mut last = output.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.push_back(line);
        if last.len() > LINES_KEPT {
            last.pop_front();
        }
    }
}
