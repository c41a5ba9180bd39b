//! `ops redrive`: shows the dead letters of the order events, or moves them back.

mod dead_letter;
mod forward;
mod move_back;
mod peek;
mod put_back;
mod report;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

pub(super) use self::report::QueueContents;
use self::report::{DryRun, Moved, QueueMoved};
use crate::catalogue;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::Tool;
use crate::output::Output;
use crate::queue::Queue;

const EXAMPLES: &str = "\
Examples:
  ops redrive --local
  ops redrive --queue undelivered --local
  ops redrive --apply --rate 50 --local

Fix the cause first; otherwise the events end up here again. Redriving an event twice is harmless: a notification with an
outcome is not sent again.";

/// Shows the dead letters of the order events, or moves them back to the queue of order events.
///
/// Without --apply the command is a dry run: it shows counts, ages, and each event's order, detail type and receive count, but
/// no personal data. The messages that it reads become visible again at once, or within a minute if it is interrupted.
///
/// With --apply, SQS moves order-notifier's dead letters; this continues if the command is interrupted. SQS can't move the
/// events that EventBridge could not deliver: the command puts each on the queue and then deletes it. If it is interrupted in
/// between, one event is in both queues; that is harmless, because order-notifier recognises the second copy.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Only this dead-letter queue.
    #[arg(long)]
    queue: Option<SourceQueue>,

    /// The maximum number of events moved per second.
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u16).range(1..=500))]
    rate: u16,

    /// Moves the events; without it, the command only shows them.
    #[arg(long)]
    apply: bool,

    /// The maximum number of events that a dry run reads from each queue.
    #[arg(long, value_name = "N", default_value = "100", conflicts_with = "apply",
          value_parser = clap::value_parser!(u16).range(1..=10_000))]
    look_at: u16,
}

/// The dead-letter queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SourceQueue {
    /// Events that order-notifier could not process.
    OrderEvents,
    /// Events that EventBridge could not put on the queue.
    Undelivered,
}

impl SourceQueue {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::OrderEvents => "order-events",
            Self::Undelivered => "undelivered",
        }
    }

    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::OrderEvents => "events that order-notifier could not process",
            Self::Undelivered => "events that EventBridge could not put on the queue",
        }
    }

    pub(super) fn open(self, deployment: &Deployment) -> Result<Queue, Failure> {
        let variable = match self {
            Self::OrderEvents => "ORDER_EVENTS_DEAD_LETTER_QUEUE_URL",
            Self::Undelivered => "UNDELIVERED_EVENTS_QUEUE_URL",
        };
        Queue::new(deployment, variable)
    }
}

pub(crate) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let queues = arguments.queue.map_or(SourceQueue::value_variants().to_vec(), |queue| vec![queue]);
    if arguments.apply {
        output.show(&apply(&queues, arguments.rate, deployment, output).await?);
        return Ok(Exit::Fine);
    }
    let report = look(&queues, arguments.look_at, deployment).await?;
    output.show(&report);
    Ok(if report.apply.is_none() { Exit::Fine } else { Exit::Attention })
}

/// Reads at most `most` dead letters of each queue, which stay there.
pub(super) async fn look(
    queues: &[SourceQueue],
    most: u16,
    deployment: &Deployment,
) -> Result<DryRun, Failure> {
    let catalogue = catalogue::for_deployment(deployment)?;
    let mut contents = Vec::new();
    for which in queues.iter().copied() {
        let queue = which.open(deployment)?;
        let depth = queue.depth().await?;
        let letters = peek::peek(&queue, &catalogue, most).await?;
        contents.push(QueueContents { queue: which, depth, letters });
    }
    let is_empty = contents.iter().all(|it| it.depth.total() == 0 && it.letters.is_empty());
    let apply = (!is_empty).then(|| Tool::for_deployment(deployment.named()).line(&["redrive", "--apply"]));
    Ok(DryRun { dry_run: true, at: Timestamp::now(), queues: contents, apply })
}

/// Moves the dead letters of these queues back.
pub(super) async fn apply(
    queues: &[SourceQueue],
    rate: u16,
    deployment: &Deployment,
    output: Output,
) -> Result<Moved, Failure> {
    let mut moved = Vec::new();
    for which in queues {
        let from = which.open(deployment)?;
        let count = match which {
            SourceQueue::OrderEvents => move_back::move_back(&from, rate, output).await?,
            SourceQueue::Undelivered => {
                let to = Queue::new(deployment, "ORDER_EVENTS_QUEUE_URL")?;
                forward::forward(&from, &to, rate).await?
            }
        };
        moved.push(QueueMoved { queue: *which, moved: count, left: from.depth().await? });
    }
    Ok(Moved { queues: moved })
}
