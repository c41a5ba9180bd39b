//! The time from the process's start to its first request for work, and the first invocation. Each function is measured
//! without a quota and with the quotas of 128, 256, 512 and 1,024 MB, and with a warm-up if it has one.
//!
//! The subjects take turns, so other load on the machine affects all of them equally.

use std::time::Duration;

use serde::Serialize;

use crate::options::Options;
use crate::process::{Function, warming_up};
use crate::progress::Progress;
use crate::quota::Quota;
use crate::statistics::Spread;
use crate::subjects::{Harness, Subject};

/// The memory sizes whose quotas are emulated.
const MEMORY_MB: [u32; 4] = [128, 256, 512, 1024];
/// The number of warm invocations after the first one, in the same process.
const WARM: usize = 5;

/// The durations of a subject's starts.
#[derive(Debug, Clone, Serialize)]
pub struct Start {
    pub subject: Subject,
    /// Whether it warmed up before its first request for work.
    pub warmed_up: bool,
    /// The memory size of the quota; none without a quota.
    pub quota_mb: Option<u32>,
    /// The time until its first request for an invocation, in milliseconds.
    pub init_ms: Spread,
    /// The processor time in that period, in milliseconds.
    pub init_processor_ms: Spread,
    /// The first invocation, in milliseconds.
    pub first_ms: Spread,
    /// The five invocations after the first, in milliseconds.
    pub warm_ms: Spread,
}

impl Start {
    /// The subject's label, marked if it warmed up.
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

/// Measures all starts. The second value is the reason if some are missing.
pub async fn measure(harness: &Harness, options: &Options) -> anyhow::Result<(Vec<Start>, Option<String>)> {
    let mut starts = measure_at(harness, None, options.repetitions(40, 5)).await?;
    for memory in MEMORY_MB {
        match Quota::open(memory) {
            Ok(quota) => {
                starts.extend(measure_at(harness, Some((memory, &quota)), options.repetitions(15, 3)).await?);
            }
            Err(why) => return Ok((starts, Some(format!("no processor quotas: {why:#}")))),
        }
    }
    Ok((starts, None))
}

async fn measure_at(
    harness: &Harness,
    quota: Option<(u32, &Quota)>,
    rounds: usize,
) -> anyhow::Result<Vec<Start>> {
    let (quota_mb, quota) = quota.unzip();
    let title = quota_mb.map_or("starts".to_owned(), |memory| format!("starts at {memory} MB"));
    let progress = Progress::bar(&title, rounds);
    let mut all: Vec<(Subject, bool, Readings)> = harness
        .subjects()
        .flat_map(|subject| subject.warm_ups().iter().map(move |warmed_up| (subject, *warmed_up)))
        .map(|(subject, warmed_up)| (subject, warmed_up, Readings::default()))
        .collect();
    for _ in 0..rounds {
        for (subject, warmed_up, readings) in &mut all {
            once(harness, *subject, *warmed_up, quota, readings).await?;
        }
        progress.step();
    }
    let starts = all.into_iter().map(|(subject, warmed_up, readings)| Start {
        subject,
        warmed_up,
        quota_mb,
        init_ms: Spread::from_durations(&readings.init),
        init_processor_ms: Spread::from_durations(&readings.init_processor),
        first_ms: Spread::from_durations(&readings.first),
        warm_ms: Spread::from_durations(&readings.warm),
    });
    Ok(starts.collect())
}

async fn once(
    harness: &Harness,
    subject: Subject,
    warmed_up: bool,
    quota: Option<&Quota>,
    readings: &mut Readings,
) -> anyhow::Result<()> {
    let program = harness.program(subject)?.clone();
    let program = if warmed_up { warming_up(program) } else { program };
    let mut function = Function::start(&program, quota).await?;
    readings.init.push(function.init);
    readings.init_processor.push(function.init_processor_time);
    for number in 0..=WARM {
        let invoked = function.invoke(&harness.next_event(subject)?).await?;
        Harness::check(subject, &invoked.answer)?;
        if number == 0 { &mut readings.first } else { &mut readings.warm }.push(invoked.took);
    }
    function.end().await
}
