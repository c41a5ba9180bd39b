//! Processes one record of the queue: one event of AWS.

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsMessage;
use shared::facts::store_all;
use shared::providers::aws::events::{self, DeliveryEvent};
use shared::sender_scope::SenderScope;

use crate::DeliveryEvents;
use crate::report::Report;

/// The attribute with the number of times that SQS has delivered the message:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>.
const RECEIVE_COUNT: &str = "ApproximateReceiveCount";

/// Parses the event and stores its facts. The queue takes events from our own account only, so they may be about every sender.
pub(crate) async fn process(events: Arc<DeliveryEvents>, message: SqsMessage) -> Report {
    let (body, received_at) = (message.body.unwrap_or_default(), events.clock.now());
    let sqs_message_id = message.message_id.unwrap_or_default();
    let DeliveryEvent { provider, callback } = match events::parse(body.as_bytes(), received_at) {
        Ok(event) => event,
        Err(error) => {
            tracing::error!(sqs_message_id, %error, "a delivery event can't be read: {error}");
            let count = message.attributes.get(RECEIVE_COUNT).and_then(|count| count.parse().ok());
            return Report::of_unreadable_record(count.is_none_or(|count: u32| count <= 1));
        }
    };
    for problem in &callback.unusable {
        let provider = provider.name();
        tracing::warn!(provider, sqs_message_id, %problem, "an event of {provider} contains {problem}");
    }
    let (reported, unusable) = (callback.facts.len(), callback.unusable);
    let stored = store_all(&events.table, callback.facts, &SenderScope::all(), received_at).await;
    Report::new(provider, reported, &unusable, callback.ignored, stored)
}
