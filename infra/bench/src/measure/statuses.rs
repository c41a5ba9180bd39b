//! Meta's calls with 1, 100 and 1,000 statuses, without a quota and under the quota of a function with 512 MB.
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
use crate::subjects::{Cast, Subject};

/// The memory size of the quota.
const MEMORY_MB: u32 = 512;
/// The number of statuses in a call, and of such calls.
const CALLS: [(usize, usize); 2] = [(1, 200), (100, 10)];
/// The number of calls with the most statuses. The baseline takes turns with them, call by call.
const LARGEST_CALLS: usize = 15;

/// A status is one request to DynamoDB: it stores the fact, and what the fact proves about its notification.
const ITEMS_OF_THE_LARGEST: usize = 1000;

/// The duration of calls of one size.
#[derive(Debug, Clone, Serialize)]
pub struct Statuses {
    /// delivery-webhook, or the baseline that puts as many items concurrently.
    pub subject: Subject,
    /// Statuses in the call, or items.
    pub in_a_call: usize,
    /// The memory size of the quota; none without a quota.
    pub quota_mb: Option<u32>,
    /// A call, in milliseconds.
    pub took_ms: Spread,
    /// The function's processor time per status or item, in milliseconds.
    pub processor_ms_each: f64,
}

/// Measures all sizes.
pub async fn measure(cast: &Cast, options: &Options) -> anyhow::Result<Vec<Statuses>> {
    let mut all = of_quota(cast, None, options).await?;
    // If quotas are unavailable, the measurement of the starts reports it.
    if let Ok(quota) = Quota::open(MEMORY_MB) {
        all.extend(of_quota(cast, Some(&quota), options).await?);
    }
    Ok(all)
}

async fn of_quota(cast: &Cast, quota: Option<&Quota>, options: &Options) -> anyhow::Result<Vec<Statuses>> {
    let progress = Progress::bar("statuses", CALLS.len() + 1);
    let mut all = Vec::new();
    let mut webhook = Meter::start(cast, Subject::DeliveryWebhook, quota).await?;
    let mut baseline = Meter::start(cast, Subject::DynamoDb, quota).await?;
    for (in_a_call, usual) in CALLS {
        for _ in 0..options.repetitions(usual, usual.div_ceil(4)) {
            webhook.invoke(in_a_call).await?;
        }
        all.push(webhook.take(in_a_call)?);
        progress.step();
    }
    for _ in 0..options.repetitions(LARGEST_CALLS, LARGEST_CALLS.div_ceil(4)) {
        for meter in [&mut webhook, &mut baseline] {
            meter.invoke(ITEMS_OF_THE_LARGEST).await?;
        }
    }
    for meter in [&mut webhook, &mut baseline] {
        all.push(meter.take(ITEMS_OF_THE_LARGEST)?);
    }
    progress.step();
    webhook.function.end().await?;
    baseline.function.end().await?;
    Ok(all)
}

/// A function with the durations of its calls since they were last taken.
struct Meter<'a> {
    cast: &'a Cast,
    subject: Subject,
    quota_mb: Option<u32>,
    function: Function,
    took: Vec<Duration>,
    processor: Vec<Duration>,
}

impl<'a> Meter<'a> {
    /// Starts the function, and makes the connections by a first call.
    async fn start(cast: &'a Cast, subject: Subject, quota: Option<&Quota>) -> anyhow::Result<Self> {
        let mut function = Function::start(cast.program(subject)?, quota).await?;
        invoke(&mut function, cast, subject, 1).await?;
        let quota_mb = quota.map(|_| MEMORY_MB);
        Ok(Self { cast, subject, quota_mb, function, took: Vec::new(), processor: Vec::new() })
    }

    async fn invoke(&mut self, in_a_call: usize) -> anyhow::Result<()> {
        let before = self.function.processor_time()?;
        self.took.push(invoke(&mut self.function, self.cast, self.subject, in_a_call).await?);
        self.processor.push(self.function.processor_time()?.saturating_sub(before));
        Ok(())
    }

    /// The processor time is the mean of small calls, whose single times are below the clock's step, and the
    /// median of large ones.
    fn take(&mut self, in_a_call: usize) -> anyhow::Result<Statuses> {
        let (took, processor) = (mem::take(&mut self.took), mem::take(&mut self.processor));
        let each = if in_a_call == ITEMS_OF_THE_LARGEST {
            Spread::of_times(&processor).median
        } else {
            milliseconds(processor.iter().sum()) / f64::from(u32::try_from(processor.len())?)
        };
        Ok(Statuses {
            subject: self.subject,
            in_a_call,
            quota_mb: self.quota_mb,
            took_ms: Spread::of_times(&took),
            processor_ms_each: each / f64::from(u32::try_from(in_a_call)?),
        })
    }
}

async fn invoke(
    function: &mut Function,
    cast: &Cast,
    subject: Subject,
    in_a_call: usize,
) -> anyhow::Result<Duration> {
    let event = match subject {
        Subject::DynamoDb => cast.items(in_a_call),
        _ => cast.call(in_a_call)?,
    };
    let invoked = function.invoke(&event).await?;
    Cast::check(subject, &invoked.answer)?;
    Ok(invoked.took)
}
