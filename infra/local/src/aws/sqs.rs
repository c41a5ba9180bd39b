//! SQS: `ChangeMessageVisibilityBatch`, the one operation that a function asks for itself.
//!
//! Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html>.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ACCOUNT;
use super::json_protocol::{ServiceError, operation, read, unknown_operation};
use super::queue::{Queue, VisibilityChange};

/// The queue's name, the end of its URL.
const NAME: &str = "order-events";
/// SQS's limit of one request.
const MAX_ENTRIES: usize = 10;
/// SQS's limit, in seconds.
const MAX_TIMEOUT: u64 = 43_200;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeMessageVisibilityBatch {
    queue_url: String,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    id: String,
    receipt_handle: String,
    visibility_timeout: u64,
}

/// The URL of the queue whose API is at this address.
pub fn queue_url(address: &str) -> String {
    format!("{address}/{ACCOUNT}/{NAME}")
}

/// The HTTP API of a queue.
pub fn router(queue: Queue) -> Router {
    Router::new().route("/", post(answer)).with_state(queue)
}

async fn answer(State(queue): State<Queue>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = match operation(&headers, "AmazonSQS") {
        Ok("ChangeMessageVisibilityBatch") => read(&body).and_then(|request| change(&queue, &request)),
        Ok(other) => Err(unknown_operation(&format!("{other} isn't part of the local run"))),
        Err(error) => Err(error),
    };
    answer.map(Json).into_response()
}

fn change(queue: &Queue, request: &ChangeMessageVisibilityBatch) -> Result<Value, ServiceError> {
    if !request.queue_url.ends_with(&queue_url("")) {
        return Err(refused("QueueDoesNotExist", "The specified queue does not exist."));
    }
    let ids: BTreeSet<&str> = request.entries.iter().map(|entry| entry.id.as_str()).collect();
    match request.entries.len() {
        0 => return Err(refused("EmptyBatchRequest", "The batch request doesn't contain any entries.")),
        count if count > MAX_ENTRIES => {
            return Err(refused(
                "TooManyEntriesInBatchRequest",
                "The batch request contains more entries than 10.",
            ));
        }
        count if count > ids.len() => {
            return Err(refused("BatchEntryIdsNotDistinct", "Two or more batch entries have the same Id."));
        }
        _ => {}
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in &request.entries {
        match change_one(queue, entry) {
            Ok(()) => successful.push(json!({ "Id": entry.id })),
            Err((code, message)) => {
                failed.push(json!({ "Id": entry.id, "SenderFault": true, "Code": code, "Message": message }));
            }
        }
    }
    Ok(json!({ "Successful": successful, "Failed": failed }))
}

fn change_one(queue: &Queue, entry: &Entry) -> Result<(), (&'static str, &'static str)> {
    let too_long = ("InvalidParameterValue", "The visibility timeout is beyond the limit of 43200 seconds.");
    if entry.visibility_timeout > MAX_TIMEOUT {
        return Err(too_long);
    }
    match queue.change_visibility(&entry.receipt_handle, Duration::from_secs(entry.visibility_timeout)) {
        VisibilityChange::Changed => Ok(()),
        VisibilityChange::TooLong => Err(too_long),
        VisibilityChange::UnknownReceipt => {
            Err(("ReceiptHandleIsInvalid", "The specified receipt handle isn't valid."))
        }
    }
}

fn refused(name: &'static str, message: &str) -> ServiceError {
    ServiceError::new(name, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str, entries: &[(&str, &str, u64)]) -> ChangeMessageVisibilityBatch {
        let entry = |(id, receipt, timeout): &(&str, &str, u64)| Entry {
            id: (*id).to_owned(),
            receipt_handle: (*receipt).to_owned(),
            visibility_timeout: *timeout,
        };
        ChangeMessageVisibilityBatch {
            queue_url: url.to_owned(),
            entries: entries.iter().map(entry).collect(),
        }
    }

    #[tokio::test]
    async fn each_entry_of_a_batch_succeeds_or_fails_by_itself() {
        let queue = Queue::new(3);
        queue.send("one");
        let received = queue.receive(10, Duration::from_secs(30)).await.remove(0);
        let url = queue_url("http://127.0.0.1:1");
        let batch = request(
            &url,
            &[("0", &received.receipt, 300), ("1", "other", 1), ("2", &received.receipt, 43_201)],
        );
        let answer = change(&queue, &batch).unwrap();
        assert_eq!(answer["Successful"], json!([{ "Id": "0" }]));
        let codes: Vec<_> = answer["Failed"].as_array().unwrap().iter().map(|entry| &entry["Code"]).collect();
        assert_eq!(codes, ["ReceiptHandleIsInvalid", "InvalidParameterValue"]);
        assert!(queue.invisible()[0].1 > Duration::from_secs(290));
    }

    #[test]
    fn a_batch_that_sqs_refuses_is_refused() {
        let (queue, url) = (Queue::new(3), queue_url("http://127.0.0.1:1"));
        let name = |batch| change(&queue, &batch).unwrap_err().name;
        assert_eq!(name(request("http://127.0.0.1:1/other", &[("0", "r", 1)])), "QueueDoesNotExist");
        assert_eq!(name(request(&url, &[])), "EmptyBatchRequest");
        assert_eq!(name(request(&url, &[("0", "r", 1), ("0", "s", 1)])), "BatchEntryIdsNotDistinct");
        assert_eq!(name(request(&url, &[("0", "r", 1); 11])), "TooManyEntriesInBatchRequest");
    }
}
