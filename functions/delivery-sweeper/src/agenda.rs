//! What a run looks at: everything that is due in some partitions of the index, page by page. The partitions take turns, and
//! in each what has been due for longest comes first.
//!
//! Nothing that a run leaves alone keeps what comes after it from being looked at: reading goes on until the run's time is
//! over; notifications under way, notifications that wait and messages have partitions of their own, so that in each of
//! them what is to be left alone comes after what isn't; and notifications and messages are two agendas, worked through
//! side by side, so that a provider that hangs takes no time from the notifications.

use std::collections::VecDeque;
use std::vec;

use futures_util::future::try_join_all;
use futures_util::stream::{self, BoxStream, StreamExt};
use jiff::Timestamp;
use shared::table::{Due, DuePage, DuePosition, Table, TableError};
use tokio::time::Instant;

/// Items in one page: about 25 kB.
const PAGE: u16 = 200;

/// What is due in some partitions, as far as it isn't taken yet.
#[derive(Debug)]
pub(crate) struct Agenda {
    table: Table,
    now: Timestamp,
    lanes: VecDeque<Lane>,
}

/// What is due in one partition.
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
    /// Reads the first page of each of these partitions.
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

    /// Everything that is due; from `until` on, only what was read before.
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
                    "what else is due in a partition can't be read; the next run begins at its front"
                ),
            }
        }
        None
    }
}
