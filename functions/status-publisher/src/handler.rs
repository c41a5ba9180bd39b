//! Handles one batch of the table's stream.

use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};
use shared::invocation::ends_at;
use shared::message::Reference;
use shared::telemetry::{self, Metric, milliseconds};
use tokio::time::Instant;
use tracing::Instrument;

use crate::batch::{self, Entry};
use crate::bus::PutError;
use crate::{Publisher, decide, fallback, record};

/// Used when the context has no deadline: the function's timeout in `template.yaml`.
const TIMEOUT: Duration = Duration::from_secs(30);
/// No request starts with less time than this: five seconds for its operation, plus two.
const MARGIN: Duration = Duration::from_secs(7);

/// Publishes the status events of the batch's writes in order, and returns the record from which the stream
/// must deliver again: `docs/decisions/the-stream-is-the-outbox.md`.
///
/// An unreadable record is logged, counted and skipped: a retry would not help and would block every later record. Only
/// a payload without records is an error.
pub async fn handle(publisher: Arc<Publisher>, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let invocation = telemetry::invocation(&event.context.request_id);
    invoked(&publisher, event).instrument(invocation).await
}

async fn invoked(publisher: &Publisher, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let (started, now) = (Instant::now(), publisher.clock.now());
    let left = ends_at(event.context.deadline, now, TIMEOUT).duration_since(now);
    let begin_by = started + Duration::try_from(left).unwrap_or(Duration::ZERO).saturating_sub(MARGIN);
    let records = event.payload.get("Records").and_then(Value::as_array);
    let records = records.ok_or_else(|| Error::from("the payload is not a batch of a DynamoDB stream"))?;
    let Parsed { entries, failures, unreadable } = parse(records)?;
    let (published, failed) = publish(publisher, &entries, begin_by).await;
    let unpublished = failed.as_ref().map(|put_error| put_error.records.iter().min().copied().unwrap_or(0));
    let unhastened = fallback::hasten(publisher, &failures, begin_by).await;
    let first_failed = unpublished.into_iter().chain(unhastened).min();
    // Records after the first failed one are delivered again and counted then.
    let left = unreadable.into_iter().filter(|index| first_failed.is_none_or(|failed| *index < failed));
    publisher.metrics.write(left.map(|_| Metric::UnreadableRecord));
    tracing::info!(
        wide = "batch",
        records = records.len(),
        events = entries.len(),
        published,
        problem = failed.map(|put_error| put_error.problem),
        duration_ms = milliseconds(started.elapsed()),
        "{published} of {} status events were published",
        entries.len()
    );
    let Some(index) = first_failed else { return Ok(json!({ "batchItemFailures": [] })) };
    let sequence_number = records.get(index).and_then(record::sequence_number);
    let sequence_number = sequence_number.ok_or_else(|| Error::from("a record has no sequence number"))?;
    Ok(json!({ "batchItemFailures": [{ "itemIdentifier": sequence_number }] }))
}

/// The result of parsing a batch.
#[derive(Debug, Default)]
struct Parsed {
    /// The events of every readable record.
    entries: Vec<Entry>,
    /// The notifications whose message failed, each with the index of its record.
    failures: Vec<(usize, Reference)>,
    /// The indexes of the unreadable records.
    unreadable: Vec<usize>,
}

/// Parses every record. If only the old image is unreadable, every event that the new image implies is
/// published: repeated events have the same keys as before, and events that an unreadable write suppressed
/// are published after all.
fn parse(records: &[Value]) -> Result<Parsed, serde_json::Error> {
    let Parsed { mut entries, mut failures, mut unreadable } = Parsed::default();
    for (index, record) in records.iter().enumerate() {
        let sequence_number = record::sequence_number(record);
        match record::parse(record) {
            Ok(change) => {
                let old = change.old.unwrap_or_else(|error| {
                    tracing::warn!(
                        code = "unreadable_old_image",
                        sequence_number,
                        %error,
                        "the old image of a record can't be read: all status events of the new image are published"
                    );
                    None
                });
                let events = decide::events(old.as_ref(), change.new.as_ref(), change.written_at);
                for event in &events {
                    failures.extend(event.failed_notification().map(|reference| (index, reference.clone())));
                    entries.push(Entry::new(index, event)?);
                }
            }
            Err(error) => {
                unreadable.push(index);
                tracing::error!(
                    code = "unreadable_record",
                    sequence_number,
                    %error,
                    "a record of the stream can't be read, and its status event is not published"
                );
            }
        }
    }
    Ok(Parsed { entries, failures, unreadable })
}

/// Stops at the first request that is not accepted in full: later entries are delivered again with it.
async fn publish(publisher: &Publisher, entries: &[Entry], begin_by: Instant) -> (usize, Option<PutError>) {
    let mut published = 0;
    for range in batch::requests(entries) {
        let request = entries.get(range).unwrap_or_default();
        if Instant::now() >= begin_by {
            let records = request.iter().map(|entry| entry.record).collect();
            let problem = "too little time is left in this invocation".to_owned();
            return (published, Some(PutError { records, problem }));
        }
        if let Err(put_error) = publisher.bus.put(request, begin_by).await {
            let taken = request.iter().filter(|entry| !put_error.records.contains(&entry.record));
            publisher.metrics.write(taken.map(counted));
            tracing::error!(error = %put_error, "status events could not be published: the stream will deliver the record again");
            return (published + request.len() - put_error.records.len(), Some(put_error));
        }
        publisher.metrics.write(request.iter().map(counted));
        for entry in request {
            let (detail_type, event_key) = (entry.status.detail_type(), entry.key.as_str());
            tracing::debug!(detail_type, event_key, "{detail_type} is published");
        }
        published += request.len();
    }
    (published, None)
}

fn counted(entry: &Entry) -> Metric {
    Metric::StatusEvent(entry.status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(state: &str) -> Value {
        json!({
            "pk": {"S": "ORDER#10482"}, "sk": {"S": "NOTIFICATION#k"}, "notification": {"S": "order-cancelled"},
            "state": {"S": state}, "attempt": {"N": "1"}, "provider": {"S": "meta"}, "fingerprint": {"S": "f"},
            "updated_at": {"S": "2026-11-20T09:00:00.000Z"},
        })
    }

    fn write(old: &Value, new: &Value) -> Value {
        json!({"dynamodb": {
            "SequenceNumber": "1", "ApproximateCreationDateTime": 1_795_165_200.0, "OldImage": old, "NewImage": new,
        }})
    }

    fn keys(parsed: &Parsed) -> Vec<&str> {
        parsed.entries.iter().map(|entry| entry.key.as_str()).collect()
    }

    #[test]
    fn an_unreadable_old_image_suppresses_no_event_and_changes_no_key() {
        let unreadable = || notification("a state of a later version");
        let first = parse(&[write(&notification("sending"), &notification("accepted"))]).unwrap();
        let again = parse(&[write(&unreadable(), &notification("accepted"))]).unwrap();
        assert_eq!((keys(&first).len(), &first.unreadable), (1, &vec![]));
        assert_eq!((keys(&again), &again.unreadable), (keys(&first), &vec![]));
    }

    #[test]
    fn an_unreadable_record_is_listed_and_affects_no_other() {
        let unreadable = write(&notification("sending"), &notification("a state of a later version"));
        let parsed = parse(&[unreadable, write(&Value::Null, &notification("held")), json!({})]).unwrap();
        assert_eq!((keys(&parsed).len(), parsed.entries[0].record), (1, 1));
        assert_eq!(parsed.unreadable, [0, 2]);
    }
}
