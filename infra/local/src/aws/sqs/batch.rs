//! The operations on up to ten messages, each of which can fail alone.
//!
//! Source:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html>.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::json_protocol::ServiceError;
use super::{Queues, message};

/// SQS's limit per request.
const MAX_ENTRIES: usize = 10;

/// A batch request with entries of one operation.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch<E> {
    queue_url: String,
    entries: Vec<E>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VisibilityEntry {
    id: String,
    receipt_handle: String,
    visibility_timeout: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteEntry {
    id: String,
    receipt_handle: String,
}

pub(super) fn change_visibility(
    queues: &Queues,
    request: &Batch<VisibilityEntry>,
) -> Result<Value, ServiceError> {
    let (_, queue) = queues.by_url(&request.queue_url)?;
    request.each(
        |entry| &entry.id,
        |entry| message::change(queue, &entry.receipt_handle, entry.visibility_timeout),
    )
}

pub(super) fn delete(queues: &Queues, request: &Batch<DeleteEntry>) -> Result<Value, ServiceError> {
    let (_, queue) = queues.by_url(&request.queue_url)?;
    request.each(
        |entry| &entry.id,
        |entry| {
            queue.delete(&entry.receipt_handle);
            Ok(())
        },
    )
}

impl<E> Batch<E> {
    fn each(
        &self,
        id: impl Fn(&E) -> &String,
        work: impl Fn(&E) -> Result<(), (&'static str, String)>,
    ) -> Result<Value, ServiceError> {
        let ids: BTreeSet<&String> = self.entries.iter().map(&id).collect();
        let refused = |name, message| Err(ServiceError::new(name, message));
        match self.entries.len() {
            0 => return refused("EmptyBatchRequest", "The batch request doesn't contain any entries."),
            count if count > MAX_ENTRIES => {
                return refused(
                    "TooManyEntriesInBatchRequest",
                    "The batch request contains more entries than 10.",
                );
            }
            count if count > ids.len() => {
                return refused("BatchEntryIdsNotDistinct", "Two or more batch entries have the same Id.");
            }
            _ => {}
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in &self.entries {
            match work(entry) {
                Ok(()) => successful.push(json!({ "Id": id(entry) })),
                Err((code, message)) => {
                    failed.push(
                        json!({ "Id": id(entry), "SenderFault": true, "Code": code, "Message": message }),
                    );
                }
            }
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{ORDER_EVENTS, queue_url};
    use super::*;
    use crate::aws::queue::Queue;

    fn request(url: &str, entries: &[(&str, &str, u64)]) -> Batch<VisibilityEntry> {
        let entry = |(id, receipt, timeout): &(&str, &str, u64)| VisibilityEntry {
            id: (*id).to_owned(),
            receipt_handle: (*receipt).to_owned(),
            visibility_timeout: *timeout,
        };
        Batch { queue_url: url.to_owned(), entries: entries.iter().map(entry).collect() }
    }

    fn queues(queue: &Queue) -> Queues {
        Queues::new(queue.clone(), Queue::of_dead_letters(), Queue::new(1))
    }

    #[tokio::test]
    async fn each_entry_of_a_batch_succeeds_or_fails_alone() {
        let queue = Queue::new(3);
        queue.send("one");
        let received = queue.receive(10, Duration::from_secs(30)).await.remove(0);
        let url = queue_url("http://127.0.0.1:1", ORDER_EVENTS);
        let batch = request(
            &url,
            &[("0", &received.receipt, 300), ("1", "other", 1), ("2", &received.receipt, 43_201)],
        );
        let answer = change_visibility(&queues(&queue), &batch).unwrap();
        assert_eq!(answer["Successful"], json!([{ "Id": "0" }]));
        let codes: Vec<_> = answer["Failed"].as_array().unwrap().iter().map(|entry| &entry["Code"]).collect();
        assert_eq!(codes, ["ReceiptHandleIsInvalid", "InvalidParameterValue"]);
        assert!(queue.invisible()[0].1 > Duration::from_secs(290));

        let entry = DeleteEntry { id: "0".to_owned(), receipt_handle: received.receipt };
        let answer = delete(&queues(&queue), &Batch { queue_url: url, entries: vec![entry] }).unwrap();
        assert_eq!(answer["Successful"], json!([{ "Id": "0" }]));
        assert_eq!(queue.messages(), []);
    }

    #[test]
    fn a_batch_that_sqs_refuses_is_refused() {
        let (queues, url) = (queues(&Queue::new(3)), queue_url("http://127.0.0.1:1", ORDER_EVENTS));
        let name = |batch| change_visibility(&queues, &batch).unwrap_err().name;
        assert_eq!(name(request("http://127.0.0.1:1/other", &[("0", "r", 1)])), "QueueDoesNotExist");
        assert_eq!(name(request(&url, &[])), "EmptyBatchRequest");
        assert_eq!(name(request(&url, &[("0", "r", 1), ("0", "s", 1)])), "BatchEntryIdsNotDistinct");
        assert_eq!(name(request(&url, &[("0", "r", 1); 11])), "TooManyEntriesInBatchRequest");
    }
}
