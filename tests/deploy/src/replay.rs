//! Archives the bus's events and replays them, which must send no message twice.

use std::collections::BTreeSet;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::bus::{BUS, Listener};
use crate::emulator::{ACCOUNT, REGION};
use crate::harness::{Harness, wait_for};

/// The name of the archive, of its replay, and of the listener that receives the replay.
const NAME: &str = "order-events";

/// An archive of all further order events.
#[derive(Debug)]
pub struct Archive {
    listener: Listener,
    pattern: Value,
    since: Timestamp,
}

impl Archive {
    /// Creates the archive for events from these sources, through the API: the emulator ignores archives in a template.
    pub async fn create(aws: &Aws, sources: &BTreeSet<&str>) -> anyhow::Result<Self> {
        let pattern = json!({ "source": sources });
        let bus = bus_arn();
        let event_pattern = pattern.to_string();
        let what = ["--archive-name", NAME, "--event-source-arn", &bus, "--event-pattern", &event_pattern];
        aws.call(&[&["events", "create-archive"], what.as_slice()].concat()).await?;
        let replayed = json!({ "replay-name": [{ "exists": true }] });
        let listener = Listener::start(aws, "received-replays", &replayed).await?;
        Ok(Self { listener, pattern, since: Timestamp::now() })
    }

    /// Replays all archived events, waits until the application has processed them, and returns their number.
    pub async fn replay(&mut self, harness: &Harness) -> anyhow::Result<usize> {
        let archived = harness.aws.call(&["events", "describe-archive", "--archive-name", NAME]).await?;
        let archived = archived.get("EventCount").and_then(Value::as_u64).context("no event count")?;
        let archived = usize::try_from(archived)?;
        let bus = bus_arn();
        let archive = format!("arn:aws:events:{REGION}:{ACCOUNT}:archive/{NAME}");
        // The samples' own times are earlier than their publication.
        let day = SignedDuration::from_hours(24);
        let (from, until) = ((self.since - day).to_string(), (Timestamp::now() + day).to_string());
        let window = ["--event-start-time", &from, "--event-end-time", &until];
        let destination = format!("Arn={bus}");
        let what = ["--replay-name", NAME, "--event-source-arn", &archive, "--destination", &destination];
        harness.aws.call(&[&["events", "start-replay"], what.as_slice(), window.as_slice()].concat()).await?;

        let pattern = &self.pattern;
        let listener = &mut self.listener;
        wait_for("the replay", async || {
            let received = listener.receive().await?;
            let sources = pattern.get("source").and_then(Value::as_array);
            let is_order_event = |event: &&Value| {
                event
                    .get("source")
                    .is_some_and(|source| sources.is_some_and(|sources| sources.contains(source)))
            };
            let count = received.iter().filter(is_order_event).count();
            Ok(if count == archived { Ok(()) } else { Err(format!("{count} of {archived} events")) })
        })
        .await?;
        harness.wait_for_depth(harness.stack.output("OrderEventsQueueUrl")?, 0).await?;
        Ok(archived)
    }
}

fn bus_arn() -> String {
    format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{BUS}")
}
