//! `SendWhatsAppMessage` of AWS End User Messaging Social, and its events. Sources:
//! <https://docs.aws.amazon.com/social-messaging/latest/APIReference/API_SendWhatsAppMessage.html>,
//! <https://docs.aws.amazon.com/social-messaging/latest/userguide/monitor-event-bridge.html> and
//! <https://docs.aws.amazon.com/social-messaging/latest/userguide/managing-event-destination-dlrs.html>.
//!
//! The business number is the one of the simulated account at Meta, with the same templates.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::events::{account_number, arn, notification, now, on_bus, uuid};
use super::{AwsAccount, AwsError, AwsEvent, AwsSend, AwsService, AwsTopic, AwsTrouble, Report};
use crate::account::MetaAccount;
use crate::behaviour::{Course, Intake, Posting, Reply};
use crate::magic;
use crate::message::Message;
use crate::meta::{self, validate};
use crate::provider::Provider;

const SERVICE: AwsService = AwsService::WhatsApp;

/// The message in a request's body, and its recipient's behaviour.
pub(crate) fn read(
    account: &AwsAccount,
    meta: &MetaAccount,
    body: &[u8],
) -> Result<(AwsSend, Option<AwsTrouble>), AwsError> {
    let invalid = |field| AwsError::invalid(SERVICE, field);
    let body: Value =
        serde_json::from_slice(body).map_err(|_| AwsError::new(400, "SerializationException"))?;
    let text = |name: &'static str| body.get(name).and_then(Value::as_str).ok_or_else(|| invalid(name));
    if !is_version(text("metaApiVersion")?) {
        return Err(invalid("metaApiVersion"));
    }
    if text("originationPhoneNumberId")? != account.phone_number_id {
        return Err(AwsError::not_found(SERVICE));
    }
    let json = STANDARD.decode(text("message")?).map_err(|_| invalid("message"))?;
    let message: Map<String, Value> = serde_json::from_slice(&json).map_err(|_| invalid("message"))?;
    let (Message { recipient, echo, .. }, _input) =
        validate::read(meta, &message).map_err(|error| AwsError {
            message: format!("(#{}) Meta refuses the message", error.code()),
            ..AwsError::new(400, "InvalidParametersException")
        })?;
    let send = AwsSend {
        service: SERVICE,
        message_id: uuid(),
        recipient: recipient.digits().to_owned(),
        subject: None,
        text: String::from_utf8_lossy(&json).into_owned(),
        reference: echo.key().map(str::to_owned),
        at: SystemTime::now(),
    };
    Ok((send, trouble(recipient.digits())))
}

fn is_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = text.strip_prefix('v').and_then(|numbers| numbers.split_once('.'));
    numbers.is_some_and(|(major, minor)| digits(major) && digits(minor))
}

/// The behaviour for WhatsApp's own magic numbers. AWS accepts a message before WhatsApp has seen it, so that an objection of
/// WhatsApp's is a failed status.
fn trouble(digits: &str) -> Option<AwsTrouble> {
    let behaviour = magic::behaviour(digits, Provider::Meta);
    match behaviour.intake {
        Intake::ThrottleOnce => Some(AwsTrouble::ThrottledOnce),
        Intake::ThrottleAlways => Some(AwsTrouble::Throttled),
        Intake::RefuseCredentialsOnce | Intake::RefuseCredentialsAlways => Some(AwsTrouble::AccessDenied),
        Intake::NotOnWhatsApp | Intake::TemplateStopped => Some(AwsTrouble::NotDelivered),
        Intake::AccountTrouble | Intake::AccountTroubleExceptAtMeta => Some(AwsTrouble::Account),
        Intake::ServerError | Intake::Redirect | Intake::Hang => Some(AwsTrouble::ServerError),
        Intake::Accept(Reply::Complete) => match (behaviour.course, behaviour.posting) {
            (Course::FailedAfterSent | Course::FailedAtOnce, _) => Some(AwsTrouble::NotDelivered),
            (_, Posting::Lost) => Some(AwsTrouble::EventsLost),
            _ => None,
        },
        Intake::Accept(_) => Some(AwsTrouble::AcceptedInSilence),
    }
}

/// The body of the reply to an accepted message.
pub(crate) fn accepted(send: &AwsSend) -> Value {
    json!({"messageId": send.message_id})
}

/// The events about a report: on the event bus, and on the topic if there is one. Meta's own id of the message is derived from
/// AWS's.
pub(crate) fn events(
    account: &AwsAccount,
    meta: &MetaAccount,
    send: &AwsSend,
    report: Report,
) -> Vec<AwsEvent> {
    let on_topic = account.topic.map(|topic| of_topic(account, meta, send, (report, topic)));
    on_bus_event(account, meta, send, report).into_iter().chain(on_topic).collect()
}

/// The event on the bus, which names the message by AWS's id. There is none when Meta has accepted the message.
fn on_bus_event(
    account: &AwsAccount,
    meta: &MetaAccount,
    send: &AwsSend,
    report: Report,
) -> Option<AwsEvent> {
    let (name, word) = match report {
        Report::Accepted => return None,
        Report::Sent => ("Sent", "sent"),
        Report::Delivered | Report::Complaint => ("Delivered", "delivered"),
        Report::Read => ("Read", "read"),
        Report::Failed => ("Failed", "failed"),
    };
    let mut detail = json!({
        "wabaId": meta.waba_id,
        "originationPhoneNumber": meta.display_phone_number,
        "originationPhoneNumberId": meta.phone_number_id,
        "messageId": send.message_id,
        "status": word,
        "eventTimestamp": now().as_second().to_string(),
    });
    if let Some(detail) = detail.as_object_mut() {
        detail.extend((report == Report::Failed).then(|| ("errors".to_owned(), json!([error()]))));
    }
    Some(on_bus(account, "aws.social-messaging", &format!("WhatsApp Message {name}"), &detail))
}

/// The notification of the topic, with Meta's webhook entry inside. Only that Meta has accepted the message is reported with
/// AWS's id.
fn of_topic(
    account: &AwsAccount,
    meta: &MetaAccount,
    send: &AwsSend,
    (report, topic): (Report, AwsTopic),
) -> AwsEvent {
    let word = match report {
        Report::Accepted => "accepted",
        Report::Sent => "sent",
        Report::Delivered | Report::Complaint => "delivered",
        Report::Read => "read",
        Report::Failed => "failed",
    };
    let mut status = json!({
        "id": format!("wamid.{}", STANDARD.encode(&send.message_id)),
        "status": word,
        "timestamp": now().as_second().to_string(),
        "recipient_id": send.recipient,
    });
    if let Some(status) = status.as_object_mut() {
        let key = send.reference.as_ref().filter(|_| topic == AwsTopic::WithKey);
        status.extend(key.map(|key| ("biz_opaque_callback_data".to_owned(), json!(key))));
        status.extend((report == Report::Failed).then(|| ("errors".to_owned(), json!([error()]))));
    }
    let callback = meta::statuses(meta, &[status]);
    let entry = callback.pointer("/entry/0").unwrap_or(&Value::Null);
    let mut message = json!({
        "context": {
            "MetaWabaIds": [{"wabaId": meta.waba_id, "arn": arn(account, "waba/1")}],
            "MetaPhoneNumberIds": [{"metaPhoneNumberId": meta.phone_number_id, "arn": arn(account, "phone-number-id/1")}],
        },
        "whatsAppWebhookEntry": entry.to_string(),
        "aws_account_id": account_number(),
        "message_timestamp": now().strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string(),
    });
    if let Some(message) = message.as_object_mut() {
        message
            .extend((report == Report::Accepted).then(|| ("messageId".to_owned(), json!(send.message_id))));
    }
    notification(account, &message)
}

fn error() -> Value {
    json!({"code": 131_026, "title": "Message undeliverable", "message": "Message undeliverable",
        "error_data": {"details": "Message Undeliverable."}})
}
