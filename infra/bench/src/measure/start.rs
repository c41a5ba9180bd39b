//! The time from the process's start to its first request for work, and the first invocation: without a quota and under
//! the quota of a function with 128, 256, 512 and 1,024 MB, with and without a warm-up if the function has one.
//!
//! The subjects take turns, so that other load on the machine affects all of them equally.

use std::time::Duration;

use serde::Serialize;

use crate::options::Options;
use crate::process::{Function, warming_up};
use crate::progress::Progress;
use crate::quota::Quota;
use crate::statistics::Spread;
use crate::subjects::{Cast, Subject};

/// The memory sizes whose quotas are emulated.
const MEMORY_MB: [u32; 4] = [128, 256, 512, 1024];
/// Warm invocations after the first one, so that both figures come from the same processes.
const WARM: usize = 5;

/// How fast a subject starts.
#[derive(Debug, Clone, Serialize)]
pub struct Start {
    pub subject: Subject,
    /// Whether it warmed up before it asked for work.
    pub warmed_up: bool,
    /// The memory size of the quota; none without a quota.
    pub quota_mb: Option<u32>,
    /// Until it asked for its first invocation, in milliseconds.
    pub init_ms: Spread,
    /// The processor time until then, in milliseconds.
    pub init_processor_ms: Spread,
    /// The first invocation, in milliseconds.
    pub first_ms: Spread,
    /// The five invocations after the first, in milliseconds.
    pub warm_ms: Spread,
}

impl Start {
    /// The subject's label, with its warm-up.
    pub fn label(&self) -> String {
        let warmed_up = if self.warmed_up { ", warmed up" } else { "" };
        format!("{}{warmed_up}", self.subject.label())
    }
}

#[derive(Default)]
struct Readings {
    init: Vec<Duration>,
    init_processor: Vec<Duration>,
    first: Vec<Duration>,
    warm: Vec<Duration>,
}

/// The measured starts, and the reason why some are missing.
pub async fn measure(cast: &Cast, options: &Options) -> anyhow::Result<(Vec<Start>, Option<String>)> {
    let mut starts = of_quota(cast, None, options.repetitions(40, 5)).await?;
    for memory in MEMORY_MB {
        match Quota::open(memory) {
            Ok(quota) => {
                starts.extend(of_quota(cast, Some((memory, &quota)), options.repetitions(15, 3)).await?);
            }
            Err(why) => return Ok((starts, Some(format!("no processor quotas: {why:#}")))),
        }
    }
    Ok((starts, None))
}

async fn of_quota(cast: &Cast, quota: Option<(u32, &Quota)>, rounds: usize) -> anyhow::Result<Vec<Start>> {
    let (quota_mb, quota) = quota.unzip();
    let title = quota_mb.map_or("starts".to_owned(), |memory| format!("starts at {memory} MB"));
    let progress = Progress::bar(&title, rounds);
    let mut all: Vec<(Subject, bool, Readings)> = cast
        .subjects()
        .flat_map(|subject| subject.warm_ups().iter().map(move |warmed_up| (subject, *warmed_up)))
        .map(|(subject, warmed_up)| (subject, warmed_up, Readings::default()))
        .collect();
    for _ in 0..rounds {
        for (subject, warmed_up, readings) in &mut all {
            once(cast, *subject, *warmed_up, quota, readings).await?;
        }
        progress.step();
    }
    let starts = all.into_iter().map(|(subject, warmed_up, readings)| Start {
        subject,
        warmed_up,
        quota_mb,
        init_ms: Spread::of_times(&readings.init),
        init_processor_ms: Spread::of_times(&readings.init_processor),
        first_ms: Spread::of_times(&readings.first),
        warm_ms: Spread::of_times(&readings.warm),
    });
    Ok(starts.collect())
}

async fn once(
    cast: &Cast,
    subject: Subject,
    warmed_up: bool,
    quota: Option<&Quota>,
    readings: &mut Readings,
) -> anyhow::Result<()> {
    let program = cast.program(subject)?.clone();
    let program = if warmed_up { warming_up(program) } else { program };
    let mut function = Function::start(&program, quota).await?;
    readings.init.push(function.init);
    readings.init_processor.push(function.init_processor_time);
    for number in 0..=WARM {
        let invoked = function.invoke(&cast.next_event(subject)?).await?;
        Cast::check(subject, &invoked.answer)?;
        if number == 0 { &mut readings.first } else { &mut readings.warm }.push(invoked.took);
    }
    function.end().await
}
