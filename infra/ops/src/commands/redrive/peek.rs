//! Reads dead letters, and makes them visible again.
//!
//! SQS can only show a message by receiving it. A received message is invisible to other receivers until it is made
//! visible again, or until the visibility timeout ends: a minute after an interruption. It counts as a receive, which
//! has no effect on a queue without its own dead-letter queue.

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};

use super::put_back::put_back;
use crate::failure::Failure;
use crate::labels;
use crate::output::Progress;
use crate::queue::Queue;

/// SQS's limit per request.
const BATCH: usize = 10;
/// Enough to read some thousand messages.
const VISIBILITY_SECONDS: i32 = 60;
/// Any wait queries all of SQS's servers; without one, messages may be missed:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>.
const WAIT_SECONDS: i32 = 1;

/// Reads at most `most` of a queue's dead letters, which stay in the queue.
pub(super) async fn peek(queue: &Queue, most: u16) -> Result<Vec<Message>, Failure> {
    let progress = Progress::spinner("reading the dead letters");
    let mut received = Vec::new();
    let looked = receive(queue, usize::from(most), &mut received, &progress).await;
    // Received messages are made visible again even after an error.
    let receipts: Vec<String> =
        received.iter().filter_map(|message| message.receipt_handle.clone()).collect();
    let put_back = put_back(queue, &receipts)
        .await
        .map_err(|failure| failure.with_remedy("the dead letters are visible again within a minute"));
    looked?;
    put_back?;
    Ok(received)
}

async fn receive(
    queue: &Queue,
    most: usize,
    received: &mut Vec<Message>,
    progress: &Progress,
) -> Result<(), Failure> {
    while received.len() < most {
        let batch = BATCH.min(most - received.len());
        let messages = queue
            .client()
            .receive_message()
            .queue_url(queue.url())
            .max_number_of_messages(i32::try_from(batch).unwrap_or(1))
            .visibility_timeout(VISIBILITY_SECONDS)
            .wait_time_seconds(WAIT_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(|error| Failure::aws("receive the dead letters", &error))?
            .messages
            .unwrap_or_default();
        if messages.is_empty() {
            return Ok(());
        }
        received.extend(messages);
        progress.set_message(labels::count(received.len(), "dead letter") + " read");
    }
    Ok(())
}
