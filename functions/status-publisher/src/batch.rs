//! Groups status events into `PutEvents` requests.
//!
//! Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html> (1 to 10 entries)
//! and <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html> (the size of an
//! entry; a request has less than 256 KB, the lowest limit of any region).

use std::ops::Range;

use serde_json::Error;
use shared::status_event::StatusEventType;

use crate::event::{EventKey, SOURCE, StatusEvent};

const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 256 * 1024 - 1;

/// A status event to put on the bus.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The index of the stream record that it comes from.
    pub(crate) record: usize,
    pub(crate) status: StatusEventType,
    pub(crate) key: EventKey,
    /// The detail as JSON.
    pub(crate) detail: Detail,
}

/// JSON that may contain a message id, so `Debug` does not print it.
#[derive(Clone)]
pub(crate) struct Detail(String);

impl Detail {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Detail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Detail({} bytes)", self.0.len())
    }
}

impl Entry {
    pub(crate) fn new(record: usize, event: &StatusEvent) -> Result<Self, Error> {
        let detail = Detail(serde_json::to_string(&event.detail)?);
        Ok(Self { record, status: event.status, key: event.detail.event_key().clone(), detail })
    }

    fn bytes(&self) -> usize {
        SOURCE.len() + self.status.detail_type().len() + self.detail.0.len()
    }
}

/// Splits the entries into requests and keeps their order. An entry that is too large for any request gets
/// one of its own, which EventBridge refuses.
pub(crate) fn requests(entries: &[Entry]) -> Vec<Range<usize>> {
    let mut requests: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (index, entry) in entries.iter().enumerate() {
        match requests.last_mut() {
            Some(request) if request.len() < MAX_ENTRIES && bytes + entry.bytes() <= MAX_BYTES => {
                request.end = index + 1;
                bytes += entry.bytes();
            }
            _ => {
                requests.push(index..index + 1);
                bytes = entry.bytes();
            }
        }
    }
    requests
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(bytes: usize) -> Entry {
        Entry {
            record: 0,
            status: StatusEventType::Sent,
            key: EventKey::new(StatusEventType::Sent, "meta#a", None),
            detail: Detail("x".repeat(bytes)),
        }
    }

    proptest! {
        #[test]
        fn every_entry_is_in_one_request_in_order_and_no_request_is_too_large(
            sizes in proptest::collection::vec(prop_oneof![1usize..2000, 20_000usize..200_000], 0..60)
        ) {
            let entries: Vec<Entry> = sizes.into_iter().map(entry).collect();
            let requests = requests(&entries);
            let indexes: Vec<usize> = requests.iter().cloned().flatten().collect();
            prop_assert_eq!(indexes, (0..entries.len()).collect::<Vec<_>>());
            for request in &requests {
                prop_assert!((1..=MAX_ENTRIES).contains(&request.len()));
                prop_assert!(entries[request.clone()].iter().map(Entry::bytes).sum::<usize>() <= MAX_BYTES);
            }
            // No request starts before the previous one is full.
            for pair in requests.windows(2) {
                let first = &entries[pair[0].clone()];
                let next = &entries[pair[1].start];
                let bytes = first.iter().map(Entry::bytes).sum::<usize>() + next.bytes();
                prop_assert!(first.len() == MAX_ENTRIES || bytes > MAX_BYTES);
            }
        }
    }

    #[test]
    fn an_entry_that_is_too_large_affects_no_other() {
        let entries = [entry(10), entry(300 * 1024), entry(10)];
        assert_eq!(requests(&entries), [0..1, 1..2, 2..3]);
    }

    #[test]
    fn debug_shows_no_detail() {
        assert!(format!("{:?}", entry(3)).contains("Detail(3 bytes)"));
    }
}
