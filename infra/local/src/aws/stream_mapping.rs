//! The event source mapping between the table's stream and a function: ordered batches, bisected on an error, and
//! retried until they succeed.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>: the first failed
//! record counts, and all records from it on are delivered again; an identifier that isn't in the batch fails the whole
//! batch. Bisecting doesn't count as a retry. As in the template, only the records' age ends the retries, which no
//! local run reaches.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::event_source_mapping::{Function, context};
use super::table_stream::TableStream;

/// The template's batch size.
const BATCH_SIZE: usize = 100;
/// The pause between two reads of a stream without new records.
const POLL_EVERY: Duration = Duration::from_millis(50);
/// The pause before a failed batch is retried.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// The mapping. Dropping it aborts the running invocation, as a crash would.
#[derive(Debug)]
pub struct StreamMapping {
    polling: JoinHandle<()>,
    /// Counts how often the stream's end was reached.
    ends: watch::Receiver<u64>,
}

impl StreamMapping {
    /// Starts to read the stream, from its oldest record on.
    pub fn start(
        stream: TableStream,
        name: &'static str,
        function_timeout: Duration,
        function: Function,
    ) -> Self {
        let invoker = Invoker { name, function_timeout, function };
        let (reached, ends) = watch::channel(0);
        Self { polling: tokio::spawn(poll(stream, invoker, reached)), ends }
    }

    /// Waits until the function has processed all records that were on the stream at the call.
    pub async fn caught_up(&self) {
        let mut ends = self.ends.clone();
        // The first end may belong to a read that began before the call.
        let enough = *ends.borrow() + 2;
        // An error means that the stream can't be read any more, so there is no further end.
        let _reached = ends.wait_for(|count| *count >= enough).await;
    }
}

impl Drop for StreamMapping {
    fn drop(&mut self) {
        self.polling.abort();
    }
}

struct Invoker {
    name: &'static str,
    function_timeout: Duration,
    function: Function,
}

async fn poll(mut stream: TableStream, invoker: Invoker, reached: watch::Sender<u64>) {
    loop {
        match stream.next(BATCH_SIZE) {
            Ok(records) if records.is_empty() => {
                reached.send_modify(|count| *count += 1);
                sleep(POLL_EVERY).await;
            }
            Ok(records) => process_in_order(records, &invoker).await,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the table's stream can't be read");
                return;
            }
        }
    }
}

/// The result of an invocation for its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BatchResult {
    AllDone,
    /// This record and all after it are delivered again.
    FailedFrom(usize),
    AllFailed,
}

/// Invokes the function until all these records are processed, earlier ones always first.
async fn process_in_order(records: Vec<Value>, invoker: &Invoker) {
    let mut batches = VecDeque::from([records]);
    while let Some(mut batch) = batches.pop_front() {
        match invoker.invoke(&batch).await {
            BatchResult::AllDone => {}
            BatchResult::FailedFrom(first) => {
                batches.push_front(batch.split_off(first));
                sleep(RETRY_AFTER).await;
            }
            BatchResult::AllFailed => {
                let second_half = batch.split_off(batch.len() / 2);
                for half in [second_half, batch].into_iter().filter(|half| !half.is_empty()) {
                    batches.push_front(half);
                }
                sleep(RETRY_AFTER).await;
            }
        }
    }
}

impl Invoker {
    async fn invoke(&self, batch: &[Value]) -> BatchResult {
        let event = LambdaEvent::new(
            json!({ "Records": batch }),
            context(self.name, self.function_timeout, Timestamp::now()),
        );
        match timeout(self.function_timeout, (self.function)(event)).await {
            Ok(Ok(response)) => batch_result(&response, batch),
            Ok(Err(error)) => {
                tracing::error!(%error, name = self.name, "the function returned an error");
                BatchResult::AllFailed
            }
            Err(_) => {
                tracing::error!(name = self.name, "the function timed out");
                BatchResult::AllFailed
            }
        }
    }
}

/// Parses a partial batch response as Lambda does: null, an empty object and an empty or null list mean complete
/// success.
fn batch_result(response: &Value, batch: &[Value]) -> BatchResult {
    let failures = match response.get("batchItemFailures") {
        None | Some(Value::Null) => return BatchResult::AllDone,
        Some(Value::Array(failures)) => failures,
        Some(_) => return BatchResult::AllFailed,
    };
    let mut first = None;
    for failure in failures {
        let identifier = failure.get("itemIdentifier").filter(|identifier| identifier.is_string());
        let Some(identifier) = identifier else { return BatchResult::AllFailed };
        let is_it = |record: &Value| record.pointer("/dynamodb/SequenceNumber") == Some(identifier);
        let Some(index) = batch.iter().position(is_it) else { return BatchResult::AllFailed };
        first = Some(first.map_or(index, |first: usize| first.min(index)));
    }
    first.map_or(BatchResult::AllDone, BatchResult::FailedFrom)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn records(count: u32) -> Vec<Value> {
        (1..=count).map(|number| json!({ "dynamodb": { "SequenceNumber": number.to_string() } })).collect()
    }

    /// The sequence numbers of each invocation, given the function's answers.
    async fn invocations(
        count: u32,
        answer: impl Fn(usize, &[String]) -> Result<Value, lambda_runtime::Error> + Send + Sync + 'static,
    ) -> Vec<String> {
        let log = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&log);
        let function: Function = Arc::new(move |event| {
            let numbers: Vec<String> = event.payload["Records"]
                .as_array()
                .unwrap()
                .iter()
                .map(|record| record["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned())
                .collect();
            let mut seen = seen.lock().unwrap();
            seen.push(numbers.join(" "));
            let answer = answer(seen.len(), &numbers);
            Box::pin(async move { answer })
        });
        let invoker =
            Invoker { name: "status-publisher", function_timeout: Duration::from_mins(1), function };
        process_in_order(records(count), &invoker).await;
        log.lock().unwrap().clone()
    }

    fn failed(numbers: &[&str]) -> Value {
        let failures: Vec<Value> = numbers.iter().map(|number| json!({ "itemIdentifier": number })).collect();
        json!({ "batchItemFailures": failures })
    }

    #[tokio::test(start_paused = true)]
    async fn all_records_from_the_first_failed_one_on_are_redelivered() {
        let answer =
            |invocation, _: &[String]| Ok(if invocation == 1 { failed(&["4", "3"]) } else { failed(&[]) });
        assert_eq!(invocations(5, answer).await, ["1 2 3 4 5", "3 4 5"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wholly_failed_batch_is_halved_in_order() {
        let answer = |invocation, numbers: &[String]| {
            let fails = numbers.contains(&"3".to_owned()) && invocation < 6;
            if fails { Err("no".into()) } else { Ok(Value::Null) }
        };
        assert_eq!(invocations(4, answer).await, ["1 2 3 4", "1 2", "3 4", "3", "3", "3", "4"]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_identifier_that_is_unknown_or_none_fails_the_batch_as_a_whole() {
        for bad in [failed(&["9"]), failed(&[""]), json!({ "batchItemFailures": [{}] })] {
            let answer =
                move |invocation, _: &[String]| Ok(if invocation == 1 { bad.clone() } else { json!({}) });
            assert_eq!(invocations(2, answer).await, ["1 2", "1", "2"]);
        }
    }
}
