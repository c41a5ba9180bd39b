//! `GetQueueAttributes`: a queue's message counts and configuration.
//!
//! Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>. The
//! counts are exact here, and approximate on AWS.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::json_protocol::ServiceError;
use super::{DELIVERY_EVENTS, ORDER_EVENTS, Queues, dead_letters_of, queue_arn};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetQueueAttributes {
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
}

pub(super) fn get(queues: &Queues, request: &GetQueueAttributes) -> Result<Value, ServiceError> {
    let (name, queue) = queues.by_url(&request.queue_url)?;
    let depth = queue.depth();
    // The template's retention periods, in seconds.
    let retention = if [ORDER_EVENTS, DELIVERY_EVENTS].contains(&name) { "345600" } else { "1209600" };
    let mut known = vec![
        ("QueueArn", queue_arn(name)),
        ("ApproximateNumberOfMessages", depth.visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", depth.in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed", "0".to_owned()),
        ("VisibilityTimeout", super::message::visibility_timeout(name).as_secs().to_string()),
        ("MessageRetentionPeriod", retention.to_owned()),
    ];
    if let Some(max_receive_count) = queue.max_receive_count() {
        let target = queue_arn(dead_letters_of(name));
        let policy = json!({ "deadLetterTargetArn": target, "maxReceiveCount": max_receive_count });
        known.push(("RedrivePolicy", policy.to_string()));
    }
    let every = request.attribute_names.iter().any(|asked| asked == "All");
    for asked in &request.attribute_names {
        // RedrivePolicy is a valid attribute name even for a queue without such a policy.
        if asked != "All" && asked != "RedrivePolicy" && !known.iter().any(|(name, _)| name == asked) {
            return Err(ServiceError::new("InvalidAttributeName", format!("Unknown Attribute {asked}.")));
        }
    }
    known.retain(|(name, _)| every || request.attribute_names.iter().any(|asked| asked == name));
    let attributes: Map<String, Value> =
        known.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    Ok(if attributes.is_empty() { json!({}) } else { json!({ "Attributes": attributes }) })
}
