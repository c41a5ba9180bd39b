//! The account's bus `default`: the description of its one rule, which puts AWS's delivery events on their queue.
//! [`EventsQueue`](crate::events_queue) does the rule's work.

use serde_json::{Value, json};

use super::super::json_protocol::ServiceError;
use super::super::sqs;
use super::rule::retry_policy;
use super::{arn, not_found};

/// The bus's name, which a request without a name means.
pub(super) const NAME: &str = "default";
/// The rule's name in the stack's template.
pub(super) const RULE: &str = "order-notifications-delivery-events";

pub(super) fn describe(name: &str) -> Result<Value, ServiceError> {
    known(name)?;
    let pattern = json!({ "source": ["aws.social-messaging", "aws.sms-voice", "aws.ses"] });
    Ok(json!({
        "Name": RULE,
        "Arn": arn(&format!("rule/{RULE}")),
        "EventPattern": pattern.to_string(),
        "State": "ENABLED",
        "Description": "What AWS reports about our messages goes to the queue of delivery-events.",
        "EventBusName": NAME,
    }))
}

pub(super) fn targets(name: &str) -> Result<Value, ServiceError> {
    known(name)?;
    Ok(json!({ "Targets": [{
        "Id": "delivery-events",
        "Arn": sqs::queue_arn(sqs::DELIVERY_EVENTS),
        "DeadLetterConfig": { "Arn": sqs::queue_arn(sqs::DELIVERY_EVENTS_DEAD_LETTERS) },
        "RetryPolicy": retry_policy(),
    }] }))
}

fn known(name: &str) -> Result<(), ServiceError> {
    if name == RULE {
        Ok(())
    } else {
        Err(not_found(format!("Rule {name} does not exist on EventBus {NAME}.")))
    }
}
