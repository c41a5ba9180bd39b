//! `ops redrive`: shows or moves back the two dead-letter queues of the order events.

mod forward;
mod letter;
mod look;
mod move_back;
mod put_back;
mod report;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

use self::report::{Looked, Moved, QueueLooked, QueueMoved};
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

Mend the cause first; else the events come back here. To redrive an event twice does no harm: what has its outcome is not
sent again.";

/// Shows what is in the dead-letter queues of the order events; with --apply, moves it back to the queue of order events.
///
/// Without --apply it is a dry run: counts, ages, and of each event its order, detail type and receives; nothing of the
/// customer. The messages that were looked at are put back at once, or by themselves within a minute. With --apply SQS
/// moves the dead letters of order-notifier; the events that EventBridge could not deliver, which SQS doesn't move, are
/// each put on the queue and only then deleted. Whoever is interrupted in between leaves one in both queues, which is
/// harmless; SQS goes on with its part by itself.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// This dead-letter queue alone.
    #[arg(long)]
    queue: Option<DeadLetters>,

    /// How many events a second are moved, at most.
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u16).range(1..=500))]
    rate: u16,

    /// Moves the events.
    #[arg(long)]
    apply: bool,

    /// How many events of each queue a dry run looks at.
    #[arg(long, value_name = "N", default_value = "100", conflicts_with = "apply",
          value_parser = clap::value_parser!(u16).range(1..=10_000))]
    look_at: u16,
}

/// The dead-letter queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
enum DeadLetters {
    /// What order-notifier could not finish.
    OrderEvents,
    /// What EventBridge could not put on the queue.
    Undelivered,
}

impl DeadLetters {
    const fn name(self) -> &'static str {
        match self {
            Self::OrderEvents => "order-events",
            Self::Undelivered => "undelivered",
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::OrderEvents => "what order-notifier could not finish",
            Self::Undelivered => "what EventBridge could not put on the queue",
        }
    }

    fn of(self, deployment: &Deployment) -> Result<Queue, Failure> {
        let variable = match self {
            Self::OrderEvents => "ORDER_EVENTS_DEAD_LETTER_QUEUE_URL",
            Self::Undelivered => "UNDELIVERED_EVENTS_QUEUE_URL",
        };
        Queue::of(deployment, variable)
    }
}

pub(crate) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let queues = arguments.queue.map_or(DeadLetters::value_variants().to_vec(), |queue| vec![queue]);
    if arguments.apply {
        return apply(&queues, arguments.rate, deployment, output).await;
    }
    let catalogue = catalogue::of(deployment)?;
    let mut looked = Vec::new();
    for which in queues {
        let queue = which.of(deployment)?;
        let depth = queue.depth().await?;
        let letters = look::look(&queue, &catalogue, arguments.look_at).await?;
        looked.push(QueueLooked { queue: which, depth, letters });
    }
    let is_empty = looked.iter().all(|looked| looked.depth.total() == 0 && looked.letters.is_empty());
    let apply = (!is_empty).then(|| Tool::called_for(deployment.named()).line(&["redrive", "--apply"]));
    output.show(&Looked { dry_run: true, at: Timestamp::now(), queues: looked, apply });
    Ok(if is_empty { Exit::Fine } else { Exit::Attention })
}

async fn apply(
    queues: &[DeadLetters],
    rate: u16,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let mut moved = Vec::new();
    for which in queues {
        let from = which.of(deployment)?;
        let count = match which {
            DeadLetters::OrderEvents => move_back::move_back(&from, rate, output).await?,
            DeadLetters::Undelivered => {
                let to = Queue::of(deployment, "ORDER_EVENTS_QUEUE_URL")?;
                forward::forward(&from, &to, rate).await?
            }
        };
        moved.push(QueueMoved { queue: *which, moved: count, left: from.depth().await? });
    }
    output.show(&Moved { queues: moved });
    Ok(Exit::Fine)
}
