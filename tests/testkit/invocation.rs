//! Events of cold invocations.

use std::time::Duration;

use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::settings::Environment;

/// An invocation of a function with this event and this time left.
pub fn invocation(event: Value, clock: &Clock, time: Duration) -> LambdaEvent<Value> {
    let mut context = Context::default();
    "request-1".clone_into(&mut context.request_id);
    let deadline = clock.now().checked_add(time).unwrap();
    context.deadline = deadline.as_millisecond().unsigned_abs();
    LambdaEvent::new(event, context)
}

/// The settings with some of them added or replaced.
pub fn with(environment: &Environment, settings: &[(&str, &str)]) -> Environment {
    environment.iter().chain(settings.iter().copied()).collect()
}

/// A record of the queue of order events, with this receive count.
pub fn queue_record(id: &str, body: &(impl ToString + ?Sized), receives: u32) -> Value {
    json!({
        "messageId": id,
        "receiptHandle": format!("handle of {id}"),
        "body": body.to_string(),
        "attributes": { "ApproximateReceiveCount": receives.to_string() },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:111122223333:order-events",
        "awsRegion": "eu-central-1",
    })
}
