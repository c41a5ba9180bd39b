//! Archives and replays the bus's events: no message is sent twice.

use std::collections::BTreeSet;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::bench::{Bench, wait_for};
use crate::bus::{BUS, Listener};
use crate::emulator::{ACCOUNT, REGION};

/// The name of the archive, of its replay, and of the listener that receives the replay.
const NAME: &str = "order-events";

/// An archive of all further order events.
#[derive(Debug)]
pub struct Archive {
    witness: Listener,
    pattern: Value,
    since: Timestamp,
}

impl Archive {
    /// Creates the archive for events from these sources. The emulator supports archives only through the API, not in a
    /// template.
    pub async fn make(aws: &Aws, sources: &BTreeSet<&str>) -> anyhow::Result<Self> {
        let pattern = json!({ "source": sources });
        let bus = bus_arn();
        let event_pattern = pattern.to_string();
        let what = ["--archive-name", NAME, "--event-source-arn", &bus, "--event-pattern", &event_pattern];
        aws.call(&[&["events", "create-archive"], what.as_slice()].concat()).await?;
        let replayed = json!({ "replay-name": [{ "exists": true }] });
        let witness = Listener::start(aws, "heard-replays", &replayed).await?;
        Ok(Self { witness, pattern, since: Timestamp::now() })
    }

    /// Replays all archived events, waits until the application has processed them, and returns their number.
    pub async fn replay(&mut self, bench: &Bench) -> anyhow::Result<usize> {
        let held = bench.aws.call(&["events", "describe-archive", "--archive-name", NAME]).await?;
        let held = held.get("EventCount").and_then(Value::as_u64).context("the archive doesn't count")?;
        let held = usize::try_from(held)?;
        let bus = bus_arn();
        let archive = format!("arn:aws:events:{REGION}:{ACCOUNT}:archive/{NAME}");
        // The samples' own times are earlier than their publication.
        let day = SignedDuration::from_hours(24);
        let (from, until) = ((self.since - day).to_string(), (Timestamp::now() + day).to_string());
        let window = ["--event-start-time", &from, "--event-end-time", &until];
        let destination = format!("Arn={bus}");
        let what = ["--replay-name", NAME, "--event-source-arn", &archive, "--destination", &destination];
        bench.aws.call(&[&["events", "start-replay"], what.as_slice(), window.as_slice()].concat()).await?;

        let pattern = &self.pattern;
        let witness = &mut self.witness;
        wait_for("the replay", async || {
            let heard = witness.heard().await?;
            let sources = pattern.get("source").and_then(Value::as_array);
            let ours = |event: &&Value| {
                event
                    .get("source")
                    .is_some_and(|source| sources.is_some_and(|sources| sources.contains(source)))
            };
            let count = heard.iter().filter(ours).count();
            Ok(if count == held { Ok(()) } else { Err(format!("{count} of {held} events")) })
        })
        .await?;
        bench.wait_for_depth(bench.stack.output("OrderEventsQueueUrl")?, 0).await?;
        Ok(held)
    }
}

fn bus_arn() -> String {
    format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{BUS}")
}
