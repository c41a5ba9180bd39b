//! What happens in a local run.

use super::Lines;
use super::line::{Line, Text, order};
use crate::commands::studio::local_run::{Happened, LocalRun};
use crate::failure::Failure;
use crate::outcome::Rating;

pub(super) async fn recent(local_run: &LocalRun) -> Result<Vec<Line>, Failure> {
    Ok(local_run.happened().await?.into_iter().map(line).collect())
}

/// Sends lines until the run ends or the browser leaves.
pub(super) async fn follow(local_run: &LocalRun, after: &str, lines: &Lines) -> Result<(), Failure> {
    // Another program's id may be anything.
    let after = after.parse::<u64>().unwrap_or_default().to_string();
    let mut answer = local_run.follow(&after).await?;
    let mut text = Vec::new();
    loop {
        let chunk = tokio::select! {
            chunk = answer.chunk() => chunk,
            () = lines.closed() => return Ok(()),
        };
        let ended = || Failure::unavailable("the local run has ended");
        text.extend_from_slice(&chunk.map_err(|_| ended())?.ok_or_else(ended)?);
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            let rest = text.split_off(end + 1);
            if let Ok(happened) = serde_json::from_slice(&text)
                && lines.send(Ok(line(happened))).await.is_err()
            {
                return Ok(());
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
