//! Order events in files: the samples, or a shop's own.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::catalogue::{fill_envelope, unwrap_event};

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

/// Shifts the samples' times so that the latest is `now`, and preserves the intervals, because a catalogue suppresses
/// old events. An event without a time gets `now`.
pub fn refresh(samples: &mut [Sample], now: Timestamp) -> anyhow::Result<()> {
    let latest = samples.iter().filter_map(|sample| sample.time).max().unwrap_or(now);
    let shift: SignedDuration = now.duration_since(latest);
    for Sample { event, time, .. } in samples {
        let shifted = time.map_or(Ok(now), |time| time.checked_add(shift))?;
        *time = Some(shifted);
        if let Some(event) = event.as_object_mut() {
            event.insert("time".to_owned(), shifted.to_string().into());
        }
    }
    Ok(())
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

    #[test]
    fn the_samples_come_in_the_order_of_their_times_and_end_now() {
        let mut samples = read(&[shipped()]).unwrap();
        let spacing = |samples: &[Sample]| -> Vec<SignedDuration> {
            samples
                .windows(2)
                .map(|pair| pair[1].time.unwrap().duration_since(pair[0].time.unwrap()))
                .collect()
        };
        let before = spacing(&samples);
        assert!(before.iter().all(SignedDuration::is_positive));

        let now = "2030-01-01T00:00:00Z".parse().unwrap();
        refresh(&mut samples, now).unwrap();
        assert_eq!(spacing(&samples), before);
        assert_eq!(samples.last().unwrap().event["time"], "2030-01-01T00:00:00Z");
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
            let now = "2030-01-01T00:00:00Z".parse().unwrap();
            refresh(&mut samples, now).unwrap();
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
