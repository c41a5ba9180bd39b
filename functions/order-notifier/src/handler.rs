//! One invocation: an SQS batch of EventBridge events, or one bare EventBridge event.

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;
use shared::telemetry;
use tracing::Instrument;

use crate::batch;
use crate::deadline::Deadline;
use crate::record::Received;
use crate::{Notifier, record};

/// Takes the invocation's payload.
///
/// A batch is answered with its failed records, which the queue brings back. A bare event is answered with its outcome
/// as JSON; one that has none yet is an error, so that Lambda's own retries bring it back.
pub async fn handle(notifier: Arc<Notifier>, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let invocation = telemetry::invocation(&event.context.request_id);
    invoked(notifier, event).instrument(invocation).await
}

async fn invoked(notifier: Arc<Notifier>, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let deadline = Deadline::of(&event.context, notifier.clock.now());
    let LambdaEvent { payload, context } = event;
    if payload.get("Records").is_some() {
        // Only a caller that isn't SQS can get this wrong; an error brings the whole batch back.
        let batch: SqsEvent = serde_json::from_value(payload)
            .map_err(|_| Error::from("the payload has Records but is no SQS batch"))?;
        let reply = batch::process(notifier, batch, deadline).await;
        return Ok(serde_json::to_value(reply)?);
    }
    let received = Received {
        body: payload.to_string(),
        fallback_id: context.request_id,
        receive_count: None,
        first_receipt: notifier.clock.now(),
        returned: None,
    };
    let outcome = record::process(notifier, received, deadline).await?;
    Ok(serde_json::to_value(outcome)?)
}
