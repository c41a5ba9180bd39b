//! Sets the visibility timeout of a waiting record to its due time. An earlier delivery would have no effect but would
//! count towards the dead-letter queue's receive limit.
//!
//! Best effort: if the request fails, the queue's own visibility timeout applies.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

/// The most entries in one request. Source:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html>
const ENTRIES: usize = 10;
/// The longest visibility timeout that is requested. SQS allows twelve hours from the receive and refuses more:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html>. The
/// message was received before the invocation, which lasts at most fifteen minutes.
const LONGEST: Duration = Duration::from_hours(12).saturating_sub(Duration::from_mins(15));

/// A record that waits.
#[derive(Debug)]
pub(crate) struct Postponed {
    /// The receipt handle of the record's SQS message.
    pub(crate) receipt: String,
    /// When the record is due.
    pub(crate) until: Timestamp,
}

/// The queue of order events.
#[derive(Debug)]
pub(crate) struct Visibility {
    client: Client,
    queue_url: String,
}

impl Visibility {
    pub(crate) fn new(client: Client, queue_url: String) -> Self {
        Self { client, queue_url }
    }

    /// Sets the visibility timeouts of these records to their due times, as many as `deadline` allows.
    pub(crate) async fn postpone(&self, records: Vec<Postponed>, now: Timestamp, deadline: Instant) {
        for some in records.chunks(ENTRIES) {
            if timeout_at(deadline, self.postpone_chunk(some, now)).await.is_err() {
                tracing::warn!("no time was left to set the visibility timeout of {} records", some.len());
            }
        }
    }

    async fn postpone_chunk(&self, records: &[Postponed], now: Timestamp) {
        let entries = records.iter().enumerate().filter_map(|(number, record)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(number.to_string())
                .receipt_handle(&record.receipt)
                .visibility_timeout(seconds(record.until, now))
                .build()
                .ok()
        });
        let request = self.client.change_message_visibility_batch().queue_url(&self.queue_url);
        match request.set_entries(Some(entries.collect())).send().await {
            Ok(answer) => {
                for failed in answer.failed() {
                    let (code, problem) = (failed.code(), failed.message());
                    tracing::warn!(code, problem, "a record's visibility timeout could not be set");
                }
            }
            Err(error) => {
                let code = error.code().unwrap_or(match error {
                    SdkError::TimeoutError(_) => "timeout",
                    SdkError::DispatchFailure(_) => "connect",
                    _ => "no code",
                });
                tracing::warn!(code, "the visibility timeout of {} records could not be set", records.len());
            }
        }
    }
}

/// The time until `until` in whole seconds, rounded up and limited to SQS's maximum.
fn seconds(until: Timestamp, now: Timestamp) -> i32 {
    let left = Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO).min(LONGEST);
    let whole = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    i32::try_from(whole).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn the_timeout_is_rounded_up_and_within_the_limit_of_sqs() {
        let now = Timestamp::constant(1_795_165_200, 0);
        for (milliseconds, expected) in [
            (-5_000, 0),
            (0, 0),
            (1, 1),
            (1_000, 1),
            (5_999, 6),
            (300_000, 300),
            (12 * 3_600_000, 42_300),
            (i64::from(i32::MAX) * 1000, 42_300),
        ] {
            let until = now + SignedDuration::from_millis(milliseconds);
            assert_eq!(seconds(until, now), expected, "{milliseconds} ms");
        }
    }
}
