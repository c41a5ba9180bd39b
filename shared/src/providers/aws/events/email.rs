//! The events of Amazon SES about e-mails that were sent with a configuration set. Sources:
//! <https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html>,
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>, which describes the same objects.

use serde_json::Value;

use super::super::super::callback::Callback;
use super::super::super::lenient::{self, Object};
use super::super::super::status_item::Report;
use super::{Event, reference};
use crate::delivery::{FactKind, Failure};
use crate::protocol::ReasonClass;
use crate::provider::Provider;
use crate::redaction::redact;

/// Before the `detail-type` of every event about an e-mail; the others are about the account.
const DETAIL_TYPE_PREFIX: &str = "Email ";
/// The subtype of a complaint or a bounce of an e-mail that SES did not send: its address is on the account's list.
const SUPPRESSED: &str = "OnAccountSuppressionList";

/// The codes of the failures that are not bounces.
const REJECTED: &str = "Reject";
const RENDERING_FAILURE: &str = "RenderingFailure";

/// The types of bounces, with their classes. SES reports a transient bounce only after it has given up.
const BOUNCES: [(&str, ReasonClass); 3] = [
    ("Permanent", ReasonClass::Recipient),
    ("Transient", ReasonClass::Unavailable),
    ("Undetermined", ReasonClass::Unclear),
];

/// What an event says about the e-mail.
struct Said<'a> {
    kind: FactKind,
    /// The object with the event's own time.
    about: Option<&'a Object>,
    failure: Option<Failure>,
}

/// The class of one of this module's codes.
pub(super) fn code_class(code: &str) -> Option<ReasonClass> {
    match code {
        REJECTED => Some(ReasonClass::Content),
        RENDERING_FAILURE => Some(ReasonClass::Template),
        SUPPRESSED => Some(ReasonClass::Recipient),
        bounce => {
            let kind = bounce.split('.').next().unwrap_or_default();
            BOUNCES.iter().find_map(|(name, class)| (*name == kind).then_some(*class))
        }
    }
}

/// Adds the report in an event.
pub(super) fn add(event: &Event<'_>, callback: &mut Callback) {
    let Event { detail_type, detail, time } = event;
    let of_type = || detail_type.strip_prefix(DETAIL_TYPE_PREFIX);
    let Some(word) = lenient::word(detail.get("eventType")).or_else(|| of_type().map(str::to_owned)) else {
        callback.ignored += 1;
        return;
    };
    let mail = detail.get("mail").and_then(Value::as_object);
    let reference = reference(mail.and_then(|mail| mail.get("tags")));
    // Every e-mail of ours has the tag, and other applications send e-mails too.
    if reference.is_none() {
        callback.ignored += 1;
        return;
    }
    let said = match word.as_str() {
        "Subscription" | "Subscribed" => {
            callback.ignored += 1;
            return;
        }
        word => said(word, detail),
    };
    let (kind, about, failure) = match said {
        Some(Said { kind, about, failure }) => (Some(kind), about, failure),
        None => (None, None, None),
    };
    let report = Report {
        provider: Provider::AwsEmail,
        ids: mail.and_then(|mail| lenient::id(mail.get("messageId"))).into_iter().collect(),
        status: kind.map_or(word, |kind| kind.name().to_owned()),
        at: lenient::time(about.and_then(|about| about.get("timestamp")), *time),
        failure,
        reference,
        notification: None,
    };
    callback.add(report.fact());
}

/// Interprets the type of an event; `None` for an unknown one. A delay means that SES goes on trying. A customer who complains
/// or follows a link has seen the e-mail.
fn said<'a>(word: &str, detail: &'a Object) -> Option<Said<'a>> {
    let object = |name: &str| detail.get(name).and_then(Value::as_object);
    let fact = |kind, name| Some(Said { kind, about: object(name), failure: None });
    let failed = |name, code: &str, text: Option<String>| {
        let text = text.map(|text| redact(&text)).unwrap_or_default();
        let failure = Some(Failure { code: Some(code.to_owned()), text });
        Some(Said { kind: FactKind::Failed, about: object(name), failure })
    };
    let text = |name: &str, member: &str| lenient::text(object(name)?.get(member));
    match word {
        "Send" | "Sent" => fact(FactKind::Sent, "mail"),
        "DeliveryDelay" | "Delivery Delayed" => fact(FactKind::Sent, "deliveryDelay"),
        "Delivery" | "Delivered" => fact(FactKind::Delivered, "delivery"),
        "Open" | "Opened" => fact(FactKind::Read, "open"),
        "Click" | "Clicked" => fact(FactKind::Read, "click"),
        "Complaint" | "Complaint Received" => match text("complaint", "complaintSubType") {
            Some(kind) if kind == SUPPRESSED => failed("complaint", SUPPRESSED, None),
            _ => fact(FactKind::Read, "complaint"),
        },
        "Reject" | "Rejected" => failed("mail", REJECTED, text("reject", "reason")),
        "Rendering Failure" | "Rendering Failed" => {
            failed("mail", RENDERING_FAILURE, text("failure", "errorMessage"))
        }
        "Bounce" | "Bounced" => {
            let bounce = object("bounce");
            failed("bounce", &bounce_code(bounce), bounce.and_then(diagnosis))
        }
        _ => None,
    }
}

/// The type and the subtype of a bounce, such as `Permanent.NoEmail`, or the type alone if the subtype is no plain word.
fn bounce_code(bounce: Option<&Object>) -> String {
    let word = |name: &str| lenient::word(bounce?.get(name));
    let kind = word("bounceType").unwrap_or_default();
    let kind = BOUNCES.iter().map(|(name, _)| *name).find(|name| *name == kind).unwrap_or("Undetermined");
    let is_plain = |word: &String| word.bytes().all(|byte| byte.is_ascii_alphabetic());
    match word("bounceSubType").filter(is_plain) {
        Some(subtype) if subtype == SUPPRESSED => SUPPRESSED.to_owned(),
        Some(subtype) => format!("{kind}.{subtype}"),
        None => kind.to_owned(),
    }
}

/// The words of the recipient's server.
fn diagnosis(bounce: &Object) -> Option<String> {
    let recipient = lenient::items(bounce.get("bouncedRecipients")).first()?;
    lenient::text(recipient.get("diagnosticCode")).or_else(|| lenient::text(recipient.get("status")))
}
