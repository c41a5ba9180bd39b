//! The choice of a function's memory: its measured processor time, and the resulting duration and price for each size.
//! Lambda allocates processor time in proportion to the memory.

use serde::Serialize;

use crate::options::Options;
use crate::price;
use crate::process::Function;
use crate::progress::Progress;
use crate::quota::FULL_MEMORY_MB;
use crate::statistics::milliseconds;
use crate::subjects::{Cast, Subject};

/// The compared sizes.
pub const SIZES_MB: [u32; 5] = [128, 256, 512, 1024, FULL_MEMORY_MB];
/// The assumed duration of a request to an AWS service, in milliseconds.
const REQUEST: f64 = 5.0;
/// The assumed duration of a request to a provider, in milliseconds.
const SEND: f64 = 500.0;

/// A function's kind of invocation.
struct Task {
    subject: Subject,
    name: &'static str,
    /// Events, statuses or records in the invocation.
    size: usize,
    /// The assumed wait for other services, in milliseconds, for sequential requests.
    waits: f64,
    /// The number of invocations.
    times: usize,
}

const TASKS: [Task; 7] = [
    Task {
        subject: Subject::OrderNotifier,
        name: "an order event",
        size: 1,
        waits: SEND + 3.0 * REQUEST,
        times: 200,
    },
    Task {
        subject: Subject::OrderNotifier,
        name: "ten order events",
        size: 10,
        waits: SEND + 3.0 * REQUEST,
        times: 40,
    },
    Task { subject: Subject::DeliveryWebhook, name: "a status", size: 1, waits: REQUEST, times: 200 },
    // Sixty-four concurrent requests.
    Task {
        subject: Subject::DeliveryWebhook,
        name: "1,000 statuses",
        size: 1000,
        waits: 16.0 * REQUEST,
        times: 3,
    },
    Task {
        subject: Subject::DeliverySweeper,
        name: "nothing due",
        size: 1,
        waits: 32.0 * REQUEST,
        times: 100,
    },
    Task { subject: Subject::StatusPublisher, name: "a record", size: 1, waits: REQUEST, times: 200 },
    // Ten events in a request.
    Task {
        subject: Subject::StatusPublisher,
        name: "100 records",
        size: 100,
        waits: 10.0 * REQUEST,
        times: 40,
    },
];

/// The cost of a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Work {
    pub subject: Subject,
    /// The task's name.
    pub name: &'static str,
    /// The measured processor time of an invocation, in milliseconds.
    pub processor_ms: f64,
    /// The assumed wait for other services, in milliseconds.
    pub waits_ms: f64,
}

impl Work {
    /// The duration with this memory, in milliseconds.
    pub fn milliseconds(&self, memory_mb: u32) -> f64 {
        self.waits_ms + self.processor_ms * (f64::from(FULL_MEMORY_MB) / f64::from(memory_mb)).max(1.0)
    }

    /// The price of a million invocations with this memory, in US dollars, without their requests.
    pub fn dollars(&self, memory_mb: u32) -> f64 {
        price::of_a_million(self.milliseconds(memory_mb), memory_mb)
    }

    /// The size with the smallest product of duration and price.
    pub fn best_mb(&self) -> u32 {
        let product = |memory_mb: &u32| self.milliseconds(*memory_mb) * self.dollars(*memory_mb);
        SIZES_MB.into_iter().min_by(|a, b| product(a).total_cmp(&product(b))).unwrap_or(FULL_MEMORY_MB)
    }
}

/// Measures every task.
pub async fn measure(cast: &Cast, options: &Options) -> anyhow::Result<Vec<Work>> {
    let progress = Progress::bar("tuning", TASKS.len());
    let mut all = Vec::new();
    for Task { subject, name, size, waits, times } in TASKS {
        let mut function = Function::start(cast.program(subject)?, None).await?;
        invoke(&mut function, cast, subject, size).await?;
        let times = options.repetitions(times, times.div_ceil(10));
        let before = function.processor_time()?;
        for _ in 0..times {
            invoke(&mut function, cast, subject, size).await?;
        }
        let processor = milliseconds(function.processor_time()?.saturating_sub(before));
        let processor_ms = processor / f64::from(u32::try_from(times)?);
        all.push(Work { subject, name, processor_ms, waits_ms: waits });
        progress.step();
        function.end().await?;
    }
    Ok(all)
}

async fn invoke(function: &mut Function, cast: &Cast, subject: Subject, size: usize) -> anyhow::Result<()> {
    let event = match subject {
        Subject::OrderNotifier => cast.batch(size),
        Subject::DeliveryWebhook => cast.call(size)?,
        Subject::StatusPublisher => cast.records(size),
        _ => cast.next_event(subject)?,
    };
    Cast::check(subject, &function.invoke(&event).await?.answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(processor_ms: f64, waits_ms: f64) -> Work {
        Work { subject: Subject::OrderNotifier, name: "work", processor_ms, waits_ms }
    }

    #[test]
    fn the_processor_is_shared_out_by_memory_up_to_a_whole_one() {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        let work = work(10.0, 5.0);
        assert!(near(work.milliseconds(1769), 15.0) && near(work.milliseconds(3538), 15.0));
        assert!(near(work.milliseconds(128), 5.0 + 10.0 * 1769.0 / 128.0));
        assert!(near(work.dollars(128), price::of_a_million(work.milliseconds(128), 128)));
    }

    #[test]
    fn what_waits_gets_little_memory_and_what_computes_gets_much() {
        assert_eq!(work(1.0, 500.0).best_mb(), 128);
        assert_eq!(work(10.0, 40.0).best_mb(), 512);
        assert_eq!(work(100.0, 10.0).best_mb(), 1769);
    }
}
