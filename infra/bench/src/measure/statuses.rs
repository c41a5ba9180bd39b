//! Meta's calls with 1, 100 and 1,000 statuses, without a quota and under the quota of a function with 512 MB.
//!
//! Meta batches up to a thousand updates and asks for a median answer within 250 ms:
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/>. The embedded engine serves one request at a
//! time, so most of the latency is the engine's; the processor time is that of the function alone.

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
const CALLS: [(usize, usize); 3] = [(1, 200), (100, 10), (1000, 3)];

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
    let largest = (ITEMS_OF_THE_LARGEST, CALLS.map(|(_, calls)| calls).into_iter().min().unwrap_or(1));
    for (subject, calls) in [(Subject::DeliveryWebhook, &CALLS[..]), (Subject::DynamoDb, &[largest])] {
        let mut function = Function::start(cast.program(subject)?, quota).await?;
        invoke(&mut function, cast, subject, 1).await?;
        for (in_a_call, usual) in calls.iter().copied() {
            let calls = options.repetitions(usual, usual.div_ceil(4));
            let before = function.processor_time()?;
            let mut took = Vec::new();
            for _ in 0..calls {
                took.push(invoke(&mut function, cast, subject, in_a_call).await?);
            }
            let processor = milliseconds(function.processor_time()?.saturating_sub(before));
            all.push(Statuses {
                subject,
                in_a_call,
                quota_mb: quota.map(|_| MEMORY_MB),
                took_ms: Spread::of_times(&took),
                processor_ms_each: processor / f64::from(u32::try_from(calls * in_a_call)?),
            });
            progress.step();
        }
        function.end().await?;
    }
    Ok(all)
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
