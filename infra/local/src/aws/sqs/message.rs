//! The operations on one message, and `ReceiveMessage`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::json_protocol::ServiceError;
use super::super::queue::{Message, Queue, Received, VisibilityChange};
use super::{DELIVERY_EVENTS, ORDER_EVENTS, Queues, invalid};

/// `API_ReceiveMessage`: 1 to 10.
const MAX_RECEIVED: usize = 10;
/// `API_ReceiveMessage`: long polling ends after 20 seconds.
const MAX_WAIT: u64 = 20;
/// `API_ReceiveMessage`: 0 to 43200 seconds.
const MAX_TIMEOUT: u64 = 43_200;
/// `API_SendMessage`: a body of 1 byte to 1 MiB.
const MAX_BODY: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReceiveMessage {
    queue_url: String,
    #[serde(default = "one")]
    max_number_of_messages: usize,
    visibility_timeout: Option<u64>,
    #[serde(default)]
    wait_time_seconds: u64,
    /// Deprecated in favour of the next one; SDKs still send either.
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

const fn one() -> usize {
    1
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendMessage {
    queue_url: String,
    message_body: String,
    #[serde(default)]
    message_attributes: BTreeMap<String, Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    string_value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteMessage {
    queue_url: String,
    receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeMessageVisibility {
    queue_url: String,
    receipt_handle: String,
    visibility_timeout: u64,
}

/// The queue's visibility timeout: the template's for the queues that invoke a function, otherwise SQS's default of 30 s.
pub(super) fn visibility_timeout(name: &str) -> Duration {
    Duration::from_secs(if [ORDER_EVENTS, DELIVERY_EVENTS].contains(&name) { 180 } else { 30 })
}

pub(super) async fn receive(queues: &Queues, request: ReceiveMessage) -> Result<Value, ServiceError> {
    let (name, queue) = queues.by_url(&request.queue_url)?;
    if !(1..=MAX_RECEIVED).contains(&request.max_number_of_messages) {
        return Err(invalid(format!(
            "Value {} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
            request.max_number_of_messages
        )));
    }
    if request.wait_time_seconds > MAX_WAIT {
        return Err(invalid(format!(
            "Value {} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
            request.wait_time_seconds
        )));
    }
    let timeout = match request.visibility_timeout {
        Some(seconds) if seconds > MAX_TIMEOUT => return Err(invalid(too_long(seconds))),
        Some(seconds) => Duration::from_secs(seconds),
        None => visibility_timeout(name),
    };
    let wait = Duration::from_secs(request.wait_time_seconds);
    // If no message arrives within the wait, the answer is empty.
    let received = tokio::time::timeout(wait, queue.receive(request.max_number_of_messages, timeout))
        .await
        .unwrap_or_default();
    let messages: Vec<Value> = received.iter().map(|received| request.to_json(received)).collect();
    Ok(if messages.is_empty() { json!({}) } else { json!({ "Messages": messages }) })
}

impl ReceiveMessage {
    fn to_json(&self, Received { message, receipt }: &Received) -> Value {
        let mut description =
            json!({ "MessageId": message.id, "ReceiptHandle": receipt, "Body": message.body });
        let wanted = |name: &str, names: &[String]| names.iter().any(|asked| asked == "All" || asked == name);
        let system: Map<String, Value> = system_attributes(message)
            .into_iter()
            .filter(|(name, _)| {
                wanted(name, &self.attribute_names) || wanted(name, &self.message_system_attribute_names)
            })
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect();
        let own: Map<String, Value> = message
            .attributes
            .iter()
            .filter(|(name, _)| wanted(name, &self.message_attribute_names))
            .map(|(name, value)| (name.clone(), json!({ "DataType": "String", "StringValue": value })))
            .collect();
        for (name, attributes) in [("Attributes", system), ("MessageAttributes", own)] {
            if !attributes.is_empty()
                && let Some(description) = description.as_object_mut()
            {
                description.insert(name.to_owned(), attributes.into());
            }
        }
        description
    }
}

fn system_attributes(message: &Message) -> [(&'static str, String); 3] {
    let first = message.first_received_at.unwrap_or(message.sent_at);
    [
        ("SentTimestamp", message.sent_at.as_millisecond().to_string()),
        ("ApproximateFirstReceiveTimestamp", first.as_millisecond().to_string()),
        ("ApproximateReceiveCount", message.receive_count.to_string()),
    ]
}

pub(super) fn send(queues: &Queues, request: SendMessage) -> Result<Value, ServiceError> {
    let (_, queue) = queues.by_url(&request.queue_url)?;
    if request.message_body.is_empty() {
        return Err(ServiceError::new(
            "MissingParameter",
            "The request must contain the parameter MessageBody.",
        ));
    }
    if request.message_body.len() > MAX_BODY {
        return Err(invalid(
            "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
        ));
    }
    let attributes = request
        .message_attributes
        .into_iter()
        .filter_map(|(name, attribute)| Some((name, attribute.string_value?)))
        .collect();
    Ok(json!({ "MessageId": queue.send_with(request.message_body, attributes) }))
}

pub(super) fn delete(queues: &Queues, request: &DeleteMessage) -> Result<Value, ServiceError> {
    let (_, queue) = queues.by_url(&request.queue_url)?;
    // Deleting a deleted message is not an error.
    queue.delete(&request.receipt_handle);
    Ok(json!({}))
}

pub(super) fn change_visibility(
    queues: &Queues,
    request: &ChangeMessageVisibility,
) -> Result<Value, ServiceError> {
    let (_, queue) = queues.by_url(&request.queue_url)?;
    match change(queue, &request.receipt_handle, request.visibility_timeout) {
        Ok(()) => Ok(json!({})),
        Err((code, message)) => Err(ServiceError::new(code, message)),
    }
}

/// Changes one message's visibility, or returns the code and text of an SQS error.
pub(super) fn change(queue: &Queue, receipt: &str, seconds: u64) -> Result<(), (&'static str, String)> {
    if seconds > MAX_TIMEOUT {
        return Err(("InvalidParameterValue", too_long(seconds)));
    }
    match queue.change_visibility(receipt, Duration::from_secs(seconds)) {
        VisibilityChange::Changed => Ok(()),
        VisibilityChange::TooLong => Err(("InvalidParameterValue", too_long(seconds))),
        VisibilityChange::UnknownReceipt => {
            Err(("ReceiptHandleIsInvalid", "The specified receipt handle isn't valid.".to_owned()))
        }
    }
}

fn too_long(seconds: u64) -> String {
    format!(
        "Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is \
         beyond the limit [43200 seconds]."
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Queues, UNDELIVERED_EVENTS, perform, queue_url};
    use super::*;

    #[tokio::test]
    async fn a_message_is_sent_received_with_the_requested_attributes_and_deleted() {
        let queues = Queues::new(Queue::new(3), Queue::of_dead_letters(), Queue::new(3));
        let url = queue_url("http://127.0.0.1:1", UNDELIVERED_EVENTS);
        let ask = |operation: &'static str, mut request: Value| {
            request["QueueUrl"] = url.clone().into();
            let queues = queues.clone();
            async move { perform(&queues, operation, request.to_string().as_bytes()).await }
        };
        let why = json!({ "ERROR_CODE": { "DataType": "String", "StringValue": "NO_PERMISSIONS" } });
        let sent =
            ask("SendMessage", json!({ "MessageBody": "one", "MessageAttributes": why })).await.unwrap();
        assert!(ask("SendMessage", json!({ "MessageBody": "" })).await.is_err());

        let plain = ask("ReceiveMessage", json!({ "VisibilityTimeout": 0 })).await.unwrap();
        assert_eq!(plain["Messages"][0]["MessageId"], sent["MessageId"]);
        assert_eq!(
            (plain["Messages"][0].get("Attributes"), plain["Messages"][0].get("MessageAttributes")),
            (None, None)
        );
        let whole = json!({ "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"] });
        let whole = ask("ReceiveMessage", whole).await.unwrap()["Messages"][0].clone();
        assert_eq!(whole["Attributes"]["ApproximateReceiveCount"], "2");
        assert_eq!(whole["MessageAttributes"]["ERROR_CODE"]["StringValue"], "NO_PERMISSIONS");
        assert_eq!(ask("ReceiveMessage", json!({})).await.unwrap(), json!({}), "it is in flight");

        let counts = json!({ "AttributeNames": ["ApproximateNumberOfMessagesNotVisible", "QueueArn"] });
        let counts = ask("GetQueueAttributes", counts).await.unwrap()["Attributes"].clone();
        assert_eq!(counts["ApproximateNumberOfMessagesNotVisible"], "1");
        assert_eq!(counts["QueueArn"], "arn:aws:sqs:eu-central-1:111122223333:undelivered-events");
        let receipt = json!({ "ReceiptHandle": whole["ReceiptHandle"] });
        ask("DeleteMessage", receipt).await.unwrap();
        let left = ask("GetQueueAttributes", json!({ "AttributeNames": ["All"] })).await.unwrap();
        assert_eq!(left["Attributes"]["ApproximateNumberOfMessagesNotVisible"], "0");
        for bad in [
            json!({ "MaxNumberOfMessages": 11 }),
            json!({ "WaitTimeSeconds": 21 }),
            json!({ "VisibilityTimeout": 43_201 }),
        ] {
            assert_eq!(ask("ReceiveMessage", bad).await.unwrap_err().name, "InvalidParameterValue");
        }
    }
}
