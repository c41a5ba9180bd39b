//! The choice of each function's memory: the measured processor time, and the calculated duration and price for each
//! size. Lambda allocates processor time in proportion to the memory.

use serde::Serialize;

use crate::options::Options;
use crate::price;
use crate::process::Function;
use crate::progress::Progress;
use crate::quota::FULL_MEMORY_MB;
use crate::statistics::milliseconds;
use crate::subjects::{Harness, Subject};

pub const SIZES_MB: [u32; 5] = [128, 256, 512, 1024, FULL_MEMORY_MB];
/// The assumed duration of a request to an AWS service, in milliseconds.
const REQUEST: f64 = 5.0;
/// The assumed duration of a request to a provider, in milliseconds.
const SEND: f64 = 500.0;

/// A kind of invocation of a function.
struct Task {
    subject: Subject,
    name: &'static str,
    /// The number of events, statuses or records in the invocation.
    size: usize,
    /// The assumed wait for other services, in milliseconds.
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
    // 64 concurrent requests.
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
    // Ten events per request.
    Task {
        subject: Subject::StatusPublisher,
        name: "100 records",
        size: 100,
        waits: 10.0 * REQUEST,
        times: 40,
    },
];

/// The measured cost of a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Work {
    pub subject: Subject,
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
        price::dollars_per_million(self.milliseconds(memory_mb), memory_mb)
    }

    /// The memory size with the smallest product of duration and price.
    pub fn best_mb(&self) -> u32 {
        let product = |memory_mb: &u32| self.milliseconds(*memory_mb) * self.dollars(*memory_mb);
        SIZES_MB.into_iter().min_by(|a, b| product(a).total_cmp(&product(b))).unwrap_or(FULL_MEMORY_MB)
    }
}

pub async fn measure(harness: &Harness, options: &Options) -> anyhow::Result<Vec<Work>> {
    let progress = Progress::bar("tuning", TASKS.len());
    let mut all = Vec::new();
    for Task { subject, name, size, waits, times } in TASKS {
        let mut function = Function::start(harness.program(subject)?, None).await?;
        invoke(&mut function, harness, subject, size).await?;
        let times = options.repetitions(times, times.div_ceil(10));
        let before = function.processor_time()?;
        for _ in 0..times {
            invoke(&mut function, harness, subject, size).await?;
        }
        let processor = milliseconds(function.processor_time()?.saturating_sub(before));
        let processor_ms = processor / f64::from(u32::try_from(times)?);
        all.push(Work { subject, name, processor_ms, waits_ms: waits });
        progress.step();
        function.end().await?;
    }
    Ok(all)
}

async fn invoke(
    function: &mut Function,
    harness: &Harness,
    subject: Subject,
    size: usize,
) -> anyhow::Result<()> {
    let event = match subject {
        Subject::OrderNotifier => harness.batch(size),
        Subject::DeliveryWebhook => harness.call(size)?,
        Subject::StatusPublisher => harness.records(size),
        _ => harness.next_event(subject)?,
    };
    Harness::check(subject, &function.invoke(&event).await?.answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(processor_ms: f64, waits_ms: f64) -> Work {
        Work { subject: Subject::OrderNotifier, name: "work", processor_ms, waits_ms }
    }

    #[test]
    fn processor_time_scales_with_memory_up_to_one_full_processor() {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        let work = work(10.0, 5.0);
        assert!(near(work.milliseconds(1769), 15.0) && near(work.milliseconds(3538), 15.0));
        assert!(near(work.milliseconds(128), 5.0 + 10.0 * 1769.0 / 128.0));
        assert!(near(work.dollars(128), price::dollars_per_million(work.milliseconds(128), 128)));
    }

    #[test]
    fn waiting_tasks_need_little_memory_and_computing_tasks_need_much() {
        assert_eq!(work(1.0, 500.0).best_mb(), 128);
        assert_eq!(work(10.0, 40.0).best_mb(), 512);
        assert_eq!(work(100.0, 10.0).best_mb(), 1769);
    }
}
