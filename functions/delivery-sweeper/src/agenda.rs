//! The items that a run processes: everything due in a set of index partitions, read page by page. The run takes one
//! item from each partition in turn and, within a partition, the longest due first.
//!
//! An item that the run skips never blocks the items behind it:
//!
//! - Reading continues until the run's time is over.
//! - Notifications being sent, waiting notifications and messages have separate partitions.
//! - Notifications and messages are separate agendas that run side by side, so a provider that hangs does not delay the
//!   notifications.

use std::collections::VecDeque;
use std::vec;

use futures_util::future::try_join_all;
use futures_util::stream::{self, BoxStream, StreamExt};
use jiff::Timestamp;
use shared::table::{Due, DuePage, DuePosition, Table, TableError};
use tokio::time::Instant;

/// Items per page; one page is about 25 kB.
const PAGE: u16 = 200;

/// The due items of a set of partitions that have not been taken yet.
#[derive(Debug)]
pub(crate) struct Agenda {
    table: Table,
    now: Timestamp,
    lanes: VecDeque<Lane>,
}

/// The due items of one partition.
#[derive(Debug)]
struct Lane {
    bucket: String,
    page: vec::IntoIter<Due>,
    next: Option<DuePosition>,
}

impl Lane {
    fn new(bucket: String, page: DuePage) -> Self {
        Self { bucket, page: page.due.into_iter(), next: page.next }
    }
}

impl Agenda {
    /// Reads the first page of every partition in `buckets`.
    pub(crate) async fn open(
        table: &Table,
        now: Timestamp,
        buckets: impl Iterator<Item = String>,
    ) -> Result<Self, TableError> {
        let first_pages = buckets.map(async |bucket| {
            let page = table.due(&bucket, now, None, PAGE).await?;
            Ok(Lane::new(bucket, page))
        });
        let lanes = try_join_all(first_pages).await?;
        Ok(Self { table: table.clone(), now, lanes: lanes.into() })
    }

    /// Streams every due item. After `until` it yields only the items already read, and reads no more pages.
    pub(crate) fn items(self, until: Instant) -> BoxStream<'static, Due> {
        let next = move |mut agenda: Self| async move {
            let due = agenda.next(until).await?;
            Some((due, agenda))
        };
        stream::unfold(self, next).boxed()
    }

    async fn next(&mut self, until: Instant) -> Option<Due> {
        while let Some(mut lane) = self.lanes.pop_front() {
            if let Some(due) = lane.page.next() {
                self.lanes.push_back(lane);
                return Some(due);
            }
            let Some(position) = lane.next.take().filter(|_| Instant::now() < until) else { continue };
            match self.table.due(&lane.bucket, self.now, Some(position), PAGE).await {
                Ok(page) => self.lanes.push_front(Lane::new(lane.bucket, page)),
                Err(error) => tracing::warn!(
                    %error,
                    "the next page of due items can't be read; the next run starts at the first page"
                ),
            }
        }
        None
    }
}
