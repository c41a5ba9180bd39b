//! Moves the events that EventBridge could not put on a queue, and delivery events: puts each one on the queue, and then deletes
//! it here.
//!
//! In this order, every event is always in at least one queue. SQS's own tasks only move the dead letters of a queue:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>.

use std::time::Duration;

use aws_sdk_sqs::types::Message;
use tokio::time::{MissedTickBehavior, interval};

use super::put_back::put_back;
use crate::failure::Failure;
use crate::labels;
use crate::output::Progress;
use crate::queue::Queue;

/// Enough for a batch of ten at the slowest rate, one per second, with slow answers of SQS.
const VISIBILITY_SECONDS: i32 = 120;
/// Long polling.
const WAIT_SECONDS: i32 = 2;

/// Moves the events, and returns their number. `what` is one of them, for messages.
pub(super) async fn forward(from: &Queue, to: &Queue, rate: u16, what: &str) -> Result<u64, Failure> {
    let progress = Progress::spinner(&format!("moving the {what}s"));
    let mut pace = interval(Duration::from_secs(1) / u32::from(rate));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut moved = 0;
    loop {
        let letters = receive(from).await?;
        if letters.is_empty() {
            return Ok(moved);
        }
        for (place, letter) in letters.iter().enumerate() {
            pace.tick().await;
            if let Err(failure) = forward_one(from, to, letter).await {
                let rest = letters.iter().skip(place).filter_map(|letter| letter.receipt_handle.clone());
                // If this fails as well, the messages are visible again when their visibility timeout ends.
                let _put_back = put_back(from, &rest.collect::<Vec<_>>()).await;
                return Err(failure.with_remedy(format!(
                    "{} moved, and the others stayed in the queue: fix the cause, then run the command again",
                    if moved == 1 { "1 event was".to_owned() } else { format!("{moved} events were") }
                )));
            }
            moved += 1;
            progress.set_message(format!("moved {}", labels::count(moved, what)));
        }
    }
}

async fn forward_one(from: &Queue, to: &Queue, letter: &Message) -> Result<(), Failure> {
    let body = letter.body().unwrap_or_default();
    to.put(body).await?;
    let receipt = letter.receipt_handle().unwrap_or_default();
    let deleted = from.client().delete_message().queue_url(from.url()).receipt_handle(receipt).send().await;
    deleted.map_err(|error| Failure::aws("delete the event that was moved", &error))?;
    Ok(())
}

async fn receive(queue: &Queue) -> Result<Vec<Message>, Failure> {
    let received = queue
        .client()
        .receive_message()
        .queue_url(queue.url())
        .max_number_of_messages(10)
        .visibility_timeout(VISIBILITY_SECONDS)
        .wait_time_seconds(WAIT_SECONDS)
        .send()
        .await;
    let received = received.map_err(|error| Failure::aws("receive the dead letters", &error))?;
    Ok(received.messages.unwrap_or_default())
}
