//! What happens in a local run.

use super::feed::{Feed, Gone};
use super::line::{Line, Text, order};
use crate::commands::studio::local_run::{Happened, LocalRun};
use crate::failure::Failure;
use crate::outcome::Rating;

pub(super) async fn recent(local_run: &LocalRun) -> Result<Vec<Line>, Failure> {
    Ok(local_run.happened().await?.into_iter().map(line).collect())
}

/// Sends lines until the browser leaves.
pub(super) async fn follow(local_run: &LocalRun, feed: &mut Feed) -> Result<Failure, Gone> {
    // Another program's id may be anything.
    let mut last = feed.last().parse().unwrap_or_default();
    loop {
        if let Err(failure) = read_on(local_run, &mut last, feed).await? {
            feed.problem(&failure).await?;
        }
    }
}

/// Sends the lines of one request. The request's own time limit is no failure.
async fn read_on(local_run: &LocalRun, last: &mut u64, feed: &mut Feed) -> Result<Result<(), Failure>, Gone> {
    let mut answer = match local_run.follow(&last.to_string()).await {
        Ok(answer) => answer,
        Err(failure) => return Ok(Err(failure)),
    };
    feed.works().await?;
    let mut text = Vec::new();
    loop {
        let chunk = tokio::select! {
            chunk = answer.chunk() => chunk,
            () = feed.closed() => return Err(Gone),
        };
        match chunk {
            Ok(Some(chunk)) => text.extend_from_slice(&chunk),
            Err(error) if error.is_timeout() => return Ok(Ok(())),
            Ok(None) | Err(_) => return Ok(Err(Failure::unavailable("the local run has ended"))),
        }
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            let rest = text.split_off(end + 1);
            if let Ok(happened) = serde_json::from_slice::<Happened>(&text) {
                if *last > 0 && happened.id > *last + 1 {
                    feed.note("Some lines were left out: the local run keeps only the last ones.").await?;
                }
                *last = happened.id;
                feed.line(line(happened)).await?;
            }
            text = rest;
        }
    }
}

fn line(happened: Happened) -> Line {
    let kind = match happened.kind.as_str() {
        "event" => "event in",
        "request" => "request out",
        "callback" => "callback in",
        "status" => "status event out",
        other => other,
    };
    Line {
        id: happened.id.to_string(),
        at: happened.at,
        kind: kind.to_owned(),
        order: order(happened.order.as_deref(), happened.sender.as_deref()),
        party: Some(happened.party),
        summary: happened.summary,
        rating: if happened.is_fine { Rating::Good } else { Rating::Bad },
        text: Text::At(format!("/live/lines/{}", happened.id)),
    }
}
