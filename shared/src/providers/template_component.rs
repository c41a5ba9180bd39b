//! The parts of a template message that are the same for all three providers: WhatsApp's `language` and
//! `components`.
//!
//! The fields are in the order of the seeds' samples, which serde preserves.

use serde::Serialize;

use crate::message::{Content, Language, OrderStatusUpdate, PhoneNumber, Recipient, Text};
use crate::protocol::{Reason, ReasonClass};
use crate::provider::Provider;

/// `{"policy":"deterministic","code":"en_US"}`; there is no other policy (seed 003).
#[derive(Serialize)]
pub(super) struct LanguageObject<'a> {
    policy: &'static str,
    code: &'a str,
}

impl<'a> LanguageObject<'a> {
    pub(super) fn new(language: &'a Language) -> Self {
        Self { policy: "deterministic", code: language.as_str() }
    }
}

/// A `body` component with text parameters (seeds 000 to 002) or an `order_status` component (seeds 003 and
/// 004).
#[derive(Serialize)]
pub(super) struct Component<'a> {
    r#type: &'static str,
    parameters: Vec<Parameter<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Parameter<'a> {
    Text { text: &'a str },
    OrderStatus { order_status: OrderStatusObject<'a> },
}

#[derive(Serialize)]
struct OrderStatusObject<'a> {
    reference_id: &'a str,
    order: OrderObject<'a>,
}

#[derive(Serialize)]
struct OrderObject<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

impl<'a> Component<'a> {
    pub(super) fn of(content: &'a Content) -> Self {
        match content {
            Content::Body(variables) => Self::body(variables),
            Content::OrderStatus(update) => Self::order_status(update),
        }
    }

    pub(super) fn body(variables: &'a [Text]) -> Self {
        let parameters = variables.iter().map(|text| Parameter::Text { text: text.as_str() }).collect();
        Self { r#type: "body", parameters }
    }

    fn order_status(update: &'a OrderStatusUpdate) -> Self {
        let order_status = OrderStatusObject {
            reference_id: update.reference_id.as_str(),
            order: OrderObject {
                status: update.status.as_str(),
                description: update.description.as_ref().map(Text::as_str),
            },
        };
        Self { r#type: "order_status", parameters: vec![Parameter::OrderStatus { order_status }] }
    }
}

/// Meta's message object, which Kaleyra accepts as its `messaging_object` (seeds 003 and 004).
#[derive(Serialize)]
pub(super) struct MessagingObject<'a> {
    pub(super) messaging_product: &'static str,
    pub(super) recipient_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<&'a str>,
    /// Meta only: a user id instead of `to`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recipient: Option<&'a str>,
    pub(super) r#type: &'static str,
    pub(super) template: TemplateObject<'a>,
    /// Meta only, at most 512 characters: returned in every status of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) biz_opaque_callback_data: Option<String>,
}

#[derive(Serialize)]
pub(super) struct TemplateObject<'a> {
    name: &'a str,
    language: LanguageObject<'a>,
    components: [Component<'a>; 1],
}

impl<'a> MessagingObject<'a> {
    pub(super) fn new(message: &'a crate::message::TemplateMessage) -> Self {
        Self {
            messaging_product: "whatsapp",
            recipient_type: "individual",
            to: message.recipient.phone().map(PhoneNumber::e164),
            recipient: match &message.recipient {
                Recipient::Phone(_) => None,
                Recipient::User(id) => Some(id.as_str()),
            },
            r#type: "template",
            template: TemplateObject {
                name: &message.template.name,
                language: LanguageObject::new(&message.language),
                components: [Component::of(&message.content)],
            },
            biz_opaque_callback_data: None,
        }
    }
}

/// The reason for not asking a provider that accepts only phone numbers.
pub(super) fn without_phone_number(provider: Provider) -> Reason {
    let text = format!(
        "{provider} sends to phone numbers only: the catalogue must name meta for a WhatsApp user id"
    );
    Reason::new(ReasonClass::Content, "no_phone_number", text)
}
