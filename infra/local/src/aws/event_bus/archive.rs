//! The archive of the order events.
//!
//! Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html>. Here an event is archived at
//! once, and the counts are exact; EventBridge takes some minutes, and its counts lag a day behind.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::put_events::Event;
use super::{arn, bus_arn};

pub(super) const NAME: &str = "order-events";

/// The archived order events of one bus. Clones share them.
#[derive(Debug, Clone)]
pub struct Archive {
    retention_days: u32,
    made: Timestamp,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Archive {
    /// An empty archive. `retention_days` is only reported: no local run lasts long enough to expire events.
    pub fn new(retention_days: u32) -> Self {
        Self { retention_days, made: Timestamp::now(), events: Arc::default() }
    }

    pub(super) fn keep(&self, event: &Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }

    /// In the order of their arrival.
    pub(super) fn all(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The events whose own time lies in the window, the earliest first.
    pub(super) fn between(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Value)> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let timed = |event: &Event| Some((event.time()?, event.envelope.clone()));
        let mut found: Vec<_> =
            events.iter().filter_map(timed).filter(|(time, _)| (from..=to).contains(time)).collect();
        found.sort_by_key(|(time, _)| *time);
        found
    }

    pub(super) fn arn() -> String {
        arn(&format!("archive/{NAME}"))
    }

    /// The archive in the format of `ListArchives`.
    pub(super) fn listed(&self) -> Value {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: usize = events.iter().map(|event| event.envelope.to_string().len()).sum();
        json!({
            "ArchiveName": NAME,
            "EventSourceArn": bus_arn(),
            "State": "ENABLED",
            "RetentionDays": self.retention_days,
            "SizeBytes": bytes,
            "EventCount": events.len(),
            "CreationTime": self.made.as_second(),
        })
    }

    /// The archive in the format of `DescribeArchive`.
    pub(super) fn described(&self, pattern: String) -> Value {
        let mut description = self.listed();
        if let Some(description) = description.as_object_mut() {
            description.insert("ArchiveArn".to_owned(), Self::arn().into());
            description.insert("EventPattern".to_owned(), pattern.into());
        }
        description
    }
}
