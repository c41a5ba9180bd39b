//! Parses the delivery events of AWS's channels: the bodies of the queue of delivery events.
//!
//! All three services put their events on the account's default EventBridge bus. They can also publish to an SNS topic: the
//! configuration sets of SMS and SES the event's detail alone, and End User Messaging Social another form. Sources:
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-sms-voice.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-social-messaging.html>,
//! <https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html>,
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html>,
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
    #[error(
        "the body is no event of AWS End User Messaging or Amazon SES: remove the other senders to this queue, such as the subscription of \
         another topic"
    )]
    OtherService,
}

/// The most layers around an event, as around an order event.
const MAX_LAYERS: usize = 6;
/// The members that contain an event in a notification of SNS, in a queue's message, and in the list that Lambda makes of either.
const AROUND: [&str; 5] = ["Message", "Sns", "body", "Body", "Records"];
/// SES publishes this text, which is no JSON, to a topic that becomes the destination of a configuration set.
const SES_VALIDATION: &str = "Successfully validated SNS topic for Amazon SES";

/// Parses the body of a message from the queue. A fact gets the time of receipt if the event has none.
pub fn parse(body: &[u8], received_at: Timestamp) -> Result<DeliveryEvent, UnreadableEvent> {
    let mut value = json(body)?;
    for _ in 0..MAX_LAYERS {
        value = lenient::opened(&value).into_owned();
        let inside = match &mut value {
            Value::Object(object) => {
                if let Some(event) = read(object, received_at) {
                    return Ok(event);
                }
                AROUND.iter().find_map(|name| object.remove(*name))
            }
            Value::Array(items) if items.len() == 1 => items.pop(),
            Value::String(text) if text.starts_with(SES_VALIDATION) => return Ok(validation_of_ses()),
            _ => None,
        };
        value = inside.ok_or(UnreadableEvent::OtherService)?;
    }
    Err(UnreadableEvent::OtherService)
}

fn validation_of_ses() -> DeliveryEvent {
    DeliveryEvent { provider: Provider::AwsEmail, callback: Callback { ignored: 1, ..Callback::default() } }
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
    if let Some((provider, add, detail_type)) = published_by_configuration_set(object) {
        add(&Event { detail_type, detail: object, time: received_at }, &mut callback);
        return Some(DeliveryEvent { provider, callback });
    }
    let (provider, add): (_, Add) = match text("source")? {
        "aws.social-messaging" => (Provider::AwsWhatsApp, social::add),
        "aws.sms-voice" => (Provider::AwsSms, sms::add),
        "aws.ses" => (Provider::AwsEmail, email::add),
        _ => return None,
    };
    let detail = lenient::opened(object.get("detail")?);
    let event = Event {
        detail_type: text("detail-type")?,
        detail: detail.as_object()?,
        time: lenient::time(object.get("time"), received_at),
    };
    add(&event, &mut callback);
    Some(DeliveryEvent { provider, callback })
}

/// In place of the `detail-type` of an event that did not come from the bus.
const WITHOUT_DETAIL_TYPE: &str = "";

/// Adds the reports in an event to a callback.
type Add = fn(&Event<'_>, &mut Callback);

/// The service whose configuration set published this event: then it is the detail alone. SES names the e-mail, and End User Messaging
/// SMS has the prefixes of its types. SES's older notifications, and its confirmation of a topic, have another name for the type.
fn published_by_configuration_set(object: &Object) -> Option<(Provider, Add, &'static str)> {
    let word = |name: &str| object.get(name).and_then(Value::as_str);
    if object.contains_key("source") {
        return None;
    }
    let event_type = word("eventType");
    if word("notificationType").is_some()
        || event_type.is_some() && object.get("mail").is_some_and(Value::is_object)
    {
        return Some((Provider::AwsEmail, email::add, WITHOUT_DETAIL_TYPE));
    }
    let begins_with = |prefix: &&str| event_type.is_some_and(|event_type| event_type.starts_with(*prefix));
    if sms::OTHER_EVENT_TYPE_PREFIXES.iter().any(begins_with) {
        return Some((Provider::AwsSms, sms::add, WITHOUT_DETAIL_TYPE));
    }
    (begins_with(&sms::EVENT_TYPE_PREFIX) && word("messageId").is_some()).then_some((
        Provider::AwsSms,
        sms::add,
        sms::DETAIL_TYPE,
    ))
}

/// Our reference in the context of a text message or in the tags of an e-mail; other applications send too.
fn reference(tags: Option<&Value>) -> Option<Reference> {
    let values = lenient::items(tags?.get(reference_tag::NAME));
    let mut texts = values.iter().filter_map(Value::as_str);
    texts.find_map(|text| written_reference(text).or_else(|| reference_tag::decode(text)))
}

#[cfg(test)]
mod tests;
