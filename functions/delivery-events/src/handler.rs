//! Handles one SQS batch.

use std::sync::Arc;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use futures_util::{StreamExt, stream};
use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;
use shared::telemetry::{self, milliseconds};
use tokio::time::Instant;
use tracing::Instrument;

use crate::report::Report;
use crate::{DeliveryEvents, record};

/// Concurrent records: a whole batch.
const CONCURRENCY: usize = 10;

/// Stores the facts of every record, and replies with the records that the queue has to deliver again: unreadable ones, which
/// become dead letters, and those with facts that could not be stored.
///
/// Only a payload that is no batch is an error.
pub async fn handle(events: Arc<DeliveryEvents>, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let invocation = telemetry::invocation(&event.context.request_id);
    Box::pin(invoked(events, event.payload)).instrument(invocation).await
}

async fn invoked(events: Arc<DeliveryEvents>, payload: Value) -> Result<Value, Error> {
    let started = Instant::now();
    let batch: SqsEvent = serde_json::from_value(payload)
        .map_err(|_| Error::from("the payload is not a batch of an SQS queue"))?;
    let records = batch.records.len();
    let mut results = stream::iter(batch.records)
        .map(|message| {
            let id = message.message_id.clone().unwrap_or_default();
            // A task of its own, so that a panic ends only that record.
            let task = tokio::spawn(record::process(Arc::clone(&events), message).in_current_span());
            async move { (id, task.await) }
        })
        .buffer_unordered(CONCURRENCY);
    let (mut report, mut reply) = (Report::default(), SqsBatchResponse::default());
    while let Some((id, result)) = results.next().await {
        let processed = result.unwrap_or_else(|_panicked| Report::of_lost_record());
        if processed.has_failed() {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            reply.batch_item_failures.push(failure);
        }
        report.add(processed);
    }
    report.log(records, milliseconds(started.elapsed()));
    events.metrics.write(report.into_metrics());
    Ok(serde_json::to_value(reply)?)
}
