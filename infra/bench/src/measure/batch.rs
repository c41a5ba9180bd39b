//! The duration of a batch of ten with a provider that takes 300 ms, compared with one answer of the provider.

use std::time::Duration;

use serde::Serialize;

use crate::options::Options;
use crate::process::Function;
use crate::progress::Progress;
use crate::stack::Stack;
use crate::statistics::Spread;
use crate::subjects::{Harness, Subject};

/// The provider's response time.
pub const PROVIDER: Duration = Duration::from_millis(300);
/// The template's batch size.
const BATCH: usize = 10;

#[derive(Debug, Clone, Serialize)]
pub struct Batch {
    /// A batch of one, in milliseconds.
    pub one_ms: Spread,
    /// A batch of ten, in milliseconds.
    pub ten_ms: Spread,
}

/// Measures batches of one and of ten, in turns.
pub async fn measure(harness: &Harness, stack: &Stack, options: &Options) -> anyhow::Result<Batch> {
    let rounds = options.repetitions(30, 5);
    let progress = Progress::bar("batches", rounds);
    let mut notifier = Function::start(harness.program(Subject::OrderNotifier)?, None).await?;
    for size in [1, BATCH] {
        invoke(&mut notifier, harness, size).await?;
    }
    stack.delay_provider_answers(PROVIDER);
    let (mut one, mut ten) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        one.push(invoke(&mut notifier, harness, 1).await?);
        ten.push(invoke(&mut notifier, harness, BATCH).await?);
        progress.step();
    }
    stack.delay_provider_answers(Duration::ZERO);
    Ok(Batch { one_ms: Spread::from_durations(&one), ten_ms: Spread::from_durations(&ten) })
}

async fn invoke(notifier: &mut Function, harness: &Harness, size: usize) -> anyhow::Result<Duration> {
    let invoked = notifier.invoke(&harness.batch(size)).await?;
    Harness::check(Subject::OrderNotifier, &invoked.answer)?;
    Ok(invoked.took)
}
