//! Checks the queues: their existence, their configuration, and the contents of the dead-letter queues. No message is
//! deleted, and dead letters stay visible to other receivers.

mod findings;

use std::collections::HashMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use jiff::Timestamp;
use shared::settings::Environment;

use super::aws_error::{AwsError, Reached};
pub(super) use findings::findings;

/// SQS's maximum of messages in one receive.
const SAMPLE_SIZE: i32 = 10;

/// The purpose of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The queue of order events.
    OrderEvents,
    /// The dead letters of order-notifier.
    DeadLetters,
    /// Events that EventBridge could not put on the queue.
    Undelivered,
    /// Batches of the table's stream that could not be published.
    Unpublished,
    /// The queue of AWS's delivery events, if the stack sends through a channel of AWS.
    DeliveryEvents,
    /// The dead letters of delivery-events, and delivery events that EventBridge could not put on their queue.
    DeliveryDeadLetters,
}

impl Role {
    const ALL: [Self; 6] = [
        Self::OrderEvents,
        Self::DeadLetters,
        Self::Undelivered,
        Self::Unpublished,
        Self::DeliveryEvents,
        Self::DeliveryDeadLetters,
    ];

    /// The variable with the queue's URL.
    const fn setting(self) -> &'static str {
        match self {
            Self::OrderEvents => "ORDER_EVENTS_QUEUE_URL",
            Self::DeadLetters => "ORDER_EVENTS_DEAD_LETTER_QUEUE_URL",
            Self::Undelivered => "UNDELIVERED_EVENTS_QUEUE_URL",
            Self::Unpublished => "UNPUBLISHED_STATUSES_QUEUE_URL",
            Self::DeliveryEvents => "DELIVERY_EVENTS_QUEUE_URL",
            Self::DeliveryDeadLetters => "DELIVERY_EVENTS_DEAD_LETTER_QUEUE_URL",
        }
    }

    /// Whether a function reads it.
    const fn has_consumer(self) -> bool {
        matches!(self, Self::OrderEvents | Self::DeliveryEvents)
    }

    /// Whether only a stack that sends through a channel of AWS has it.
    const fn is_of_aws_channels(self) -> bool {
        matches!(self, Self::DeliveryEvents | Self::DeliveryDeadLetters)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Facts {
    role: Role,
    /// None if its variable is not set.
    url: Option<String>,
    attributes: Result<Attributes, AwsError>,
    /// When the oldest dead letter of a sample was sent.
    oldest: Option<Timestamp>,
}

/// `GetQueueAttributes`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Attributes {
    /// All messages, visible or not.
    messages: usize,
    visibility_timeout: Option<usize>,
    /// The ARN of its dead-letter queue.
    dead_letters: Option<String>,
}

pub(super) async fn gather(client: &Client, environment: &Environment) -> Vec<Facts> {
    let asked = Role::ALL.map(|role| facts(client, role, environment.get(role.setting())));
    futures_util::future::join_all(asked).await
}

pub(super) fn reached(facts: &[Facts]) -> Reached {
    let asked = facts.iter().filter(|facts| facts.url.is_some());
    asked.map(|facts| Reached::from_result(&facts.attributes)).max().unwrap_or(Reached::NotAsked)
}

async fn facts(client: &Client, role: Role, url: Option<&str>) -> Facts {
    let Some(url) = url else {
        return Facts { role, url: None, attributes: Err(AwsError::NotFound), oldest: None };
    };
    let attributes = attributes(client, url).await;
    // Receiving a waiting event would count towards its dead-letter limit, so only dead letters are received.
    let has_letters = !role.has_consumer() && attributes.as_ref().is_ok_and(|it| it.messages > 0);
    let oldest = if has_letters { oldest(client, url).await } else { None };
    Facts { role, url: Some(url.to_owned()), attributes, oldest }
}

async fn attributes(client: &Client, url: &str) -> Result<Attributes, AwsError> {
    let asked =
        client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All).send().await;
    Ok(read(&asked.map_err(|error| AwsError::classify(&error))?.attributes.unwrap_or_default()))
}

fn read(attributes: &HashMap<QueueAttributeName, String>) -> Attributes {
    let number = |name| attributes.get(&name).and_then(|value| value.parse::<usize>().ok());
    let messages = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let policy: Option<serde_json::Value> = attributes
        .get(&QueueAttributeName::RedrivePolicy)
        .and_then(|policy| serde_json::from_str(policy).ok());
    let target = policy.as_ref().and_then(|policy| policy.get("deadLetterTargetArn")?.as_str());
    Attributes {
        messages: messages.into_iter().filter_map(number).sum(),
        visibility_timeout: number(QueueAttributeName::VisibilityTimeout),
        dead_letters: target.map(str::to_owned),
    }
}

/// When the oldest of some dead letters was put on its first queue: a dead letter keeps that time
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>). SQS
/// reports the age of a queue's oldest message only to CloudWatch.
async fn oldest(client: &Client, url: &str) -> Option<Timestamp> {
    let received = client
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(SAMPLE_SIZE)
        // Visible again at once, so that no other receiver misses it.
        .visibility_timeout(0)
        .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
        .send()
        .await
        .ok()?;
    let sent = |message: aws_sdk_sqs::types::Message| {
        let at = message.attributes?.remove(&MessageSystemAttributeName::SentTimestamp)?;
        Timestamp::from_millisecond(at.parse().ok()?).ok()
    };
    received.messages.unwrap_or_default().into_iter().filter_map(sent).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_parsed() {
        let attributes = HashMap::from([
            (QueueAttributeName::ApproximateNumberOfMessages, "2".to_owned()),
            (QueueAttributeName::ApproximateNumberOfMessagesNotVisible, "1".to_owned()),
            (QueueAttributeName::VisibilityTimeout, "180".to_owned()),
            (
                QueueAttributeName::RedrivePolicy,
                r#"{"deadLetterTargetArn":"arn:aws:sqs:r:a:dead","maxReceiveCount":40}"#.to_owned(),
            ),
        ]);
        let expected = Attributes {
            messages: 3,
            visibility_timeout: Some(180),
            dead_letters: Some("arn:aws:sqs:r:a:dead".to_owned()),
        };
        assert_eq!(read(&attributes), expected);
        assert_eq!(read(&HashMap::new()), Attributes::default());
    }
}
