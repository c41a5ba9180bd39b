//! `ops replay`: replays a time window of the event archive to the rule of the order events.

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
use crate::labels;
use crate::next::{Next, Tool};
use crate::output::{Output, Progress, time};
use crate::queue::Queue;

const EXAMPLES: &str = "\
Examples:
  ops replay --from 2h --dry-run --local
  ops replay --from 2h --wait --local
  ops replay --from 3h --to 1h --local

A notification that has an outcome is not sent again. It is identified by its key: the value of the catalogue's `key`, or by
default a keyed hash of name, order, recipient and values. If the catalogue's `body` has changed since, the default key is
another one and the notification is sent again; `ops preview` warns of that.

A window from before the last change of the key secret is refused: notifications had other keys then, and customers might get
them again.

With --wait, the exit code is 1 if events were invalid or are still in progress.";

/// The pause between two checks of a replay or a queue. A replay takes minutes.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// The queue's counts are approximate, so it counts as empty after this many checks.
const EMPTY_CHECKS: u32 = 3;
/// EventBridge recommends this delay, because events take some minutes to reach the archive:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html>.
const ARCHIVED_WITHIN: Duration = Duration::from_mins(10);

/// Replays a time window of the event archive.
///
/// The window is compared with the events' own times. A TIME is an RFC 3339 time (2026-11-20T09:00:00Z), or an age: 45m, 2h,
/// 3d. The events go only to the rule of the order events, not to the bus's other rules. The replay continues if the command
/// is interrupted.
///
/// --dry-run and --wait scan the whole table to count the window's notifications, --wait before and after the replay.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The start of the window.
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    from: Moment,

    /// The end of the window.
    #[arg(long, value_name = "TIME", value_parser = Moment::parse, default_value = "now")]
    to: Moment,

    /// Shows what is known about the window without starting a replay.
    #[arg(long, conflicts_with = "wait")]
    dry_run: bool,

    /// Waits until the replay is complete and the queue is empty, at most this long [default: 15m], and shows the results.
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
    let archive = Archive::find(deployment).await?;
    let keys_since = Accounts::default_sender(deployment).keys_since().await?;
    let limits = Limits { retention_days: archive.retention_days(), keys_since };
    let window = Window::new(arguments.from, arguments.to, now, limits).map_err(|problem| {
        Failure::usage(problem).with_remedy("`ops replay --help` shows the formats of a time")
    })?;
    for remark in window.remarks(now, ARCHIVED_WITHIN) {
        output.remark(remark);
    }
    let notifications = Notifications::new(deployment)?;
    if arguments.dry_run {
        let before = notifications.between(&window, now).await?;
        output.show(&DryRun::new(&archive, window, &before));
        return Ok(Exit::Fine);
    }
    archive.refuse_a_second_replay().await?;
    let before = match arguments.wait {
        Some(_) => Some(notifications.between(&window, now).await?),
        None => None,
    };
    let replay = archive.replay(&window, now).await?;
    let (Some(timeout), Some(before)) = (arguments.wait, before) else {
        let how_far = archive.progress_command(&replay.name);
        output.show(&Started { replay: replay.name, window, how_far });
        return Ok(Exit::Fine);
    };
    let queue = Queue::new(deployment, "ORDER_EVENTS_QUEUE_URL")?;
    let deadline = Instant::now() + timeout;
    let end = follow(&replay, &queue, deadline).await?;
    let after = notifications.between(&window, now).await?;
    let tally = Tally::compare(&before, &after);
    let is_complete = end.is_done && tally.under_way == 0 && tally.invalid == 0;
    let next = (tally.invalid > 0).then(|| {
        let tool = Tool::for_deployment(deployment.named());
        Next::with("list the invalid events", [tool.line(&["invalid", "list"])])
    });
    output.show(&Followed {
        replay: replay.name,
        window,
        state: end.state,
        is_done: end.is_done,
        tally,
        next,
    });
    Ok(if is_complete { Exit::Fine } else { Exit::Attention })
}

/// The state of a replay when the command stopped waiting for it.
struct FinalState {
    state: String,
    /// Whether all of it was replayed, and the queue was empty afterwards.
    is_done: bool,
}

async fn follow(replay: &Replay<'_>, queue: &Queue, deadline: Instant) -> Result<FinalState, Failure> {
    let progress = Progress::spinner("replaying");
    let mut empty = 0;
    loop {
        let (state, reached) = replay.state().await?;
        match state {
            ReplayState::Completed => {
                let depth = queue.depth().await?;
                progress
                    .set_message(format!("replayed; {} in the queue", labels::count(depth.total(), "event")));
                empty = if depth.total() == 0 { empty + 1 } else { 0 };
            }
            ReplayState::Cancelled | ReplayState::Failed => {
                return Err(Failure::unavailable(format!(
                    "the replay {} is {}",
                    replay.name,
                    state.as_str()
                ))
                .with_remedy("start another one; a notification with an outcome is not sent again"));
            }
            _ => progress.set_message(match reached {
                Some(reached) => format!("replayed until {}", time(reached)),
                None => format!("the replay is {}", state.as_str()),
            }),
        }
        let is_done = empty >= EMPTY_CHECKS;
        if is_done || Instant::now() >= deadline {
            return Ok(FinalState { state: state.as_str().to_owned(), is_done });
        }
        sleep(CHECK_INTERVAL).await;
    }
}
