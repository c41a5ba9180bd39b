//! `SendTextMessage` of AWS End User Messaging SMS, and its events. Sources:
//! <https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html>,
//! <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html> and
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-sms-voice.html>.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::events::{now, on_bus, uuid};
use super::{AwsAccount, AwsError, AwsEvent, AwsSend, AwsService, Report};

/// The operation, in the header `X-Amz-Target`.
pub(crate) const TARGET: &str = "PinpointSMSVoiceV2.SendTextMessage";
const SERVICE: AwsService = AwsService::Sms;
const MAX_BODY_CHARS: usize = 1600;
const MAX_CONTEXT: usize = 5;
const MAX_CONTEXT_KEY_CHARS: usize = 100;
const MAX_CONTEXT_VALUE_CHARS: usize = 800;
/// The limits of `TimeToLive`, in seconds.
const TIME_TO_LIVE: std::ops::RangeInclusive<u64> = 5..=259_200;

/// The message in a request's body, and whether it is only a check.
pub(crate) fn read(account: &AwsAccount, body: &[u8]) -> Result<(AwsSend, bool), AwsError> {
    let body: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| AwsError::new(400, "SerializationException"))?;
    let invalid = |field| AwsError::invalid(SERVICE, field);
    let text = |name: &'static str| match body.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or_else(|| invalid(name)),
    };
    let number = text("DestinationPhoneNumber")?.filter(|number| is_number(number));
    let number = number.ok_or_else(|| invalid("DestinationPhoneNumber"))?;
    let message = text("MessageBody")?.unwrap_or_default();
    if message.trim().is_empty() || message.chars().count() > MAX_BODY_CHARS {
        return Err(invalid("MessageBody"));
    }
    if text("MessageType")?.is_some_and(|kind| !["TRANSACTIONAL", "PROMOTIONAL"].contains(&kind)) {
        return Err(invalid("MessageType"));
    }
    if text("OriginationIdentity")?.is_some_and(|identity| identity != account.pool)
        || text("ConfigurationSetName")?.is_some_and(|name| name != account.configuration_set)
    {
        return Err(AwsError::not_found(SERVICE));
    }
    let lives =
        body.get("TimeToLive").map(|value| value.as_u64().is_some_and(|it| TIME_TO_LIVE.contains(&it)));
    if lives == Some(false) {
        return Err(invalid("TimeToLive"));
    }
    let context = context(body.get("Context")).ok_or_else(|| invalid("Context"))?;
    let send = AwsSend {
        service: SERVICE,
        message_id: uuid(),
        recipient: number.to_owned(),
        subject: None,
        text: message.to_owned(),
        reference: context.get("reference").and_then(Value::as_str).map(str::to_owned),
        at: SystemTime::now(),
    };
    Ok((send, body.get("DryRun") == Some(&Value::Bool(true))))
}

/// The pattern of the model: `\+?[1-9][0-9]{1,18}`.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (2..=19).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|it| it.is_ascii_digit())
}

fn context(value: Option<&Value>) -> Option<Map<String, Value>> {
    let Some(value) = value else { return Some(Map::new()) };
    let context = value.as_object()?;
    let is_valid = |(key, value): (&String, &Value)| {
        let value = value.as_str().unwrap_or_default();
        (1..=MAX_CONTEXT_KEY_CHARS).contains(&key.chars().count())
            && !key.contains(char::is_whitespace)
            && (1..=MAX_CONTEXT_VALUE_CHARS).contains(&value.chars().count())
            && value.trim() == value
    };
    (context.len() <= MAX_CONTEXT && context.iter().all(is_valid)).then(|| context.clone())
}

/// The body of the reply to an accepted message.
pub(crate) fn accepted(send: &AwsSend) -> Value {
    json!({"MessageId": send.message_id})
}

/// The event about a report. AWS sends these on its own, without a configuration set.
pub(crate) fn event(account: &AwsAccount, send: &AwsSend, report: Report) -> AwsEvent {
    let (status, is_final, description) = match report {
        Report::Accepted | Report::Sent => {
            ("SUCCESSFUL", false, "Message has been accepted by phone carrier")
        }
        Report::Delivered | Report::Read | Report::Complaint => {
            ("DELIVERED", true, "Message has been accepted by phone")
        }
        Report::Failed => ("BLOCKED", true, "Phone has blocked SMS"),
    };
    let requested = send.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut detail = json!({
        "eventType": format!("TEXT_{status}"),
        "eventVersion": "1.0",
        "eventTimestamp": now().as_millisecond(),
        "isFinal": is_final,
        "originationPhoneNumber": "+12025550142",
        "destinationPhoneNumber": send.recipient,
        "isoCountryCode": "US",
        "messageId": send.message_id,
        "messageRequestTimestamp": u64::try_from(requested).unwrap_or_default(),
        "messageEncoding": "GSM",
        "messageType": "TRANSACTIONAL",
        "messageStatus": status,
        "messageStatusDescription": description,
        "totalMessageParts": 1,
        "totalMessagePrice": 0.00645,
        "totalCarrierFee": 0.0,
    });
    if let (Some(detail), Some(reference)) = (detail.as_object_mut(), &send.reference) {
        detail.insert("context".to_owned(), json!({"reference": reference}));
    }
    on_bus(account, "aws.sms-voice", "Text Message Delivery Status Updated", &detail)
}
