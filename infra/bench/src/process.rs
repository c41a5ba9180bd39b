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

/// The same program with Lambda's variable for a regular start, so that it warms up before it asks for work.
pub fn warming_up(mut program: Program) -> Program {
    program.variables.insert("AWS_LAMBDA_INITIALIZATION_TYPE".to_owned(), "on-demand".to_owned());
    program
}

/// A process that has asked for its first invocation. It is killed on drop.
#[derive(Debug)]
pub struct Function {
    environment: ExecutionEnvironment,
    /// From its start until it asked for its first invocation.
    pub init: Duration,
    /// The processor time until then.
    pub init_processor_time: Duration,
}

impl Function {
    /// Starts the program and waits until it asks for its first invocation.
    pub async fn start(program: &Program, quota: Option<&Quota>) -> anyhow::Result<Self> {
        // Until then the process has run without the quota for a fraction of a millisecond.
        let hold = |pid| quota.map_or(Ok(()), |quota| quota.hold(pid));
        let environment = ExecutionEnvironment::start(program, hold).await?;
        let init_processor_time = usage::processor_time(environment.pid())?;
        Ok(Self { init: environment.init(), environment, init_processor_time })
    }

    /// Invokes the function once.
    pub async fn invoke(&mut self, event: &Value) -> anyhow::Result<Invoked> {
        self.environment.invoke(event, context("measured", TIMEOUT, Timestamp::now())).await
    }

    /// Its current memory.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        usage::memory(self.environment.pid())
    }

    /// Its processor time until now.
    pub fn processor_time(&self) -> anyhow::Result<Duration> {
        usage::processor_time(self.environment.pid())
    }

    /// The bytes of its output until now.
    pub fn printed(&self) -> u64 {
        self.environment.printed()
    }

    /// Sends SIGTERM, and waits until the process has ended.
    pub async fn end(self) -> anyhow::Result<()> {
        self.environment.end().await
    }
}
