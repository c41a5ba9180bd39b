//! The log lines of a stack's functions. They have no secrets and nothing personal: docs/logging.md.

mod log_group;

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use self::log_group::{LATE, LogGroup};
use super::Recent;
use super::feed::{Feed, Gone};
use crate::deployment::signed::CloudWatch;
use crate::deployment::{Deployment, Named};
use crate::failure::Failure;

/// The functions' names after the stack's, as template.yaml has them; their log groups have the same names.
const FUNCTIONS: [&str; 5] =
    ["order-notifier", "delivery-webhook", "delivery-events", "delivery-sweeper", "status-publisher"];
/// What the page shows first, the shortest time first: a longer one is read while there are few lines. The first is no longer than
/// [`LATE`], so that the stream finds what it left out.
const WINDOWS: [SignedDuration; 3] =
    [SignedDuration::from_secs(30), SignedDuration::from_mins(3), SignedDuration::from_mins(15)];
/// So many lines of a function are enough for the page.
const ENOUGH: usize = 20;
const MOST_RECENT: usize = 100;
/// A stream that begins later reads no older lines.
const OLDEST: SignedDuration = SignedDuration::from_mins(15);
/// Five requests each time; an account has 10 to 25 of them a second, by region
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>).
const PAUSE: Duration = Duration::from_secs(4);

pub(super) async fn recent(deployment: &Deployment) -> Result<Recent, Failure> {
    let (client, stack) = (CloudWatch::new(deployment)?, stack(deployment)?);
    let mut recent = Recent { lines: Vec::new(), is_complete: true };
    for function in FUNCTIONS {
        let own = last_lines(&client, stack, function).await?;
        recent.is_complete &= own.is_complete;
        recent.lines.extend(own.lines);
    }
    recent.lines.sort_by_key(|line| line.at);
    let excess = recent.lines.len().saturating_sub(MOST_RECENT);
    recent.is_complete &= excess == 0;
    recent.lines.drain(..excess);
    Ok(recent)
}

/// A function's last lines. A time with more pages than are read has its earliest lines first, so the shorter time before it is shown.
async fn last_lines(client: &CloudWatch<'_>, stack: &str, function: &'static str) -> Result<Recent, Failure> {
    let now = Timestamp::now();
    let mut last = Vec::new();
    for window in WINDOWS {
        let mut lines = Vec::new();
        let is_complete = LogGroup::new(stack, function, now - window).read(client, &mut lines).await?;
        if is_complete || last.is_empty() {
            last = lines;
        }
        if !is_complete {
            return Ok(Recent { lines: last, is_complete });
        }
        if last.len() >= ENOUGH {
            return Ok(Recent { lines: last, is_complete: window >= OLDEST });
        }
    }
    Ok(Recent { lines: last, is_complete: true })
}

/// Asks every few seconds, until the browser leaves.
pub(super) async fn follow(deployment: &Deployment, feed: &mut Feed) -> Result<Failure, Gone> {
    let (client, stack) = match (CloudWatch::new(deployment), stack(deployment)) {
        (Ok(client), Ok(stack)) => (client, stack),
        (Err(failure), _) | (_, Err(failure)) => return Ok(failure),
    };
    let now = Timestamp::now();
    let after = at_of(feed.last());
    if after.is_some_and(|after| after < now - OLDEST) {
        feed.note("Lines that are older than 15 minutes may be missing before this place.").await?;
    }
    let from = after.unwrap_or(now).max(now - OLDEST) - LATE;
    let mut groups = FUNCTIONS.map(|function| LogGroup::new(stack, function, from));
    let mut seen = HashSet::new();
    loop {
        let (mut lines, mut failed) = (Vec::new(), None);
        for group in &mut groups {
            if let Err(failure) = group.read(&client, &mut lines).await {
                failed.get_or_insert(failure);
            }
        }
        lines.sort_by_key(|line| line.at);
        for line in lines {
            if seen.insert(line.id.clone()) {
                feed.line(line).await?;
            }
        }
        let from = groups.iter().map(LogGroup::from).min().unwrap_or(now);
        seen.retain(|id: &String| at_of(id).is_some_and(|at| at >= from));
        if let Some(failure) = failed {
            feed.problem(&failure).await?;
        } else {
            feed.works().await?;
            feed.wait(PAUSE).await?;
        }
    }
}

fn stack(deployment: &Deployment) -> Result<&str, Failure> {
    match deployment.named() {
        Named::Stack(stack) => Ok(stack),
        Named::Local(_) | Named::Environment => {
            Err(Failure::usage("only a stack has logs that can be found")
                .with_remedy("name it: ops studio --stack NAME"))
        }
    }
}

/// The time in a line's id.
fn at_of(id: &str) -> Option<Timestamp> {
    let at = id.split('-').next()?.parse().ok()?;
    (at > 0).then(|| Timestamp::from_millisecond(at).ok())?
}
