//! The demo: publishes events and follows each one to its expected outcome.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use shared::catalogue::Catalogue;
use tokio::time::Instant;

use crate::environment::key_secret;
use crate::expectation::{Reached, Verdict};
use crate::progress::Clock;
use crate::publisher::Publisher;
use crate::records::Records;
use crate::report::Row;
use crate::rounds::{Planned, rounds};
use crate::samples::{self, Sample};
use crate::{Local, catalogue};

/// The interval between two reads of the table.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Publishes the suites' samples, and waits until each has its expected outcome. The error names those without it
/// after `time_limit`.
pub async fn play(local: &Local, time_limit: Duration) -> anyhow::Result<()> {
    play_shop(local, &catalogue::shipped(), &samples::shipped(), time_limit).await
}

/// Like [`play`], with the local run's catalogue and the samples in this folder.
pub async fn play_shop(
    local: &Local,
    catalogue: &Path,
    samples: &Path,
    time_limit: Duration,
) -> anyhow::Result<()> {
    let demo = Demo {
        catalogue: catalogue::read(catalogue)?,
        publisher: local.publisher()?,
        records: local.records(),
        clock: Clock::silent(),
        deadline: Instant::now() + time_limit,
    };
    let rows = demo.run(samples::read(&[samples.to_owned()])?).await?;
    let missing: Vec<&str> =
        rows.iter().filter(|row| !is_complete(row)).map(|row| row.name.as_str()).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        bail!("these events don't have the expected outcome: {}", missing.join(", "))
    }
}

/// The demo's inputs and services.
pub struct Demo {
    /// order-notifier's catalogue.
    pub catalogue: Catalogue,
    /// Puts the events on the bus.
    pub publisher: Publisher,
    /// Reads the table.
    pub records: Records,
    /// Prints progress.
    pub clock: Clock,
    /// When the demo ends, even if outcomes are missing.
    pub deadline: Instant,
}

/// An event that was published.
struct Published {
    place: usize,
    id: String,
    row: Row,
}

impl Demo {
    /// Publishes the events, round by round. Waits until all have their expected outcomes, no outcome can change within
    /// the time, or the time is over.
    pub async fn run(&self, mut samples: Vec<Sample>) -> anyhow::Result<Vec<Row>> {
        samples::refresh(&mut samples, &self.catalogue, Timestamp::now())?;
        let mut published = Vec::new();
        for round in rounds(samples, &self.catalogue, &key_secret()?)? {
            let mut of_this_round = Vec::new();
            for planned in round {
                of_this_round.push(self.publish(planned).await?);
            }
            let is_done = |row: &Row| {
                row.reached.is_settled() || is_complete(row) || row.reached.is_final_until(self.end())
            };
            self.wait(&mut of_this_round, is_done).await?;
            published.append(&mut of_this_round);
        }
        self.wait(&mut published, |row| is_complete(row) || row.reached.is_final_until(self.end())).await?;
        published.sort_by_key(|published| published.place);
        Ok(published.into_iter().map(|published| published.row).collect())
    }

    /// The deadline as a timestamp, for comparison with the table's times.
    fn end(&self) -> Timestamp {
        let left = self.deadline.saturating_duration_since(Instant::now());
        Timestamp::now().saturating_add(left).unwrap_or(Timestamp::MAX)
    }

    async fn publish(&self, Planned { place, sample, expectation }: Planned) -> anyhow::Result<Published> {
        let id = self.publisher.publish(&sample.event).await.with_context(|| sample.name.clone())?;
        Ok(Published { place, id, row: Row { name: sample.name, expectation, reached: Reached::Nothing } })
    }

    async fn wait(&self, events: &mut [Published], is_done: impl Fn(&Row) -> bool) -> anyhow::Result<()> {
        loop {
            for Published { id, row, .. } in events.iter_mut() {
                let reached = Reached::read(&self.records, id, &row.expectation).await?;
                if reached.to_string() != row.reached.to_string() {
                    self.clock.say("table", &format!("{}: {reached}", row.name));
                }
                row.reached = reached;
            }
            if events.iter().all(|event| is_done(&event.row)) || Instant::now() >= self.deadline {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

fn is_complete(row: &Row) -> bool {
    row.expectation.verdict(&row.reached) == Verdict::Complete
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LocalOptions;

    fn demo(local: &Local, seconds: u64) -> Demo {
        Demo {
            catalogue: catalogue::read(&catalogue::shipped()).unwrap(),
            publisher: local.publisher().unwrap(),
            records: local.records(),
            clock: Clock::silent(),
            deadline: Instant::now() + Duration::from_secs(seconds),
        }
    }

    async fn start() -> Local {
        Local::start(LocalOptions { timing: 0.1, ..LocalOptions::default() }).await.unwrap()
    }

    fn order_cancelled() -> Vec<Sample> {
        samples::read(&[samples::shipped().join("order-cancelled.json")]).unwrap()
    }

    fn incomplete(rows: &[Row]) -> Vec<String> {
        let missing = rows.iter().filter(|row| !is_complete(row));
        missing.map(|row| format!("{}: {}, not {}", row.name, row.reached, row.expectation)).collect()
    }

    #[tokio::test]
    async fn every_sample_has_its_expected_outcome_in_each_of_two_instances() {
        let (one, two) = (start().await, start().await);
        let samples = samples::read(&[samples::shipped()]).unwrap();
        let (first, second) = (demo(&one, 60), demo(&two, 60));
        let (first, second) = tokio::join!(first.run(samples.clone()), second.run(samples.clone()));
        for rows in [first.unwrap(), second.unwrap()] {
            assert_eq!(incomplete(&rows), [""; 0]);
            let names: Vec<_> = rows.iter().map(|row| &row.name).collect();
            assert_eq!(names, samples.iter().map(|sample| &sample.name).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn a_missing_outcome_is_reported() {
        let mut local = start().await;
        local.crash_notifier();
        let rows = demo(&local, 1).run(order_cancelled()).await.unwrap();
        assert_eq!(incomplete(&rows), ["order-cancelled: nothing recorded, not read"]);
        assert_eq!(local.queue().depth().visible, 1);
    }

    #[tokio::test]
    async fn a_run_ends_early_if_no_outcome_can_change() {
        let local = start().await;
        for provider in [simulator::Provider::OneMsg, simulator::Provider::Meta, simulator::Provider::Kaleyra]
        {
            local.simulator().change_templates(provider, Vec::clear);
        }
        let started = Instant::now();
        let rows = demo(&local, 30).run(order_cancelled()).await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(30));
        assert!(!is_complete(&rows[0]), "{}", rows[0].reached);
    }

    #[tokio::test]
    async fn an_event_in_flight_at_a_crash_is_sent_once_afterwards() {
        let mut local = start().await;
        local.crash_notifier();
        let mut samples = order_cancelled();
        samples[0].set_time(Timestamp::now());
        local.publisher().unwrap().publish(&samples[0].event).await.unwrap();
        assert_eq!(local.queue().receive(10, Duration::from_mins(10)).await.len(), 1);

        local.crash_notifier();
        local.start_notifier().unwrap();
        let rows = demo(&local, 30).run(samples).await.unwrap();
        assert_eq!(incomplete(&rows), [""; 0]);
        assert_eq!(local.simulator().ledger().accepted.len(), 1, "one event, put twice");
    }
}
