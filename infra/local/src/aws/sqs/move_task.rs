//! Moves dead letters back: `StartMessageMoveTask` and `ListMessageMoveTasks`.
//!
//! Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>. The
//! source must be the dead-letter queue of another queue, which excludes the rule's; a queue has at most one running
//! task; a moved message is a new one, with a new id and age.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::json_protocol::ServiceError;
use super::super::{identifier, queue::Queue};
use super::{DELIVERY_EVENTS, ORDER_EVENTS, Queues, dead_letters_of, invalid, queue_arn};

/// `API_StartMessageMoveTask`: 1 to 500.
const RATES: std::ops::RangeInclusive<u32> = 1..=500;
/// `API_ListMessageMoveTasks`: 1 to 10.
const MAX_LISTED: usize = 10;

/// Every task, the latest last. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct MoveTasks(Arc<Mutex<Vec<Task>>>);

#[derive(Debug)]
struct Task {
    handle: String,
    source: String,
    rate: Option<u32>,
    to_move: usize,
    moved: usize,
    is_running: bool,
    started: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartMessageMoveTask {
    source_arn: String,
    destination_arn: Option<String>,
    max_number_of_messages_per_second: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListMessageMoveTasks {
    source_arn: String,
    max_results: Option<usize>,
}

impl MoveTasks {
    pub(super) fn start(
        &self,
        queues: &Queues,
        request: &StartMessageMoveTask,
    ) -> Result<Value, ServiceError> {
        let (source, from) = dead_letters(queues, &request.source_arn)?;
        let from = from.clone();
        let destination = request.destination_arn.clone().unwrap_or_else(|| queue_arn(source));
        let Some((_, to)) = queues.by_arn(&destination) else { return Err(absent("DestinationArn")) };
        let rate = request.max_number_of_messages_per_second;
        if rate.is_some_and(|rate| !RATES.contains(&rate)) {
            return Err(invalid(
                "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number that's \
                 between 1 and 500.",
            ));
        }
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tasks.iter().any(|task| task.is_running && task.source == request.source_arn) {
            return Err(ServiceError::new(
                "UnsupportedOperation",
                "There is already a task running. Only one active task is allowed for a source queue arn at a given \
                 time.",
            ));
        }
        let handle = identifier::uuid();
        tasks.push(Task {
            handle: handle.clone(),
            source: request.source_arn.clone(),
            rate,
            to_move: from.messages().len(),
            moved: 0,
            is_running: true,
            started: Timestamp::now(),
        });
        drop(tasks);
        tokio::spawn(self.clone().run(handle.clone(), from, to.clone(), rate));
        Ok(json!({ "TaskHandle": handle }))
    }

    async fn run(self, handle: String, from: Queue, to: Queue, rate: Option<u32>) {
        while let Some(message) = from.take() {
            to.send_with(message.body, message.attributes);
            self.change(&handle, |task| task.moved += 1);
            if let Some(rate) = rate {
                tokio::time::sleep(Duration::from_secs(1) / rate).await;
            }
        }
        self.change(&handle, |task| task.is_running = false);
    }

    fn change(&self, handle: &str, change: impl FnOnce(&mut Task)) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = tasks.iter_mut().find(|task| task.handle == handle) {
            change(task);
        }
    }

    pub(super) fn list(
        &self,
        queues: &Queues,
        request: &ListMessageMoveTasks,
    ) -> Result<Value, ServiceError> {
        dead_letters(queues, &request.source_arn)?;
        let most = request.max_results.unwrap_or(1);
        if !(1..=MAX_LISTED).contains(&most) {
            return Err(invalid(
                "Value for parameter MaxResults is invalid. Reason: You must enter a number that's between 1 and 10.",
            ));
        }
        let tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_this = tasks.iter().rev().filter(|task| task.source == request.source_arn);
        let results: Vec<Value> = of_this.take(most).map(Task::to_json).collect();
        Ok(json!({ "Results": results }))
    }
}

impl Task {
    fn to_json(&self) -> Value {
        let mut description = json!({
            "Status": if self.is_running { "RUNNING" } else { "COMPLETED" },
            "SourceArn": self.source,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "StartedTimestamp": self.started.as_millisecond(),
        });
        if let Some(description) = description.as_object_mut() {
            description
                .extend(self.rate.map(|rate| ("MaxNumberOfMessagesPerSecond".to_owned(), rate.into())));
            // Only a running task can be cancelled; the handle has no other purpose.
            description
                .extend(self.is_running.then(|| ("TaskHandle".to_owned(), self.handle.clone().into())));
        }
        description
    }
}

/// The dead-letter queue with this ARN, and the name of its source.
fn dead_letters<'a>(queues: &'a Queues, arn: &str) -> Result<(&'static str, &'a Queue), ServiceError> {
    let Some((name, queue)) = queues.by_arn(arn) else { return Err(absent("SourceArn")) };
    let source = [ORDER_EVENTS, DELIVERY_EVENTS].into_iter().find(|source| dead_letters_of(source) == name);
    let source = source.ok_or_else(|| invalid("Source queue must be configured as a Dead Letter Queue."))?;
    Ok((source, queue))
}

fn absent(parameter: &str) -> ServiceError {
    let message = format!("The resource that you specified for the {parameter} parameter doesn't exist.");
    ServiceError::new("ResourceNotFoundException", message)
}

#[cfg(test)]
mod tests {
    use super::super::{ORDER_EVENTS_DEAD_LETTERS, UNDELIVERED_EVENTS, perform};
    use super::*;

    async fn ask(queues: &Queues, operation: &str, request: &Value) -> Result<Value, ServiceError> {
        perform(queues, operation, request.to_string().as_bytes()).await
    }

    /// A queue with this number of dead letters.
    async fn with_dead_letters(count: usize) -> (Queue, Queues) {
        let queue = Queue::new(1);
        for number in 0..count {
            queue.send(number.to_string());
        }
        while queue.depth().visible > 0 {
            queue.receive(10, Duration::ZERO).await;
            // The next receive moves messages to the dead-letter queue first.
            let _nothing = tokio::time::timeout(Duration::ZERO, queue.receive(10, Duration::ZERO)).await;
        }
        assert_eq!(queue.depth().dead_letters, count);
        (queue.clone(), Queues::new(queue, Queue::of_dead_letters(), Queue::new(1)))
    }

    #[tokio::test(start_paused = true)]
    async fn dead_letters_move_at_their_rate_and_one_task_at_a_time() {
        let (queue, queues) = with_dead_letters(5).await;
        let source =
            json!({ "SourceArn": queue_arn(ORDER_EVENTS_DEAD_LETTERS), "MaxNumberOfMessagesPerSecond": 2 });
        ask(&queues, "StartMessageMoveTask", &source).await.unwrap();
        let second = ask(&queues, "StartMessageMoveTask", &source).await.unwrap_err();
        assert_eq!(second.name, "UnsupportedOperation");

        tokio::time::sleep(Duration::from_millis(1100)).await;
        let task = ask(&queues, "ListMessageMoveTasks", &source).await.unwrap()["Results"][0].clone();
        assert_eq!(
            (&task["Status"], &task["ApproximateNumberOfMessagesToMove"]),
            (&json!("RUNNING"), &json!(5))
        );
        assert_eq!(task["ApproximateNumberOfMessagesMoved"], 3, "one at once, then two a second");
        tokio::time::sleep(Duration::from_secs(2)).await;
        let task = ask(&queues, "ListMessageMoveTasks", &source).await.unwrap()["Results"][0].clone();
        assert_eq!(
            (&task["Status"], &task["ApproximateNumberOfMessagesMoved"]),
            (&json!("COMPLETED"), &json!(5))
        );
        assert_eq!((queue.depth().visible, queue.depth().dead_letters), (5, 0));
        assert!(queue.messages().iter().all(|message| message.receive_count == 0));
    }

    #[tokio::test]
    async fn only_the_dead_letters_of_a_queue_can_be_moved() {
        let (_, queues) = with_dead_letters(0).await;
        for (name, refused) in [
            (UNDELIVERED_EVENTS, "InvalidParameterValue"),
            (ORDER_EVENTS, "InvalidParameterValue"),
            ("other", "ResourceNotFoundException"),
        ] {
            let source = json!({ "SourceArn": queue_arn(name) });
            assert_eq!(
                ask(&queues, "StartMessageMoveTask", &source).await.unwrap_err().name,
                refused,
                "{name}"
            );
        }
        let source = queue_arn(ORDER_EVENTS_DEAD_LETTERS);
        let too_fast = json!({ "SourceArn": source, "MaxNumberOfMessagesPerSecond": 501 });
        assert_eq!(
            ask(&queues, "StartMessageMoveTask", &too_fast).await.unwrap_err().name,
            "InvalidParameterValue"
        );
    }
}
