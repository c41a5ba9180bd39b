//! The duration of Meta's calls with 1, 100 and 1,000 statuses, without a quota and with the quota of 512 MB.
//!
//! Meta batches up to a thousand updates and asks for a median answer within 250 ms:
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/>. The embedded engine serves one request at a
//! time, so most of the latency is the engine's; the processor time is that of the function alone.

use std::mem;
use std::time::Duration;

use serde::Serialize;

use crate::options::Options;
use crate::process::Function;
use crate::progress::Progress;
use crate::quota::Quota;
use crate::statistics::{Spread, milliseconds};
use crate::subjects::{Harness, Subject};

/// The memory size of the quota.
const MEMORY_MB: u32 = 512;
/// The number of statuses in a call, and of such calls.
const CALLS: [(usize, usize); 2] = [(1, 200), (100, 10)];
/// The number of calls with the most statuses. Webhook and baseline take turns, call by call.
const LARGEST_CALLS: usize = 15;

/// The number of statuses in the largest call, and of the baseline's writes: a status is one request to DynamoDB.
const ITEMS_OF_THE_LARGEST: usize = 1000;

/// The durations of calls of one size.
#[derive(Debug, Clone, Serialize)]
pub struct Statuses {
    /// delivery-webhook, or the baseline that makes the same writes.
    pub subject: Subject,
    /// The number of statuses or writes in the call.
    pub in_a_call: usize,
    /// The memory size of the quota; none without a quota.
    pub quota_mb: Option<u32>,
    /// The duration of a call, in milliseconds.
    pub took_ms: Spread,
    /// The function's processor time per status or write, in milliseconds.
    pub processor_ms_each: f64,
}

pub async fn measure(harness: &Harness, options: &Options) -> anyhow::Result<Vec<Statuses>> {
    let mut all = measure_at(harness, None, options).await?;
    // If quotas are unavailable, the figure `start` reports the reason.
    if let Ok(quota) = Quota::open(MEMORY_MB) {
        all.extend(measure_at(harness, Some(&quota), options).await?);
    }
    Ok(all)
}

async fn measure_at(
    harness: &Harness,
    quota: Option<&Quota>,
    options: &Options,
) -> anyhow::Result<Vec<Statuses>> {
    let progress = Progress::bar("statuses", CALLS.len() + 1);
    let mut all = Vec::new();
    let mut webhook = MeasuredFunction::start(harness, Subject::DeliveryWebhook, quota).await?;
    let mut baseline = MeasuredFunction::start(harness, Subject::DynamoDb, quota).await?;
    for (in_a_call, usual) in CALLS {
        for _ in 0..options.repetitions(usual, usual.div_ceil(4)) {
            webhook.invoke(in_a_call).await?;
        }
        all.push(webhook.take(in_a_call)?);
        progress.step();
    }
    for _ in 0..options.repetitions(LARGEST_CALLS, LARGEST_CALLS.div_ceil(4)) {
        for function in [&mut webhook, &mut baseline] {
            function.invoke(ITEMS_OF_THE_LARGEST).await?;
        }
    }
    for function in [&mut webhook, &mut baseline] {
        all.push(function.take(ITEMS_OF_THE_LARGEST)?);
    }
    progress.step();
    webhook.function.end().await?;
    baseline.function.end().await?;
    Ok(all)
}

/// A function with the durations of its calls since the last `take`.
struct MeasuredFunction<'a> {
    harness: &'a Harness,
    subject: Subject,
    quota_mb: Option<u32>,
    function: Function,
    took: Vec<Duration>,
    processor: Vec<Duration>,
}

impl<'a> MeasuredFunction<'a> {
    /// Starts the function, and opens its connections with a first call.
    async fn start(harness: &'a Harness, subject: Subject, quota: Option<&Quota>) -> anyhow::Result<Self> {
        let mut function = Function::start(harness.program(subject)?, quota).await?;
        if subject == Subject::DynamoDb {
            function.invoke(&Harness::notifications(ITEMS_OF_THE_LARGEST)).await?;
        }
        invoke(&mut function, harness, subject, 1).await?;
        let quota_mb = quota.map(|_| MEMORY_MB);
        Ok(Self { harness, subject, quota_mb, function, took: Vec::new(), processor: Vec::new() })
    }

    async fn invoke(&mut self, in_a_call: usize) -> anyhow::Result<()> {
        let before = self.function.processor_time()?;
        self.took.push(invoke(&mut self.function, self.harness, self.subject, in_a_call).await?);
        self.processor.push(self.function.processor_time()?.saturating_sub(before));
        Ok(())
    }

    /// Returns the figures and resets them. The processor time is the mean of small calls, each of which is shorter than
    /// the clock's resolution, and the median of large calls.
    fn take(&mut self, in_a_call: usize) -> anyhow::Result<Statuses> {
        let (took, processor) = (mem::take(&mut self.took), mem::take(&mut self.processor));
        let each = if in_a_call == ITEMS_OF_THE_LARGEST {
            Spread::from_durations(&processor).median
        } else {
            milliseconds(processor.iter().sum()) / f64::from(u32::try_from(processor.len())?)
        };
        Ok(Statuses {
            subject: self.subject,
            in_a_call,
            quota_mb: self.quota_mb,
            took_ms: Spread::from_durations(&took),
            processor_ms_each: each / f64::from(u32::try_from(in_a_call)?),
        })
    }
}

async fn invoke(
    function: &mut Function,
    harness: &Harness,
    subject: Subject,
    in_a_call: usize,
) -> anyhow::Result<Duration> {
    let event = match subject {
        Subject::DynamoDb => Harness::status_writes(in_a_call),
        _ => harness.call(in_a_call)?,
    };
    let invoked = function.invoke(&event).await?;
    Harness::check(subject, &invoked.answer)?;
    Ok(invoked.took)
}
