//! One process of a function, started as Lambda starts it.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use lambda_runtime::Context;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use super::runtime_api::{Invoked, RuntimeApi};

/// The last lines of its output, shown if it fails.
const LINES_KEPT: usize = 20;

/// A function's program.
#[derive(Debug, Clone)]
pub struct Program {
    /// The executable.
    pub command: PathBuf,
    /// Its arguments, without its name.
    pub arguments: Vec<String>,
    /// Its whole environment except the Runtime API's address.
    pub variables: BTreeMap<String, String>,
}

/// A process that has asked for its first invocation. It is killed on drop.
#[derive(Debug)]
pub struct ExecutionEnvironment {
    child: Child,
    pid: u32,
    api: RuntimeApi,
    output: Output,
    init: Duration,
}

impl ExecutionEnvironment {
    /// Starts the program, calls `spawned` with its process id, and waits until it asks for its first invocation. The
    /// error of a program that ends instead contains the end of its output.
    pub async fn start(
        program: &Program,
        spawned: impl FnOnce(u32) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
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
        spawned(pid)?;
        let mut output = Output::capture(&mut child);
        let polled = tokio::select! {
            polled = api.wait_for_poll() => polled,
            ended = child.wait() => Err(output.error_of_end(ended).await),
        };
        let polled = polled
            .with_context(|| format!("{} doesn't start\n{}", program.command.display(), output.lines()))?;
        Ok(Self { child, pid, api, output, init: polled.duration_since(started) })
    }

    /// Invokes the function once.
    pub async fn invoke(&mut self, event: &Value, context: Context) -> anyhow::Result<Invoked> {
        tokio::select! {
            invoked = self.api.invoke(event, context) => invoked,
            ended = self.child.wait() => Err(self.output.error_of_end(ended).await),
        }
        .with_context(|| self.output.lines())
    }

    /// The process's id.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// From the process's start until it asked for its first invocation.
    pub const fn init(&self) -> Duration {
        self.init
    }

    /// The bytes of its output so far.
    pub fn printed(&self) -> u64 {
        self.output.read.bytes.load(Ordering::Relaxed)
    }

    /// Sends SIGTERM, and waits until the process has ended.
    pub async fn end(mut self) -> anyhow::Result<()> {
        let signal = Command::new("kill").args(["-TERM", &self.pid.to_string()]).status();
        signal.await.context("kill(1) can't be run")?;
        self.child.wait().await?;
        Ok(())
    }
}

/// What the process prints. It is read continuously, as Lambda does; a full pipe would block the function.
#[derive(Debug)]
struct Output {
    read: Arc<Read>,
    readers: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Read {
    bytes: AtomicU64,
    last: Mutex<VecDeque<String>>,
}

impl Output {
    fn capture(child: &mut Child) -> Self {
        let (read, mut readers) = (Arc::<Read>::default(), JoinSet::new());
        if let Some(stdout) = child.stdout.take() {
            readers.spawn(drain(stdout, Arc::clone(&read)));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.spawn(drain(stderr, Arc::clone(&read)));
        }
        Self { read, readers }
    }

    /// The error for a process that has ended, once its last lines are read.
    async fn error_of_end(&mut self, ended: std::io::Result<ExitStatus>) -> anyhow::Error {
        while self.readers.join_next().await.is_some() {}
        anyhow!("it has ended: {ended:?}")
    }

    fn lines(&self) -> String {
        let last = self.read.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

async fn drain(stream: impl AsyncRead + Unpin, read: Arc<Read>) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        read.bytes.fetch_add(line.len() as u64 + 1, Ordering::Relaxed);
        let mut last = read.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.push_back(line);
        if last.len() > LINES_KEPT {
            last.pop_front();
        }
    }
}
