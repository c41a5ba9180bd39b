//! Parses the delivery events of AWS's channels: the bodies of the queue of delivery events.
//!
//! All three services put their events on the account's default EventBridge bus. End User Messaging Social can also publish
//! them to an SNS topic, in another form. Sources:
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-sms-voice.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-social-messaging.html>,
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html>.

mod email;
mod sms;
mod social;

use jiff::Timestamp;
use serde_json::Value;

use super::super::callback::{Callback, Unparsable, json};
use super::super::lenient::{self, Object};
use super::super::status_item::written_reference;
use super::reference_tag;
use crate::message::Reference;
use crate::protocol::ReasonClass;
use crate::provider::Provider;

/// The content of a delivery event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryEvent {
    /// The provider that reports.
    pub provider: Provider,
    /// Its facts; events about other things than delivery are counted as ignored.
    pub callback: Callback,
}

/// Why a body is not a delivery event. It contains nothing from the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableEvent {
    /// The body is not JSON.
    #[error(transparent)]
    Unparsable(#[from] Unparsable),
    /// The body is JSON, but no event of these services.
    #[error("the body is no event of AWS End User Messaging or Amazon SES")]
    OtherService,
}

/// Parses the body of a message from the queue. A fact gets the time of receipt if the event has none.
pub fn parse(body: &[u8], received_at: Timestamp) -> Result<DeliveryEvent, UnreadableEvent> {
    let body = json(body)?;
    let event = body.as_object().ok_or(UnreadableEvent::OtherService)?;
    match lenient::opened(event.get("Message").unwrap_or(&Value::Null)).as_object() {
        Some(message) => read(message, received_at),
        None => read(event, received_at),
    }
    .ok_or(UnreadableEvent::OtherService)
}

/// The failure class of a code that this module gives to a fact; `None` for other codes.
pub(in super::super) fn code_class(provider: Provider, code: &str) -> Option<ReasonClass> {
    match provider {
        Provider::AwsSms => sms::code_class(code),
        Provider::AwsEmail => email::code_class(code),
        _ => None,
    }
}

/// An event of EventBridge, without the parts that the parsers don't need.
struct Event<'a> {
    detail_type: &'a str,
    detail: &'a Object,
    /// When the service put it on the bus.
    time: Timestamp,
}

fn read(object: &Object, received_at: Timestamp) -> Option<DeliveryEvent> {
    let mut callback = Callback::default();
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    if let Some(entry) = object.get(social::ENTRY) {
        social::add_entry(entry, object.get("messageId"), received_at, &mut callback);
        return Some(DeliveryEvent { provider: Provider::AwsWhatsApp, callback });
    }
    let (provider, add): (_, fn(&Event<'_>, &mut Callback)) = match text("source")? {
        "aws.social-messaging" => (Provider::AwsWhatsApp, social::add),
        "aws.sms-voice" => (Provider::AwsSms, sms::add),
        "aws.ses" => (Provider::AwsEmail, email::add),
        _ => return None,
    };
    let event = Event {
        detail_type: text("detail-type")?,
        detail: object.get("detail")?.as_object()?,
        time: lenient::time(object.get("time"), received_at),
    };
    add(&event, &mut callback);
    Some(DeliveryEvent { provider, callback })
}

/// Our reference in the context of a text message or in the tags of an e-mail; other applications send too.
fn reference(tags: Option<&Value>) -> Option<Reference> {
    let values = lenient::items(tags?.get(reference_tag::NAME));
    let mut texts = values.iter().filter_map(Value::as_str);
    texts.find_map(|text| written_reference(text).or_else(|| reference_tag::decode(text)))
}

#[cfg(test)]
mod tests;
