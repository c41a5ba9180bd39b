//! Publishes order events on the bus, and follows each one to its expected outcome.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use local::expectation::{Expectation, Reached, Verdict};
use local::rounds::{Planned, rounds};
use local::samples::{self, Sample};
use tokio::time::Instant;

use crate::bench::{Bench, wait_for};
use crate::bus;

/// How often delivery-sweeper is invoked while an outcome is missing; its own schedule is every five minutes.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// An event that was put on the bus.
#[derive(Debug, Clone)]
pub struct Followed {
    pub sample: Sample,
    /// The id that the bus assigned.
    pub id: String,
    /// The outcome that the event must have.
    pub expectation: Expectation,
}

impl Bench {
    /// Puts events on the bus as if they happened now, those of one order one after the other, and waits until each has
    /// its expected outcome.
    pub async fn publish(&self, mut samples: Vec<Sample>) -> anyhow::Result<Vec<Followed>> {
        samples::refresh(&mut samples, Timestamp::now())?;
        let mut all = Vec::new();
        for round in rounds(samples, &self.catalogue, &self.key_secret)? {
            let followed = self.put(round).await?;
            self.wait(&followed, |followed, reached| reached.is_settled() || is_there(followed, reached))
                .await?;
            all.extend(followed);
        }
        self.wait(&all, is_there).await?;
        tokio::time::timeout(crate::bench::PATIENCE, self.simulator.callbacks_settled())
            .await
            .context("callbacks are still being posted")?;
        Ok(all)
    }

    /// Puts these events on the bus together.
    pub async fn put(&self, planned: Vec<Planned>) -> anyhow::Result<Vec<Followed>> {
        let samples: Vec<_> = planned.iter().map(|planned| &planned.sample).collect();
        let ids = bus::put(&self.aws, &samples).await?;
        let followed = planned.into_iter().zip(ids);
        Ok(followed
            .map(|(Planned { sample, expectation, .. }, id)| Followed { sample, id, expectation })
            .collect())
    }

    /// Puts unchanged events on the bus again, all at once, and waits until the queue is empty.
    pub async fn put_again(&self, samples: &[Sample]) -> anyhow::Result<Vec<Followed>> {
        let planned =
            rounds(samples.to_vec(), &self.catalogue, &self.key_secret)?.into_iter().flatten().collect();
        let followed = self.put(planned).await?;
        // An invalid event has a new id, so its record shows that the repeated events have reached the function.
        self.arrive(&followed).await?;
        self.wait_for_depth(self.stack.output("OrderEventsQueueUrl")?, 0).await?;
        Ok(followed)
    }

    /// Waits until each event has its expected outcome.
    pub async fn arrive(&self, followed: &[Followed]) -> anyhow::Result<()> {
        self.wait(followed, is_there).await
    }

    async fn wait(
        &self,
        followed: &[Followed],
        is_done: fn(&Followed, &Reached) -> bool,
    ) -> anyhow::Result<()> {
        let mut swept = Instant::now();
        wait_for("what must become of the events", async || {
            let mut missing = Vec::new();
            for followed in followed {
                let reached = Reached::read(&self.records, &followed.id, &followed.expectation).await?;
                if !is_done(followed, &reached) {
                    let Followed { sample, expectation, .. } = followed;
                    missing.push(format!("{} is {reached} and should be {expectation}", sample.name));
                }
            }
            if missing.is_empty() {
                return Ok(Ok(()));
            }
            if swept.elapsed() >= SWEEP_EVERY {
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

fn is_there(followed: &Followed, reached: &Reached) -> bool {
    followed.expectation.verdict(reached) == Verdict::Arrived
}
