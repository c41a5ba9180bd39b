//! Order events in files: the samples, or a shop's own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use serde_json::Value;
use shared::catalogue::{Catalogue, OrderEvent, fill_envelope, unwrap_event};
use shared::message::{OrderId, Sender};

/// The folder of the samples that the tests use.
pub fn shipped() -> PathBuf {
    crate::catalogue::repository().join("tests/events")
}

/// The folder of the sample events, which a shop replaces with its own.
pub fn of_the_shop() -> PathBuf {
    crate::catalogue::repository().join("infra/sample-events")
}

/// An event in a file.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The file's name without `.json`.
    pub name: String,
    /// The whole envelope.
    pub event: Value,
    /// None if the event has no time, so that the bus assigns one.
    time: Option<Timestamp>,
}

/// Reads files, and every `.json` file of folders, in the order of the events' times.
pub fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for path in paths {
        for file in files(path)? {
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("{} can't be read", file.display()))?;
            let sample = Sample::parse(&file, &text);
            samples.push(sample.with_context(|| format!("{} is not an event", file.display()))?);
        }
    }
    if samples.is_empty() {
        bail!("there is no event in {paths:?}");
    }
    samples.sort_by_key(|sample| (sample.time.unwrap_or(Timestamp::MAX), sample.name.clone()));
    Ok(samples)
}

/// Shifts the samples' times, because a catalogue suppresses old events: the latest of each order becomes `now`, and the intervals
/// between events of one order stay, because statuses of an order are sent in their order. An event without an order or without
/// a time gets `now`.
pub fn refresh(samples: &mut [Sample], catalogue: &Catalogue, now: Timestamp) -> anyhow::Result<()> {
    let orders: Vec<Option<OrderId>> = samples.iter().map(|sample| sample.order(catalogue)).collect();
    let mut latest: BTreeMap<&OrderId, Timestamp> = BTreeMap::new();
    for (sample, order) in samples.iter().zip(&orders) {
        if let (Some(time), Some(order)) = (sample.time, order) {
            let latest = latest.entry(order).or_insert(time);
            *latest = time.max(*latest);
        }
    }
    for (sample, order) in samples.iter_mut().zip(&orders) {
        let latest = order.as_ref().and_then(|order| latest.get(order));
        let shifted = match (sample.time, latest) {
            (Some(time), Some(latest)) => time.checked_add(now.duration_since(*latest))?,
            _ => now,
        };
        sample.set_time(shifted);
    }
    Ok(())
}

/// The senders with a name to which these events belong under a catalogue.
pub fn senders(samples: &[Sample], catalogue: &Catalogue) -> BTreeSet<Sender> {
    samples.iter().filter_map(|sample| sample.order(catalogue)?.sender).collect()
}

fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).with_context(|| format!("{} can't be read", path.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    Ok(paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect())
}

impl Sample {
    /// Sets the envelope's time.
    pub fn set_time(&mut self, time: Timestamp) {
        self.time = Some(time);
        if let Some(event) = self.event.as_object_mut() {
            event.insert("time".to_owned(), time.to_string().into());
        }
    }

    /// The order; none if no entry of the catalogue matches, or if the entry finds no number.
    fn order(&self, catalogue: &Catalogue) -> Option<OrderId> {
        let event = OrderEvent::parse(self.event.clone()).ok()?;
        catalogue.entry_for(&event)?.order_id(&event)
    }

    fn parse(path: &Path, text: &str) -> anyhow::Result<Self> {
        // The formats that `ops check` accepts too: an envelope without an id or a time, an entry of `PutEvents`, a
        // queue's message.
        let mut event = unwrap_event(serde_json::from_str(text)?)
            .map_err(|fault| anyhow::Error::msg(fault.to_string()))?;
        let time = match event.get("time") {
            None | Some(Value::Null) => None,
            Some(time) => {
                let time = time.as_str().context("its time is not a string")?;
                Some(time.parse().context("its time is not an RFC 3339 time")?)
            }
        };
        fill_envelope(&mut event, &crate::aws::uuid(), Timestamp::now());
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, event, time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        crate::catalogue::read(&crate::catalogue::shipped()).unwrap()
    }

    fn now() -> Timestamp {
        "2030-01-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_samples_of_an_order_keep_their_intervals_and_end_now() {
        let mut samples = read(&[shipped()]).unwrap();
        assert!(samples.windows(2).all(|pair| pair[0].time < pair[1].time));
        let of_order = |samples: &[Sample]| -> Vec<Timestamp> {
            let of_order =
                |sample: &&Sample| sample.order(&catalogue()).is_some_and(|order| order.as_str() == "10482");
            samples.iter().filter(of_order).map(|sample| sample.time.unwrap()).collect()
        };
        let before = of_order(&samples);
        assert!(before.len() > 2);

        refresh(&mut samples, &catalogue(), now()).unwrap();
        let shift = now().duration_since(*before.last().unwrap());
        let expected: Vec<Timestamp> = before.into_iter().map(|time| time + shift).collect();
        assert_eq!(of_order(&samples), expected);
    }

    #[test]
    fn a_sample_of_another_order_is_not_old_because_its_file_is() {
        let text = std::fs::read_to_string(shipped().join("order-cancelled.json")).unwrap();
        let parse = |text: &str| Sample::parse(Path::new("sample.json"), text).unwrap();
        let other = text.replace("10482", "77").replace("2026-11-20", "2025-01-02");
        let mut samples = [parse(&other), parse(&text.replace("2026-11-20", "2026-11-19")), parse(&text)];
        refresh(&mut samples, &catalogue(), now()).unwrap();
        let times = samples.map(|sample| sample.event["time"].as_str().unwrap().to_owned());
        assert_eq!(times, ["2030-01-01T00:00:00Z", "2029-12-31T00:00:00Z", "2030-01-01T00:00:00Z"]);
    }

    #[test]
    fn an_entry_of_put_events_and_an_envelope_without_a_time_are_events_too() {
        for text in [
            r#"{"Source": "oms", "DetailType": "Order Packed", "Detail": "{\"order\": \"1\"}"}"#,
            r#"{"source": "oms", "detail-type": "Order Packed", "detail": {"order": "1"}}"#,
        ] {
            let sample = Sample::parse(Path::new("packed.json"), text).unwrap();
            assert_eq!(sample.event["source"], "oms");
            assert_eq!(sample.event["detail"]["order"], "1");
            // Next to an event of another day, each is as old as alone.
            let mut samples = [read(&[shipped()]).unwrap().swap_remove(0), sample];
            refresh(&mut samples, &catalogue(), now()).unwrap();
            assert_eq!(
                samples.map(|sample| sample.event["time"].clone()),
                ["2030-01-01T00:00:00Z"; 2],
                "{text}"
            );
        }
        let bare = Sample::parse(Path::new("packed.json"), r#"{"order": "1"}"#).unwrap_err();
        assert!(bare.to_string().contains("has no envelope"), "{bare}");
    }

    #[test]
    fn a_file_that_is_missing_and_a_folder_without_events_are_errors() {
        assert!(read(&[shipped().join("missing.json")]).is_err());
        let folder = std::env::temp_dir().join(crate::aws::uuid());
        std::fs::create_dir(&folder).unwrap();
        assert!(read(std::slice::from_ref(&folder)).is_err());
        std::fs::remove_dir(folder).unwrap();
    }
}
