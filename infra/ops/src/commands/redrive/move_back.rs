//! order-notifier's dead letters: SQS itself moves them back to their original queue.
//!
//! Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>. The
//! task continues without this process.

use std::time::Duration;

use aws_sdk_sqs::types::ListMessageMoveTasksResultEntry;
use tokio::time::sleep;

use crate::failure::Failure;
use crate::labels;
use crate::output::{Output, Progress};
use crate::queue::Queue;

/// Between two checks of the task.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Moves the dead letters, and returns their number.
pub(super) async fn move_back(from: &Queue, rate: u16, output: Output) -> Result<u64, Failure> {
    let source = from.arn().await?;
    match latest(from, &source).await? {
        Some(task) if is_running(&task) => {
            output.remark(
                "SQS is already moving these dead letters; the command waits for that task, whose rate is unchanged.",
            );
        }
        _ if from.depth().await?.total() == 0 => return Ok(0),
        _ => {
            let asked = from.client().start_message_move_task().source_arn(&source);
            let started = asked.max_number_of_messages_per_second(rate.into()).send().await;
            started.map_err(|error| Failure::aws("start to move the dead letters", &error))?;
        }
    }
    let progress = Progress::spinner("moving the dead letters");
    loop {
        let Some(task) = latest(from, &source).await? else {
            return Err(Failure::unavailable("SQS does not list the task that it has started"));
        };
        let moved = u64::try_from(task.approximate_number_of_messages_moved).unwrap_or_default();
        match task.status() {
            Some("RUNNING" | "CANCELLING") => {
                let letters = match task.approximate_number_of_messages_to_move {
                    Some(all) => format!("{moved} of {}", labels::count(all, "dead letter")),
                    None => labels::count(moved, "dead letter"),
                };
                progress.set_message(format!("moved {letters}"));
                sleep(CHECK_INTERVAL).await;
            }
            Some("COMPLETED") => return Ok(moved),
            other => {
                let reason = task.failure_reason().map(|reason| format!(": {reason}")).unwrap_or_default();
                let problem = format!(
                    "SQS's task ended as {} after {}{reason}",
                    other.unwrap_or("unknown"),
                    labels::count(moved, "dead letter")
                );
                return Err(Failure::unavailable(problem)
                    .with_remedy("the other events stayed in the dead-letter queue: run the command again"));
            }
        }
    }
}

async fn latest(queue: &Queue, source: &str) -> Result<Option<ListMessageMoveTasksResultEntry>, Failure> {
    let listed = queue.client().list_message_move_tasks().source_arn(source).max_results(1).send().await;
    let listed = listed.map_err(|error| Failure::aws("list the tasks that move dead letters", &error))?;
    Ok(listed.results.unwrap_or_default().into_iter().next())
}

fn is_running(task: &ListMessageMoveTasksResultEntry) -> bool {
    matches!(task.status(), Some("RUNNING" | "CANCELLING"))
}
