//! `ops replay`: replays a window of the event archive, only to the rule of the order events.

mod archive;
mod report;
mod tally;
mod window;

use std::time::Duration;

use aws_sdk_eventbridge::types::ReplayState;
use clap::Args;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use self::archive::{Archive, Replay};
use self::report::{DryRun, Followed, Started};
use self::tally::{Notifications, Tally};
use self::window::{Limits, Moment, Window};
use crate::accounts::Accounts;
use crate::deployment::Deployment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::next::{Next, Tool};
use crate::output::{Output, Progress, time};
use crate::queue::Queue;

const EXAMPLES: &str = "\
Examples:
  ops replay --from 2h --dry-run --local
  ops replay --from 2h --wait --local
  ops replay --from 3h --to 1h --local

Nothing is sent twice: an event whose notification has its outcome is found and left alone. It is found by its key, a hash
of name, order, recipient and values unless the catalogue's `key` finds another one: what was told is told again where the
catalogue puts other values into `body` since. `ops preview` warns of that.

A window from before the key secret got its value is refused: notifications had other keys then, and customers may be told again.

With --wait it ends with 1 where events were invalid, or are under way still.";

/// Between two checks of a replay or a queue. EventBridge replays for minutes.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The queue's counts are approximate, so it counts as empty after this many checks.
const EMPTY_LOOKS: u32 = 3;
/// EventBridge's recommended delay, because events take some minutes to reach the archive:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html>.
const ARCHIVED_WITHIN: Duration = Duration::from_mins(10);

/// Replays a window of the event archive, and tells what was already done and what was sent.
///
/// Reads the archive, the rule, the queue's counts and the table (a scan: every item is read once before and once after);
/// writes one replay. Its events go to the rule of the order events alone, whatever else listens to the bus. A moment is an
/// RFC 3339 time (2026-11-20T09:00:00Z), or so long ago: 45m, 2h, 3d. What counts is the event's own time.
/// A replay goes on by itself, also when whoever follows it is interrupted.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Where the window begins.
    #[arg(long, value_name = "MOMENT", value_parser = Moment::read)]
    from: Moment,

    /// Where it ends.
    #[arg(long, value_name = "MOMENT", value_parser = Moment::read, default_value = "now")]
    to: Moment,

    /// Says what is in the window as far as can be known, and starts nothing.
    #[arg(long, conflicts_with = "wait")]
    dry_run: bool,

    /// Follows the replay until all came and the queue is empty, at most for so long, and tells what became of them.
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "15m",
          value_parser = humantime::parse_duration)]
    wait: Option<Duration>,
}

pub(crate) async fn run(
    arguments: Arguments,
    deployment: &Deployment,
    output: Output,
) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let archive = Archive::of(deployment).await?;
    let keys_since = Accounts::of(deployment).keys_since().await?;
    let limits = Limits { retention_days: archive.retention_days(), keys_since };
    let window = Window::of(arguments.from, arguments.to, now, limits).map_err(|problem| {
        Failure::usage(problem).with_remedy("ops replay --help has the forms of a moment")
    })?;
    for remark in window.remarks(now, ARCHIVED_WITHIN) {
        output.remark(remark);
    }
    let notifications = Notifications::of(deployment)?;
    if arguments.dry_run {
        let before = notifications.between(&window, now).await?;
        output.show(&DryRun::of(&archive, window, &before));
        return Ok(Exit::Fine);
    }
    archive.refuse_a_second_replay().await?;
    let before = match arguments.wait {
        Some(_) => Some(notifications.between(&window, now).await?),
        None => None,
    };
    let replay = archive.replay(&window, now).await?;
    let (Some(patience), Some(before)) = (arguments.wait, before) else {
        let how_far = archive.how_far(&replay.name);
        output.show(&Started { replay: replay.name, window, how_far });
        return Ok(Exit::Fine);
    };
    let queue = Queue::of(deployment, "ORDER_EVENTS_QUEUE_URL")?;
    let deadline = Instant::now() + patience;
    let end = follow(&replay, &queue, deadline).await?;
    let after = notifications.between(&window, now).await?;
    let tally = Tally::of(&before, &after);
    let is_well = end.is_done && tally.under_way == 0 && tally.invalid == 0;
    let next = (tally.invalid > 0).then(|| {
        let tool = Tool::called_for(deployment.named());
        Next::with("see which events can't become a message", [tool.line(&["invalid", "list"])])
    });
    output.show(&Followed {
        replay: replay.name,
        window,
        state: end.state,
        is_done: end.is_done,
        tally,
        next,
    });
    Ok(if is_well { Exit::Fine } else { Exit::Attention })
}

/// The state of a replay when the command stopped following it.
struct End {
    state: String,
    /// Whether all of it was replayed, and the queue was empty afterwards.
    is_done: bool,
}

async fn follow(replay: &Replay<'_>, queue: &Queue, deadline: Instant) -> Result<End, Failure> {
    let progress = Progress::spinner("replaying");
    let mut empty = 0;
    loop {
        let (state, reached) = replay.state().await?;
        match state {
            ReplayState::Completed => {
                let depth = queue.depth().await?;
                progress.say(format!("replayed; {} events in the queue", depth.total()));
                empty = if depth.total() == 0 { empty + 1 } else { 0 };
            }
            ReplayState::Cancelled | ReplayState::Failed => {
                return Err(Failure::unavailable(format!(
                    "the replay {} is {}",
                    replay.name,
                    state.as_str()
                ))
                .with_remedy("start another one: what has its outcome is not sent again"));
            }
            _ => progress.say(match reached {
                Some(reached) => format!("replayed until {}", time(reached)),
                None => format!("the replay is {}", state.as_str()),
            }),
        }
        let is_done = empty >= EMPTY_LOOKS;
        if is_done || Instant::now() >= deadline {
            return Ok(End { state: state.as_str().to_owned(), is_done });
        }
        sleep(LOOK_EVERY).await;
    }
}
