//! The parts of a template message that are the same for all three providers: WhatsApp's `language` and
//! `components`.
//!
//! The fields are in the order of the seeds' samples, which serde preserves.

use serde::Serialize;

use super::order_details::Action;
use crate::message::{
    Button, ButtonKind, Components, Content, Header, Language, Link, OrderDetails, OrderStatusUpdate,
    PhoneNumber, Recipient, Text, VariableName, Variables,
};
use crate::protocol::{Reason, ReasonClass, without_reference};
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

/// A component of a template that takes values: `header`, `body` (seeds 000 to 002), `button` or `order_status`
/// (seeds 003 and 004). Source of the button with an order: [`order_details`](super::order_details). Source of the others: Meta, "Template messages".
#[derive(Serialize)]
pub(super) struct Component<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_type: Option<&'static str>,
    /// A button's position: the first is `"0"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<String>,
    parameters: Vec<Parameter<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Parameter<'a> {
    Text {
        /// In a template with named variables.
        #[serde(skip_serializing_if = "Option::is_none")]
        parameter_name: Option<&'a str>,
        text: &'a str,
    },
    Image {
        image: FileObject<'a>,
    },
    Video {
        video: FileObject<'a>,
    },
    Document {
        document: FileObject<'a>,
    },
    Location {
        location: LocationObject<'a>,
    },
    Payload {
        payload: &'a str,
    },
    CouponCode {
        coupon_code: &'a str,
    },
    Action {
        action: Box<Action<'a>>,
    },
    OrderStatus {
        order_status: OrderStatusObject<'a>,
    },
}

#[derive(Serialize)]
struct FileObject<'a> {
    link: &'a str,
    /// Documents only.
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<&'a str>,
}

#[derive(Serialize)]
struct LocationObject<'a> {
    latitude: &'a str,
    longitude: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
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
    /// The components of a message, without those that take no value. Fails for an order status without a `reference_id`.
    fn all(content: &'a Content) -> Result<Vec<Self>, Reason> {
        match content {
            Content::Template(components) => Ok(Self::of_template(components)),
            Content::OrderStatus(update) => Ok(vec![Self::order_status(update)?]),
            Content::Plain(_) => Err(without_template()),
        }
    }

    pub(super) fn of_template(components: &'a Components) -> Vec<Self> {
        let header = components.header.as_ref().map(Self::header);
        let body = Self::body(&components.body);
        let order = components.order_details.as_deref().map(Self::order_details);
        let buttons = order.into_iter().chain(components.buttons.iter().map(Self::button));
        header.into_iter().chain(body).chain(buttons).collect()
    }

    /// The template's first button.
    fn order_details(details: &'a OrderDetails) -> Self {
        let parameter = Parameter::Action { action: Box::new(Action::new(details)) };
        let index = Some("0".to_owned());
        Self { sub_type: Some("order_details"), index, ..Self::new("button", vec![parameter]) }
    }

    fn new(r#type: &'static str, parameters: Vec<Parameter<'a>>) -> Self {
        Self { r#type, sub_type: None, index: None, parameters }
    }

    fn header(header: &'a Header) -> Self {
        let file = |link: &'a Link| FileObject { link: link.as_str(), filename: None };
        let parameter = match header {
            Header::Text { name, text } => {
                let parameter_name = name.as_ref().map(VariableName::as_str);
                Parameter::Text { parameter_name, text: text.as_str() }
            }
            Header::Image(link) => Parameter::Image { image: file(link) },
            Header::Video(link) => Parameter::Video { video: file(link) },
            Header::Document { link, filename } => Parameter::Document {
                document: FileObject { filename: filename.as_ref().map(Text::as_str), ..file(link) },
            },
            Header::Location(location) => Parameter::Location {
                location: LocationObject {
                    latitude: location.latitude.as_str(),
                    longitude: location.longitude.as_str(),
                    name: location.name.as_ref().map(Text::as_str),
                    address: location.address.as_ref().map(Text::as_str),
                },
            },
        };
        Self::new("header", vec![parameter])
    }

    /// `None` if the body has no variable.
    fn body(variables: &'a Variables) -> Option<Self> {
        let parameters: Vec<_> = match variables {
            Variables::Positional(texts) => texts
                .iter()
                .map(|text| Parameter::Text { parameter_name: None, text: text.as_str() })
                .collect(),
            Variables::Named(pairs) => {
                let named = |(name, text): &'a (VariableName, Text)| Parameter::Text {
                    parameter_name: Some(name.as_str()),
                    text: text.as_str(),
                };
                pairs.iter().map(named).collect()
            }
        };
        (!parameters.is_empty()).then(|| Self::new("body", parameters))
    }

    fn button(button: &'a Button) -> Self {
        let value = button.value.as_str();
        let (sub_type, parameter) = match button.kind {
            ButtonKind::Url => ("url", Parameter::Text { parameter_name: None, text: value }),
            ButtonKind::Payload => ("quick_reply", Parameter::Payload { payload: value }),
            ButtonKind::Code => ("copy_code", Parameter::CouponCode { coupon_code: value }),
        };
        let index = Some(button.index.to_string());
        Self { sub_type: Some(sub_type), index, ..Self::new("button", vec![parameter]) }
    }

    fn order_status(update: &'a OrderStatusUpdate) -> Result<Self, Reason> {
        let order_status = OrderStatusObject {
            reference_id: update.reference_id.as_ref().map(Text::as_str).ok_or_else(without_reference)?,
            order: OrderObject {
                status: update.status.as_str(),
                description: update.description.as_ref().map(Text::as_str),
            },
        };
        Ok(Self::new("order_status", vec![Parameter::OrderStatus { order_status }]))
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
    components: Vec<Component<'a>>,
}

impl<'a> MessagingObject<'a> {
    pub(super) fn new(message: &'a crate::message::TemplateMessage) -> Result<Self, Reason> {
        Ok(Self {
            messaging_product: "whatsapp",
            recipient_type: "individual",
            to: message.recipient.phone().map(PhoneNumber::e164),
            recipient: match &message.recipient {
                Recipient::User(id) => Some(id.as_str()),
                Recipient::Phone(_) | Recipient::Email(_) => None,
            },
            r#type: "template",
            template: TemplateObject {
                name: &message.template.name,
                language: LanguageObject::new(&message.language),
                components: Component::all(&message.content)?,
            },
            biz_opaque_callback_data: None,
        })
    }
}

/// The reason for not sending a plain text through WhatsApp.
fn without_template() -> Reason {
    Reason::new(ReasonClass::Content, "no_template", "a text message or e-mail has no template for WhatsApp")
}

/// The reason for not sending through a provider that accepts only phone numbers.
pub(super) fn without_phone_number(provider: Provider) -> Reason {
    let text = format!(
        "{provider} sends to phone numbers only: the catalogue must name meta for a WhatsApp user id"
    );
    Reason::new(ReasonClass::Content, "no_phone_number", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Coordinate, Location};

    fn wire(components: &Components) -> String {
        let components = Component::of_template(components);
        components.iter().map(|it| serde_json::to_string(it).unwrap()).collect::<Vec<_>>().join("\n")
    }

    fn text(value: &str) -> Text {
        Text::parse(value, 100).unwrap()
    }

    fn with_header(header: Header) -> Components {
        Components { header: Some(header), ..Components::default() }
    }

    #[test]
    fn each_header_has_the_form_that_meta_documents() {
        let link = || Link::parse("https://cdn.shop.example/file").unwrap();
        let name = VariableName::parse("order_number");
        let location = Location {
            latitude: Coordinate::parse("48.2082", 90).unwrap(),
            longitude: Coordinate::parse("16.3738", 180).unwrap(),
            name: Some(text("Our shop")),
            address: None,
        };
        let headers = [
            Header::Text { name: None, text: text("10482") },
            Header::Text { name, text: text("10482") },
            Header::Image(link()),
            Header::Video(link()),
            Header::Document { link: link(), filename: None },
            Header::Document { link: link(), filename: Some(text("Invoice.pdf")) },
            Header::Location(Box::new(location)),
        ];
        let lines: Vec<_> = headers.into_iter().map(|header| wire(&with_header(header))).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {"type":"header","parameters":[{"type":"text","text":"10482"}]}
        {"type":"header","parameters":[{"type":"text","parameter_name":"order_number","text":"10482"}]}
        {"type":"header","parameters":[{"type":"image","image":{"link":"https://cdn.shop.example/file"}}]}
        {"type":"header","parameters":[{"type":"video","video":{"link":"https://cdn.shop.example/file"}}]}
        {"type":"header","parameters":[{"type":"document","document":{"link":"https://cdn.shop.example/file"}}]}
        {"type":"header","parameters":[{"type":"document","document":{"link":"https://cdn.shop.example/file","filename":"Invoice.pdf"}}]}
        {"type":"header","parameters":[{"type":"location","location":{"latitude":"48.2082","longitude":"16.3738","name":"Our shop"}}]}
        "#);
    }

    #[test]
    fn named_variables_and_each_button_have_the_form_that_meta_documents() {
        let named = |name: &str, value| (VariableName::parse(name).unwrap(), text(value));
        let button = |index, kind, value| Button { index, kind, value: text(value) };
        let components = Components {
            body: Variables::Named(vec![named("customer_name", "Alexey"), named("order_number", "10482")]),
            ..Components::default()
        };
        let components = Components {
            buttons: vec![
                button(0, ButtonKind::Url, "1Z999"),
                button(1, ButtonKind::Payload, "return.10482"),
                button(2, ButtonKind::Code, "SAVE10"),
            ],
            ..components
        };
        insta::assert_snapshot!(wire(&components), @r#"
        {"type":"body","parameters":[{"type":"text","parameter_name":"customer_name","text":"Alexey"},{"type":"text","parameter_name":"order_number","text":"10482"}]}
        {"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"1Z999"}]}
        {"type":"button","sub_type":"quick_reply","index":"1","parameters":[{"type":"payload","payload":"return.10482"}]}
        {"type":"button","sub_type":"copy_code","index":"2","parameters":[{"type":"coupon_code","coupon_code":"SAVE10"}]}
        "#);
    }

    #[test]
    fn a_template_without_values_has_no_component() {
        assert!(Component::of_template(&Components::default()).is_empty());
    }
}
