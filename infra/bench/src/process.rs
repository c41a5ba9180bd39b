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

/// The last lines of its output, shown if it fails.
const LINES_KEPT: usize = 20;

/// A function's program.
#[derive(Debug, Clone)]
pub struct Program {
    /// The executable.
    pub command: PathBuf,
    pub arguments: Vec<String>,
    /// Its whole environment except the Runtime API's address.
    pub variables: BTreeMap<String, String>,
}

/// A process that has asked for its first invocation. It is killed on drop.
#[derive(Debug)]
pub struct Function {
    child: Child,
    pid: u32,
    api: RuntimeApi,
    output: Arc<Output>,
    /// From its start until it asked for its first invocation.
    pub init: Duration,
    /// The processor time until then.
    pub init_processor_time: Duration,
}

#[derive(Debug, Default)]
struct Output {
    bytes: AtomicU64,
    last: Mutex<VecDeque<String>>,
}

impl Program {
    /// The same program with Lambda's variable for a regular start, so that it warms up before it asks for work.
    #[must_use]
    pub fn warming_up(mut self) -> Self {
        self.variables.insert("AWS_LAMBDA_INITIALIZATION_TYPE".to_owned(), "on-demand".to_owned());
        self
    }
}

impl Function {
    /// Starts the program and waits until it asks for its first invocation.
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
        let pid = child.id().context("it has ended at once")?;
        // Until then the process has run without the quota for a fraction of a millisecond.
        quota.map(|quota| quota.hold(pid)).transpose()?;
        let output = Arc::new(Output::default());
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(drain(stdout, Arc::clone(&output)));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(drain(stderr, Arc::clone(&output)));
        }
        let polled = tokio::select! {
            polled = api.polled() => polled,
            ended = child.wait() => Err(anyhow::anyhow!("it has ended: {ended:?}")),
        };
        let init = polled.with_context(|| output.said(program))?.duration_since(started);
        let init_processor_time = usage::processor_time(pid)?;
        Ok(Self { child, pid, api, output, init, init_processor_time })
    }

    /// Invokes the function once.
    pub async fn invoke(&mut self, event: &Value) -> anyhow::Result<Invoked> {
        tokio::select! {
            invoked = self.api.invoke(event) => invoked,
            ended = self.child.wait() => Err(anyhow::anyhow!("it has ended: {ended:?}")),
        }
        .with_context(|| self.output.lines())
    }

    /// Its current memory.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        usage::memory(self.pid)
    }

    /// Its processor time until now.
    pub fn processor_time(&self) -> anyhow::Result<Duration> {
        usage::processor_time(self.pid)
    }

    /// The bytes of its output until now.
    pub fn printed(&self) -> u64 {
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

    fn said(&self, program: &Program) -> String {
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
