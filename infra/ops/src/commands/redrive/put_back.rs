//! Ends the visibility timeout of received messages: other receivers see them at once.

use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;

use crate::failure::Failure;
use crate::queue::Queue;

/// SQS's limit per request.
const BATCH: usize = 10;

pub(super) async fn put_back(queue: &Queue, receipts: &[String]) -> Result<(), Failure> {
    for batch in receipts.chunks(BATCH) {
        let entries: Result<Vec<_>, _> = batch
            .iter()
            .enumerate()
            .map(|(index, receipt)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(receipt)
                    .visibility_timeout(0)
                    .build()
            })
            .collect();
        let entries = entries.map_err(Failure::unavailable)?;
        let asked = queue.client().change_message_visibility_batch().queue_url(queue.url());
        let changed = asked.set_entries(Some(entries)).send().await;
        changed.map_err(|error| Failure::aws("put the dead letters back at once", &error))?;
    }
    Ok(())
}
