//! Handles one invocation: an SQS batch of EventBridge events, a single EventBridge event, or a list of
//! events.

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;
use shared::telemetry;
use tracing::Instrument;

use crate::batch;
use crate::deadline::Deadline;
use crate::record::Received;
use crate::{Notifier, Outcome, Undecided, record};

/// Processes the invocation's payload.
///
/// - An SQS batch: replies with the failed records, which the queue delivers again.
/// - A single event: replies with its outcome as JSON. If it has none yet, the reply is an error, so that
///   Lambda's own retries deliver it again.
/// - A list, which an EventBridge Pipe sends: replies with all outcomes. If one is missing, the whole list is
///   delivered again, and the finished events find their outcomes.
pub async fn handle(notifier: Arc<Notifier>, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let invocation = telemetry::invocation(&event.context.request_id);
    Box::pin(invoked(notifier, event)).instrument(invocation).await
}

async fn invoked(notifier: Arc<Notifier>, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let deadline = Deadline::of(&event.context, notifier.clock.now());
    let LambdaEvent { payload, context } = event;
    if is_batch(&payload) {
        // Only a caller other than SQS can send this; an error makes it repeat the whole batch.
        let batch: SqsEvent = serde_json::from_value(payload)
            .map_err(|_| Error::from("the payload has Records but is no SQS batch"))?;
        let reply = batch::process(notifier, batch, deadline).await;
        return Ok(serde_json::to_value(reply)?);
    }
    let Value::Array(payloads) = payload else {
        let received = received(&payload, context.request_id, notifier.clock.now());
        let outcome = record::process(notifier, received, deadline).await?;
        return Ok(serde_json::to_value(outcome)?);
    };
    let concurrency = notifier.send_concurrency;
    let processed: Vec<Result<Outcome, Undecided>> = stream::iter(payloads.into_iter().enumerate())
        .map(|(place, payload)| {
            let id = format!("{}#{place}", context.request_id);
            let received = received(&payload, id, notifier.clock.now());
            record::process(Arc::clone(&notifier), received, deadline)
        })
        .buffered(concurrency)
        .collect()
        .await;
    let outcomes: Vec<Outcome> = processed.into_iter().collect::<Result<_, _>>()?;
    Ok(serde_json::to_value(outcomes)?)
}

/// Whether the payload is an SQS batch: other services send `Records` too, but without a body.
fn is_batch(payload: &Value) -> bool {
    let records = payload.get("Records").map(|records| records.as_array().map_or(&[][..], Vec::as_slice));
    records.is_some_and(|records| records.iter().all(|record| record.get("body").is_some()))
}

/// An event that did not come through the queue.
fn received(payload: &Value, fallback_id: String, first_receipt: Timestamp) -> Received {
    Received { body: payload.to_string(), fallback_id, receive_count: None, first_receipt, returned: None }
}
