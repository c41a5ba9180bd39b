//! The latency of warm invocations, and the memory and processor time after a thousand of them.
//!
//! Each subject has one process for the whole measurement. The subjects take turns in blocks.

use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

use crate::options::Options;
use crate::process::Function;
use crate::progress::Progress;
use crate::statistics::{Spread, milliseconds};
use crate::subjects::{Harness, Subject};

/// The number of invocations of one subject before the next subject's turn.
const BLOCK: usize = 25;
/// The number of first invocations that are not counted: they open connections, fill caches and let Node.js compile.
const WARM_UP: usize = 50;

/// The figures of a subject's warm invocations.
#[derive(Debug, Clone, Serialize)]
pub struct Warm {
    pub subject: Subject,
    /// The duration of an invocation, in milliseconds.
    pub took_ms: Spread,
    /// The mean processor time of an invocation, in milliseconds.
    pub processor_ms: f64,
    /// Resident memory after all invocations, in kilobytes.
    pub resident_kb: u64,
    /// Peak resident memory, in kilobytes.
    pub peak_kb: u64,
    /// The mean output of an invocation, in bytes.
    pub printed_bytes: f64,
}

struct Running {
    subject: Subject,
    function: Function,
    took: Vec<Duration>,
    processor_before: Duration,
    printed_before: u64,
}

/// Measures every subject, with a thousand invocations each.
pub async fn measure(harness: &Harness, options: &Options) -> anyhow::Result<Vec<Warm>> {
    let invocations = options.repetitions(1000, 100);
    let mut all = Vec::new();
    for subject in harness.subjects() {
        all.push(Running::start(harness, subject).await?);
    }
    let progress = Progress::bar("warm invocations", invocations.div_ceil(BLOCK));
    for _ in 0..invocations.div_ceil(BLOCK) {
        for running in &mut all {
            running.block(harness).await?;
        }
        progress.step();
    }
    all.iter().map(Running::end).collect()
}

impl Running {
    async fn start(harness: &Harness, subject: Subject) -> anyhow::Result<Self> {
        let function = Function::start(harness.program(subject)?, None).await?;
        let (processor_before, printed_before) = (Duration::ZERO, 0);
        let mut running = Self { subject, function, took: Vec::new(), processor_before, printed_before };
        for _ in 0..WARM_UP {
            running.once(harness).await?;
        }
        running.took.clear();
        running.processor_before = running.function.processor_time()?;
        running.printed_before = running.function.printed_bytes();
        Ok(running)
    }

    async fn once(&mut self, harness: &Harness) -> anyhow::Result<()> {
        let invoked = self.function.invoke(&harness.next_event(self.subject)?).await?;
        Harness::check(self.subject, &invoked.answer)?;
        self.took.push(invoked.took);
        Ok(())
    }

    async fn block(&mut self, harness: &Harness) -> anyhow::Result<()> {
        for _ in 0..BLOCK {
            self.once(harness).await?;
        }
        Ok(())
    }

    fn end(&self) -> anyhow::Result<Warm> {
        let memory = self.function.memory()?;
        let invocations = f64::from(u32::try_from(self.took.len()).context("too many invocations")?);
        let processor = self.function.processor_time()?.saturating_sub(self.processor_before);
        let printed = u32::try_from(self.function.printed_bytes() - self.printed_before)?;
        Ok(Warm {
            subject: self.subject,
            took_ms: Spread::from_durations(&self.took),
            processor_ms: milliseconds(processor) / invocations,
            resident_kb: memory.resident_kb,
            peak_kb: memory.peak_kb,
            printed_bytes: f64::from(printed) / invocations,
        })
    }
}
