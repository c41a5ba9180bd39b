//! Processes an SQS batch: its records run concurrently, and a failure of one does not affect the others.

use std::sync::Arc;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;
use shared::returned_event::ReturnedEvent;

use crate::deadline::Deadline;
use crate::record::Received;
use crate::visibility::Postponed;
use crate::{Notifier, Pending, record};

/// The attribute with the number of times that SQS has delivered the message:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>.
const RECEIVE_COUNT: &str = "ApproximateReceiveCount";
/// The attribute with the time at which the message was sent to the queue, in milliseconds since 1970; same
/// page.
const SENT_TIMESTAMP: &str = "SentTimestamp";

/// A record that has no outcome yet.
struct Unfinished {
    failure: BatchItemFailure,
    postponed: Option<Postponed>,
}

/// Processes every record, at most `SEND_CONCURRENCY` at a time, and returns the failures that the queue has
/// to deliver again. If a record's due time is known, its visibility timeout is set to it.
pub(crate) async fn process(
    notifier: Arc<Notifier>,
    batch: SqsEvent,
    deadline: Deadline,
) -> SqsBatchResponse {
    let concurrency = notifier.send_concurrency;
    let unfinished: Vec<Option<Unfinished>> = stream::iter(batch.records)
        .map(|message| process_message(Arc::clone(&notifier), message, deadline))
        .buffer_unordered(concurrency)
        .collect()
        .await;
    let (failures, postponed): (Vec<_>, Vec<_>) =
        unfinished.into_iter().flatten().map(|record| (record.failure, record.postponed)).unzip();
    if let Some(visibility) = &notifier.visibility {
        visibility
            .postpone(postponed.into_iter().flatten().collect(), notifier.clock.now(), deadline.answer_by())
            .await;
    }
    let mut reply = SqsBatchResponse::default();
    reply.batch_item_failures = failures;
    reply
}

async fn process_message(
    notifier: Arc<Notifier>,
    message: SqsMessage,
    deadline: Deadline,
) -> Option<Unfinished> {
    let message_id = message.message_id.unwrap_or_default();
    let receive_count = message.attributes.get(RECEIVE_COUNT).and_then(|count| count.parse().ok());
    let sent_at = message.attributes.get(SENT_TIMESTAMP).and_then(|sent| sent.parse().ok());
    let sent_at = sent_at.and_then(|sent| Timestamp::from_millisecond(sent).ok());
    let attribute = |name: &str| message.message_attributes.get(name)?.string_value.as_deref();
    let returned = ReturnedEvent::from_attributes(attribute);
    let is_copy = returned.is_some();
    let sent_at = returned.as_ref().map(|returned| returned.first_receipt).or(sent_at);
    let received = Received {
        body: message.body.unwrap_or_default(),
        fallback_id: message_id.clone(),
        receive_count: Some(receive_count.unwrap_or_default()),
        first_receipt: sent_at.unwrap_or_else(|| notifier.clock.now()),
        returned,
    };
    match record::process(notifier, received, deadline).await {
        // The table stores these events, and delivery-sweeper puts them on the queue again. The result of this copy changes nothing.
        Ok(_) | Err(Pending::Kept { .. }) => None,
        Err(_) if is_copy => None,
        Err(pending) => {
            let postponed = message.receipt_handle.zip(pending.until());
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message_id;
            Some(Unfinished {
                failure,
                postponed: postponed.map(|(receipt, until)| Postponed { receipt, until }),
            })
        }
    }
}
