//! The event source mapping between the queue and the function: batches, deadlines, partial batch responses.
//!
//! One difference from AWS is deliberate: a failed record becomes visible again after `retry_after`, not when the
//! visibility timeout (six times the function's timeout) ends, so that a local run takes seconds. A visibility timeout
//! that the function has set for a record takes precedence.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use super::queue::{Queue, Received};
use super::{ACCOUNT, REGION, identifier};

/// AWS recommends a visibility timeout of at least six times the function's timeout:
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>.
const VISIBILITY_TIMEOUTS: u32 = 6;

/// A Lambda handler: takes an event, returns its response or an error.
pub type Function = Arc<
    dyn Fn(LambdaEvent<Value>) -> Pin<Box<dyn Future<Output = Result<Value, lambda_runtime::Error>> + Send>>
        + Send
        + Sync,
>;

/// How the mapping invokes the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MappingOptions {
    /// The maximum number of messages in one invocation.
    pub batch_size: usize,
    /// The maximum number of concurrent invocations.
    pub maximum_concurrency: usize,
    /// After this time an invocation is aborted.
    pub function_timeout: Duration,
    /// After this time a failed record is delivered again.
    pub retry_after: Duration,
}

/// The mapping. Dropping it aborts the running invocations, as a crash would.
#[derive(Debug)]
pub struct EventSourceMapping(JoinHandle<()>);

impl EventSourceMapping {
    /// Starts to poll the queue for the function of this name.
    pub fn start(queue: Queue, options: MappingOptions, name: &'static str, function: Function) -> Self {
        Self(tokio::spawn(poll(queue, options, name, function)))
    }
}

impl Drop for EventSourceMapping {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn poll(queue: Queue, options: MappingOptions, name: &'static str, function: Function) {
    let free = Arc::new(Semaphore::new(options.maximum_concurrency));
    let visibility_timeout = options.function_timeout.saturating_mul(VISIBILITY_TIMEOUTS);
    let mut invocations = JoinSet::new();
    while let Ok(permit) = Arc::clone(&free).acquire_owned().await {
        let batch = queue.receive(options.batch_size, visibility_timeout).await;
        let (queue, function) = (queue.clone(), Arc::clone(&function));
        invocations.spawn(async move {
            let context = context(name, options.function_timeout, queue.now());
            let event = LambdaEvent::new(sqs_event(&batch), context);
            let result = invoke(&function, event, options.function_timeout).await;
            settle(&queue, &batch, &result, options.retry_after);
            drop(permit);
        });
        while invocations.try_join_next().is_some() {}
    }
}

/// The result of an invocation for its records.
#[derive(Debug, Clone, PartialEq, Eq)]
enum BatchResult {
    AllDone,
    Failed(BTreeSet<String>),
    AllFailed,
}

async fn invoke(function: &Function, event: LambdaEvent<Value>, timeout: Duration) -> BatchResult {
    // A separate task, so that a panic ends the invocation and not the mapping.
    let mut invocation = JoinSet::new();
    invocation.spawn(function(event));
    match tokio::time::timeout(timeout, invocation.join_next()).await {
        Ok(Some(Ok(Ok(response)))) => batch_result(&response),
        Ok(Some(Ok(Err(error)))) => {
            tracing::error!(%error, "the function returned an error");
            BatchResult::AllFailed
        }
        Ok(Some(Err(_)) | None) => {
            tracing::error!("the function panicked");
            BatchResult::AllFailed
        }
        Err(_) => {
            tracing::error!(timeout_s = timeout.as_secs(), "the function timed out");
            BatchResult::AllFailed
        }
    }
}

/// Parses a partial batch response as Lambda does: null, an empty object and an empty or null list mean complete
/// success; an identifier that is missing, empty or not a string fails the whole batch. Source:
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>.
fn batch_result(response: &Value) -> BatchResult {
    let failures = match response.get("batchItemFailures") {
        None | Some(Value::Null) => return BatchResult::AllDone,
        Some(Value::Array(failures)) => failures,
        Some(_) => return BatchResult::AllFailed,
    };
    let identifiers: Option<BTreeSet<String>> = failures
        .iter()
        .map(|failure| failure.get("itemIdentifier")?.as_str().filter(|id| !id.is_empty()).map(str::to_owned))
        .collect();
    match identifiers {
        Some(identifiers) if identifiers.is_empty() => BatchResult::AllDone,
        Some(identifiers) => BatchResult::Failed(identifiers),
        None => BatchResult::AllFailed,
    }
}

fn settle(queue: &Queue, batch: &[Received], result: &BatchResult, retry_after: Duration) {
    let known = |id: &String| batch.iter().any(|received| received.message.id == *id);
    for received in batch {
        let failed = match result {
            BatchResult::AllDone => false,
            BatchResult::AllFailed => true,
            // The same page: an identifier that isn't in the batch fails the whole batch.
            BatchResult::Failed(ids) => ids.contains(&received.message.id) || !ids.iter().all(known),
        };
        if failed {
            queue.give_back(&received.receipt, retry_after);
        } else {
            queue.delete(&received.receipt);
        }
    }
}

/// The runtime's context for an invocation of this function that begins now.
pub fn context(function: &str, timeout: Duration, now: Timestamp) -> Context {
    let deadline = now.saturating_add(timeout).unwrap_or(now);
    let mut context = Context::default();
    context.request_id = identifier::uuid();
    context.deadline = u64::try_from(deadline.as_millisecond()).unwrap_or_default();
    context.invoked_function_arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}");
    context
}

fn sqs_event(batch: &[Received]) -> Value {
    json!({ "Records": batch.iter().map(record).collect::<Vec<_>>() })
}

/// A message in the function's format, without `md5OfBody`. Source:
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>.
pub fn record(Received { message, receipt }: &Received) -> Value {
    let milliseconds = |time: Timestamp| time.as_millisecond().to_string();
    json!({
        "messageId": message.id,
        "receiptHandle": receipt,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": message.receive_count.to_string(),
            "SentTimestamp": milliseconds(message.sent_at),
            "ApproximateFirstReceiveTimestamp":
                milliseconds(message.first_received_at.unwrap_or(message.sent_at)),
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        },
        "messageAttributes": attributes(&message.attributes),
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:order-events"),
        "awsRegion": REGION,
    })
}

fn attributes(own: &BTreeMap<String, String>) -> Value {
    let attribute = |(name, text): (&String, &String)| {
        (
            name.clone(),
            json!({ "stringValue": text, "stringListValues": [], "binaryListValues": [], "dataType": "String" }),
        )
    };
    Value::Object(own.iter().map(attribute).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const OPTIONS: MappingOptions = MappingOptions {
        batch_size: 10,
        maximum_concurrency: 2,
        function_timeout: Duration::from_secs(30),
        retry_after: Duration::from_secs(2),
    };

    /// The bodies of each invocation, in order.
    type Invocations = Arc<Mutex<Vec<Vec<String>>>>;

    /// A function whose first invocation runs `first`, and whose later invocations succeed.
    fn function<F, R>(first: F) -> (Function, Invocations)
    where
        F: Fn(Value) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, lambda_runtime::Error>> + Send + 'static,
    {
        let invocations = Invocations::default();
        let log = Arc::clone(&invocations);
        let first = Arc::new(first);
        let function: Function = Arc::new(move |event: LambdaEvent<Value>| {
            let records = event.payload["Records"].as_array().unwrap().clone();
            let bodies = records.iter().map(|record| record["body"].as_str().unwrap().to_owned()).collect();
            let mut invocations = log.lock().unwrap();
            invocations.push(bodies);
            let is_first = invocations.len() == 1;
            let first = Arc::clone(&first);
            Box::pin(async move { if is_first { first(event.payload).await } else { Ok(Value::Null) } })
        });
        (function, invocations)
    }

    async fn run<F, R>(first: F) -> (Queue, Vec<Vec<String>>)
    where
        F: Fn(Value) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, lambda_runtime::Error>> + Send + 'static,
    {
        let queue = Queue::new(5);
        for body in ["a", "b", "c"] {
            queue.send(body);
        }
        let (function, invocations) = function(first);
        let _mapping = EventSourceMapping::start(queue.clone(), OPTIONS, "order-notifier", function);
        tokio::time::sleep(Duration::from_mins(1)).await;
        let invocations = invocations.lock().unwrap().clone();
        (queue, invocations)
    }

    fn all_again() -> Vec<Vec<String>> {
        let all: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        vec![all.clone(), all]
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_named_records_return() {
        let (queue, invocations) = run(|event: Value| async move {
            let id = event["Records"][1]["messageId"].clone();
            Ok(json!({ "batchItemFailures": [{ "itemIdentifier": id }] }))
        })
        .await;
        assert_eq!(invocations[1], ["b"]);
        assert_eq!(queue.depth().in_flight, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_an_empty_or_unknown_identifier_a_panic_and_a_timeout_return_all() {
        assert_eq!(run(|_| async { Err("no".into()) }).await.1, all_again());
        for failure in
            [json!({ "itemIdentifier": "" }), json!({ "itemIdentifier": "x" }), json!({}), Value::Null]
        {
            let answer = json!({ "batchItemFailures": [failure] });
            let (_, invocations) = run(move |_| {
                let answer = answer.clone();
                async move { Ok(answer) }
            })
            .await;
            assert_eq!(invocations, all_again(), "{failure}");
        }
        assert_eq!(run(|_| async { panic!("as a bug would") }).await.1, all_again());
        assert_eq!(run(|_| std::future::pending()).await.1, all_again());
    }

    #[tokio::test(start_paused = true)]
    async fn null_and_empty_answers_delete_all() {
        for answer in [Value::Null, json!({}), json!({ "batchItemFailures": [] }), json!("done")] {
            let (queue, invocations) = run(move |_| {
                let answer = answer.clone();
                async move { Ok(answer) }
            })
            .await;
            assert_eq!(invocations.len(), 1);
            assert_eq!(queue.depth().in_flight, 0);
        }
    }

    #[tokio::test]
    async fn the_context_has_the_deadline() {
        let context = context("order-notifier", Duration::from_secs(30), Timestamp::now());
        let left = context.deadline().duration_since(std::time::SystemTime::now()).unwrap();
        assert!((29..=30).contains(&left.as_secs()), "{left:?}");
    }
}
