//! Publishes order events on the bus, and waits until each one has its expected outcome.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use local::expectation::{Expectation, Reached, Verdict};
use local::rounds::{Planned, rounds};
use local::samples::{self, Sample};
use tokio::time::Instant;

use crate::bus;
use crate::harness::{Harness, wait_for};

/// The interval of delivery-sweeper's invocations while an outcome is missing; five minutes in the template's schedule.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct PublishedEvent {
    pub sample: Sample,
    /// The id that the bus assigned.
    pub id: String,
    /// The expected outcome.
    pub expectation: Expectation,
}

impl Harness {
    /// Puts events on the bus with the current time, and waits until each has its expected outcome. The next event of an
    /// order is published after the previous one is settled.
    pub async fn publish(&self, mut samples: Vec<Sample>) -> anyhow::Result<Vec<PublishedEvent>> {
        samples::refresh(&mut samples, &self.catalogue, Timestamp::now())?;
        let mut all = Vec::new();
        for round in rounds(samples, &self.catalogue, &self.key_secret)? {
            let published = self.put(round).await?;
            self.wait(&published, |published, reached| {
                reached.is_settled() || has_arrived(published, reached)
            })
            .await?;
            all.extend(published);
        }
        self.wait(&all, has_arrived).await?;
        tokio::time::timeout(crate::harness::TIMEOUT, self.simulator.callbacks_settled())
            .await
            .context("the simulator is still posting callbacks")?;
        Ok(all)
    }

    /// Puts these events on the bus together.
    pub async fn put(&self, planned: Vec<Planned>) -> anyhow::Result<Vec<PublishedEvent>> {
        let samples: Vec<_> = planned.iter().map(|planned| &planned.sample).collect();
        let ids = bus::put(&self.aws, &samples).await?;
        let published = planned.into_iter().zip(ids);
        Ok(published
            .map(|(Planned { sample, expectation, .. }, id)| PublishedEvent { sample, id, expectation })
            .collect())
    }

    /// Puts unchanged events on the bus again, all at once, and waits until the queue is empty.
    pub async fn put_again(&self, samples: &[Sample]) -> anyhow::Result<Vec<PublishedEvent>> {
        let planned =
            rounds(samples.to_vec(), &self.catalogue, &self.key_secret)?.into_iter().flatten().collect();
        let published = self.put(planned).await?;
        // A repeated invalid event has a new id, so its record shows that the function has received the events.
        self.wait_for_outcomes(&published).await?;
        self.wait_for_depth(self.stack.output("OrderEventsQueueUrl")?, 0).await?;
        Ok(published)
    }

    /// Waits until each event has its expected outcome.
    pub async fn wait_for_outcomes(&self, published: &[PublishedEvent]) -> anyhow::Result<()> {
        self.wait(published, has_arrived).await
    }

    async fn wait(
        &self,
        published: &[PublishedEvent],
        is_done: fn(&PublishedEvent, &Reached) -> bool,
    ) -> anyhow::Result<()> {
        let mut swept = Instant::now();
        wait_for("the outcomes of the events", async || {
            let mut missing = Vec::new();
            for published in published {
                let reached = Reached::read(&self.records, &published.id, &published.expectation).await?;
                if !is_done(published, &reached) {
                    let PublishedEvent { sample, expectation, .. } = published;
                    missing.push(format!("{} is {reached} and should be {expectation}", sample.name));
                }
            }
            if missing.is_empty() {
                return Ok(Ok(()));
            }
            if swept.elapsed() >= SWEEP_INTERVAL {
                self.sweep().await?;
                swept = Instant::now();
            }
            Ok(Err(missing.join("; ")))
        })
        .await
    }

    /// Invokes delivery-sweeper, as its schedule does.
    async fn sweep(&self) -> anyhow::Result<()> {
        let name = self.stack.output("DeliverySweeperName")?;
        let answer = self.aws.call(&["lambda", "invoke", "--function-name", name, "/dev/null"]).await?;
        anyhow::ensure!(answer.get("FunctionError").is_none(), "delivery-sweeper failed: {answer}");
        Ok(())
    }
}

fn has_arrived(published: &PublishedEvent, reached: &Reached) -> bool {
    published.expectation.verdict(reached) == Verdict::Complete
}
