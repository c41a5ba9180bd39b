//! One measured process of a function.

use std::time::Duration;

use jiff::Timestamp;
use local::aws::event_source_mapping::context;
use local::lambda::{ExecutionEnvironment, Invoked, Program};
use serde_json::Value;

use crate::quota::Quota;
use crate::usage::{self, Memory};

/// The timeout of most functions in the template.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The same program with Lambda's variable for a regular start, so that it warms up before its first request for work.
pub fn warming_up(mut program: Program) -> Program {
    program.variables.insert("AWS_LAMBDA_INITIALIZATION_TYPE".to_owned(), "on-demand".to_owned());
    program
}

/// A process that has requested its first invocation. Dropping it kills the process.
#[derive(Debug)]
pub struct Function {
    environment: ExecutionEnvironment,
    /// The time from its start until its first request for an invocation.
    pub init: Duration,
    /// The processor time in that period.
    pub init_processor_time: Duration,
}

impl Function {
    /// Starts the program and waits until it requests its first invocation.
    pub async fn start(program: &Program, quota: Option<&Quota>) -> anyhow::Result<Self> {
        // Until then the process has run without the quota for a fraction of a millisecond.
        let limit = |pid| quota.map_or(Ok(()), |quota| quota.add_process(pid));
        let environment = ExecutionEnvironment::start(program, limit).await?;
        let init_processor_time = usage::processor_time(environment.pid())?;
        Ok(Self { init: environment.init(), environment, init_processor_time })
    }

    /// Invokes the function once. The error contains the process's last output.
    pub async fn invoke(&mut self, event: &Value) -> anyhow::Result<Invoked> {
        self.environment.invoke(event, context("measured", TIMEOUT, Timestamp::now())).await
    }

    /// The process's current memory.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        usage::memory(self.environment.pid())
    }

    /// The process's processor time so far.
    pub fn processor_time(&self) -> anyhow::Result<Duration> {
        usage::processor_time(self.environment.pid())
    }

    /// The number of bytes that the process has printed so far.
    pub fn printed_bytes(&self) -> u64 {
        self.environment.printed()
    }

    /// Sends SIGTERM, and waits until the process has ended.
    pub async fn end(self) -> anyhow::Result<()> {
        self.environment.end().await
    }
}
