//! A batch of ten with a provider that takes 300 ms: how close order-notifier comes to one provider round trip.

use std::time::Duration;

use serde::Serialize;

use crate::options::Options;
use crate::process::Function;
use crate::progress::Progress;
use crate::stack::Stack;
use crate::statistics::Spread;
use crate::subjects::{Cast, Subject};

/// The provider's response time.
pub const PROVIDER: Duration = Duration::from_millis(300);
/// The template's batch size.
const BATCH: usize = 10;

/// The duration of batches.
#[derive(Debug, Clone, Serialize)]
pub struct Batch {
    /// A batch of one, in milliseconds.
    pub one_ms: Spread,
    /// A batch of ten, in milliseconds.
    pub ten_ms: Spread,
}

/// Measures both, alternately.
pub async fn measure(cast: &Cast, stack: &Stack, options: &Options) -> anyhow::Result<Batch> {
    let rounds = options.repetitions(30, 5);
    let progress = Progress::bar("batches", rounds);
    let mut notifier = Function::start(cast.program(Subject::OrderNotifier)?, None).await?;
    for size in [1, BATCH] {
        invoke(&mut notifier, cast, size).await?;
    }
    stack.providers_answer_after(PROVIDER);
    let (mut one, mut ten) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        one.push(invoke(&mut notifier, cast, 1).await?);
        ten.push(invoke(&mut notifier, cast, BATCH).await?);
        progress.step();
    }
    stack.providers_answer_after(Duration::ZERO);
    Ok(Batch { one_ms: Spread::of_times(&one), ten_ms: Spread::of_times(&ten) })
}

async fn invoke(notifier: &mut Function, cast: &Cast, size: usize) -> anyhow::Result<Duration> {
    let invoked = notifier.invoke(&cast.batch(size)).await?;
    Cast::check(Subject::OrderNotifier, &invoked.answer)?;
    Ok(invoked.took)
}
