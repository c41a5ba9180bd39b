//! The events that AWS's services publish.

use std::time::SystemTime;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::AwsAccount;
use crate::random;

/// The account's number in events, as in AWS's documents.
const ACCOUNT: &str = "111122223333";

/// An event with the way that it takes out of the service.
#[derive(Clone, PartialEq)]
pub struct AwsEvent {
    /// Where the service puts it.
    pub kind: AwsEventKind,
    /// The JSON that a queue gets: the event of a rule, or the notification of a topic.
    pub body: Value,
}

/// Where a service puts an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsEventKind {
    /// The account's default event bus.
    EventBridge,
    /// The topic of the WhatsApp business account.
    Sns,
}

/// An event on the default bus: <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>.
pub(super) fn on_bus(account: &AwsAccount, source: &str, detail_type: &str, detail: &Value) -> AwsEvent {
    let body = json!({
        "version": "0",
        "id": uuid(),
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": account.region,
        "resources": [],
        "detail": detail,
    });
    AwsEvent { kind: AwsEventKind::EventBridge, body }
}

/// A notification as SNS puts it into a queue: <https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html>.
pub(super) fn notification(account: &AwsAccount, message: &Value) -> AwsEvent {
    let body = json!({
        "Type": "Notification",
        "MessageId": uuid(),
        "TopicArn": format!("arn:aws:sns:{}:{ACCOUNT}:whatsapp", account.region),
        "Message": message.to_string(),
        "Timestamp": now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        "SignatureVersion": "1",
    });
    AwsEvent { kind: AwsEventKind::Sns, body }
}

/// The ARN of one of the account's resources.
pub(super) fn arn(account: &AwsAccount, resource: &str) -> String {
    format!("arn:aws:social-messaging:{}:{ACCOUNT}:{resource}", account.region)
}

pub(super) fn account_number() -> &'static str {
    ACCOUNT
}

pub(super) fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or_default()
}

/// A random id in the form of a UUID.
pub(super) fn uuid() -> String {
    let hex = random::hexadecimal::<16>();
    let parts =
        [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hex.get(range).unwrap_or_default().to_owned());
    parts.join("-")
}
