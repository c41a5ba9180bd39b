//! Calls of Meta's with 1, 100 and 1,000 statuses, alone and under the quota of a function of 512 MB.
//!
//! Meta batches up to a thousand updates and asks for a median answer within 250 ms:
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/>. The embedded engine works one request at a time,
//! so that the latency here is mostly its own; the function's processor time is the function's alone.

use std::time::Duration;

use serde::Serialize;

use crate::options::Options;
use crate::process::Function;
use crate::progress::Progress;
use crate::quota::Quota;
use crate::statistics::{Spread, milliseconds};
use crate::subjects::{Cast, Subject};

/// The quota.
const MEMORY_MB: u32 = 512;
/// A call's statuses, and how often such a call is made.
const CALLS: [(usize, usize); 3] = [(1, 200), (100, 10), (1000, 3)];

/// How long calls of one size take.
#[derive(Debug, Clone, Serialize)]
pub struct Statuses {
    /// Statuses in the call.
    pub in_a_call: usize,
    /// The memory whose quota held; none where none did.
    pub quota_mb: Option<u32>,
    /// A call, in milliseconds.
    pub took_ms: Spread,
    /// The function's processor time for one status, in milliseconds.
    pub processor_ms_a_status: f64,
}

/// Measures all sizes.
pub async fn measure(cast: &Cast, options: &Options) -> anyhow::Result<Vec<Statuses>> {
    let mut all = of_quota(cast, None, options).await?;
    // Without quotas the starts have said so.
    if let Ok(quota) = Quota::open(MEMORY_MB) {
        all.extend(of_quota(cast, Some(&quota), options).await?);
    }
    Ok(all)
}

async fn of_quota(cast: &Cast, quota: Option<&Quota>, options: &Options) -> anyhow::Result<Vec<Statuses>> {
    let progress = Progress::bar("statuses", CALLS.len());
    let mut webhook = Function::start(cast.program(Subject::DeliveryWebhook)?, quota).await?;
    webhook.invoke(&cast.call(1)?).await?;
    let mut all = Vec::new();
    for (statuses, usual) in CALLS {
        let calls = options.repetitions(usual, usual.div_ceil(4));
        let before = webhook.processor_time()?;
        let mut took = Vec::new();
        for _ in 0..calls {
            took.push(invoke(&mut webhook, cast, statuses).await?);
        }
        let processor = milliseconds(webhook.processor_time()?.saturating_sub(before));
        all.push(Statuses {
            in_a_call: statuses,
            quota_mb: quota.map(|_| MEMORY_MB),
            took_ms: Spread::of_times(&took),
            processor_ms_a_status: processor / f64::from(u32::try_from(calls * statuses)?),
        });
        progress.step();
    }
    webhook.end().await?;
    Ok(all)
}

async fn invoke(webhook: &mut Function, cast: &Cast, statuses: usize) -> anyhow::Result<Duration> {
    let invoked = webhook.invoke(&cast.call(statuses)?).await?;
    Cast::check(Subject::DeliveryWebhook, &invoked.answer)?;
    Ok(invoked.took)
}
