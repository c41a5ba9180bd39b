//! SQS: the template's queues of order events and of delivery events, with the operations that the functions and an operator use.
//!
//! Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html>. Not
//! implemented: the MD5 digests of bodies, which the SDK doesn't check, delays, and every operation that the
//! application doesn't use.

mod attributes;
mod batch;
mod message;
mod move_task;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use self::move_task::MoveTasks;
use super::json_protocol::{ServiceError, operation, read, unknown_operation};
use super::queue::Queue;
use super::{ACCOUNT, REGION};

/// The queue that order-notifier reads.
pub const ORDER_EVENTS: &str = "order-events";
/// The dead letters of [`ORDER_EVENTS`]: messages that order-notifier could not finish.
pub const ORDER_EVENTS_DEAD_LETTERS: &str = "order-events-dead-letters";
/// The rule's dead-letter queue: events that EventBridge could not deliver.
pub const UNDELIVERED_EVENTS: &str = "undelivered-events";
/// The queue that delivery-events reads.
pub const DELIVERY_EVENTS: &str = "delivery-events";
/// The dead letters of [`DELIVERY_EVENTS`].
pub const DELIVERY_EVENTS_DEAD_LETTERS: &str = "delivery-events-dead-letters";

/// The queues, by name. Clones share them.
#[derive(Debug, Clone)]
pub struct Queues {
    named: Vec<(&'static str, Queue)>,
    tasks: MoveTasks,
}

impl Queues {
    /// The queues of order events and of delivery events with their dead-letter queues, and the dead-letter queue of the rule.
    pub fn new(order_events: Queue, undelivered: Queue, delivery_events: Queue) -> Self {
        let mut named = vec![(UNDELIVERED_EVENTS, undelivered)];
        for (name, dead_letters, queue) in [
            (ORDER_EVENTS, ORDER_EVENTS_DEAD_LETTERS, order_events),
            (DELIVERY_EVENTS, DELIVERY_EVENTS_DEAD_LETTERS, delivery_events),
        ] {
            named.extend(queue.dead_letter_queue().map(|queue| (dead_letters, queue.clone())));
            named.push((name, queue));
        }
        Self { named, tasks: MoveTasks::default() }
    }

    fn by_url(&self, url: &str) -> Result<(&'static str, &Queue), ServiceError> {
        self.find(|name| url.ends_with(&queue_url("", name)))
            .ok_or_else(|| ServiceError::new("QueueDoesNotExist", "The specified queue does not exist."))
    }

    fn by_arn(&self, arn: &str) -> Option<(&'static str, &Queue)> {
        self.find(|name| queue_arn(name) == arn)
    }

    fn find(&self, is_it: impl Fn(&str) -> bool) -> Option<(&'static str, &Queue)> {
        self.named.iter().find(|(name, _)| is_it(name)).map(|(name, queue)| (*name, queue))
    }
}

/// The URL of a queue, if the API has this address.
pub fn queue_url(address: &str, name: &str) -> String {
    format!("{address}/{ACCOUNT}/{name}")
}

/// The dead-letter queue of a queue, by their names.
fn dead_letters_of(name: &str) -> &'static str {
    if name == DELIVERY_EVENTS { DELIVERY_EVENTS_DEAD_LETTERS } else { ORDER_EVENTS_DEAD_LETTERS }
}

/// The ARN of a queue.
pub fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

/// SQS's HTTP API for these queues.
pub fn router(queues: Queues) -> Router {
    Router::new().route("/", post(answer)).with_state(queues)
}

async fn answer(State(queues): State<Queues>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = match operation(&headers, "AmazonSQS") {
        Ok(operation) => perform(&queues, operation, &body).await,
        Err(error) => Err(error),
    };
    answer.map(Json).into_response()
}

async fn perform(queues: &Queues, operation: &str, body: &[u8]) -> Result<Value, ServiceError> {
    match operation {
        "ReceiveMessage" => message::receive(queues, read(body)?).await,
        "SendMessage" => message::send(queues, read(body)?),
        "DeleteMessage" => message::delete(queues, &read(body)?),
        "DeleteMessageBatch" => batch::delete(queues, &read(body)?),
        "ChangeMessageVisibility" => message::change_visibility(queues, &read(body)?),
        "ChangeMessageVisibilityBatch" => batch::change_visibility(queues, &read(body)?),
        "GetQueueAttributes" => attributes::get(queues, &read(body)?),
        "StartMessageMoveTask" => queues.tasks.start(queues, &read(body)?),
        "ListMessageMoveTasks" => queues.tasks.list(queues, &read(body)?),
        other => Err(unknown_operation(&format!("{other} isn't part of the local run"))),
    }
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("InvalidParameterValue", message)
}
