//! `SendEmail` of Amazon SES, API version 2, and its events. Sources:
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>,
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html> (the same records are the `detail` on
//! EventBridge) and <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html>.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::events::{account_number, now, on_bus, uuid};
use super::{AwsAccount, AwsError, AwsEvent, AwsSend, AwsService, Report};

const SERVICE: AwsService = AwsService::Email;
const MAX_TAG_CHARS: usize = 256;

/// The message in a request's body.
pub(crate) fn read(account: &AwsAccount, body: &[u8]) -> Result<AwsSend, AwsError> {
    let invalid = |field| AwsError::invalid(SERVICE, field);
    let body: Value =
        serde_json::from_slice(body).map_err(|_| AwsError::new(400, "SerializationException"))?;
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let to = body.pointer("/Destination/ToAddresses").and_then(Value::as_array);
    let [to] = to.map(Vec::as_slice).unwrap_or_default() else { return Err(invalid("Destination")) };
    let to =
        to.as_str().filter(|to| to.is_ascii() && to.contains('@')).ok_or_else(|| invalid("Destination"))?;
    if text("/FromEmailAddress") != Some(&account.from) {
        let message = "Email address is not verified. The following identities failed the check in region";
        return Err(AwsError {
            message: format!("{message} {}", account.region),
            ..AwsError::new(400, "MessageRejected")
        });
    }
    if text("/ConfigurationSetName").is_some_and(|name| name != account.configuration_set) {
        return Err(AwsError::not_found(SERVICE));
    }
    let content = |part: &str, field| {
        let data = text(&format!("/Content/Simple/{part}/Data")).ok_or_else(|| invalid(field))?;
        let charset = text(&format!("/Content/Simple/{part}/Charset"));
        let is_encodable = data.is_ascii() || charset.is_some_and(|it| it.eq_ignore_ascii_case("UTF-8"));
        Some(data.to_owned()).filter(|_| is_encodable).ok_or_else(|| invalid(field))
    };
    let subject = content("Subject", "Subject")?;
    let text = content("Body/Text", "Body")?;
    let tags = tags(body.get("EmailTags")).ok_or_else(|| invalid("EmailTags"))?;
    Ok(AwsSend {
        service: SERVICE,
        message_id: format!("0107{}-000000", uuid()),
        recipient: to.to_owned(),
        subject: Some(subject),
        text,
        reference: tags.get("reference").and_then(Value::as_str).map(str::to_owned),
        at: SystemTime::now(),
    })
}

/// The tags with their values; none if one is invalid.
fn tags(value: Option<&Value>) -> Option<Map<String, Value>> {
    let Some(value) = value else { return Some(Map::new()) };
    let is_valid = |text: &&str| {
        (1..=MAX_TAG_CHARS).contains(&text.len())
            && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it))
    };
    let part = |tag: &Value, name: &str| tag.get(name)?.as_str().filter(is_valid).map(str::to_owned);
    let tags = value.as_array()?.iter().map(|tag| Some((part(tag, "Name")?, json!(part(tag, "Value")?))));
    tags.collect()
}

/// The body of the reply to an accepted message.
pub(crate) fn accepted(send: &AwsSend) -> Value {
    json!({"MessageId": send.message_id})
}

/// The event about a report, as a configuration set's destination on EventBridge publishes it.
pub(crate) fn event(account: &AwsAccount, send: &AwsSend, report: Report) -> AwsEvent {
    let at = now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    let recipients = json!([{"emailAddress": send.recipient}]);
    let (detail_type, event_type, member, about) = match report {
        Report::Accepted | Report::Sent => ("Email Sent", "Send", "send", json!({})),
        Report::Delivered | Report::Read => (
            "Email Delivered",
            "Delivery",
            "delivery",
            json!({"timestamp": at, "processingTimeMillis": 546, "recipients": [send.recipient],
                "smtpResponse": "250 2.6.0 Message received", "reportingMTA": "mta.example.com"}),
        ),
        Report::Failed => (
            "Email Bounced",
            "Bounce",
            "bounce",
            json!({"bounceType": "Permanent", "bounceSubType": "General", "timestamp": at, "feedbackId": uuid(),
                "bouncedRecipients": [{"emailAddress": send.recipient, "action": "failed", "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]}),
        ),
        Report::Complaint => (
            "Email Complaint Received",
            "Complaint",
            "complaint",
            json!({"complainedRecipients": recipients, "timestamp": at, "feedbackId": uuid(),
                "complaintSubType": null, "complaintFeedbackType": "abuse"}),
        ),
    };
    let mut tags = Map::from_iter([
        ("ses:configuration-set".to_owned(), json!([account.configuration_set])),
        ("ses:operation".to_owned(), json!(["SendEmail"])),
    ]);
    tags.extend(send.reference.as_ref().map(|reference| ("reference".to_owned(), json!([reference]))));
    let mut detail = json!({
        "eventType": event_type,
        "mail": {
            "timestamp": at,
            "source": account.from,
            "sendingAccountId": account_number(),
            "messageId": send.message_id,
            "destination": [send.recipient],
            "headersTruncated": false,
            "tags": tags,
        },
    });
    if let Some(detail) = detail.as_object_mut() {
        detail.insert(member.to_owned(), about);
    }
    on_bus(account, "aws.ses", detail_type, &detail)
}
