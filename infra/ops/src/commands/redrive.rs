//! `ops redrive`: shows the dead letters of order events and delivery events, or moves them back.

mod dead_letter;
mod forward;
mod move_back;
mod peek;
mod put_back;
mod report;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

pub(super) use self::dead_letter::DeadLetter;
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
  ops redrive --queue delivery-events --local
  ops redrive --apply --rate 50 --local

Fix the cause first; otherwise the events end up here again. Redriving an event twice is harmless: a notification with an
outcome is not sent again, and a fact that is stored again changes nothing.";

/// Shows the dead letters of order events and of AWS's delivery events, or moves them back to the queue of their function.
///
/// Without --apply the command is a dry run: it shows counts, ages, and each event's order, detail type and receive count, but
/// no personal data. The messages that it reads become visible again at once, or within a minute if it is interrupted.
///
/// With --apply, SQS moves order-notifier's dead letters; this continues if the command is interrupted. SQS can't move the
/// events that EventBridge could not deliver: the command puts each on the queue and then deletes it. If it is interrupted in
/// between, one event is in both queues; that is harmless, because order-notifier recognises the second copy. The delivery
/// events are moved in the same way, because their dead-letter queue also holds those that EventBridge could not deliver.
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
    /// Delivery events of AWS that delivery-events could not store, or EventBridge not put on its queue.
    DeliveryEvents,
}

impl SourceQueue {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::OrderEvents => "order-events",
            Self::Undelivered => "undelivered",
            Self::DeliveryEvents => "delivery-events",
        }
    }

    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::OrderEvents => "events that order-notifier could not process",
            Self::Undelivered => "events that EventBridge could not put on the queue",
            Self::DeliveryEvents => "delivery events of AWS that could not be stored",
        }
    }

    /// The events of the queue to which the dead letters go back.
    const fn destination(self) -> &'static str {
        match self {
            Self::OrderEvents | Self::Undelivered => "order events",
            Self::DeliveryEvents => "delivery events",
        }
    }

    /// The variable with its URL.
    const fn variable(self) -> &'static str {
        match self {
            Self::OrderEvents => "ORDER_EVENTS_DEAD_LETTER_QUEUE_URL",
            Self::Undelivered => "UNDELIVERED_EVENTS_QUEUE_URL",
            Self::DeliveryEvents => "DELIVERY_EVENTS_DEAD_LETTER_QUEUE_URL",
        }
    }

    pub(super) fn open(self, deployment: &Deployment) -> Result<Queue, Failure> {
        let failure = |failure: Failure| {
            match self {
            Self::DeliveryEvents => failure.with_remedy(
                "only a stack that sends through a channel of AWS has this queue (docs/deploy.md, Channels of AWS)",
            ),
            Self::OrderEvents | Self::Undelivered => failure,
        }
        };
        Queue::new(deployment, self.variable()).map_err(failure)
    }

    /// The queues of a deployment. Without a channel of AWS, it has none of delivery events.
    pub(super) fn all(deployment: &Deployment) -> Vec<Self> {
        let has_it = |queue: &Self| {
            *queue != Self::DeliveryEvents || deployment.environment().get(queue.variable()).is_some()
        };
        Self::value_variants().iter().copied().filter(has_it).collect()
    }
}

pub(crate) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let queues = arguments.queue.map_or_else(|| SourceQueue::all(deployment), |queue| vec![queue]);
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
        let letters = peek::peek(&queue, most).await?;
        let letters = letters.iter().map(|letter| match which {
            SourceQueue::OrderEvents | SourceQueue::Undelivered => DeadLetter::parse(letter, &catalogue),
            SourceQueue::DeliveryEvents => DeadLetter::parse_delivery_event(letter),
        });
        let letters = letters.collect();
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
                forward::forward(&from, &to, rate, "undelivered event").await?
            }
            SourceQueue::DeliveryEvents => {
                let to = Queue::new(deployment, "DELIVERY_EVENTS_QUEUE_URL")?;
                forward::forward(&from, &to, rate, "delivery event").await?
            }
        };
        moved.push(QueueMoved { queue: *which, moved: count, left: from.depth().await? });
    }
    Ok(Moved { queues: moved })
}
